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

"""What a request leaves behind, for the next one and for itself."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from oslo_context import context

from wsgiserver._wsgi import body as wsgi_body
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes


class UnreadBodyTestCase(base.TestCase):
    """Bodies that the application leaves unread, all or in part."""

    def test_a_small_unread_body_is_skipped(self) -> None:
        for size in (1, wsgi_body.MAX_SKIPPED):
            exchange = fakes.handle(
                fakes.app_of(), fakes.request(f'Content-Length: {size}')
            )
            self.assertEqual(size, exchange.to_skip)
            self.assertIsNone(exchange.answer.get('Connection'))

    def test_a_large_unread_body_closes_the_connection(self) -> None:
        size = wsgi_body.MAX_SKIPPED + 1
        exchange = fakes.handle(
            fakes.app_of(), fakes.request(f'Content-Length: {size}')
        )
        self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)
        self.assertEqual('close', exchange.answer.get('Connection'))

    def test_only_what_was_not_read_is_skipped(self) -> None:
        exchange = fakes.handle(
            fakes.reads(3),
            fakes.request('Content-Length: 50000'),
            b'x' * 40000,
        )
        # The stream may have read ahead.
        taken = 40000 - len(exchange.channel.left)
        self.assertGreaterEqual(taken, 3)
        self.assertEqual(50000, taken + exchange.channel.skip)

    def test_an_unread_chunked_body_closes_the_connection(self) -> None:
        exchange = fakes.handle(
            fakes.app_of(),
            fakes.request('Transfer-Encoding: chunked'),
            b'5\r\nhello\r\n0\r\n\r\n',
        )
        self.assertEqual(wsgi_outcome.LINGER, exchange.outcome)
        self.assertEqual('close', exchange.answer.get('Connection'))

    def test_a_body_that_was_read_keeps_the_connection(self) -> None:
        for fields, body in (
            ('Content-Length: 5', b'hello'),
            ('Transfer-Encoding: chunked', b'5\r\nhello\r\n0\r\n\r\n'),
        ):
            exchange = fakes.handle(
                fakes.reads(-1),
                fakes.request(fields),
                body + fakes.request(),
            )
            self.assertEqual(b'hello', exchange.answer.content)
            self.assertEqual(0, exchange.to_skip)
            self.assertEqual(fakes.request(), exchange.channel.left)

    def test_an_answer_that_only_the_end_ends_does_not_wait_for_the_body(
        self,
    ) -> None:
        for version, outcome in (
            (0, wsgi_outcome.CLOSE),
            (1, wsgi_outcome.LINGER),
        ):
            exchange = fakes.handle(
                fakes.app_of(iter([b'he', b'llo'])),
                fakes.request('Content-Length: 100000', version=version),
            )
            self.assertEqual(outcome, exchange.outcome)

    def test_a_body_read_behind_the_head_keeps_what_the_head_said(
        self,
    ) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            yield b'first '
            yield environ['wsgi.input'].read()

        for fields, body, outcome, said in (
            (
                'Content-Length: 5',
                b'hello',
                wsgi_outcome.KEEP_ALIVE,
                None,
            ),
            (
                'Transfer-Encoding: chunked',
                b'5\r\nhello\r\n0\r\n\r\n',
                wsgi_outcome.CLOSE,
                'close',
            ),
        ):
            exchange = fakes.handle(app, fakes.request(fields), body)
            self.assertEqual(b'first hello', exchange.answer.content)
            self.assertEqual(said, exchange.answer.get('Connection'))
            self.assertEqual(outcome, exchange.outcome)


def _attempt(call: Callable[..., object], *args: object) -> object:
    try:
        return call(*args)
    except (OSError, RuntimeError, ValueError):
        return None


class BehindTheEndTestCase(base.TestCase):
    """What an application keeps of a request that is over.

    The connection may serve somebody else by then.
    """

    def test_nothing_can_be_written(self) -> None:
        kept: list[Any] = []

        for body in ([b'hello'], iter([b'hello']), []):

            def app(
                environ: dict[str, Any],
                start_response: Callable[..., Any],
                body: Iterable[bytes] = body,
            ) -> Iterable[bytes]:
                kept.append(start_response('200 OK', []))
                return body

            exchange = fakes.handle(app)
            before = exchange.channel.wire
            _attempt(kept.pop(), b'late')
            self.assertEqual(before, exchange.channel.wire)

    def test_nothing_can_be_read(self) -> None:
        kept: list[Any] = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            kept.append(environ['wsgi.input'])
            start_response('200 OK', [])
            return [b'hello']

        for fields in ('Content-Length: 5', 'Transfer-Encoding: chunked'):
            channel = fakes.Channel()
            fakes.handle(app, fakes.request(fields), channel=channel)
            channel.incoming.append(b'5\r\nhello\r\n0\r\n\r\n')
            before = channel.left
            self.assertFalse(_attempt(kept.pop().read))
            self.assertEqual(before, channel.left)
            self.assertNotIn(b'100', channel.wire)

    def test_no_context_is_left_for_the_next_request(self) -> None:
        seen: list[object] = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            seen.append(context.get_current())
            context.RequestContext(user_id='somebody')
            start_response('200 OK', [])
            return []

        for _turn in range(2):
            fakes.handle(app)
        self.assertEqual([None, None], seen)
