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


"""What strangers might send, against whole servers."""

from collections.abc import Iterator
import errno

from hypothesis import strategies as st
import testscenarios

from wsgiserver.tests.functional import harness
from wsgiserver.tests.fuzz import fuzz
from wsgiserver.tests.unit.http import strategies

_CHUNKED = 'Transfer-Encoding: chunked'

#: What every broken stream was once made of.
_VALID = (
    harness.request('GET', '/hello'),
    harness.request('GET', '/environ?a=b', 'X-Some: value', 'Cookie: a=b'),
    harness.request('GET', '/stream', 'Connection: keep-alive'),
    harness.request('POST', '/echo', 'Content-Length: 5', body=b'hello'),
    harness.request('POST', '/ignore', 'Content-Length: 5', body=b'hello'),
    harness.request(
        'POST', '/echo', _CHUNKED, body=b'5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n'
    ),
    harness.request('POST', '/swallow', _CHUNKED, body=b'5\r\nhello\r\n'),
    harness.request(
        'PUT',
        '/count',
        'Expect: 100-continue',
        'Content-Length: 2',
        body=b'ab',
    ),
    b'GET /write HTTP/1.0\r\n\r\n',
    b'OPTIONS http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n',
)

_CUT_OFF = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Make a broken stream, in pieces."""
    some = st.lists(st.sampled_from(_VALID), min_size=1, max_size=4)
    stream = draw(strategies.broken(some.map(b''.join)))
    return draw(strategies.pieces_of(stream))


class TestServer(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, fuzz.FuzzTest
):
    scenarios = harness.ON_BACKENDS
    backend: str

    def setUp(self) -> None:
        super().setUp()
        self.server = harness.ServerProcess(self.backend)
        self.addCleanup(self.server.stop)

    def check(self, pieces: list[bytes]) -> None:
        """Whole responses come, then the end; and others are served."""
        with self.server.connect() as wire:
            try:
                for piece in pieces:
                    wire.send(piece)
                wire.finish_sending()
                list(_responses(wire))
            except OSError as error:
                # A client that goes on after the last request it announced,
                # or that fails the application, is cut off.
                self.assertIn(error.errno, _CUT_OFF)
        self.assertEqual(200, self.server.get('/hello').status)

    def test_broken_streams_get_whole_answers_or_the_end(self) -> None:
        self.explore(streams(), self.check)
        self.assertNotIn('A connection failed', self.server.log())


def _responses(wire: harness.Wire) -> Iterator[harness.Response]:
    """Read responses up to the end of the connection."""
    while True:
        try:
            yield wire.response()
        except EOFError as error:
            # Bytes of half a response would be in it.
            if error.args != (b'',):
                raise
            return
