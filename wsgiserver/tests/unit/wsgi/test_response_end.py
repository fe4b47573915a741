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
"""Where a response is complete, and what an application may do then."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import sys
from typing import Any

import fixtures
import testscenarios

from wsgiserver._wsgi import files
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver._wsgi import response
from wsgiserver.tests import base
from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes

_SOME = 'x' * 1000


class Endless:
    """A body that never ends, and counts what was asked of it.

    :param begin: called ahead of the first block.
    """

    def __init__(self, begin: Callable[[], object] | None = None) -> None:
        self._begin = begin
        self.asked = self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        if self._begin is not None:
            self._begin()
        while True:
            self.asked += 1
            if self.asked > 10:
                raise AssertionError('it is never enough')
            yield _SOME.encode()

    def close(self) -> None:
        self.closed += 1


class EndlessFile:
    """A file without an end that counts how often it is read."""

    reads = 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        if self.reads > 10:
            raise AssertionError('it is never enough')
        return b'x' * size


class EndlessTestCase(unit_scenarios.ScenarioTestCase):
    """Bodies that go on though nothing of them is sent any more."""

    scenarios = testscenarios.multiply_scenarios(
        [
            (name, {'method': method, 'status': status, 'length': length})
            for name, method, status, length in (
                ('head', 'HEAD', '200 OK', None),
                ('head_of_a_length', 'HEAD', '200 OK', '5'),
                ('head_of_no_length', 'HEAD', '200 OK', '0'),
                ('head_of_an_error', 'HEAD', '404 Not Found', None),
                ('204', 'GET', '204 No Content', None),
                ('204_of_a_length', 'DELETE', '204 No Content', '5'),
                ('304', 'GET', '304 Not Modified', None),
                ('304_of_a_length', 'GET', '304 Not Modified', '5'),
                ('no_length', 'GET', '200 OK', '0'),
                ('one_block', 'GET', '200 OK', '1000'),
                ('less', 'GET', '200 OK', '999'),
                ('more', 'GET', '200 OK', '1001'),
            )
        ],
        [(f'http_1_{version}', {'version': version}) for version in (0, 1)],
    )

    method: str
    status: str
    length: str | None
    version: int

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    @property
    def _fields(self) -> list[tuple[str, str]]:
        if self.length is None:
            return []
        return [('Content-Length', self.length)]

    @property
    def _request(self) -> bytes:
        return fakes.request(
            'Connection: keep-alive', version=self.version, method=self.method
        )

    @property
    def _has_body(self) -> bool:
        return self.method == 'GET' and self.status == '200 OK'

    def _check(self, exchange: fakes.Exchange) -> None:
        """The response is whole, and the connection free."""
        self.assertEqual(0, exchange.to_skip)
        length = int(self.length or 0) if self._has_body else 0
        self.assertEqual(
            (_SOME * 2)[:length].encode(), exchange.answer.content
        )

    def test_it_is_iterated_over_no_further(self) -> None:
        body = Endless()
        app = fakes.app_of(body, *self._fields, status=self.status)
        self._check(fakes.handle(app, self._request))
        self.assertEqual(1, body.closed)
        # Of a declared length it may still be the last block.
        limit = 1 + int(self.length or 0) // 1000 if self._has_body else 1
        self.assertLessEqual(body.asked, limit)

    def test_what_begins_late_is_the_same(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            return Endless(lambda: start_response(self.status, self._fields))

        self._check(fakes.handle(app, self._request))

    def test_what_was_written_first_is_the_same(self) -> None:
        bodies = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            write = start_response(self.status, self._fields)
            try:
                write(_SOME.encode())
            except ValueError:
                self.assertLess(int(self.length or 0), 1000)
            bodies.append(Endless())
            return bodies[0]

        self._check(fakes.handle(app, self._request))
        self.assertLessEqual(bodies[0].asked, 1)
        self.assertEqual(1, bodies[0].closed)

    def test_a_file_is_read_no_further(self) -> None:
        file = EndlessFile()
        app = fakes.app_of(
            files.FileWrapper(file, 1000), *self._fields, status=self.status
        )
        exchange = fakes.handle(app, self._request)
        self.assertEqual(0, exchange.to_skip)
        length = int(self.length or 0) if self._has_body else 0
        self.assertEqual(-(-length // 1000), file.reads)
        self.assertEqual('', self.log.output)

    def test_too_much_is_logged_and_a_body_left_out_is_not(self) -> None:
        app = fakes.app_of(Endless(), *self._fields, status=self.status)
        fakes.handle(app, self._request)
        expected = 'more bytes than its' if self._has_body else ''
        self.assertIn(expected, self.log.output)
        self.assertEqual(self._has_body, bool(self.log.output))

    def test_an_error_behind_it_leaves_the_response_whole(self) -> None:
        length = int(self.length or 0) if self._has_body else 1
        for error in (LookupError(), SystemExit(1)):
            body = fakes.Pieces(b'x' * length, error)
            app = fakes.app_of(body, *self._fields, status=self.status)
            exchange = fakes.handle(app, self._request)
            if self._has_body and not length:
                # Nothing was on the wire yet.
                self.assertEqual('500', exchange.answer.status[:3])
            else:
                self.assertEqual(self.status, exchange.answer.status)
            self.assertEqual(0, exchange.to_skip)
            self.assertEqual(1, body.closed)


class WholeTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def test_a_body_of_declared_length_is_run_to_its_end(self) -> None:
        # Glance tells of a download behind its last block.
        done = []

        def body() -> Iterator[bytes]:
            yield b'hello'
            yield b''
            done.append(True)

        app = fakes.app_of(body(), ('Content-Length', '5'))
        self.assertEqual(0, fakes.handle(app).to_skip)
        self.assertEqual([True], done)
        self.assertEqual('', self.log.output)

    def test_write_raises_past_the_declared_length(self) -> None:
        # As PEP 3333 has it ("Handling the Content-Length Header").
        errors = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            write = start_response('200 OK', [('Content-Length', '5')])
            write(b'hel')
            for _turn in range(3):
                try:
                    write(b'lo!')
                except ValueError as error:
                    errors.append(str(error))
            return []

        exchange = fakes.handle(app)
        self.assertEqual(b'hello', exchange.answer.content)
        self.assertEqual(3, len(errors))
        self.assertIn('more bytes than its Content-Length', errors[0])
        self.assertIn('more bytes than its Content-Length', self.log.output)
        self.assertEqual(0, exchange.to_skip)

    def test_writes_that_are_left_out_are_no_error(self) -> None:
        done = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            write = start_response('200 OK', [])
            for _turn in range(3):
                write(b'hello')
            done.append(True)
            return [b'more']

        exchange = fakes.handle(app, fakes.request(method='HEAD'))
        self.assertEqual(0, exchange.to_skip)
        self.assertEqual([True], done)
        self.assertEqual('', self.log.output)

    def test_writes_that_are_left_out_end_once_the_client_left(self) -> None:
        channel = fakes.Channel()
        written: list[bool] = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            write = start_response('200 OK', [])
            while len(written) < 100:
                write(b'hello')
                written.append(True)
                channel.has_left = len(written) == 10
            return []

        exchange = fakes.handle(
            app, fakes.request(method='HEAD'), channel=channel
        )
        self.assertEqual(10, len(written))
        self.assertEqual(0, exchange.to_skip)
        self.assertIn('left during', self.log.output)

    def test_writes_that_are_left_out_end_some_time(self) -> None:
        block = b'x' * 1000
        written: list[bool] = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            write = start_response('204 No Content', [])
            while len(written) * len(block) < 2 * response.MAX_LEFT_OUT:
                write(block)
                written.append(True)
            return []

        self.assertEqual(0, fakes.handle(app).to_skip)
        # The first one is the head's.
        self.assertEqual(1 + response.MAX_LEFT_OUT // len(block), len(written))

    def test_exc_info_behind_the_head_of_head_is_raised_again(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])(b'hello')
            try:
                raise LookupError('broken')
            except LookupError:
                start_response('500 No', [], exc_info=sys.exc_info())
            return []

        exchange = fakes.handle(app, fakes.request(method='HEAD'))
        self.assertEqual('200 OK', exchange.answer.status)
        self.assertEqual(0, exchange.to_skip)
        self.assertIn('LookupError: broken', self.log.output)

    def test_exc_info_ahead_of_the_head_of_head_replaces_it(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterator[bytes]:
            start_response('200 OK', [])
            yield b''
            try:
                raise LookupError('broken')
            except LookupError:
                start_response('503 No', [], sys.exc_info())
            yield b'hello'
            raise AssertionError('nobody asked for more')

        exchange = fakes.handle(app, fakes.request(method='HEAD'))
        self.assertEqual('503 No', exchange.answer.status)
        self.assertEqual(0, exchange.to_skip)
        self.assertEqual('', self.log.output)

    def test_a_time_out_behind_a_whole_body_leaves_it_whole(self) -> None:
        body = fakes.Pieces(b'hello', TimeoutError())
        app = fakes.app_of(body, ('Content-Length', '5'))
        exchange = fakes.handle(app)
        self.assertEqual(b'hello', exchange.answer.content)
        self.assertEqual(0, exchange.to_skip)

    def test_nothing_is_written_once_the_request_is_over(self) -> None:
        for method in ('GET', 'HEAD'):
            kept: list[Any] = []

            def app(
                environ: dict[str, Any],
                start_response: Callable[..., Any],
                kept: list[Any] = kept,
            ) -> Iterable[bytes]:
                kept.append(start_response('200 OK', []))
                return [b'hello']

            exchange = fakes.handle(app, fakes.request(method=method))
            before = exchange.channel.wire
            self.assertRaises(RuntimeError, kept[0], b'late')
            self.assertEqual(before, exchange.channel.wire)


class BodyEndTestCase(base.TestCase):
    """What tells the client where the body ends, while it is sent."""

    def _seen(self, version: int, *fields: tuple[str, str]) -> list[bool]:
        channel = fakes.Channel()
        seen = [channel.ends_body]

        def body() -> Iterator[bytes]:
            yield b'hello'
            seen.append(channel.ends_body)

        fakes.handle(
            fakes.app_of(body(), *fields),
            fakes.request(version=version, method='GET'),
            channel=channel,
        )
        return [*seen, channel.ends_body]

    def test_the_connection_does_where_nothing_else_can(self) -> None:
        self.assertEqual([False, True, False], self._seen(0))

    def test_chunks_and_lengths_do_by_themselves(self) -> None:
        self.assertEqual([False] * 3, self._seen(1))
        for version in (0, 1):
            self.assertEqual(
                [False] * 3, self._seen(version, ('Content-Length', '5'))
            )

    def test_a_body_that_breaks_off_is_not_ended_by_it(self) -> None:
        self.useFixture(fixtures.FakeLogger())
        for version, ends in ((0, True), (1, False)):
            exchange = fakes.handle(
                fakes.app_of(fakes.Pieces(b'hello', LookupError())),
                fakes.request(version=version, method='GET'),
            )
            self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)
            self.assertIs(ends, exchange.channel.ends_body)
