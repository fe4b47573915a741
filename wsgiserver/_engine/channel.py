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
from wsgiserver._engine import connection_state
from wsgiserver._engine import disconnect_check
from wsgiserver._engine import reactor as engine_reactor
from wsgiserver._http import errors
from wsgiserver._net import tls_stream
from wsgiserver._process import forks
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
    """The socket of a connection: the state it is in, its I/O and its end.

    It is the ``Channel`` of the request that the connection runs, and what
    its opening and its ending work on.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    """

    __slots__ = (
        'reactor',
        'stream',
        'fileno',
        'peer',
        'proxy',
        'state',
        'deadline',
        'ahead',
        'received',
        'skip',
        'ends_body',
        '_waited',
        '_is_stuck',
    )

    def __init__(
        self,
        reactor: engine_reactor.Reactor,
        stream: socket.socket | tls_stream.Stream,
        peer: tuple[str, str],
    ) -> None:
        self.reactor = reactor
        self.stream = stream
        self.fileno = stream.fileno()
        self.peer = peer
        #: Where the connection is from, if the peer is from a PROXY header.
        self.proxy = ''
        #: Where it is in its life.
        self.state: connection_state.State = connection_state.IDLE
        #: When the reactor is to give up on it, by the monotonic clock.
        self.deadline: float | None = None
        #: Bytes that were read ahead of their use.
        self.ahead = b''
        #: In IDLE, how many bytes of a request body nobody wanted are still
        #: to be thrown away; in LINGERING, how many may be.
        self.skip = 0
        #: Whether a body is under way that only the connection's end ends.
        self.ends_body = False
        # Whether a part of a block waits for the client to read; it stays so
        # if the wait was ended.
        self._is_stuck = False
        self._begin_body()

    @property
    def settings(self) -> config_settings.Settings:
        """The settings in force."""
        return self.reactor.gateway.settings

    @property
    def tls_version(self) -> str:
        """The version of TLS; empty without TLS."""
        stream = self.stream
        return stream.version if isinstance(stream, tls_stream.Stream) else ''

    def disconnect_check(self) -> Callable[[], bool]:
        """Make what tells whether the client has left."""
        poller = self.reactor.poller
        return disconnect_check.DisconnectCheck(self.stream, poller)

    # -- its life -----------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """False once the socket is closed."""
        return self.state is not connection_state.CLOSED

    def enter(self, state: connection_state.State) -> None:
        """Enter the next state.

        :raises RuntimeError: if it doesn't follow the one before.
        """
        if state not in connection_state.NEXT[self.state]:
            raise RuntimeError(f'{self.state.name} to {state.name}')
        self.state = state

    def set_deadline(self, timeout: float | None) -> None:
        """Have the reactor give up on it.

        :param timeout: in how many seconds; None for never.
        """
        if timeout is None:
            self.deadline = None
        else:
            self.deadline = time.monotonic() + timeout

    def is_late(self, now: float) -> bool:
        """Tell whether its deadline has passed, while it is parked.

        :param now: the time, by the monotonic clock.
        """
        return self.deadline is not None and self.deadline <= now

    # -- its end ------------------------------------------------------------

    def close_gracefully(self) -> None:
        """Close, while nothing is under way, and tell TLS so."""
        if connection_state.HANDSHAKE < self.state < connection_state.CLOSED:
            try:
                self._say_goodbye()
            except OSError:
                LOG.debug('%s is gone already', self.peer[0])
        self.close()

    def _say_goodbye(self) -> None:
        """Tell a client in TLS that no more follows.

        :raises OSError: if the client is gone.
        """
        if isinstance(self.stream, tls_stream.Stream):
            self.stream = self.stream.send_close_notify()

    def close_for_writing(self) -> None:
        """Send the end; what is read from then on is thrown away.

        :raises OSError: if the client is gone.
        """
        self._say_goodbye()
        self.stream.shutdown(socket.SHUT_WR)

    def close(self, *, is_reset: bool = False) -> None:
        """Close the socket; a response that it cuts is not taken for whole.

        :param is_reset: whether the client is to be sent a reset, of which
            the socket was told.
        """
        if self.state is connection_state.CLOSED:
            return
        self.enter(connection_state.CLOSED)
        if self.needs_reset():
            is_reset = True
            self._close_with_reset()
        self.reactor.forget(self)
        if not is_reset and forks.has_children():
            # Else it would stay open for as long as one of them has it. A
            # reset must not follow a regular end.
            self.cut()
        self.stream.close()

    def needs_reset(self) -> bool:
        """Tell whether a regular end would mislead, or find no reader."""
        return self.ends_body or self._is_stuck

    def reset(self) -> None:
        """Close with a reset: what is under way is of no use to the client."""
        if self.state is not connection_state.CLOSED:
            self._close_with_reset()
            self.close(is_reset=True)

    def _close_with_reset(self) -> None:
        """Have the coming close() send a reset."""
        try:
            self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        except OSError:
            LOG.debug('%s is gone already', self.peer[0])

    def cut(self) -> None:
        """Let nothing more be sent or received; any thread may call it.

        Whoever has the connection notices and closes it. What has arrived
        already can still be read.
        """
        try:
            self.stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            LOG.debug('%s is gone already', self.peer[0])

    # -- the request that runs ----------------------------------------------

    def _begin_body(self) -> None:
        #: How many bytes of the body of this request were read.
        self.received = 0
        # For how many seconds a worker waited for them.
        self._waited = 0.0

    def receive(self, size: int) -> bytes:
        """Read what is there, or wait for it."""
        ahead = self.ahead
        if ahead:
            self.ahead = ahead[size:]
            data = ahead[:size]
        else:
            data = self._receive_or_wait(self.stream.recv, size)
        self.received += len(data)
        return data

    def receive_into(self, buffer: memoryview) -> int:
        """Read into a buffer, or wait."""
        ahead = self.ahead
        if ahead:
            count = min(len(ahead), len(buffer))
            buffer[:count] = ahead[:count]
            self.ahead = ahead[count:]
        else:
            count = self._receive_or_wait(self.stream.recv_into, buffer)
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
        if not self.reactor.wait_readable(self.fileno, timeout):
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
        """Give back what was read ahead."""
        self.ahead = data + self.ahead
        self.received -= len(data)

    def probe(self) -> None:
        """Look for the client's end, without waiting."""
        if len(self.ahead) >= _PROBED:
            return
        try:
            data = self.stream.recv(_PROBED)
        except BlockingIOError:
            return
        except OSError as error:
            raise exceptions.ClientDisconnected(str(error)) from error
        if not data:
            raise exceptions.ClientDisconnected('it has all of the response')
        self.ahead += data

    def send(self, data: bytes) -> None:
        """Send all of it, or wait."""
        try:
            sent = self.stream.send(data)
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
                view = view[self.stream.send(view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise exceptions.ClientDisconnected(str(error)) from error

    def _wait_for_reader(self) -> None:
        timeout = self.settings.client_socket_timeout
        self._is_stuck = True
        if not self.reactor.wait_writable(self.fileno, timeout):
            raise exceptions.ClientDisconnected('it took nothing for too long')
        self._is_stuck = False

    def send_file(self, fileno: int, offset: int, count: int) -> int:
        """Send a part of a file without copying it."""
        if isinstance(self.stream, tls_stream.Stream):
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
