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

"""start_response(): what an application may say, and when (PEP 3333)."""

from collections.abc import Callable
from collections.abc import Iterable
import sys
from typing import Any

from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver.tests import base
from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes

_CONTROLS = sorted(set(range(0x20)) - {0x09}) + [0x7F]


class RefusedStartTestCase(unit_scenarios.ScenarioTestCase):
    """What would harm the response, or a client that reads it."""

    status: Any = '200 OK'
    headers: Any = ()

    scenarios = (
        [
            (f'status_{status!r}'.replace(' ', '_'), {'status': status})
            for status in (
                '',
                '20',
                '2000',
                'OK',
                '20 OK',
                '2000 OK',
                '200OK',
                ' 200 OK',
                '+20 OK',
                '2_0 OK',
                '\u0662\u0660\u0660 OK',
                '100 Continue',
                '101 Switching Protocols',
                '199 Early',
                '099 Low',
                '000 None',
                '200 O\rK',
                '200 O\nK',
                '200 OK\r\n',
                '200 OK\r\nX: y',
                '200 OK\r\n\r\nhello',
                '200 O\x00K',
                '200 O\x7fK',
                '200 \u20ac',
                b'200 OK',
                200,
                None,
            )
        ]
        + [
            (f'value_with_{byte:02x}', {'headers': [('X', f'a{chr(byte)}b')]})
            for byte in _CONTROLS
        ]
        + [
            (f'value_{value!r}', {'headers': [('X', value)]})
            for value in (
                'a\r\nSet-Cookie: b',
                'a\r\n\r\nhello',
                '\n',
                'a\r',
                '\u20ac',
                '\u010a',
                '\ud800',
                b'a',
                1,
                None,
                ['a'],
            )
        ]
        + [
            (f'name_{name!r}', {'headers': [(name, 'a')]})
            for name in (
                '',
                ' X',
                'X ',
                'X:',
                'X Y',
                'X\r\nY',
                'X\n',
                'X\x00',
                'X\t',
                '(X)',
                '\xe9',
                '\u20ac',
                b'X',
                1,
                None,
            )
        ]
        + [
            (f'hop_by_hop_{name}', {'headers': [(name, 'a')]})
            for name in (
                'Connection',
                'connection',
                'CONNECTION',
                'Keep-Alive',
                'Proxy-Authenticate',
                'Proxy-Authorization',
                'TE',
                'Trailer',
                'Transfer-Encoding',
                'transfer-encoding',
                'Upgrade',
            )
        ]
        + [
            (f'length_{value!r}', {'headers': [('Content-Length', value)]})
            for value in (
                '',
                ' 5',
                '5 ',
                '+5',
                '-5',
                '5_0',
                '5,5',
                '0x5',
                '5.0',
                'five',
                '\xb2',
                '\u0665',
                '9' * 5000,
                5,
            )
        ]
        + [
            (
                'two_lengths',
                {
                    'headers': [
                        ('Content-Length', '5'),
                        ('content-length', '6'),
                    ]
                },
            ),
            ('a_field_of_three', {'headers': [('X', 'a', 'b')]}),
            ('a_field_of_one', {'headers': [('X',)]}),
            ('no_headers', {'headers': None}),
        ]
    )

    def test_it_is_answered_with_500_and_not_sent(self) -> None:
        headers = self.headers

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response(self.status, headers)
            return [b'hello']

        exchange = fakes.handle(app)
        answer = exchange.answer
        self.assertEqual('500 Internal Server Error', answer.status)
        self.assertEqual(
            b'500 Internal Server Error: the application failed\n',
            answer.content,
        )
        self.assertLessEqual(
            {name for name, _value in answer.fields},
            {'Content-Type', 'Content-Length', 'Date'},
        )

    def test_it_raises_where_it_is_called(self) -> None:
        headers = self.headers
        seen = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            try:
                start_response(self.status, headers)
            except (TypeError, ValueError, AttributeError) as error:
                seen.append(error)
            start_response('503 Instead', [])
            return [b'hello']

        self.assertEqual('503 Instead', fakes.handle(app).answer.status)
        self.assertEqual(1, len(seen))


class AcceptedStartTestCase(base.TestCase):
    def test_any_final_status_is_sent_as_it_is(self) -> None:
        for status in (
            '200 OK',
            '200 ',
            '200  ',
            '299 \xe9\t~!',
            '404 Not Found',
            '599 x',
            '999 x',
        ):
            answer = fakes.handle(fakes.app_of(status=status)).answer
            self.assertEqual(status, answer.status)

    def test_a_status_needs_no_reason_phrase(self) -> None:
        # RFC 9112, section 4: without one, the space stays.
        for status in ('200', '204', '404', '999'):
            exchange = fakes.handle(fakes.app_of(status=status))
            self.assertEqual(f'{status} ', exchange.answer.status)
            self.assertEqual(0, exchange.to_skip)

    def test_parameters_may_be_given_by_name(self) -> None:
        exc_info = _raise(LookupError('broken'))

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', headers=[('X', 'y')])
            start_response('500 No', [('Z', 'a')], exc_info=exc_info)
            start_response(status='503 No', headers=[], exc_info=exc_info)
            return [b'hello']

        answer = fakes.handle(app).answer
        self.assertEqual('503 No', answer.status)
        self.assertIsNone(answer.get('Z'))

    def test_fields_are_sent_as_they_are_and_in_their_order(self) -> None:
        fields = [
            ('X-b', '1'),
            ('x-A', ''),
            ('X-b', '2'),
            ("!#$%&'*+-.^_`|~09", ' \t~ '),
            ('Set-Cookie', 'a=b; c'),
            ('X-Latin', ''.join(map(chr, range(0xA0, 0x100)))),
            ('Content-Type', 'text/plain'),
        ]
        answer = fakes.handle(fakes.app_of([b'hello'], *fields)).answer
        self.assertEqual(fields, answer.fields[: len(fields)])

    def test_an_application_may_set_date_and_server(self) -> None:
        fields = [('date', 'yesterday'), ('SERVER', 'mine')]
        answer = fakes.handle(
            fakes.app_of([b'hello'], *fields), server_header='ours'
        ).answer
        self.assertEqual('yesterday', answer.get('Date'))
        self.assertEqual('mine', answer.get('Server'))

    def test_what_it_does_not_set_is_set_by_the_server(self) -> None:
        for field, other in (('Date', 'Server'), ('Server', 'Date')):
            answer = fakes.handle(
                fakes.app_of([b'hello'], (field, 'mine')), server_header='ours'
            ).answer
            self.assertEqual('mine', answer.get(field))
            self.assertIsNotNone(answer.get(other))

    def test_the_same_length_twice_is_sent_once(self) -> None:
        fields = [('Content-Length', '5')] * 2
        answer = fakes.handle(fakes.app_of([b'hello'], *fields)).answer
        self.assertEqual('5', answer.get('Content-Length'))

    def test_the_list_of_headers_is_left_alone(self) -> None:
        fields = [('Content-Length', '5'), ('X', 'y')]

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', fields)
            fields.append(('Late', 'z'))
            return [b'hello']

        answer = fakes.handle(app).answer
        self.assertIsNone(answer.get('Late'))
        self.assertEqual(3, len(fields))


def _raise(error: Exception) -> Any:
    """Make the exc_info of an error."""
    try:
        raise error
    except Exception:
        return sys.exc_info()


class RestartTestCase(base.TestCase):
    """start_response() called again."""

    def _handle(
        self, *calls: tuple[Any, ...], begin: bytes = b''
    ) -> fakes.Exchange:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            first, *others = calls
            write = start_response(*first)
            if begin:
                write(begin)
            for call in others:
                start_response(*call)
            return [b'later']

        return fakes.handle(app)

    def test_a_second_call_without_exc_info_is_answered_with_500(self) -> None:
        exchange = self._handle(('200 OK', []), ('200 OK', []))
        self.assertEqual('500 Internal Server Error', exchange.answer.status)

    def test_a_second_call_with_no_error_in_exc_info_is_the_same(self) -> None:
        exchange = self._handle(('200 OK', []), ('200 OK', [], None))
        self.assertEqual('500 Internal Server Error', exchange.answer.status)

    def test_an_error_replaces_the_response_before_its_head_is_out(
        self,
    ) -> None:
        exc_info = _raise(LookupError('broken'))
        answer = self._handle(
            ('200 OK', [('X', 'y'), ('Content-Length', '99'), ('Date', 'z')]),
            ('503 Broken', [('Z', 'a')], exc_info),
        ).answer
        self.assertEqual('503 Broken', answer.status)
        self.assertEqual(b'later', answer.content)
        self.assertIsNone(answer.get('X'))
        self.assertEqual('a', answer.get('Z'))
        self.assertNotEqual('z', answer.get('Date'))

    def test_an_error_may_start_the_response_at_first(self) -> None:
        exc_info = _raise(LookupError('broken'))
        answer = self._handle(('503 Broken', [], exc_info)).answer
        self.assertEqual('503 Broken', answer.status)

    def test_an_error_may_replace_the_response_more_than_once(self) -> None:
        exc_info = _raise(LookupError('broken'))
        answer = self._handle(
            ('200 OK', []),
            ('500 First', [], exc_info),
            ('500 Second', [], exc_info),
        ).answer
        self.assertEqual('500 Second', answer.status)

    def test_an_error_behind_the_head_is_raised_again(self) -> None:
        error = LookupError('broken')
        seen = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            yield b'hello'
            try:
                start_response('500 Late', [], _raise(error))
            except LookupError as again:
                seen.append(again)
                raise

        exchange = fakes.handle(app)
        self.assertEqual([error], seen)
        self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)
        self.assertNotIn(b'Late', exchange.channel.wire)
        # Without the last chunk, the client can tell that it isn't whole.
        self.assertTrue(exchange.channel.wire.endswith(b'5\r\nhello\r\n'))

    def test_a_second_call_behind_the_head_cuts_the_response(self) -> None:
        exchange = self._handle(('200 OK', []), ('200 OK', []), begin=b'hello')
        self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)
        self.assertTrue(exchange.channel.wire.endswith(b'5\r\nhello\r\n'))

    def test_no_call_at_all_is_answered_with_500(self) -> None:
        bodies: list[Any] = [[b'hello'], [], iter([b'hello']), iter([b''])]
        for body in bodies:

            def app(*_args: object, body: Any = body) -> Any:
                return body

            exchange = fakes.handle(app)
            self.assertEqual(
                '500 Internal Server Error', exchange.answer.status
            )

    def test_a_generator_may_call_it_before_its_first_block(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            yield b''
            start_response('201 Created', [])
            yield b'hello'

        answer = fakes.handle(app).answer
        self.assertEqual('201 Created', answer.status)
        self.assertEqual(b'hello', answer.content)
