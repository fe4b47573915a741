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

"""What a chunked body may take beside its content, and how it is handed on."""

import time

from wsgiserver._http import chunked
from wsgiserver._http import errors
from wsgiserver.tests import base
from wsgiserver.tests.unit.http import wire

_END = b'0\r\n\r\n'


class ChunkLimitsTestCase(base.TestCase):
    def _accepted(self, stream: bytes) -> None:
        for pieces in ([stream], wire.byte_by_byte(stream)):
            self.assertTrue(wire.decode(pieces)[1].done)

    def _refused(self, stream: bytes) -> None:
        for pieces in ([stream], wire.byte_by_byte(stream)):
            self.assertRaises(errors.BadRequest, wire.decode, pieces)

    def test_a_size_line_of_the_longest_size_is_accepted(self) -> None:
        line = b'0;' + b'a' * (chunked.MAX_SIZE_LINE - 2)
        self._accepted(line + b'\r\n\r\n')
        self._refused(line + b'a\r\n\r\n')

    def test_an_endless_size_line_is_refused_at_once(self) -> None:
        decoder = wire.decoder()
        fed = decoder.feed(b'5;' + b'a' * (chunked.MAX_SIZE_LINE - 2))
        self.assertEqual(b'', fed)
        self.assertRaises(errors.BadRequest, decoder.feed, b'aa')

    def test_all_extensions_together_are_bounded(self) -> None:
        extension = b';' + b'a' * 127
        count, rest = divmod(wire.MAX_EXTENSIONS, 128)
        self.assertEqual(0, rest)
        chunks = b'1%s\r\nx\r\n' % extension * (count - 1)
        self._accepted(chunks + b'0%s\r\n\r\n' % extension)
        self._refused(chunks + b'0%sa\r\n\r\n' % extension)

    def test_a_trailer_section_of_the_largest_size_is_accepted(self) -> None:
        most = wire.trailers(wire.MAX_TRAILERS)
        self.assertEqual(wire.MAX_TRAILERS, len(most))
        self._accepted(b'0\r\n' + most + b'\r\n')
        self._refused(
            b'0\r\n' + wire.trailers(wire.MAX_TRAILERS + 1) + b'\r\n'
        )

    def test_one_trailer_of_the_largest_size_is_accepted(self) -> None:
        line = b'A:' + b'b' * (wire.MAX_TRAILERS - 4)
        self._accepted(b'0\r\n' + line + b'\r\n\r\n')
        self._refused(b'0\r\n' + line + b'b\r\n\r\n')

    def test_an_endless_trailer_is_refused(self) -> None:
        decoder = wire.decoder()
        decoder.feed(b'0\r\nA:' + b'b' * (wire.MAX_TRAILERS - 4))
        self.assertRaises(errors.BadRequest, decoder.feed, b'bb')

    def test_fifteen_digits_are_a_size(self) -> None:
        content, decoder = wire.decode([b'f' * 15 + b'\r\nhello'])
        self.assertEqual(b'hello', content)
        self.assertFalse(decoder.done)


class ChunkedDecoderTestCase(base.TestCase):
    def test_content_is_handed_on_before_its_chunk_ends(self) -> None:
        decoder = wire.decoder()
        self.assertEqual(b'he', decoder.feed(b'5\r\nhe'))
        self.assertEqual(b'l', decoder.feed(b'l'))
        self.assertEqual(b'lo', decoder.feed(b'lo\r'))
        self.assertEqual(b'!', decoder.feed(b'\n1\r\n!\r\n0'))
        self.assertEqual(b'', decoder.feed(b'\r\n\r\n'))
        self.assertTrue(decoder.done)

    def test_content_is_not_kept(self) -> None:
        decoder = wire.decoder()
        decoder.feed(b'100000\r\n')
        for _turn in range(16):
            decoder.feed(b'a' * 65536)
            self.assertEqual(b'', decoder.rest)

    def test_bytes_fed_behind_the_end_are_the_rest(self) -> None:
        decoder = wire.decoder()
        decoder.feed(_END + b'a')
        self.assertEqual(b'', decoder.feed(b'b'))
        self.assertEqual(b'ab', decoder.rest)

    def test_a_body_that_is_cut_off_is_not_done(self) -> None:
        stream = b'5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n'
        for size in range(len(stream)):
            self.assertFalse(wire.decode([stream[:size]])[1].done)

    def test_the_time_to_decode_grows_with_the_size_alone(self) -> None:
        for unit in (b'1\r\na\r\n', b'1;a=b\r\na\r\n'):
            few, many = unit * 500, unit * 10000
            for pieces, more in (
                ([few], [many]),
                (wire.byte_by_byte(few), wire.byte_by_byte(many)),
            ):
                small, large = self._seconds(pieces), self._seconds(more)
                # 20 where it is linear, 400 where it is quadratic.
                self.assertLess(large, 100 * max(small, 0.0005))

    def _seconds(self, pieces: list[bytes]) -> float:
        taken = []
        for _turn in range(2):
            began = time.process_time()
            wire.decode(pieces)
            taken.append(time.process_time() - began)
        return min(taken)
