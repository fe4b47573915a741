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

"""Drives the protocol as a connection does, with its bytes cut anywhere."""

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses

from wsgiserver._http import chunked
from wsgiserver._http import errors
from wsgiserver._http import head as http_head

#: What the chunk extensions and the trailers of a body may take.
MAX_EXTENSIONS = 65536
MAX_TRAILERS = 8192

#: A request that follows another one on the same connection.
BEHIND = b'GET /behind HTTP/1.1\r\nHost: behind\r\n\r\n'


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits of a head, in bytes; as large as the options' defaults."""

    max_head_size: int = 65536
    max_request_line: int = 8192
    max_header_fields: int = 100
    max_header_line: int = 16384


@dataclasses.dataclass
class Message:
    """A request as it was read."""

    head: http_head.RequestHead
    content: bytes = b''
    complete: bool = False


def decoder() -> chunked.ChunkedDecoder:
    """Make a decoder with the limits above."""
    return chunked.ChunkedDecoder(MAX_EXTENSIONS, MAX_TRAILERS)


class Reader:
    """A connection without a socket.

    It reads requests with their bodies, one after the other, and nothing
    more once one of them was refused.

    :param limits: the limits in force.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.messages: list[Message] = []
        #: The status that something was refused with.
        self.refused: str | None = None
        self._parser = http_head.HeadParser(limits or Limits())
        # What is left of a body: a number of bytes, or its decoder.
        self._body: int | chunked.ChunkedDecoder = 0

    def feed(self, data: bytes) -> None:
        """Take bytes from the client."""
        try:
            while data and self.refused is None:
                if self._body:
                    data = self._feed_body(self._body, data)
                else:
                    data = self._feed_head(data)
        except errors.ProtocolError as error:
            self.refused = error.status

    def _feed_head(self, data: bytes) -> bytes:
        taken = self._parser.feed(data)
        if taken is None:
            return b''
        request, rest = taken
        length = request.framing.body_length
        message = Message(request, complete=length == 0)
        self.messages.append(message)
        self._body = decoder() if length is None else length
        return rest

    def _feed_body(
        self, body: int | chunked.ChunkedDecoder, data: bytes
    ) -> bytes:
        message = self.messages[-1]
        if isinstance(body, int):
            message.content += data[:body]
            self._body = max(body - len(data), 0)
            message.complete = not self._body
            return data[body:]
        message.content += body.feed(data)
        if not body.done:
            return b''
        self._body = 0
        message.complete = True
        return body.rest

    @property
    def targets(self) -> list[bytes]:
        """The targets of the requests that were read, in order."""
        return [message.head.uri.encode() for message in self.messages]


def byte_by_byte(stream: bytes) -> list[bytes]:
    """Cut a stream into its bytes."""
    return [stream[i : i + 1] for i in range(len(stream))]


def cuts(stream: bytes) -> Iterator[list[bytes]]:
    """Cut a stream in two, at every place in turn."""
    for place in range(1, len(stream)):
        yield [stream[:place], stream[place:]]


def ways(stream: bytes) -> Iterator[list[bytes]]:
    """Bring a stream whole, byte by byte, and in two pieces of any size."""
    yield [stream]
    yield byte_by_byte(stream)
    yield from cuts(stream)


def read(pieces: list[bytes], limits: Limits | None = None) -> Reader:
    """Feed a new reader.

    :param pieces: what arrives, one after the other.
    :param limits: the limits in force.
    :returns: the reader.
    """
    reader = Reader(limits)
    for piece in pieces:
        reader.feed(piece)
    return reader


def head_of(*lines: bytes) -> bytes:
    """Make a head of its lines."""
    return b'\r\n'.join(lines) + b'\r\n\r\n'


def get(*fields: bytes) -> bytes:
    """Make a GET request with a Host and more fields."""
    return head_of(b'GET / HTTP/1.1', b'Host: a', *fields)


def post(*fields: bytes) -> bytes:
    """Make the head of a POST request with a Host and more fields."""
    return head_of(b'POST / HTTP/1.1', b'Host: a', *fields)


def decode(pieces: Iterable[bytes]) -> tuple[bytes, chunked.ChunkedDecoder]:
    """Decode pieces of a body.

    :param pieces: what arrives, one after the other.
    :returns: the content and the decoder.
    """
    made = decoder()
    content = b''
    for piece in pieces:
        content += made.feed(piece)
    return content, made


def trailers(size: int) -> bytes:
    """Make a trailer section of a size, without the line that ends it."""
    lines = [b'A: ' + b'b' * 95 + b'\r\n'] * (size // 100 - 1)
    made = b''.join(lines)
    return made + b'B: ' + b'c' * (size - len(made) - 5) + b'\r\n'
