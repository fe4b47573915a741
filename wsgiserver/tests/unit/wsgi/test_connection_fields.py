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

"""What a response says about its connection, and the fields of all."""

from collections.abc import Callable
from collections.abc import Iterable
import logging
import re
import time
import types
from typing import Any

import fixtures

from wsgiserver._http import errors
from wsgiserver._wsgi import gateway
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes


class ConnectionTestCase(base.TestCase):
    def test_http_1_1_is_kept_unless_the_client_asks_for_the_end(self) -> None:
        for fields, outcome, said in (
            ((), wsgi_outcome.KEEP_ALIVE, None),
            (('Connection: keep-alive',), wsgi_outcome.KEEP_ALIVE, None),
            (('Connection: close',), wsgi_outcome.CLOSE, 'close'),
        ):
            exchange = fakes.handle(
                fakes.app_of(), fakes.request(*fields, method='GET')
            )
            self.assertEqual(outcome, exchange.outcome)
            self.assertEqual(said, exchange.answer.get('Connection'))

    def test_http_1_0_is_kept_only_when_the_client_asks_for_it(self) -> None:
        for fields, outcome, said in (
            ((), wsgi_outcome.CLOSE, 'close'),
            (
                ('Connection: keep-alive',),
                wsgi_outcome.KEEP_ALIVE,
                'keep-alive',
            ),
        ):
            exchange = fakes.handle(
                fakes.app_of(), fakes.request(*fields, version=0)
            )
            self.assertEqual(outcome, exchange.outcome)
            self.assertEqual(said, exchange.answer.get('Connection'))

    def test_http_1_0_without_a_length_ends_with_the_connection(self) -> None:
        exchange = fakes.handle(
            fakes.app_of(iter([b'he', b'llo'])),
            fakes.request('Connection: keep-alive', version=0),
        )
        self.assertEqual(wsgi_outcome.CLOSE, exchange.outcome)
        self.assertEqual(b'hello', exchange.answer.content)

    def test_no_connection_is_kept_where_keep_alive_is_off(self) -> None:
        exchange = fakes.handle(fakes.app_of(), wsgi_keep_alive=False)
        self.assertEqual(wsgi_outcome.CLOSE, exchange.outcome)
        self.assertEqual('close', exchange.answer.get('Connection'))

    def test_no_connection_is_kept_that_is_to_have_no_more_requests(
        self,
    ) -> None:
        channel = fakes.Channel()
        channel.has_no_more = True
        exchange = fakes.handle(fakes.app_of(), channel=channel)
        self.assertEqual(wsgi_outcome.CLOSE, exchange.outcome)
        self.assertEqual('close', exchange.answer.get('Connection'))


class ContinueTestCase(base.TestCase):
    _FIELDS = ('Content-Length: 5', 'Expect: 100-continue')
    _CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'

    def test_100_is_sent_when_the_body_is_first_read(self) -> None:
        channel = fakes.Channel()

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            self.assertEqual(b'', channel.wire)
            content = environ['wsgi.input'].read(1)
            self.assertEqual(self._CONTINUE, channel.wire)
            content += environ['wsgi.input'].read()
            start_response('200 OK', [])
            return [content]

        exchange = fakes.handle(
            app,
            fakes.request(*self._FIELDS),
            *(b'h', b'el', b'lo'),
            channel=channel,
        )
        interim, answer = exchange.interim
        self.assertEqual('100 Continue', interim.status)
        self.assertEqual([], interim.fields)
        self.assertEqual(b'hello', answer.content)
        self.assertEqual(0, exchange.to_skip)

    def test_100_is_sent_for_a_chunked_body_as_well(self) -> None:
        exchange = fakes.handle(
            fakes.reads(-1),
            fakes.request(
                'Transfer-Encoding: chunked', 'Expect: 100-continue'
            ),
            b'5\r\nhello\r\n0\r\n\r\n',
        )
        self.assertEqual(b'hello', exchange.interim[1].content)

    def test_100_is_not_sent_where_nobody_reads(self) -> None:
        exchange = fakes.handle(fakes.app_of(), fakes.request(*self._FIELDS))
        self.assertEqual('200 OK', exchange.answer.status)

    def test_a_client_that_was_not_told_to_go_on_is_not_kept(self) -> None:
        # It may send the body or not: nobody could tell what comes next.
        for fields in (
            self._FIELDS,
            ('Transfer-Encoding: chunked', 'Expect: 100-continue'),
        ):
            exchange = fakes.handle(fakes.app_of(), fakes.request(*fields))
            self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)
            self.assertEqual('close', exchange.answer.get('Connection'))

    def test_100_is_not_sent_to_http_1_0(self) -> None:
        exchange = fakes.handle(
            fakes.reads(-1),
            fakes.request(*self._FIELDS, version=0),
            b'hello',
        )
        self.assertEqual(b'hello', exchange.answer.content)

    def test_100_is_not_sent_where_there_is_no_body(self) -> None:
        exchange = fakes.handle(
            fakes.reads(-1),
            fakes.request('Content-Length: 0', 'Expect: 100-continue'),
        )
        self.assertEqual('200 OK', exchange.answer.status)
        self.assertEqual(0, exchange.to_skip)

    def test_100_is_not_sent_within_a_response(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            yield b'first '
            yield environ['wsgi.input'].read()

        exchange = fakes.handle(app, fakes.request(*self._FIELDS), b'hello')
        self.assertEqual(b'first hello', exchange.answer.content)
        self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)

    def test_reading_nothing_asks_for_nothing(self) -> None:
        exchange = fakes.handle(fakes.reads(0), fakes.request(*self._FIELDS))
        self.assertEqual(b'', exchange.answer.content)


class CommonFieldsTestCase(base.TestCase):
    def _at(self, seconds: float) -> None:
        clock = types.SimpleNamespace(
            time=lambda: seconds,
            gmtime=time.gmtime,
            monotonic=time.monotonic,
        )
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._wsgi.gateway.time', clock)
        )

    def test_every_response_has_a_date(self) -> None:
        self._at(784111777.9)
        answer = fakes.handle(fakes.app_of()).answer
        self.assertEqual('Sun, 06 Nov 1994 08:49:37 GMT', answer.get('Date'))

    def test_the_date_is_made_anew_each_second(self) -> None:
        lines = gateway.CommonFields('').lines
        self._at(951782399.0)
        first = lines(False, False)
        self._at(951782399.9)
        self.assertIs(first, lines(False, False))
        self._at(951782400.0)
        self.assertEqual(
            'Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n', lines(False, False)
        )

    def test_the_date_has_english_names_in_any_locale(self) -> None:
        names: set[str] = set()
        for day in range(1, 365, 3):
            self._at(day * 86400.0)
            line = gateway.CommonFields('').lines(False, False)
            match = re.fullmatch(
                r'Date: (\w{3}), \d\d (\w{3}) 1970 00:00:00 GMT\r\n', line
            )
            assert match is not None
            names.update(match.groups())
        self.assertEqual(7 + 12, len(names))

    def test_server_is_sent_where_it_is_set(self) -> None:
        answer = fakes.handle(fakes.app_of(), server_header='x/1 (y)').answer
        self.assertEqual('x/1 (y)', answer.get('Server'))
        answer = fakes.handle(fakes.app_of()).answer
        self.assertIsNone(answer.get('Server'))


class RefusalTestCase(base.TestCase):
    def test_a_refusal_is_one_whole_response_that_closes(self) -> None:
        server = fakes.gateway_of(fakes.app_of(), {'server_header': 'x'})
        for error in (
            errors.BadRequest('why'),
            errors.VersionNotSupported('why'),
            errors.ClientTimeout('why'),
        ):
            answer, rest = fakes.read_answer(server.refusal(error), 'GET')
            self.assertEqual(error.status, answer.status)
            self.assertEqual(f'{error.status}: why\n'.encode(), answer.content)
            self.assertEqual('close', answer.get('Connection'))
            self.assertEqual('x', answer.get('Server'))
            self.assertEqual(
                str(len(answer.content)), answer.get('Content-Length')
            )
            self.assertIsNotNone(answer.get('Date'))
            self.assertEqual(b'', rest)


class AccessLogTestCase(base.TestCase):
    def _line(
        self,
        request: bytes,
        app: fakes.App,
        format_: str = '%(client_ip)s|%(request_line)s|%(status_code)s|'
        '%(body_length)s',
    ) -> str:
        log = self.useFixture(fixtures.FakeLogger())
        server = fakes.gateway_of(
            app, {'wsgi_log_format': format_}, logging.getLogger('test.access')
        )
        head, _rest = fakes.head_of(request)
        server.handle(fakes.Channel(), head, fakes.base_environ(), {})
        return str(log.output).splitlines()[-1]

    def test_a_request_is_logged_with_what_was_sent(self) -> None:
        line = self._line(
            b'GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n', fakes.app_of()
        )
        self.assertEqual('192.0.2.7|GET /a?b HTTP/1.1|200|5', line)

    def test_the_time_a_request_took_is_logged(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            clock.append(104.5)
            start_response('200 OK', [])
            return []

        clock = [100.0]
        fake = types.SimpleNamespace(
            monotonic=lambda: clock[-1], time=time.time
        )
        for user in ('_wsgi.gateway', 'tests.unit.wsgi.fakes'):
            self.useFixture(
                fixtures.MonkeyPatch(f'wsgiserver.{user}.time', fake)
            )
        line = self._line(b'GET / HTTP/1.0\r\n\r\n', app, '%(wall_seconds).3f')
        self.assertEqual('4.500', line)

    def test_an_error_is_logged_with_its_status(self) -> None:
        line = self._line(
            b'HEAD / HTTP/1.0\r\n\r\n',
            fakes.app_of(fakes.Pieces(LookupError())),
        )
        self.assertEqual('192.0.2.7|HEAD / HTTP/1.0|500|0', line)
