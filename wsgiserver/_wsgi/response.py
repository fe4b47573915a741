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

"""One response: what the application says, framed for the wire."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import time
from types import TracebackType

from wsgiserver._http import head as http_head
from wsgiserver._wsgi import body as wsgi_body
from wsgiserver._wsgi import channel as wsgi_channel
from wsgiserver._wsgi import fields
from wsgiserver._wsgi import files

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

#: Blocks of a body up to this many bytes are joined and sent at once; the
#: copy is cheaper than a second system call.
_JOINED = 65536

_LAST_CHUNK = b'0\r\n\r\n'


def _check_block(block: object) -> None:
    """Refuse what can't be sent before anything of the response is."""
    if not isinstance(block, bytes):
        raise TypeError(f'a body is made of bytes, not of {type(block)}')


class Response:
    """The response to one request; serves as ``start_response``.

    :param channel: the connection.
    :param head: the request head.
    :param body: the request body, asked whether it keeps the connection
        from being used again.
    :param common: makes the lines that all responses share: Date, Server.
    :param keep_alive: False if the connection is to be closed in any case.
    """

    # Most responses leave these as they are, and then they cost nothing.
    #: The status code; 0 before start_response().
    code = 0
    #: Bytes of the response body that went out.
    sent = 0
    #: Bytes of its head, and of what divides the body into chunks.
    overhead = 0
    #: When the first bytes were about to go out, by the monotonic clock; None
    #: if all of them went at once.
    first_byte: float | None = None
    #: True once bytes are on the wire.
    begun = False
    #: True once all of them are.
    complete = False

    _text = ''
    _declared: int | None = None
    _left: int | None = None
    _bodiless = False
    _chunked = False

    def __init__(
        self,
        channel: wsgi_channel.Channel,
        head: http_head.RequestHead,
        body: wsgi_body.Body,
        common: Callable[[bool, bool], str],
        keep_alive: bool,
    ) -> None:
        #: Whether the connection can be used again; final once complete.
        self.keep_alive = keep_alive
        self._channel = channel
        self._head = head
        self._body = body
        self._common = common

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExcInfo | None = None,
        /,
    ) -> Callable[[bytes], None]:
        """Begin the response (PEP 3333, "The start_response() Callable").

        :param status: the status code and reason.
        :param headers: the header fields.
        :param exc_info: the error this response is about; it is raised
            again if the head of another response is on the wire already.
        :returns: the ``write()`` callable.
        :raises ValueError: if status or headers can't be sent.
        :raises RuntimeError: if it is called twice without ``exc_info``.
        """
        if exc_info is not None:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.code:
            raise RuntimeError('start_response() was called already')
        code, text = fields.status_line(status)
        self._declared = None
        has_date = has_server = False
        for name, value in headers:
            kind = fields.kind_of(name)
            if not (value.isascii() and value.isprintable()):
                fields.check_value(name, value)
            if kind:
                if kind is fields.CONTENT_LENGTH:
                    declared = fields.content_length(value)
                    if self._declared not in (None, declared):
                        raise ValueError('two different Content-Lengths')
                    self._declared = declared
                    continue
                has_date = has_date or kind is fields.DATE
                has_server = has_server or kind is fields.SERVER
            text += f'{name}: {value}\r\n'
        self._text = text + self._common(has_date, has_server)
        self.code = code
        return self.write

    def reset(self) -> None:
        """Forget what the application said; nothing may be sent yet."""
        self.code = 0
        self._text = ''

    def write(self, data: bytes) -> None:
        """Send a part of the body.

        :param data: the bytes; none of them begin no response.
        :raises TypeError: if they aren't bytes.
        :raises RuntimeError: if the request is over.
        """
        _check_block(data)
        if self.complete:
            # Somebody kept the callable; the connection is another's now.
            raise RuntimeError('the response is over')
        if not data:
            return
        prefix = b'' if self.begun else self._begin_in_parts(None)
        data = self._allowed(data)
        if self._bodiless or not data:
            self._put(prefix)
        elif self._chunked:
            size = b'%x\r\n' % len(data)
            self.overhead += len(size) + 2
            self._put(b''.join((prefix, size, data, b'\r\n')))
        elif len(data) <= _JOINED:
            self._put(prefix + data if prefix else data)
        else:
            self._put(prefix)
            self._put(data)
        if not self._bodiless:
            self.sent += len(data)

    def _put(self, data: bytes) -> None:
        if data:
            self._channel.send(data)

    def _allowed(self, data: bytes) -> bytes:
        left = self._left
        if left is None:
            return data
        if left < 0:
            return b''
        if len(data) > left:
            # What is over can't be sent, and the application is at fault.
            self._left = -1
            return data[:left]
        self._left = left - len(data)
        return data

    def send_result(self, result: Iterable[bytes]) -> None:
        """Send all of what the application returned.

        :param result: the iterable.
        :raises ValueError: if its length isn't the declared one; what is on
            the wire is whole as far as it goes, and the connection closes.
        """
        # type() and not isinstance(): a subclass may iterate otherwise.
        if type(result) is list and len(result) == 1:
            self._send_whole(result[0])
        elif type(result) in (list, tuple):
            self._send_sequence(result)  # type: ignore[arg-type]  # narrowed
        else:
            if isinstance(result, files.FileWrapper):
                self._send_file(result)
            else:
                for block in result:
                    self.write(block)
            self.finish()

    def _send_sequence(self, blocks: list[bytes]) -> None:
        """Send a body that is there in several pieces, and finish."""
        for block in blocks:
            _check_block(block)
        total = sum(map(len, blocks))
        if total <= _JOINED:
            self._send_whole(b''.join(blocks))
            return
        self._announce(total)
        for block in blocks:
            self.write(block)
        self.finish()

    def _send_whole(self, data: bytes) -> None:
        """Send a body that is there in one piece, and finish."""
        if type(data) is not bytes:
            _check_block(data)
        size = len(data)
        if self.begun or size > _JOINED:
            self._announce(size)
            self.write(data)
        else:
            prefix = self._begin(size)
            if size == self._left and not self._bodiless:
                self.sent = size
                self._channel.send(prefix + data)
                self.complete = True
                return
            if self._bodiless:
                data = b''
            data = self._allowed(data)
            self.sent = len(data)
            self._channel.send(prefix + data)
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
        if self._bodiless:
            return
        if region is not None and self._left is not None:
            fileno, offset, count = region
            count = min(count, self._left)
            sent = self._channel.send_file(fileno, offset, count)
            self.sent += sent
            self._left -= sent
            if sent == count:
                return
            # What has a region is a file of the standard library.
            wrapper.filelike.seek(offset + sent)  # type: ignore[attr-defined]
        for block in wrapper:
            self.write(block if self._left is None else block[: self._left])
            if self._left == 0:
                return

    def finish(self) -> None:
        """Send what is still missing.

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
            self.keep_alive = False
            raise ValueError(
                'the application sent %s bytes than its Content-Length'
                % ('more' if left < 0 else 'fewer')
            )

    def _begin_in_parts(self, length: int | None) -> bytes:
        """Do as :meth:`_begin`, for a body that does not go with the head."""
        head = self._begin(length)
        self.first_byte = time.monotonic()
        return head

    def _begin(self, length: int | None) -> bytes:
        """Settle the framing and write the head.

        :param length: the body's length, as far as it is known.
        :returns: the head.
        """
        if not self.code:
            raise RuntimeError('no start_response() before the body')
        if self._body is not wsgi_body.NO_BODY:
            self._heed_body()
        if self._channel.is_last:
            self.keep_alive = False
        text = self._text + self._framing_line(length)
        if not self.keep_alive:
            text += 'Connection: close\r\n'
        elif not self._head.section.modern:
            text += 'Connection: keep-alive\r\n'
        self.begun = True
        head = f'{text}\r\n'.encode('latin-1')
        self.overhead = len(head)
        return head

    def _framing_line(self, length: int | None) -> str:
        """Choose the one framing (RFC 9112, section 6.3)."""
        if self._declared is not None:
            length = self._declared
        # RFC 9110, sections 8.6 and 15.4.5: a 204 has no Content-Length; a
        # 304 and the answer to HEAD have the one a GET would be given.
        if self.code == 204:
            self._bodiless = True
            return ''
        if self._head.method == 'HEAD' or self.code == 304:
            self._bodiless = True
            if self._declared is None and (not length or self.code == 304):
                return ''
        if length is not None:
            self._left = length
            return f'Content-Length: {length}\r\n'
        if self._head.section.modern:
            self._chunked = True
            return 'Transfer-Encoding: chunked\r\n'
        self.keep_alive = False
        return ''

    def _heed_body(self) -> None:
        """Decide whether the body lets the connection be used again.

        It has to be said in the head, so it is decided by what was read of
        the body by now.
        """
        unread = self._body.unread_bytes()
        if unread is None or unread > wsgi_body.MAX_SKIPPED:
            self.keep_alive = False
        self._body.answered()
