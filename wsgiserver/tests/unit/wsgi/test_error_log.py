# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``wsgi.errors``: what makes a record of the log, and what doesn't."""

from collections.abc import Callable
from collections.abc import Iterable
import logging
import pprint
import sys
import threading
import traceback
from typing import Any

import fixtures

from wsgiserver._wsgi import error_log
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes


class ErrorLogTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.stream: Any = error_log.ErrorLog()
        self.seen = 0

    @property
    def records(self) -> list[str]:
        """The records since the last look."""
        lines: list[str] = self.log.output.split('\n')[:-1]
        self.seen, before = len(lines), self.seen
        return lines[before:]

    def test_each_line_is_a_record(self) -> None:
        self.assertEqual(13, self.stream.write('one\n\ntwo %s\n\n'))
        self.assertEqual(['one', 'two %s'], self.records)

    def test_a_record_may_be_written_in_pieces(self) -> None:
        for piece in ('o', 'n', '', 'e\nt', 'w', 'o\n'):
            self.assertEqual(len(piece), self.stream.write(piece))
        self.assertEqual(['one', 'two'], self.records)

    def test_a_line_without_an_end_is_none_yet(self) -> None:
        self.stream.write('one')
        self.assertEqual([], self.records)
        self.stream.write(' two\nthree')
        self.assertEqual(['one two'], self.records)

    def test_flush_makes_one_of_what_is_there(self) -> None:
        self.stream.write('on')
        self.stream.write('e')
        self.stream.flush()
        self.stream.flush()
        self.assertEqual(['one'], self.records)
        self.stream.write('two\n')
        self.assertEqual(['two'], self.records)

    def test_print_makes_one(self) -> None:
        print('a', 'b', 42, file=self.stream)
        self.assertEqual(['a b 42'], self.records)
        print('a', 'b', sep='', end='', file=self.stream, flush=True)
        self.assertEqual(['ab'], self.records)
        print('a', 'b', end='\r\n', file=self.stream)
        self.assertEqual(['a b'], self.records)

    def test_pprint_makes_one_of_each_line(self) -> None:
        value = {'name': 'x' * 60, 'list': list(range(5))}
        pprint.pprint(value, self.stream)
        self.assertEqual(pprint.pformat(value).splitlines(), self.records)

    def test_a_traceback_is_its_lines(self) -> None:
        try:
            raise LookupError('broken')
        except LookupError:
            traceback.print_exc(file=self.stream)
            expected = traceback.format_exc().splitlines()
        self.assertEqual(expected, self.records)

    def test_a_handler_of_the_standard_library_makes_one(self) -> None:
        handler = logging.StreamHandler(self.stream)
        handler.handle(
            logging.LogRecord('a', 20, 'p', 1, 'one %d', (2,), None)
        )
        self.assertEqual(['one 2'], self.records)

    def test_several_texts_are_lines_of_their_own_ends(self) -> None:
        self.stream.writelines(['o', 'ne\n', 'two', '\n'])
        self.assertEqual(['one', 'two'], self.records)

    def test_what_is_no_text_is_refused(self) -> None:
        for value in (b'one\n', None, 1):
            self.assertRaises(
                (TypeError, AttributeError), self.stream.write, value
            )

    def test_nothing_can_pass_for_another_line(self) -> None:
        self.stream.write('one\rtwo\x1b[0m\u2028\n')
        self.assertEqual(['one\\x0dtwo\\x1b[0m\\u2028'], self.records)

    def test_a_line_without_an_end_has_a_bound(self) -> None:
        for _turn in range(error_log.MAX_PIECES):
            self.stream.write('x')
        self.assertEqual([], self.records)
        self.stream.write('y')
        self.assertEqual(['x' * error_log.MAX_PIECES + 'y'], self.records)
        self.stream.write('x' * error_log.MAX_PIECE)
        self.assertEqual([], self.records)
        self.stream.flush()
        self.assertEqual(1, len(self.records))
        self.stream.write('x' * (error_log.MAX_PIECE + 1))
        self.assertEqual(1, len(self.records))

    def test_threads_of_one_request_lose_nothing(self) -> None:
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)

        def write() -> None:
            for _turn in range(500):
                self.stream.write('x')
                self.stream.write('x\n')

        threads = [threading.Thread(target=write) for _turn in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.stream.flush()
        self.assertEqual(4000, ''.join(self.records).count('x'))


class RequestTestCase(base.TestCase):
    """The stream of a request, from its beginning to its end."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def test_the_end_of_the_request_makes_one(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            errors = environ['wsgi.errors']
            errors.write('began ')
            start_response('200 OK', [])
            yield b'hello'
            errors.write('ended')

        fakes.handle(app)
        self.assertEqual('began ended\n', self.log.output)

    def test_the_end_of_a_request_that_fails_makes_one(self) -> None:
        def app(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
            environ['wsgi.errors'].write('going to fail')
            raise LookupError

        fakes.handle(app)
        self.assertIn('\ngoing to fail\n', self.log.output)

    def test_an_application_may_replace_it(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            environ.pop('wsgi.errors').write('one')
            start_response('200 OK', [])
            return []

        self.assertEqual(0, fakes.handle(app).to_skip)
        self.assertEqual('one\n', self.log.output)

    def test_two_requests_of_a_connection_never_mix(self) -> None:
        streams = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            streams.append(environ['wsgi.errors'])
            streams[0].write(f'{len(streams)} of one, ')
            streams[-1].write(f'{len(streams)} of its own')
            start_response('200 OK', [])
            return []

        gateway = fakes.gateway_of(app)
        shared = fakes.base_environ()
        head, _rest = fakes.head_of(fakes.request())
        for _turn in range(2):
            gateway.handle(fakes.Channel(), head, shared, {})
        streams[0].flush()
        self.assertEqual(
            '1 of one, 1 of its own\n2 of its own\n2 of one, \n',
            self.log.output,
        )
