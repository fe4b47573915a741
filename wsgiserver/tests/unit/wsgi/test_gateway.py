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

"""How requests end: errors, unread bodies, connections kept and closed."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import fixtures

from wsgiserver._http import errors
from wsgiserver._wsgi import gateway
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes

_500 = '500 Internal Server Error'


class Timeout(BaseException):
    """An error that is no Exception, as eventlet's time-outs are."""


class ApplicationErrorTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def _raising(self, error: BaseException) -> fakes.App:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [('X', 'y')])
            raise error

        return app

    def test_an_error_before_the_head_is_answered_with_500(self) -> None:
        for error in (
            LookupError('secret'),
            SystemExit(1),
            SystemExit(),
            Timeout('secret'),
            GeneratorExit(),
            OSError('secret'),
            StopIteration(),
        ):
            exchange = fakes.handle(self._raising(error))
            self.assertEqual(_500, exchange.answer.status)
            self.assertIsNone(exchange.answer.get('X'))
            self.assertNotIn(b'secret', exchange.channel.wire)
            self.assertNotIn(b'Traceback', exchange.channel.wire)

    def test_an_interrupt_of_the_process_goes_through(self) -> None:
        app = self._raising(KeyboardInterrupt())
        self.assertRaises(KeyboardInterrupt, fakes.handle, app)

    def test_the_connection_of_a_500_can_be_used_again(self) -> None:
        exchange = fakes.handle(self._raising(LookupError()))
        self.assertEqual(0, exchange.to_skip)
        self.assertIsNone(exchange.answer.get('Connection'))

    def test_an_error_of_the_iterable_before_the_head_is_the_same(
        self,
    ) -> None:
        for pieces in ([LookupError()], [b'', SystemExit(1)], [Timeout()]):
            body = fakes.Pieces(*pieces)
            exchange = fakes.handle(fakes.app_of(body))
            self.assertEqual(_500, exchange.answer.status)
            self.assertEqual(1, body.closed)

    def test_an_error_behind_the_head_cuts_the_response(self) -> None:
        for error in (LookupError(), SystemExit(1), Timeout()):
            body = fakes.Pieces(b'hello', error)
            exchange = fakes.handle(fakes.app_of(body))
            self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)
            self.assertEqual(1, body.closed)
            self.assertTrue(
                exchange.channel.wire.endswith(b'\r\n\r\n5\r\nhello\r\n')
            )

    def test_an_error_is_logged_with_its_traceback_and_the_request(
        self,
    ) -> None:
        fakes.handle(self._raising(LookupError('secret')))
        self.assertIn("'GET /a HTTP/1.1'", self.log.output)
        self.assertIn('Traceback', self.log.output)
        self.assertIn('LookupError: secret', self.log.output)

    def test_a_traceback_is_sent_in_debug_mode_alone(self) -> None:
        content = fakes.handle(
            self._raising(LookupError('\u20ac')), wsgi_server_debug=True
        ).answer.content
        self.assertIn(b'Traceback', content)
        self.assertIn('LookupError: \u20ac'.encode(), content)

    def test_an_error_page_is_plain_text(self) -> None:
        answer = fakes.handle(self._raising(LookupError())).answer
        self.assertEqual(
            'text/plain; charset=utf-8', answer.get('Content-Type')
        )

    def test_an_error_page_can_hold_any_text(self) -> None:
        headers, content = gateway.error_page('500 No', '\u20ac\ud800\r\n')
        self.assertEqual('500 No: \u20ac\\ud800\r\n\n'.encode(), content)
        self.assertEqual(str(len(content)), dict(headers)['Content-Length'])

    def test_an_error_answers_head_without_a_body(self) -> None:
        exchange = fakes.handle(
            self._raising(LookupError()), fakes.request(method='HEAD')
        )
        self.assertEqual(_500, exchange.answer.status)
        self.assertEqual(b'', exchange.answer.content)

    def test_a_500_of_http_1_0_closes_unless_asked_otherwise(self) -> None:
        for fields, outcome in (
            ((), wsgi_outcome.CLOSE),
            (('Connection: keep-alive',), wsgi_outcome.KEEP_ALIVE),
        ):
            exchange = fakes.handle(
                self._raising(LookupError()), fakes.request(*fields, version=0)
            )
            self.assertEqual(outcome, exchange.outcome)
            self.assertEqual(_500, exchange.answer.status)

    def test_nothing_of_a_failed_response_is_left_in_the_500(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('204 None', [('Content-Length', '99'), ('X', 'y')])
            raise LookupError

        answer = fakes.handle(app).answer
        self.assertEqual(_500, answer.status)
        self.assertIn(b'failed', answer.content)
        self.assertIsNone(answer.get('X'))


class CloseTestCase(base.TestCase):
    """close() of what the application returned."""

    def test_it_is_called_once_behind_a_whole_response(self) -> None:
        for pieces in ([], [b''], [b'hello'], [b'he', b'', b'llo']):
            for status in ('200 OK', '204 No Content'):
                body = fakes.Pieces(*pieces)
                fakes.handle(fakes.app_of(body, status=status))
                self.assertEqual(1, body.closed)

    def test_it_is_called_once_for_head(self) -> None:
        body = fakes.Pieces(b'hello')
        fakes.handle(fakes.app_of(body), fakes.request(method='HEAD'))
        self.assertEqual(1, body.closed)

    def test_it_is_called_once_when_the_client_is_gone(self) -> None:
        body = fakes.Pieces(b'hello', b'again')
        channel = fakes.Channel()
        channel.breaks_after = 0
        exchange = fakes.handle(fakes.app_of(body), channel=channel)
        self.assertEqual(wsgi_outcome.DISCONNECTED, exchange.outcome)
        self.assertEqual(1, body.closed)
        self.assertEqual([b'again'], body.pieces)

    def test_it_is_called_once_when_the_response_was_refused(self) -> None:
        for fields in ([('X', '\n')], [('Content-Length', '1')]):
            body = fakes.Pieces(b'hello')

            def app(
                environ: dict[str, Any],
                start_response: Callable[..., Any],
                body: fakes.Pieces = body,
                fields: list[tuple[str, str]] = fields,
            ) -> Iterable[bytes]:
                try:
                    start_response('200 OK', fields)
                except ValueError:
                    start_response('500 No', [])
                return body

            fakes.handle(app)
            self.assertEqual(1, body.closed)

    def test_it_is_called_before_the_next_request(self) -> None:
        body = fakes.Pieces(b'hello')
        exchange = fakes.handle(fakes.app_of(body))
        self.assertEqual(0, exchange.to_skip)
        self.assertEqual(1, body.closed)

    def test_its_error_leaves_a_whole_response_whole(self) -> None:
        body = fakes.Pieces(b'hello')
        body.error = LookupError()
        exchange = fakes.handle(fakes.app_of(body))
        self.assertEqual(b'hello', exchange.answer.content)
        self.assertNotEqual(wsgi_outcome.ABORT, exchange.outcome)

    def test_its_error_before_the_head_is_answered_with_500(self) -> None:
        body = fakes.Pieces(LookupError())
        body.error = KeyError()
        exchange = fakes.handle(fakes.app_of(body))
        self.assertEqual(_500, exchange.answer.status)
        self.assertEqual(1, body.closed)


class RequestTimeoutTestCase(base.TestCase):
    """The engine ends the application; it has logged where."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def test_ahead_of_the_head_it_is_answered_with_503(self) -> None:
        body = fakes.Pieces(b'', exceptions.RequestTimeout())
        exchange = fakes.handle(fakes.app_of(body, ('X', 'y')))
        self.assertEqual('503 Service Unavailable', exchange.answer.status)
        self.assertIn(b'took too long', exchange.answer.content)
        self.assertIsNone(exchange.answer.get('X'))
        self.assertEqual(0, exchange.to_skip)
        self.assertEqual(1, body.closed)
        self.assertEqual('', self.log.output)

    def test_behind_the_head_it_cuts_the_response(self) -> None:
        body = fakes.Pieces(b'hello', exceptions.RequestTimeout())
        exchange = fakes.handle(fakes.app_of(body))
        self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)
        self.assertNotIn(b'503', exchange.channel.wire)
        self.assertEqual(1, body.closed)
        self.assertEqual('', self.log.output)

    def test_in_close_it_leaves_a_whole_response_whole(self) -> None:
        body = fakes.Pieces(b'hello')
        body.error = exceptions.RequestTimeout()
        exchange = fakes.handle(fakes.app_of(body))
        self.assertEqual(b'hello', exchange.answer.content)
        self.assertEqual(0, exchange.to_skip)

    def test_within_a_body_the_rest_of_it_is_not_waited_for(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            environ['wsgi.input'].read(2)
            raise exceptions.RequestTimeout

        for fields in ('Content-Length: 100000', 'Transfer-Encoding: chunked'):
            exchange = fakes.handle(
                app, fakes.request(fields), b'5\r\nhello\r\n'
            )
            self.assertEqual('503 Service Unavailable', exchange.answer.status)
            self.assertEqual('close', exchange.answer.get('Connection'))
            self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)


class ClientTestCase(base.TestCase):
    """Clients that leave, stop or send what is no body."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def test_a_client_that_left_is_no_error_of_the_application(self) -> None:
        channel = fakes.Channel()
        channel.breaks_after = 0
        exchange = fakes.handle(fakes.app_of(), channel=channel)
        self.assertEqual(wsgi_outcome.DISCONNECTED, exchange.outcome)
        self.assertIn('192.0.2.7 left during', self.log.output)
        self.assertNotIn('Traceback', self.log.output)

    def test_a_client_that_left_in_its_body_gets_no_answer(self) -> None:
        for fields, body in (
            ('Content-Length: 5', b'hell'),
            ('Transfer-Encoding: chunked', b'5\r\nhello\r\n'),
        ):
            exchange = fakes.handle(
                fakes.reads(-1), fakes.request(fields), body
            )
            self.assertEqual(wsgi_outcome.DISCONNECTED, exchange.outcome)
            self.assertEqual(b'', exchange.channel.wire)

    def test_a_malformed_body_is_answered_with_400_and_close(self) -> None:
        exchange = fakes.handle(
            fakes.reads(-1),
            fakes.request('Transfer-Encoding: chunked'),
            b'5\r\nhello\r\nx\r\n' + fakes.request(),
        )
        self.assertEqual('400 Bad Request', exchange.answer.status)
        self.assertEqual('close', exchange.answer.get('Connection'))
        self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)

    def test_a_silent_client_is_answered_with_408_and_close(self) -> None:
        late = exceptions.RequestBodyError(
            errors.ClientTimeout.status, 'too late'
        )
        for fields, body in (
            ('Content-Length: 5', b'hell'),
            ('Transfer-Encoding: chunked', b'5\r\nhell'),
        ):
            exchange = fakes.handle(
                fakes.reads(-1), fakes.request(fields), body, late
            )
            self.assertEqual('408 Request Timeout', exchange.answer.status)
            self.assertEqual('close', exchange.answer.get('Connection'))
            self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)

    def test_a_chunked_body_over_the_limit_is_answered_with_413(self) -> None:
        # Whether its end is there already, with more behind, or not.
        for body in (
            b'6\r\nhello!\r\n0\r\n\r\n' + fakes.request()[:20],
            b'3\r\nhel\r\n3\r\nlo!',
            b'6\r\nhello!\r\n0\r\n\r\n',
        ):
            exchange = fakes.handle(
                fakes.reads(-1),
                fakes.request('Transfer-Encoding: chunked'),
                body,
                max_request_body_size=5,
            )
            self.assertEqual('413 Content Too Large', exchange.answer.status)
            self.assertEqual('close', exchange.answer.get('Connection'))
            self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)

    def test_a_chunked_body_of_the_limit_is_read(self) -> None:
        exchange = fakes.handle(
            fakes.reads(-1),
            fakes.request('Transfer-Encoding: chunked'),
            b'5\r\nhello\r\n0\r\n\r\n' + fakes.request(),
            max_request_body_size=5,
        )
        self.assertEqual(b'hello', exchange.answer.content)
        self.assertEqual(0, exchange.to_skip)
        self.assertEqual(fakes.request(), exchange.channel.left)

    def test_a_body_error_behind_the_head_cuts_the_response(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            yield b'hello'
            yield environ['wsgi.input'].read()

        exchange = fakes.handle(
            app, fakes.request('Transfer-Encoding: chunked'), b'x\r\n'
        )
        self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)
        self.assertNotIn(b'400', exchange.channel.wire)

    def test_a_client_that_leaves_before_its_error_is_no_error(self) -> None:
        channel = fakes.Channel()
        channel.breaks_after = 0
        exchange = fakes.handle(
            fakes.app_of(fakes.Pieces(LookupError())), channel=channel
        )
        self.assertEqual(wsgi_outcome.DISCONNECTED, exchange.outcome)
        self.assertIn('before it was told', self.log.output)
