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

"""What holds for all streams, tried with many of them."""

import hypothesis
from hypothesis import strategies as st

from wsgiserver._http import errors
from wsgiserver._http import head
from wsgiserver._http import target
from wsgiserver.tests import base
from wsgiserver.tests.unit.http import strategies
from wsgiserver.tests.unit.http import wire


class StreamPropertiesTestCase(base.TestCase):
    @strategies.bounded
    @hypothesis.given(strategies.streams, st.data())
    def test_a_valid_stream_is_read_the_same_wherever_it_is_cut(
        self, made: list[tuple[bytes, bytes]], data: st.DataObject
    ) -> None:
        stream = b''.join(request for request, _content in made)
        whole = wire.read([stream])
        self.assertIsNone(whole.refused)
        self.assertEqual(
            [content for _request, content in made],
            [message.content for message in whole.messages],
        )
        for pieces in (
            data.draw(strategies.pieces_of(stream)),
            wire.byte_by_byte(stream),
        ):
            cut = wire.read(pieces)
            self.assertEqual(whole.messages, cut.messages)
            self.assertIsNone(cut.refused)

    @strategies.bounded
    @hypothesis.given(
        strategies.broken(
            strategies.streams.map(lambda made: b''.join(dict(made)))
        ),
        st.data(),
    )
    def test_a_broken_stream_is_read_the_same_wherever_it_is_cut(
        self, stream: bytes, data: st.DataObject
    ) -> None:
        # Followed by line ends, for some are refused only at the next one.
        stream += b'\r\n\r\n' * 3
        whole = wire.read([stream])
        for pieces in (
            data.draw(strategies.pieces_of(stream)),
            wire.byte_by_byte(stream),
        ):
            cut = wire.read(pieces)
            self.assertEqual(whole.refused is None, cut.refused is None)
            self.assertEqual(
                [message.head for message in whole.messages],
                [message.head for message in cut.messages],
            )

    @strategies.bounded
    @hypothesis.given(st.lists(st.binary(min_size=1)))
    def test_arbitrary_bytes_raise_nothing_but_the_protocols_error(
        self, pieces: list[bytes]
    ) -> None:
        # The reader lets any other error through.
        self.assertEqual([], wire.read(pieces).targets)

    @strategies.bounded
    @hypothesis.given(st.binary())
    def test_arbitrary_heads_raise_nothing_but_the_protocols_error(
        self, stream: bytes
    ) -> None:
        for data in (stream + b'\r\n\r\n', wire.get(stream)):
            try:
                head.parse(data, wire.Limits())
            except errors.ProtocolError as error:
                self.assertTrue(error.reason)

    @strategies.bounded
    @hypothesis.given(
        st.sampled_from(('GET', 'OPTIONS')),
        st.one_of(
            strategies.targets,
            st.binary(max_size=20),
            st.binary(max_size=20).map(lambda rest: b'http://' + rest),
        ),
    )
    def test_arbitrary_targets_raise_nothing_but_the_protocols_error(
        self, method: str, raw: bytes
    ) -> None:
        try:
            path, query, _authority = target.split(method, raw)
        except errors.BadRequest:
            return
        (path + query).encode('latin-1')
        self.assertTrue(path.startswith('/') or raw == b'*', path)


class ChunkedPropertiesTestCase(base.TestCase):
    @strategies.bounded
    @hypothesis.given(
        strategies.chunked_bodies(), st.binary(max_size=20), st.data()
    )
    def test_a_valid_body_is_decoded_the_same_wherever_it_is_cut(
        self,
        made: tuple[bytes, bytes],
        behind: bytes,
        data: st.DataObject,
    ) -> None:
        body, content = made
        for pieces in (
            [body + behind],
            data.draw(strategies.pieces_of(body + behind)),
            wire.byte_by_byte(body + behind),
        ):
            decoder = wire.decoder()
            decoded = b''.join(map(decoder.feed, pieces))
            self.assertEqual(content, decoded)
            self.assertTrue(decoder.done)
            self.assertEqual(behind, decoder.rest)

    @strategies.bounded
    @hypothesis.given(st.lists(st.binary(min_size=1)))
    def test_arbitrary_bytes_raise_nothing_but_the_protocols_error(
        self, pieces: list[bytes]
    ) -> None:
        decoder = wire.decoder()
        try:
            content = b''.join(map(decoder.feed, pieces))
        except errors.BadRequest:
            return
        self.assertLessEqual(len(content), sum(map(len, pieces)))
