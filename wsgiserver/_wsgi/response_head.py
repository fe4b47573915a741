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

"""Response head: what the application says, and one framing."""

from __future__ import annotations

import abc
from collections.abc import Callable
import time
from types import TracebackType

from wsgiserver._http import head as http_head
from wsgiserver._wsgi import body as wsgi_body
from wsgiserver._wsgi import channel as wsgi_channel
from wsgiserver._wsgi import fields

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

#: A part of a body. PEP 3333 has bytes alone, but every server takes what
#: holds bytes.
Block = bytes | bytearray | memoryview


class ResponseHead(abc.ABC):
    """Response to one request, up to its body.

    :param channel: the connection.
    :param head: the request head.
    :param body: the request body, asked whether it keeps the connection
        from being used again.
    :param common: makes the lines that all responses share: Date, Server.
    :param keep_alive: False if the connection is to be closed in any case.
    """

    # Most responses leave these as they are, and do not read them either: up
    # to Python 3.12, a default of the class is found ten times as slowly.
    #: Bytes of the response body that went out.
    sent = 0
    #: Bytes of its head, and of what divides the body into chunks.
    overhead = 0
    #: True once all of them are: the head, where there is no body.
    complete = False
    #: True once the request is over, and nothing more may be written.
    over = False

    _text = ''
    _declared: int | None = None
    _left: int | None = None
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
        #: The status code; 0 before start_response().
        self.code = 0
        #: When the first bytes were about to go out, by the monotonic clock;
        #: None if all of them went at once.
        self.first_byte: float | None = None
        #: True once bytes are on the wire.
        self.begun = False
        self._bodiless = False
        self._channel = channel
        self._head = head
        self._body = body
        self._common = common

    @property
    def is_framed(self) -> bool:
        """Whether its end is known without that of the connection."""
        return self._bodiless or self._chunked or self._left is not None

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExcInfo | None = None,
    ) -> Callable[[Block], None]:
        """Begin the response (PEP 3333, "The start_response() Callable").

        The parameters have the names that they have in other servers, for
        there are applications that call it by these.

        :param status: the status code, and perhaps a reason phrase.
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
        common = self._common
        self._text = text + common(has_date, has_server)
        self.code = code
        return self.write

    def reset(self) -> None:
        """Reset what the application said; nothing may be sent yet."""
        self.code = 0
        self._text = ''

    @abc.abstractmethod
    def write(self, data: Block) -> None:
        """Send a part of the body."""

    def _begin_in_parts(self, length: int | None) -> bytes:
        """Begin a response whose body does not go with the head."""
        head = self._begin(length)
        self.first_byte = time.monotonic()
        return head

    def _begin(self, length: int | None) -> bytes:
        """Begin the response: settle the framing and write the head.

        :param length: the body's length, as far as it is known.
        :returns: the head.
        """
        if not self.code:
            raise RuntimeError('no start_response() before the body')
        if self._body is not wsgi_body.NO_BODY:
            self._check_body_end()
        if self._channel.is_last():
            self.keep_alive = False
        text = self._text + self._framing_line(length)
        if not self.keep_alive:
            text += 'Connection: close\r\n'
        elif not self._head.section.is_http11:
            text += 'Connection: keep-alive\r\n'
        self.begun = True
        head = f'{text}\r\n'.encode('latin-1')
        self.overhead = len(head)
        return head

    def _framing_line(self, length: int | None) -> str:
        """Framing line, the one there is (RFC 9112, section 6.3)."""
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
        if self._head.section.is_http11:
            self._chunked = True
            return 'Transfer-Encoding: chunked\r\n'
        self.keep_alive = False
        self._channel.ends_body = True
        return ''

    def _check_body_end(self) -> None:
        """Decide by the body whether the connection can be used again.

        It has to be said in the head, so it is decided by what was read of
        the body by now.
        """
        unread = self._body.unread_bytes()
        if unread is None or unread > wsgi_body.MAX_SKIPPED:
            self.keep_alive = False
        self._body.answered()
