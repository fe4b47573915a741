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

"""Response: its body, framed for the wire."""

from __future__ import annotations

from collections.abc import Iterable

from wsgiserver._wsgi import files
from wsgiserver._wsgi import response_head
from wsgiserver import exceptions

Block = response_head.Block

#: Blocks of a body up to this many bytes are joined and sent at once; the
#: copy is cheaper than a second system call.
_JOINED = 65536

#: How many bytes may be written where there is no body. An application that
#: writes a page twice is to go on; one that never ends would hold its place,
#: and on eventlet the process, for as long as the client stays.
MAX_LEFT_OUT = 1024 * 1024

_LAST_CHUNK = b'0\r\n\r\n'


def _bytes_of(block: Block) -> bytes:
    """Bytes of a block, read before anything is sent.

    :param block: what the application gave; it may change the buffer later.
    :returns: its bytes, however a memoryview counts its items.
    :raises TypeError: if it is none.
    """
    if isinstance(block, bytes):
        return block
    if isinstance(block, bytearray | memoryview):
        return bytes(block)
    raise TypeError(f'a body is made of bytes, not of {type(block)}')


class Response(response_head.ResponseHead):
    """Response to one request; serves as ``start_response``.

    See :class:`wsgiserver._wsgi.response_head.ResponseHead`.
    """

    # Bytes that were written behind a head without a body.
    _left_out = 0

    def write(self, data: Block) -> None:
        """Send a part of the body.

        :param data: the bytes; none of them begin no response.
        :raises TypeError: if they aren't bytes.
        :raises ValueError: if the body is longer than was declared.
        :raises ClientDisconnected: if the client is gone.
        :raises RuntimeError: if the request is over.
        """
        if type(data) is not bytes:
            data = _bytes_of(data)
        if self.over:
            # Somebody kept the callable; the connection is another's now.
            raise RuntimeError('the response is over')
        if not data:
            return
        if self.begun:
            self._write(b'', data)
        else:
            self._write(self._begin_in_parts(None), data)

    def _write(self, prefix: bytes, data: bytes) -> None:
        """Send bytes of the body, as far as the framing has room for them.

        :param prefix: the head, if it is not out yet.
        """
        size = len(data)
        if self._bodiless:
            self._leave_out(prefix, size)
        elif self._chunked:
            line = b'%x\r\n' % size
            self.overhead += len(line) + 2
            self._put(b''.join((prefix, line, data, b'\r\n')))
            self.sent += size
        elif self._left is None or size < self._left:
            self._put_behind(prefix, data)
            self.sent += size
            if self._left is not None:
                self._left -= size
        else:
            self._write_last(prefix, data)

    def _write_last(self, prefix: bytes, data: bytes) -> None:
        """Send what is left of the declared length (PEP 3333).

        :raises ValueError: if the application gave more than that.
        """
        assert self._left is not None
        fitting = data[: max(self._left, 0)]
        self._put_behind(prefix, fitting)
        self.sent += len(fitting)
        self._left -= len(data)
        self.complete = True
        if self._left < 0:
            # What is over can't be sent, and the application is at fault.
            self._left = -1
            raise _wrong_length('more')

    def _leave_out(self, prefix: bytes, size: int) -> None:
        """Send the head alone, where there is no body."""
        if not self.complete:
            self._put(prefix)
            self.complete = True
            return
        self._left_out += size
        if self._left_out > MAX_LEFT_OUT:
            raise exceptions.ClientDisconnected('it takes no body')
        # Only to send would tell that it has left.
        self._channel.probe()

    def _put_behind(self, prefix: bytes, data: bytes) -> None:
        if not prefix or len(data) <= _JOINED:
            self._put(prefix + data if prefix else data)
        else:
            self._put(prefix)
            self._put(data)

    def _put(self, data: bytes) -> None:
        if data:
            self._channel.send(data)

    def send_result(self, result: Iterable[Block]) -> None:
        """Send all of what the application returned.

        Once there is nothing left to send, it is iterated over no further.

        :param result: the iterable.
        :raises ValueError: if its length isn't the declared one; what is on
            the wire is whole as far as it goes.
        """
        # type() and not isinstance(): a subclass may iterate otherwise.
        if type(result) is list and len(result) == 1:
            self._send_whole(result[0])
        elif type(result) in (list, tuple):
            self._send_sequence(result)
        elif type(result) is files.FileWrapper:
            self._send_file(result)
            self.finish()
        else:
            self._send_blocks(result)

    def _send_blocks(self, blocks: Iterable[Block]) -> None:
        """Send a body as it comes, and finish.

        A body of declared length is asked for more once it is whole: what
        its generator does at its end would not be done otherwise. A block
        too much ends it.
        """
        if not self._bodiless:
            for block in blocks:
                self.write(block)
                if self._bodiless:
                    # Nothing of it would ever be sent.
                    break
        self.finish()

    def _send_sequence(self, blocks: Iterable[Block]) -> None:
        """Send a body that is there in several pieces, and finish."""
        pieces = [*map(_bytes_of, blocks)]
        total = sum(map(len, pieces))
        if total <= _JOINED:
            self._send_whole(b''.join(pieces))
        else:
            self._announce(total)
            self._send_blocks(pieces)

    def _send_whole(self, data: Block) -> None:
        """Send a body that is there in one piece, and finish."""
        if type(data) is not bytes:
            data = _bytes_of(data)
        size = len(data)
        if self.begun or size > _JOINED:
            self._announce(size)
            self._send_blocks((data,))
            return
        prefix = self._begin(size)
        if size == self._left and not self._bodiless:
            self.sent = size
            self._channel.send(prefix + data)
            self.complete = True
            return
        self._write(prefix, data)
        self.finish()

    def _announce(self, length: int) -> None:
        if not self.begun:
            self._put(self._begin_in_parts(length))

    def _send_file(self, wrapper: files.FileWrapper) -> None:
        """Send a file up to its end or to the declared length (PEP 3333)."""
        region = wrapper.region()
        if not self.begun:
            length = None if region is None else region[2]
            self._put(self._begin_in_parts(length))
        if self._bodiless or self._left is not None and self._left <= 0:
            return
        if region is not None and self._left is not None:
            self._left -= self._send_region(wrapper.filelike, region)
            if not self._left:
                return
        for block in wrapper:
            data = _bytes_of(block)
            self.write(data if self._left is None else data[: self._left])
            if self._left == 0:
                return

    def _send_region(
        self, file: files.FileLike, region: tuple[int, int, int]
    ) -> int:
        """Have the system send a file, and move it to behind that.

        :returns: how many bytes were sent.
        """
        fileno, offset, size = region
        count = size if self._left is None else min(size, self._left)
        sent = self._channel.send_file(fileno, offset, count)
        self.sent += sent
        # What has a region is a file of the standard library.
        file.seek(offset + sent)  # type: ignore[attr-defined]
        return sent

    def finish(self) -> None:
        """Finish the response: send what is still missing.

        :raises RuntimeError: if there was no start_response().
        :raises ValueError: if the body hadn't the declared length.
        """
        if not self.begun:
            # An empty iterable, or one of empty strings only.
            self._put(self._begin(0))
        if self._chunked:
            self.overhead += len(_LAST_CHUNK)
            self._put(_LAST_CHUNK)
        left = 0 if self._bodiless else self._left or 0
        self.complete = left <= 0
        if left:
            raise _wrong_length('more' if left < 0 else 'fewer')
        self._channel.ends_body = False


def _wrong_length(word: str) -> ValueError:
    return ValueError(
        f'the application sent {word} bytes than its Content-Length'
    )
