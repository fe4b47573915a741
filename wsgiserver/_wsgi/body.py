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

"""Request bodies: ``wsgi.input``, as streams that end by themselves."""

from __future__ import annotations

import abc
import collections
import io
import sys
from typing import Protocol
from typing import TYPE_CHECKING

from wsgiserver._config import settings as config_settings
from wsgiserver._http import chunked
from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver._wsgi import channel as wsgi_channel
from wsgiserver import exceptions

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'

#: How many bytes of a body that nobody read are skipped to keep the
#: connection. More would cost more than a new connection does.
MAX_SKIPPED = 65536

_BLOCK = 65536

# What is asked of the connection at once while the chunks are large, as those
# of 64 KB that clients of object storage send: with 64 KB it takes a third
# longer. Only what arrives takes memory.
_CHUNKED_BLOCK = 256 * 1024

# From this average on, in bytes, chunks are large. Small ones are joined: of
# one byte each, a view takes 200; and fewer are decoded in one go.
_LARGE_CHUNK = 16384

# What one read is allowed to allocate ahead of the bytes' arrival.
_PIECE = 1024 * 1024


class Body(Protocol):
    """Request body, as the server knows it."""

    def stream(self) -> io.BufferedIOBase:
        """The value of ``wsgi.input``."""

    def answered(self) -> None:
        """Note that the head of the response goes out now."""

    def unread_bytes(self) -> int | None:
        """Number of bytes that are still to come.

        :returns: None if that is unknown, or they may never come.
        """

    def end(self) -> None:
        """End the body: nothing can be read any more."""


class NoBody:
    """Request body of a request that has none."""

    def stream(self) -> io.BufferedIOBase:
        return io.BytesIO()

    def answered(self) -> None:
        return

    def unread_bytes(self) -> int | None:
        return 0

    def end(self) -> None:
        return


class BodyStream(io.BufferedReader):
    """``wsgi.input`` of a request with a body.

    The standard library's reader allocates all that read() is asked for at
    once, and applications ask for what a stranger declared. This one's
    memory grows with what arrives.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to size bytes; fewer only at the end of the body.

        :param size: how many; None or less than 0 reads to the end.
        :returns: the bytes.
        :raises ClientDisconnected: if the client went away.
        :raises RequestBodyError: if the body is malformed, or late.
        """
        if size is None or size < 0:
            size = sys.maxsize
        if size <= _BLOCK:
            return super().read(size)
        pieces = []
        wanted = _BLOCK
        while size and (piece := super().read(min(size, wanted))):
            pieces.append(piece)
            size -= len(piece)
            wanted = _PIECE
        return pieces[0] if len(pieces) == 1 else b''.join(pieces)


class _StreamedBody(io.RawIOBase):
    """Base of both framings: reads when the application does.

    :param channel: the connection.
    :param expects_continue: whether the client waits for ``100 Continue``.
    """

    def __init__(
        self, channel: wsgi_channel.Channel, expects_continue: bool
    ) -> None:
        super().__init__()
        self._channel = channel
        self._expects_continue = expects_continue
        self._is_answered = False
        # The first error is the last word: what comes later is no body.
        self._error: exceptions.WSGIServerError | None = None

    def readable(self) -> bool:
        return True

    def stream(self) -> io.BufferedIOBase:
        return BodyStream(self)

    def answered(self) -> None:
        self._is_answered = True

    def readinto(self, buffer: Buffer) -> int:
        if self._error is not None:
            raise self._error
        try:
            return self._read_into(memoryview(buffer).cast('B'))
        except exceptions.WSGIServerError as error:
            self._error = error
            raise

    @abc.abstractmethod
    def _read_into(self, view: memoryview) -> int:
        """Read what is there; 0 at the end of the body."""

    def _go_on(self) -> None:
        """Send ``100 Continue`` to a client that waits for it."""
        if self._expects_continue and not self._is_answered:
            # RFC 9110, section 10.1.1: only when the body is wanted, and
            # not within another response.
            self._expects_continue = False
            self._channel.send(_CONTINUE)

    def unread_bytes(self) -> int | None:
        # A client that never got its 100 may send the body or leave it.
        if self._error is not None or self._expects_continue:
            return None
        return self._announced()

    def end(self) -> None:
        # What an application reads now, in a thread it left behind say,
        # would be somebody else's request.
        self._error = exceptions.RequestBodyError(
            errors.BadRequest.status, 'the request is over'
        )

    @abc.abstractmethod
    def _announced(self) -> int | None:
        """Number of bytes still to come; None if that is unknown."""


class SizedBody(_StreamedBody):
    """A body of declared length.

    :param length: its length in bytes.
    """

    def __init__(
        self,
        channel: wsgi_channel.Channel,
        expects_continue: bool,
        length: int,
    ) -> None:
        super().__init__(channel, expects_continue)
        self._left = length

    def _read_into(self, view: memoryview) -> int:
        if not self._left:
            return 0
        self._go_on()
        count = self._channel.receive_into(view[: self._left])
        if not count:
            raise _left_early()
        self._left -= count
        return count

    def _announced(self) -> int | None:
        return self._left


class ChunkedBody(_StreamedBody):
    """A chunked body.

    :param settings: the limits in force.
    """

    def __init__(
        self,
        channel: wsgi_channel.Channel,
        expects_continue: bool,
        settings: config_settings.Settings,
    ) -> None:
        super().__init__(channel, expects_continue)
        self._decoder = chunked.ChunkedDecoder(
            settings.max_chunk_extensions, settings.max_trailer_size
        )
        self._content: collections.deque[memoryview] = collections.deque()
        self._wanted = _BLOCK
        self._limit = settings.max_request_body_size
        self._size = 0

    def _read_into(self, view: memoryview) -> int:
        while not self._content and not self._decoder.done:
            self._fill()
        room = view
        while room and self._content:
            piece = self._content.popleft()
            count = min(len(room), len(piece))
            room[:count] = piece[:count]
            room = room[count:]
            if count < len(piece):
                self._content.appendleft(piece[count:])
        return len(view) - len(room)

    def _fill(self) -> None:
        self._go_on()
        data = self._channel.receive(self._wanted)
        if not data:
            raise _left_early()
        try:
            pieces = self._decoder.pieces(data)
            size = sum(map(len, pieces))
            self._size += size
            if self._limit is not None and self._size > self._limit:
                raise errors.ContentTooLarge('the body is too large')
        except errors.ProtocolError as error:
            raise exceptions.RequestBodyError(
                error.status, error.reason
            ) from error
        if size >= _LARGE_CHUNK * len(pieces):
            self._wanted = _CHUNKED_BLOCK
        else:
            self._wanted = _BLOCK
            pieces = [memoryview(b''.join(pieces))]
        self._content.extend(pieces)
        if self._decoder.done and self._decoder.rest:
            self._channel.unread(self._decoder.rest)

    def _announced(self) -> int | None:
        return 0 if self._decoder.done else None


def _left_early() -> exceptions.ClientDisconnected:
    return exceptions.ClientDisconnected(
        'the client left within the request body'
    )


#: The body of all requests that have none.
NO_BODY = NoBody()


def body_of(
    channel: wsgi_channel.Channel,
    head: http_head.RequestHead,
    settings: config_settings.Settings,
) -> Body:
    """Request body that a head announces, if it announces one.

    :param channel: the connection it comes from.
    :param head: the request head.
    :param settings: the limits in force.
    :returns: the body.
    """
    framing = head.framing
    if framing.body_length is None:
        return ChunkedBody(channel, framing.expects_continue, settings)
    return SizedBody(channel, framing.expects_continue, framing.body_length)
