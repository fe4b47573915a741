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


"""What strangers might send, against all that reads it without a socket."""

import hypothesis
from hypothesis import strategies as st

from wsgiserver._http import errors
from wsgiserver._http import proxy
from wsgiserver.tests.fuzz import fuzz
from wsgiserver.tests.unit.http import llhttp
from wsgiserver.tests.unit.http import strategies
from wsgiserver.tests.unit.http import wire

# A part of a head that is refused may need more to be told from one that is
# still to be completed.
_ENOUGH = b'\r\n\r\n' * 3

_valid = strategies.streams.map(lambda made: b''.join(dict(made)))
_bodies = strategies.chunked_bodies().map(lambda made: made[0])

#: Bytes that mean something to the parsers, in any order.
_words = st.lists(
    st.one_of(
        st.sampled_from(
            (
                *(b'GET ', b'POST ', b'/', b'*', b'http://a', b' HTTP/1.1'),
                *(b'\r\n', b'\r', b'\n', b' ', b'\t', b'\x0b', b'\x00', b':'),
                *(b'Host: a\r\n', b'Content-Length: ', b'Content-Length:5'),
                *(b'Transfer-Encoding: ', b'chunked', b',', b';', b'='),
                *(b'5', b'0', b'-', b'+', b'_', b'f', b'"', b'0\r\n\r\n'),
            )
        ),
        st.binary(max_size=3),
    ),
    max_size=30,
).map(b''.join)


@st.composite
def cut(
    draw: st.DrawFn, streams: st.SearchStrategy[bytes]
) -> tuple[bytes, list[bytes]]:
    """Make a stream and its pieces."""
    stream = draw(streams) + _ENOUGH
    return stream, draw(strategies.pieces_of(stream))


class TestHeads(fuzz.FuzzTest):
    def check(self, example: tuple[bytes, list[bytes]]) -> None:
        """The same requests come out, wherever the stream is cut.

        The reader lets nothing through but the protocol's own errors.
        """
        stream, pieces = example
        whole, parts = wire.read([stream]), wire.read(pieces)
        self.assertEqual(whole.refused is None, parts.refused is None)
        self.assertEqual(
            [message.head for message in whole.messages],
            [message.head for message in parts.messages],
        )

    def test_broken_streams_are_the_same_wherever_they_are_cut(self) -> None:
        self.explore(cut(strategies.broken(_valid)), self.check)

    def test_words_in_any_order_are_the_same_wherever_they_are_cut(
        self,
    ) -> None:
        self.explore(cut(_words), self.check)


class TestChunks(fuzz.FuzzTest):
    def check(self, body: bytes) -> None:
        """What is a body here is one to llhttp, and ends at the same byte."""
        decoder = wire.decoder()
        try:
            content = decoder.feed(body)
        except errors.BadRequest:
            return
        if not decoder.done:
            return
        end = len(body) - len(decoder.rest)
        peer = llhttp.Peer(body[:end])
        hypothesis.note(f'{content!r} and {decoder.rest!r} behind it')
        self.assertFalse(peer.refused)
        self.assertEqual(1, peer.complete)
        self.assertEqual(content, peer.content)
        self.assertEqual(0, llhttp.Peer(body[: end - 1]).complete)

    def test_broken_bodies_are_read_as_llhttp_does(self) -> None:
        self.explore(strategies.broken(_bodies), self.check)

    def test_words_in_any_order_are_read_as_llhttp_does(self) -> None:
        words = _words.map(lambda line: b'1' + line + b'\r\nx\r\n0\r\n\r\n')
        self.explore(st.one_of(words, _words), self.check)


_HEADERS = (
    b'PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n',
    b'PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n',
    b'PROXY UNKNOWN\r\n',
    b'\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00',
    b'\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c' + bytes(range(12)),
    b'\r\n\r\n\x00\r\nQUIT\n\x21\x21\x00\x26' + bytes(range(38)),
)


class TestProxyHeaders(fuzz.FuzzTest):
    def check(self, stream: bytes) -> None:
        """One byte decides, and what is behind it changes nothing."""
        first: proxy.Header | None = None
        for size in range(len(stream) + 1):
            try:
                header = proxy.parse(stream[:size])
            except errors.BadRequest:
                self.assertIsNone(first)
                self.assertRaises(errors.BadRequest, proxy.parse, stream)
                return
            if first is None:
                first = header
                continue
            assert header is not None
            self.assertEqual(first.client, header.client)
            self.assertTrue(stream[:size].endswith(header.rest))

    def test_broken_headers_are_the_same_wherever_they_are_cut(self) -> None:
        headers = strategies.broken(st.sampled_from(_HEADERS))
        behind = st.sampled_from((b'', b'\r\n', wire.BEHIND))
        self.explore(st.tuples(headers, behind).map(b''.join), self.check)
