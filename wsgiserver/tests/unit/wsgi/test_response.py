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

"""The body of a response and its one framing."""

from collections.abc import Callable
from collections.abc import Iterable
import logging
from typing import Any

import fixtures
import testscenarios

from wsgiserver._log import access
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver.tests import base
from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes

_LARGE = b'x' * 65537


def _writes(*blocks: bytes) -> fakes.App:
    """Make an application that writes its body."""

    def app(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        write = start_response('200 OK', [])
        for block in blocks:
            write(block)
        return []

    return app


def _of(make: Callable[[], Iterable[bytes]]) -> Callable[[], fakes.App]:
    return lambda: fakes.app_of(make())


class FramingTestCase(unit_scenarios.ScenarioTestCase):
    """Whatever gives the body, the client reads the same of it."""

    scenarios = testscenarios.multiply_scenarios(
        [
            (name, {'make': make, 'content': content, 'known': known})
            for name, make, content, known in (
                ('one_block', _of(lambda: [b'hello']), b'hello', True),
                ('tuple', _of(lambda: (b'hello',)), b'hello', True),
                ('blocks', _of(lambda: [b'he', b'', b'llo']), b'hello', True),
                ('no_block', _of(lambda: []), b'', True),
                ('empty_block', _of(lambda: [b'']), b'', True),
                ('empty_blocks', _of(lambda: [b'', b'']), b'', True),
                ('large_block', _of(lambda: [_LARGE]), _LARGE, True),
                (
                    'large_blocks',
                    _of(lambda: [_LARGE, b'', b'y']),
                    _LARGE + b'y',
                    True,
                ),
                ('iterator', _of(lambda: iter([b'hello'])), b'hello', False),
                ('nothing', _of(lambda: iter([])), b'', True),
                ('nothings', _of(lambda: iter([b'', b''])), b'', True),
                (
                    'empty_strings_between',
                    _of(lambda: iter([b'', b'he', b'', b'llo', b''])),
                    b'hello',
                    False,
                ),
                (
                    'large_iterator',
                    _of(lambda: iter([_LARGE, _LARGE])),
                    _LARGE * 2,
                    False,
                ),
                (
                    'write',
                    lambda: _writes(b'he', b'', b'llo'),
                    b'hello',
                    False,
                ),
                ('write_nothing', lambda: _writes(b''), b'', True),
                ('large_write', lambda: _writes(_LARGE), _LARGE, False),
            )
        ],
        [(f'http_1_{version}', {'version': version}) for version in (0, 1)],
    )

    make: Callable[[], fakes.App]
    content: bytes
    #: Whether the server knows the length when it writes the head.
    known: bool
    version: int

    def _handle(
        self, method: str, *fields: str, **changes: Any
    ) -> fakes.Exchange:
        lines = [f'{method} /a HTTP/1.{self.version}', 'Host: a', *fields]
        request = '\r\n'.join([*lines, '', ''])
        return fakes.handle(self.make(), request.encode(), **changes)

    def test_the_client_reads_all_of_it(self) -> None:
        answer = self._handle('GET').answer
        self.assertEqual(self.content, answer.content)

    def test_a_known_length_is_said(self) -> None:
        answer = self._handle('GET').answer
        expected = str(len(self.content)) if self.known else None
        self.assertEqual(expected, answer.get('Content-Length'))

    def test_an_unknown_length_is_chunked_in_http_1_1_alone(self) -> None:
        answer = self._handle('GET').answer
        chunked = not self.known and self.version == 1
        self.assertEqual(
            'chunked' if chunked else None, answer.get('Transfer-Encoding')
        )

    def test_a_connection_is_kept_where_the_framing_lets_it(self) -> None:
        exchange = self._handle('GET', 'Connection: keep-alive')
        kept = self.known or self.version == 1
        self.assertEqual(
            wsgi_outcome.KEEP_ALIVE if kept else wsgi_outcome.CLOSE,
            exchange.outcome,
        )
        expected = None if self.version else 'keep-alive'
        self.assertEqual(
            expected if kept else 'close', exchange.answer.get('Connection')
        )

    def test_head_has_the_head_of_get_and_no_body(self) -> None:
        exchange = self._handle('HEAD', 'Connection: keep-alive')
        self.assertEqual(0, exchange.to_skip)
        answer = exchange.answer
        self.assertEqual(b'', answer.content)
        length = answer.get('Content-Length')
        if length is not None:
            self.assertEqual(len(self.content), int(length))
        self.assertIsNone(answer.get('Transfer-Encoding'))

    def test_what_is_counted_is_what_was_sent(self) -> None:
        class Log:
            lengths: list[int] = []

            levels = [logging.INFO] * 10

            @staticmethod
            def is_enabled_for(level: int) -> bool:
                return True

            def write(self, exchange: access.Exchange) -> None:
                assert exchange.response is not None
                self.lengths.append(exchange.response.sent)

        for method, length in (('GET', len(self.content)), ('HEAD', 0)):
            head, _rest = fakes.head_of(
                b'%s / HTTP/1.%d\r\nHost: a\r\n\r\n'
                % (method.encode(), self.version)
            )
            server = fakes.gateway_of(self.make())
            log: Any = Log()
            server.access_log = log
            server.handle(fakes.Channel(), head, fakes.base_environ(), {})
            self.assertEqual(length, log.lengths.pop())


class BodilessTestCase(base.TestCase):
    def test_204_and_304_have_no_body_and_keep_the_connection(self) -> None:
        for status in ('204 No Content', '304 Not Modified'):
            for body in ([], [b''], [b'hello'], iter([b'hello']), [_LARGE]):
                exchange = fakes.handle(fakes.app_of(body, status=status))
                self.assertEqual(0, exchange.to_skip)
                self.assertEqual(b'', exchange.answer.content)
                self.assertIsNone(exchange.answer.get('Transfer-Encoding'))
                self.assertIsNone(exchange.answer.get('Content-Length'))

    def test_204_has_no_length(self) -> None:
        # Glance answers so, with b'' for a body.
        for length in ('0', '5'):
            answer = fakes.handle(
                fakes.app_of(
                    [b''], ('Content-Length', length), status='204 No Content'
                )
            ).answer
            self.assertIsNone(answer.get('Content-Length'))

    def test_304_and_head_have_the_length_that_was_declared(self) -> None:
        for method, status in (('GET', '304 Not'), ('HEAD', '200 OK')):
            for body in ([], [b''], iter([]), iter([b'hello']), [b'hello']):
                exchange = fakes.handle(
                    fakes.app_of(body, ('Content-Length', '5'), status=status),
                    f'{method} / HTTP/1.1\r\nHost: a\r\n\r\n'.encode(),
                )
                self.assertEqual(0, exchange.to_skip)
                self.assertEqual('5', exchange.answer.get('Content-Length'))

    def test_head_of_an_empty_response_says_no_length(self) -> None:
        # A GET might have one; 0 would be a guess.
        bodies: list[Iterable[bytes]] = [[], [b''], iter([])]
        for body in bodies:
            answer = fakes.handle(
                fakes.app_of(body), b'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'
            ).answer
            self.assertIsNone(answer.get('Content-Length'))

    def test_write_sends_no_body_for_head(self) -> None:
        answer = fakes.handle(
            _writes(b'hello'), b'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'
        ).answer
        self.assertEqual(b'', answer.content)


class DeclaredLengthTestCase(unit_scenarios.ScenarioTestCase):
    """An application that declares a length, and what it then sends."""

    scenarios = [
        ('list', {'wrap': list}),
        ('tuple', {'wrap': tuple}),
        ('iterator', {'wrap': iter}),
    ]

    wrap: Callable[[list[bytes]], Iterable[bytes]]

    def _handle(self, length: int, *blocks: bytes) -> fakes.Exchange:
        body = self.wrap(list(blocks))
        return fakes.handle(
            fakes.app_of(body, ('Content-Length', str(length)))
        )

    def test_the_declared_length_is_the_framing(self) -> None:
        for blocks in ([b'hello'], [b'he', b'', b'llo'], [b'hello', b'']):
            exchange = self._handle(5, *blocks)
            self.assertEqual(0, exchange.to_skip)
            self.assertEqual('5', exchange.answer.get('Content-Length'))
            self.assertEqual(b'hello', exchange.answer.content)

    def test_a_large_body_of_declared_length_is_whole(self) -> None:
        for blocks in ([_LARGE], [_LARGE, b'y', _LARGE]):
            exchange = self._handle(sum(map(len, blocks)), *blocks)
            self.assertEqual(0, exchange.to_skip)
            self.assertEqual(b''.join(blocks), exchange.answer.content)

    def test_no_byte_over_the_length_is_sent(self) -> None:
        splitting = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
        for blocks in (
            [b'hello!'],
            [b'hello', b'!'],
            [b'he', b'llo!'],
            [b'hello', b'!', splitting],
            [b'hello!', splitting, splitting],
            [b'hello' + _LARGE, splitting],
            [b'hello', _LARGE, b'', splitting],
        ):
            exchange = self._handle(5, *blocks)
            self.assertEqual(b'hello', exchange.answer.content)
            self.assertEqual(0, exchange.to_skip)

    def test_no_byte_is_sent_over_a_length_of_0(self) -> None:
        for blocks in ([b'a'], [b'a', b'bc'], [_LARGE, b'bc']):
            exchange = self._handle(0, *blocks)
            self.assertEqual(b'', exchange.answer.content)
            self.assertEqual(0, exchange.to_skip)

    def test_too_few_bytes_cut_the_connection(self) -> None:
        # What is sent is not whole, and a client is to notice.
        for blocks in ([b'hell'], [b'he', b'll'], [_LARGE]):
            length = sum(map(len, blocks)) + 1
            exchange = self._handle(length, *blocks)
            self.assertEqual(
                wsgi_outcome.ABORT, exchange.outcome, repr(blocks)
            )

    def test_bytes_over_the_length_leave_a_whole_response(self) -> None:
        # Nothing of them is on the wire, where the next response goes.
        exchange = self._handle(5, b'hello', b'!')
        self.assertEqual(0, exchange.to_skip)
        self.assertIsNone(exchange.answer.get('Connection'))

    def test_a_wrong_length_is_logged_as_the_error_it_is(self) -> None:
        for blocks, word in (([b'hello', b'!'], 'more'), ([b'hi'], 'fewer')):
            log = self.useFixture(fixtures.FakeLogger())
            self._handle(5, *blocks)
            self.assertIn(f'sent {word} bytes than its', log.output)


class BlockTestCase(base.TestCase):
    """What an application may yield."""

    def test_what_is_no_bytes_is_answered_with_500(self) -> None:
        bodies: tuple[Any, ...] = (
            'text',
            b'bytes',
            ['text'],
            ['te', 'xt'],
            [b'by', 'text'],
            [None],
            [1],
            iter(['text']),
            iter([None]),
            iter([0]),
            iter(['']),
            None,
            7,
        )
        for body in bodies:
            exchange = fakes.handle(fakes.app_of(body))
            self.assertEqual(
                '500 Internal Server Error', exchange.answer.status, body
            )

    def test_text_behind_the_head_cuts_the_response(self) -> None:
        body: Any = iter([b'hello', 'text'])
        exchange = fakes.handle(fakes.app_of(body))
        self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)

    def test_text_written_is_answered_with_500(self) -> None:
        text: Any = 'text'
        self.assertEqual(
            '500 Internal Server Error',
            fakes.handle(_writes(text)).answer.status,
        )

    def test_what_was_written_comes_before_what_is_returned(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])(b'he')
            return [b'l', b'lo']

        self.assertEqual(b'hello', fakes.handle(app).answer.content)

    def test_head_and_small_body_are_sent_at_once(self) -> None:
        for body in ([b'hello'], [b'he', b'llo'], [], iter([b'hello'])):
            exchange = fakes.handle(
                fakes.app_of(body, ('Content-Length', str(5 if body else 0)))
            )
            self.assertEqual(1, len(exchange.channel.sent))

    def test_each_block_is_sent_before_the_next_is_asked_for(self) -> None:
        channel = fakes.Channel()

        def body() -> Iterable[bytes]:
            yield b'one'
            self.assertIn(b'one', channel.wire)
            yield b'two'
            self.assertIn(b'two', channel.wire)

        exchange = fakes.handle(fakes.app_of(body()), channel=channel)
        self.assertEqual(b'onetwo', exchange.answer.content)

    def test_the_head_waits_for_the_first_block(self) -> None:
        channel = fakes.Channel()

        def body() -> Iterable[bytes]:
            yield b''
            self.assertEqual(b'', channel.wire)
            yield b'hello'

        exchange = fakes.handle(fakes.app_of(body()), channel=channel)
        self.assertEqual(b'hello', exchange.answer.content)
