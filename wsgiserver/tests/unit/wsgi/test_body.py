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

"""``wsgi.input``: request bodies as streams."""

from collections.abc import Callable
import functools
import io
import random
import tracemalloc
from typing import Any

import testscenarios

from wsgiserver._http import errors
from wsgiserver._wsgi import body
from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes

_LINES = b'one\ntwo\r\n\nthree\xff\x00\nfour'


def _sized(content: bytes) -> bytes:
    return b'Content-Length: %d\r\n\r\n%s' % (len(content), content)


def _chunked(content: bytes, size: int = 7) -> bytes:
    chunks = [content[i : i + size] for i in range(0, len(content), size)]
    coded = b''.join(b'%x\r\n%s\r\n' % (len(c), c) for c in chunks)
    head = b'Transfer-Encoding: chunked\r\n\r\n'
    return b'%s%s0;a=b\r\nA: b\r\n\r\n' % (head, coded)


def make(
    request: bytes,
    pieces: Callable[[bytes], list[bytes]] = lambda data: [data],
    *more: bytes | Exception,
    limit: int | None = None,
) -> tuple[body.Body, fakes.Channel]:
    """Make the body of a request.

    :param request: the framing fields and all that follows.
    :param pieces: cuts what follows the head.
    :param more: what the client sends after that.
    :param limit: the most bytes of a chunked body.
    :returns: the body and the channel it reads from.
    """
    head, rest = fakes.head_of(b'PUT / HTTP/1.1\r\nHost: a\r\n' + request)
    channel = fakes.Channel(*(pieces(rest) if rest else []), *more)
    return body.body_of(
        channel, head, fakes.settings(max_request_body_size=limit)
    ), channel


def _bytes_of(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


class StreamTestCase(unit_scenarios.ScenarioTestCase):
    """A body is the same stream however it is framed and arrives."""

    scenarios = testscenarios.multiply_scenarios(
        [
            ('sized', {'frame': _sized}),
            ('chunked', {'frame': _chunked}),
            ('in_small_chunks', {'frame': lambda c: _chunked(c, 1)}),
        ],
        [
            ('whole', {'pieces': lambda data: [data]}),
            ('byte_by_byte', {'pieces': _bytes_of}),
        ],
    )

    frame: Callable[[bytes], bytes]
    pieces: Callable[[bytes], list[bytes]]

    def _stream(self, content: bytes = _LINES) -> Any:
        made, self.channel = make(self.frame(content), self.pieces)
        self.body = made
        return made.stream()

    def test_read_without_a_size_reads_to_the_end(self) -> None:
        for size in ((), (-1,), (None,)):
            self.assertEqual(_LINES, self._stream().read(*size))

    def test_read_reads_no_more_than_its_size(self) -> None:
        for size in (1, 2, 7, len(_LINES)):
            stream = self._stream()
            read = b''
            while block := stream.read(size):
                self.assertLessEqual(len(block), size)
                # Less only at the end, as files do it.
                self.assertEqual(
                    min(size, len(_LINES) - len(read)), len(block)
                )
                read += block
            self.assertEqual(_LINES, read)

    def test_a_size_larger_than_the_body_reads_the_body(self) -> None:
        for size in (len(_LINES) + 1, 65536, 65537, 2**40, 2**63 - 1):
            self.assertEqual(_LINES, self._stream().read(size))

    def test_the_stream_ends_by_itself_for_ever(self) -> None:
        stream = self._stream()
        stream.read()
        for _turn in range(3):
            self.assertEqual(b'', stream.read())
            self.assertEqual(b'', stream.read(5))
            self.assertEqual(b'', stream.readline())
            self.assertEqual([], stream.readlines())
            self.assertEqual([], list(stream))
            self.assertEqual(0, stream.readinto(bytearray(5)))
        self.assertEqual(b'', self.channel.wire)

    def test_lines_are_read_as_from_a_file(self) -> None:
        expected = io.BytesIO(_LINES).readlines()
        self.assertEqual(expected, list(self._stream()))
        self.assertEqual(expected, self._stream().readlines())
        stream = self._stream()
        self.assertEqual(expected, [stream.readline() for _line in expected])

    def test_readline_takes_a_size(self) -> None:
        stream, file = self._stream(), io.BytesIO(_LINES)
        for size in (2, 2, 100, -1, 0, 1, 3, 100, 100, 100):
            self.assertEqual(file.readline(size), stream.readline(size))

    def test_readlines_takes_a_hint(self) -> None:
        for hint in (1, 4, 10, 100, 0, -1):
            file = io.BufferedReader(io.BytesIO(_LINES))
            self.assertEqual(
                file.readlines(hint), self._stream().readlines(hint)
            )

    def test_readinto_fills_a_buffer(self) -> None:
        stream = self._stream()
        buffer = bytearray(len(_LINES) + 5)
        count = stream.readinto(buffer)
        self.assertEqual(_LINES[:count], bytes(buffer[:count]))
        rest = stream.read()
        self.assertEqual(_LINES, bytes(buffer[:count]) + rest)

    def test_ways_of_reading_can_be_mixed(self) -> None:
        content = bytes(random.Random(1).choices(b'ab\n', k=3000))
        stream, file = self._stream(content), io.BytesIO(content)
        for turn in range(200):
            self.assertEqual(file.read(turn % 7), stream.read(turn % 7))
            self.assertEqual(file.readline(9), stream.readline(9))
        self.assertEqual(file.read(), stream.read())

    def test_bytes_behind_the_body_stay_with_the_connection(self) -> None:
        for behind in (b'GET / HTTP/1.1\r\n\r\n', b'\r\n', b'0\r\n\r\n'):
            made, channel = make(self.frame(_LINES) + behind, self.pieces)
            self.assertEqual(_LINES, made.stream().read())
            self.assertEqual(behind, channel.left)
            self.assertEqual(0, made.unread_bytes())

    def test_a_large_body_is_whole(self) -> None:
        content = random.Random(2).randbytes(100_000)
        if self.pieces is _bytes_of:
            content = content[:3000]
        for size in (-1, 1000, 65536, 65537):
            stream = self._stream(content)
            read = functools.partial(stream.read, size)
            self.assertEqual(content, b''.join(iter(read, b'')))


class BrokenBodyTestCase(unit_scenarios.ScenarioTestCase):
    """A body without its end is an error, and stays one."""

    late = exceptions.RequestBodyError(errors.ClientTimeout.status, 'late')

    scenarios = [
        (
            name,
            {'request': request, 'more': more, 'kind': kind},
        )
        for name, request, more, kind in (
            (
                'sized_and_gone',
                b'Content-Length: 9\r\n\r\nhello',
                (),
                exceptions.ClientDisconnected,
            ),
            (
                'chunked_and_gone',
                b'Transfer-Encoding: chunked\r\n\r\n9\r\nhello',
                (),
                exceptions.ClientDisconnected,
            ),
            (
                'gone_between_chunks',
                b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
                (),
                exceptions.ClientDisconnected,
            ),
            (
                'gone_before_the_last_line',
                b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
                (),
                exceptions.ClientDisconnected,
            ),
            (
                'sized_and_late',
                b'Content-Length: 9\r\n\r\nhello',
                (late, b'more'),
                exceptions.RequestBodyError,
            ),
            (
                'chunked_and_late',
                b'Transfer-Encoding: chunked\r\n\r\n9\r\nhello',
                (late, b'more\r\n0\r\n\r\n'),
                exceptions.RequestBodyError,
            ),
            (
                'malformed',
                b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx',
                (b'\r\n', b'0\r\n\r\n'),
                exceptions.RequestBodyError,
            ),
            (
                'malformed_at_once',
                b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n',
                (b'0\r\n\r\n',),
                exceptions.RequestBodyError,
            ),
        )
    ]

    request: bytes
    more: tuple[bytes | Exception, ...]
    kind: type[Exception]

    def _make(self) -> body.Body:
        return make(self.request, lambda data: [data], *self.more)[0]

    def test_every_way_of_reading_to_the_end_raises(self) -> None:
        for read in (
            lambda stream: stream.read(),
            lambda stream: stream.read(9),
            lambda stream: stream.readlines(),
            lambda stream: list(stream),
            lambda stream: [stream.read(1) for _turn in range(9)],
            lambda stream: [stream.read1(1) for _turn in range(9)],
            lambda stream: [stream.readinto(bytearray(4)) for _t in range(9)],
        ):
            stream: Any = self._make().stream()
            self.assertRaises(self.kind, read, stream)

    def test_reading_on_raises_again(self) -> None:
        # What comes later would be taken for the bytes that are missing.
        stream: Any = self._make().stream()
        for _turn in range(3):
            self.assertRaises(self.kind, stream.read)
            self.assertRaises(self.kind, stream.readline)

    def test_the_connection_can_not_be_used_again(self) -> None:
        made = self._make()
        self.assertRaises(self.kind, made.stream().read)
        self.assertIsNone(made.unread_bytes())


class BodyTestCase(base.TestCase):
    def test_a_request_without_a_body_has_an_empty_stream(self) -> None:
        made, channel = make(b'\r\nbehind')
        stream = made.stream()
        self.assertEqual(b'', stream.read())
        self.assertEqual(b'', stream.readline())
        self.assertEqual([], list(stream))
        self.assertEqual(0, made.unread_bytes())
        self.assertEqual(b'', channel.wire)

    def test_streams_of_requests_without_a_body_are_not_shared(self) -> None:
        streams = [make(b'\r\n')[0].stream() for _turn in range(2)]
        streams[0].close()
        self.assertEqual(b'', streams[1].read())

    def test_what_is_left_of_a_sized_body_is_counted(self) -> None:
        made, _channel = make(b'Content-Length: 9\r\n\r\nhello')
        self.assertEqual(9, made.unread_bytes())
        made.stream().read(5)
        self.assertEqual(4, made.unread_bytes())

    def test_what_is_left_of_a_chunked_body_is_unknown(self) -> None:
        made, _channel = make(_chunked(b'hello'))
        self.assertIsNone(made.unread_bytes())
        made.stream().read()
        self.assertEqual(0, made.unread_bytes())

    def test_a_chunked_body_has_a_limit_with_two_sides(self) -> None:
        for chunk in (1, 7, 100):
            for size, fits in ((9, True), (10, False), (100, False)):
                request = _chunked(b'x' * size, chunk)
                stream = make(request, limit=9)[0].stream()
                if fits:
                    self.assertEqual(size, len(stream.read()))
                    continue
                error = self.assertRaises(
                    exceptions.RequestBodyError, stream.read
                )
                self.assertEqual('413 Content Too Large', error.status)

    def test_a_body_over_the_limit_ends_its_connection(self) -> None:
        made, _channel = make(_chunked(b'x' * 10) + b'GET', limit=9)
        self.assertRaises(exceptions.RequestBodyError, made.stream().read)
        self.assertIsNone(made.unread_bytes())

    def test_a_large_read_ends_at_its_size(self) -> None:
        for frame in (_sized, _chunked):
            stream = make(frame(bytes(100_000)))[0].stream()
            self.assertEqual(70_000, len(stream.read(70_000)))
            self.assertEqual(30_000, len(stream.read(70_000)))

    def test_a_closed_stream_leaves_the_connection_alone(self) -> None:
        made, channel = make(b'Content-Length: 5\r\n\r\nhello')
        made.stream().close()
        self.assertEqual(5, made.unread_bytes())
        self.assertEqual(b'hello', channel.left)

    def test_the_chunks_of_a_body_may_change_their_size(self) -> None:
        content = random.Random(1).randbytes(1_200_000)
        large, small = content[:900_000], content[900_000:]
        _head, empty, ending = _chunked(b'').partition(b'\r\n\r\n')
        request = _chunked(large, 65536).removesuffix(ending)
        chunks = _chunked(small, 3).partition(empty)[2]
        read = make(request + chunks)[0].stream().read()
        # A difference of a megabyte is too long to be reported.
        self.assertTrue(content == read, f'{len(read)} bytes')

    def test_small_chunks_take_little_memory_until_they_are_read(self) -> None:
        # 60 KB of them on the wire; a view of each would take 2 MB. The
        # stream above it would read on.
        made: Any = make(_chunked(bytes(10_000), 1))[0]
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        made.readinto(bytearray(1))
        self.assertLess(tracemalloc.get_traced_memory()[0], 700_000)

    def test_a_declared_length_takes_no_memory(self) -> None:
        # Applications read what CONTENT_LENGTH says, and anybody can say it.
        request = b'Content-Length: 999999999999999\r\n\r\nhello'
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for read in ('read', 'readline', 'readlines'):
            stream = make(request)[0].stream()
            self.assertRaises(
                exceptions.ClientDisconnected,
                getattr(stream, read),
                999999999999999,
            )
        self.assertLess(tracemalloc.get_traced_memory()[1], 4_000_000)

    def test_streaming_a_large_body_takes_no_memory(self) -> None:
        block = b'x' * 65536
        for request in (
            b'Content-Length: %d\r\n\r\n' % (len(block) * 200),
            b'Transfer-Encoding: chunked\r\n\r\n%x\r\n' % (len(block) * 200),
        ):
            made, channel = make(request)
            channel.incoming.extend([block] * 200)
            stream = made.stream()
            tracemalloc.start()
            for _turn in range(200):
                self.assertEqual(65536, len(stream.read(65536)))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertLess(peak, 2_000_000)
