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

"""The chunked decoder beside llhttp's.

Whatever is a complete body here is one for llhttp as well, with the same
content, and ends at the same byte. The other way round it isn't so; here are
refused in addition:

- a chunk size of more than 15 digits, which llhttp takes up to 64 bits and
  with any number of zeros ahead,
- more than MAX_SIZE_LINE, MAX_EXTENSIONS or MAX_TRAILERS bytes of what is no
  content, which llhttp doesn't bound,
- chunk extensions that the grammar hasn't (RFC 9112, section 7.1.1), such as
  a name or a value that is empty,
- trailers that frame, route or end a message (RFC 9110, section 6.5.1);
  llhttp refuses Content-Length and Transfer-Encoding alone.
"""

import hypothesis
from hypothesis import strategies as st

from wsgiserver._http import chunked
from wsgiserver._http import errors
from wsgiserver.tests import base
from wsgiserver.tests.unit.http import llhttp
from wsgiserver.tests.unit.http import strategies
from wsgiserver.tests.unit.http import wire

_HEAD = wire.post(b'Transfer-Encoding: chunked')


# Pieces that chunked bodies are made of, in any order.
_WORDS = (
    b'0',
    b'1',
    b'2',
    b'a',
    b'F',
    b';',
    b'=',
    b'"',
    b'\\',
    b' ',
    b'\t',
    b'x',
    b'xy',
    b':',
    b',',
    b'\r',
    b'\n',
    b'\r\n',
    b'\r\n0\r\n\r\n',
    b'\r\nx\r\n',
    b'A: b\r\n',
    b'\x00',
    b'\x80',
)


class AgainstLlhttpTestCase(base.TestCase):
    def _assert_same(self, body: bytes) -> None:
        decoder = wire.decoder()
        try:
            content = decoder.feed(body)
        except errors.BadRequest:
            return
        if not decoder.done:
            return
        end = len(body) - len(decoder.rest)
        peer = llhttp.Peer(body[:end])
        self.assertFalse(peer.refused, f'llhttp refuses {body!r}')
        self.assertEqual(1, peer.complete, repr(body))
        self.assertEqual(content, peer.content, repr(body))
        self.assertEqual(0, llhttp.Peer(body[: end - 1]).complete, repr(body))

    @strategies.bounded
    @hypothesis.given(strategies.chunked_bodies().map(lambda made: made[0]))
    def test_valid_bodies_are_the_same_to_both(self, body: bytes) -> None:
        self._assert_same(body)
        self.assertEqual(1, llhttp.Peer(body).complete)

    @strategies.bounded
    @hypothesis.given(
        strategies.broken(
            strategies.chunked_bodies().map(lambda made: made[0])
        )
    )
    def test_broken_bodies_that_are_taken_are_the_same_to_both(
        self, body: bytes
    ) -> None:
        self._assert_same(body)

    @strategies.bounded
    @hypothesis.given(
        st.lists(st.sampled_from(_WORDS), max_size=6).map(b''.join)
    )
    def test_size_lines_that_are_taken_are_the_same_to_both(
        self, line: bytes
    ) -> None:
        self._assert_same(b'1;' + line + b'\r\nx\r\n0\r\n\r\n')
        self._assert_same(b'1' + line + b'\r\nx\r\n0\r\n\r\n')
        self._assert_same(line + b'\r\nx\r\n0\r\n\r\n')

    @strategies.bounded
    @hypothesis.given(
        st.lists(st.sampled_from(_WORDS), max_size=6).map(b''.join)
    )
    def test_trailers_that_are_taken_are_the_same_to_both(
        self, lines: bytes
    ) -> None:
        self._assert_same(b'1\r\nx\r\n0\r\n' + lines + b'\r\n\r\n')
        self._assert_same(b'1\r\nx\r\n0\r\nA:' + lines + b'\r\n\r\n')

    def test_every_byte_of_an_extension_is_the_same_to_both(self) -> None:
        for byte in range(256):
            for form in (b';%c', b';a%cb', b';a=%c', b';a="%c"', b';a="\\%c"'):
                extension = form % byte
                self._assert_same(b'1%s\r\nx\r\n0\r\n\r\n' % extension)

    def test_every_byte_of_a_trailer_is_the_same_to_both(self) -> None:
        for byte in range(256):
            for form in (b'%c', b'%c: b', b'A%c: b', b'A:%c', b'A: b%cc'):
                self._assert_same(b'0\r\n%s\r\n\r\n' % (form % byte))

    def test_what_only_llhttp_takes_is_refused(self) -> None:
        for body in (
            b'0' * 15 + b'1\r\nx\r\n0\r\n\r\n',
            b'1;=b\r\nx\r\n0\r\n\r\n',
            b'1;a=\r\nx\r\n0\r\n\r\n',
            b'1;a=b;;c\r\nx\r\n0\r\n\r\n',
            b'1;' + b'a' * chunked.MAX_SIZE_LINE + b'\r\nx\r\n0\r\n\r\n',
            b'0\r\nA: ' + b'b' * wire.MAX_TRAILERS + b'\r\n\r\n',
            b'0\r\nHost: b\r\n\r\n',
            b'0\r\nConnection: close\r\n\r\n',
            b'0\r\nExpect: 100-continue\r\n\r\n',
        ):
            self.assertEqual(1, llhttp.Peer(body).complete, repr(body))
            decoder = wire.decoder()
            self.assertRaises(errors.BadRequest, decoder.feed, body)
