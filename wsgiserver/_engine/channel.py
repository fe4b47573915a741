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
"""The worker's side of a connection: I/O that looks as if it blocked.

Every call tries the socket at once; only where the socket has nothing, or
takes nothing, does the worker wait.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import os
import socket
import struct
import time
from typing import TypeVar

from wsgiserver._config import settings as config_settings
from wsgiserver._engine import reactor as engine_reactor
from wsgiserver._http import errors
from wsgiserver._net import tls_stream
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.connection')

_Asked = TypeVar('_Asked')
_Got = TypeVar('_Got')

#: What a client may take for a body before its rate counts, in seconds.
BODY_GRACE = 20.0


#: How many bytes a probe for the client's end keeps at most, and a read more.
_PROBED = 65536

# struct linger: on, with no time, makes close() send a reset.
_RESET = struct.pack('ii', 1, 0)


class SocketChannel:
    """See :class:`wsgiserver._wsgi.channel.Channel`.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    """

    __slots__ = (
        'fileno',
        'peer',
        'proxy',
        'received',
        'ends_body',
        '_reactor',
        '_stream',
        '_ahead',
        '_waited',
        '_stuck',
    )

    def __init__(
        self,
        reactor: engine_reactor.Reactor,
        stream: socket.socket | tls_stream.Stream,
        peer: tuple[str, str],
    ) -> None:
        self._reactor = reactor
        self._stream = stream
        self.peer = peer
        #: Where the connection is from, if the peer is from a PROXY header.
        self.proxy = ''
        self.fileno = stream.fileno()
        #: Whether a body is under way that only the connection's end ends.
        self.ends_body = False
        # Whether a part of a block waits for the client to read; it stays so
        # if the wait was ended.
        self._stuck = False
        # Bytes that were read ahead of their use.
        self._ahead = b''
        self._begin_body()

    @property
    def settings(self) -> config_settings.Settings:
        """The settings in force."""
        return self._reactor.gateway.settings

    @property
    def tls_version(self) -> str:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        stream = self._stream
        return stream.version if isinstance(stream, tls_stream.Stream) else ''

    def _begin_body(self) -> None:
        #: How many bytes of the body of this request were read.
        self.received = 0
        # For how many seconds a worker waited for them.
        self._waited = 0.0

    def _say_goodbye(self) -> None:
        """Tell a client in TLS that no more follows.

        :raises OSError: if the client is gone.
        """
        if isinstance(self._stream, tls_stream.Stream):
            self._stream = self._stream.say_goodbye()

    def _shut(self) -> None:
        """Close for writing; what is read from then on is thrown away.

        :raises OSError: if the client is gone.
        """
        self._say_goodbye()
        self._stream.shutdown(socket.SHUT_WR)

    def _needs_reset(self) -> bool:
        """Whether a regular end would mislead, or find nobody who reads."""
        return self.ends_body or self._stuck

    def _close_with_reset(self) -> None:
        """Have the coming close() send a reset."""
        try:
            self._stream.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET
            )
        except OSError:
            LOG.debug('%s is gone already', self.peer[0])

    def receive(self, size: int) -> bytes:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        ahead = self._ahead
        if ahead:
            self._ahead = ahead[size:]
            data = ahead[:size]
        else:
            data = self._receive_or_wait(self._stream.recv, size)
        self.received += len(data)
        return data

    def receive_into(self, buffer: memoryview) -> int:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        ahead = self._ahead
        if ahead:
            count = min(len(ahead), len(buffer))
            buffer[:count] = ahead[:count]
            self._ahead = ahead[count:]
        else:
            count = self._receive_or_wait(self._stream.recv_into, buffer)
        self.received += count
        return count

    def _receive_or_wait(
        self, receive: Callable[[_Asked], _Got], asked: _Asked
    ) -> _Got:
        """Receive what is there, or comes."""
        while True:
            try:
                return receive(asked)
            except BlockingIOError:
                self._wait_for_body()
            except OSError as error:
                raise exceptions.ClientDisconnected(str(error)) from error

    def _wait_for_body(self) -> None:
        began = time.monotonic()
        timeout = self._body_timeout()
        if timeout is not None and timeout <= 0:
            raise _late_body()
        if not self._reactor.wait_readable(self.fileno, timeout):
            raise _late_body()
        self._waited += time.monotonic() - began

    def _body_timeout(self) -> float | None:
        """How long the next bytes of the body may take, in seconds."""
        timeout = self.settings.client_socket_timeout
        rate = self.settings.min_body_rate
        if not rate:
            return timeout
        left = BODY_GRACE + self.received / rate - self._waited
        return left if timeout is None else min(left, timeout)

    def unread(self, data: bytes) -> None:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        self._ahead = data + self._ahead
        self.received -= len(data)

    def probe(self) -> None:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        if len(self._ahead) >= _PROBED:
            return
        try:
            data = self._stream.recv(_PROBED)
        except BlockingIOError:
            return
        except OSError as error:
            raise exceptions.ClientDisconnected(str(error)) from error
        if not data:
            raise exceptions.ClientDisconnected('it has all of the response')
        self._ahead += data

    def send(self, data: bytes) -> None:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        try:
            sent = self._stream.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise exceptions.ClientDisconnected(str(error)) from error
        if sent != len(data):
            self._send_rest(memoryview(data)[sent:])

    def _send_rest(self, view: memoryview) -> None:
        while view:
            self._wait_for_reader()
            try:
                view = view[self._stream.send(view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise exceptions.ClientDisconnected(str(error)) from error

    def _wait_for_reader(self) -> None:
        timeout = self.settings.client_socket_timeout
        self._stuck = True
        if not self._reactor.wait_writable(self.fileno, timeout):
            raise exceptions.ClientDisconnected('it took nothing for too long')
        self._stuck = False

    def send_file(self, fileno: int, offset: int, count: int) -> int:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        if isinstance(self._stream, tls_stream.Stream):
            return 0
        return self._send_file(self.fileno, fileno, offset, count)

    def _send_file(
        self, out: int, fileno: int, offset: int, count: int
    ) -> int:
        sent = 0
        while sent < count:
            try:
                done = os.sendfile(out, fileno, offset + sent, count - sent)
            except BlockingIOError:
                self._wait_for_reader()
                continue
            except ConnectionError as error:
                raise exceptions.ClientDisconnected(str(error)) from error
            except OSError as error:
                # Of the file: some file systems can't do it (EINVAL), and
                # whoever reads it is told of all else. If it is of the
                # socket, so is the next send.
                LOG.debug('A file is read and not sent: %s', error)
                break
            if not done:
                break
            sent += done
        return sent


def _late_body() -> exceptions.RequestBodyError:
    return exceptions.RequestBodyError(
        errors.ClientTimeout.status, 'the body took too long'
    )
