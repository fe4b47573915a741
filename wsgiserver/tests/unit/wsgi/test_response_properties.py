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

"""What holds for the responses of all applications, tried with many."""

from collections.abc import Callable
from collections.abc import Iterable
import sys
from typing import Any

import hypothesis
from hypothesis import strategies as st

from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes

_bounded = hypothesis.settings(
    max_examples=200, deadline=None, derandomize=True, database=None
)

_blocks = st.lists(
    st.one_of(
        st.just(b''),
        st.binary(max_size=5),
        st.just(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
        st.just(b'0\r\n\r\n'),
        st.just(b'x' * 65537),
    ),
    max_size=4,
)


class Application:
    """An application that does what a test case says, right or wrong."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.status = draw(
            st.sampled_from(('200 OK', '204 No', '304 Not', '500 Bad'))
        )
        self.length = draw(st.one_of(st.none(), st.integers(0, 12)))
        self.reads = draw(st.sampled_from((None, 0, 2, -1)))
        self.written = draw(_blocks)
        self.returned = draw(_blocks)
        self.wrap = draw(st.sampled_from((list, tuple, iter, fakes.Pieces)))
        self.fails = draw(st.sampled_from((None, 'early', 'late', 'again')))

    def __repr__(self) -> str:
        return repr(vars(self))

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        fields = [('X', 'y')]
        if self.length is not None:
            fields.append(('Content-Length', str(self.length)))
        if self.reads is not None:
            environ['wsgi.input'].read(self.reads)
        write = start_response(self.status, fields)
        if self.fails == 'early':
            raise LookupError
        for block in self.written:
            write(block)
        if self.fails == 'late':
            raise LookupError
        if self.fails == 'again':
            try:
                raise LookupError
            except LookupError:
                start_response('503 Again', [], sys.exc_info())
        if self.wrap is fakes.Pieces:
            return fakes.Pieces(*self.returned)
        wrapped: Iterable[bytes] = self.wrap(self.returned)
        return wrapped


applications = st.composite(Application)()

_BODIES = (
    (),
    ('Content-Length: 5',),
    ('Content-Length: 5', 'Expect: 100-continue'),
    ('Content-Length: 99999',),
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str]:
    """Make a request: its method, its head, and what came of its body."""
    method = draw(st.sampled_from(('GET', 'HEAD', 'POST')))
    version = draw(st.sampled_from((0, 1)))
    kept = draw(st.sampled_from(('close', 'keep-alive', 'x')))
    fields = draw(st.sampled_from(_BODIES))
    body = draw(st.sampled_from(('hello', 'he', ''))) if fields else ''
    lines = [f'{method} / HTTP/1.{version}', 'Host: a', f'Connection: {kept}']
    return method, '\r\n'.join([*lines, *fields, '', '']), body


class ResponsePropertiesTestCase(base.TestCase):
    @_bounded
    @hypothesis.given(applications, requests())
    def test_a_connection_that_is_kept_is_in_step(
        self, app: Application, request: tuple[str, str, str]
    ) -> None:
        method, head, body = request
        exchange = fakes.handle(app, (head + body).encode())
        wire = exchange.channel.wire
        if wire.startswith(b'HTTP/1.1 100'):
            _interim, wire = fakes.read_answer(wire, method)
        if exchange.to_skip is not None:
            answer, rest = fakes.read_answer(wire, method)
            self.assertEqual(b'', rest)
            self.assertNotEqual('close', answer.get('Connection'))
            length = head.partition('Content-Length: ')[2].partition('\r')[0]
            taken = len(body) - len(exchange.channel.left)
            self.assertEqual(int(length or 0) - taken, exchange.to_skip)

    @_bounded
    @hypothesis.given(applications, requests())
    def test_no_byte_is_sent_beyond_the_one_response(
        self, app: Application, request: tuple[str, str, str]
    ) -> None:
        method = request[0]
        wire = fakes.handle(app, ''.join(request[1:]).encode()).channel.wire
        if wire.startswith(b'HTTP/1.1 100'):
            _interim, wire = fakes.read_answer(wire, method)
        if not wire:
            return
        head, _end, body = wire.partition(b'\r\n\r\n')
        _line, *lines = head.decode('latin-1').lower().split('\r\n')
        fields = dict(line.split(': ', 1) for line in lines)
        self.assertEqual(len(lines), len(fields))
        if method == 'HEAD' or head[9:12] in (b'204', b'304'):
            self.assertEqual(b'', body)
        elif 'content-length' in fields:
            self.assertNotIn('transfer-encoding', fields)
            self.assertLessEqual(len(body), int(fields['content-length']))
        elif 'transfer-encoding' not in fields:
            self.assertEqual('close', fields['connection'])
