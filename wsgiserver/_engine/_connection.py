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

"""One connection and its life, the same on every engine.

A connection is parked with the reactor, or a worker runs it; it is never in
both hands. :meth:`Connection.readable` is the reactor's side and never
waits, :meth:`Connection.run` is the worker's and may.
"""

from __future__ import annotations

from collections.abc import Callable
import enum
import logging
import os
import socket
import struct
import time
from typing import Protocol

from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver import _options
from wsgiserver import _tls
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import exceptions

LOG = logging.getLogger(__name__)

#: What one read asks for: the largest head, and more than a link brings.
READ_SIZE = 65536

#: How long a closing connection waits for the client to take the response
#: and to close, in seconds; longer than a retransmission takes.
LINGER_TIME = 2.0

#: How much such a connection throws away, in bytes, before it is closed for
#: good: 10 MB in flight is what a fast link with a long way holds.
LINGER_SIZE = 10 * 1024 * 1024


# struct linger: on, with no time, makes close() send a reset.
_RESET = struct.pack('ii', 1, 0)


class State(enum.IntEnum):
    """Where a connection is in its life."""

    #: Parked: a TLS handshake is under way.
    HANDSHAKE = 0
    #: Parked: nothing of the next request has arrived.
    IDLE = 1
    #: Parked: a part of a request head has arrived.
    HEAD = 2
    #: A worker runs the application.
    RUNNING = 3
    #: Parked: everything is said, the client may still be sending.
    LINGERING = 4
    #: The socket is closed.
    CLOSED = 5


# Each state's successors.
_NEXT: tuple[tuple[State, ...], ...] = (
    (State.IDLE, State.CLOSED),
    (State.RUNNING, State.HEAD, State.LINGERING, State.CLOSED),
    (State.RUNNING, State.LINGERING, State.CLOSED),
    (State.IDLE, State.LINGERING, State.CLOSED),
    (State.CLOSED,),
    (),
)


class Reactor(Protocol):
    """What a connection wants of its engine."""

    gateway: wsgi_gateway.Gateway
    draining: bool

    def later(self, call: Callable[..., None], *args: object) -> None:
        """Make a call that may wait, such as one that logs."""

    def park(self, connection: Connection) -> None:
        """Watch the connection; it is in the reactor's hands again."""

    def forget(self, connection: Connection) -> None:
        """Drop the connection; called before its socket is closed."""

    def wait_readable(
        self, connection: Connection, timeout: float | None
    ) -> bool:
        """Wait in a worker; False if the time is over."""

    def wait_writable(
        self, connection: Connection, timeout: float | None
    ) -> bool:
        """Wait in a worker; False if the time is over."""


class Connection:
    """A connection, and the channel of the request it runs.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    :param base: the environ that all requests of the listener share.
    """

    __slots__ = (
        'state',
        'deadline',
        'fileno',
        'peer',
        '_reactor',
        '_stream',
        '_base',
        '_parser',
        '_ahead',
        '_skip',
        '_head',
    )

    def __init__(
        self,
        reactor: Reactor,
        stream: socket.socket | _tls.Stream,
        peer: tuple[str, str],
        base: wsgi_environ.Environ,
    ) -> None:
        self._reactor = reactor
        self._stream = stream
        self._base = base
        self.peer = peer
        self.fileno = stream.fileno()
        #: When the reactor is to give up on it, by the monotonic clock.
        self.deadline: float | None = None
        self._parser = http_head.HeadParser(self._settings)
        # Bytes that were read ahead of their use.
        self._ahead = b''
        # In IDLE, how many bytes of a request body nobody wanted are still
        # to be thrown away; in LINGERING, how many may be.
        self._skip = 0
        self._head: http_head.RequestHead | None = None
        self.state = State.IDLE
        if isinstance(stream, _tls.Stream):
            self.state = State.HANDSHAKE
            self._set_deadline(self._settings.handshake_timeout)
        else:
            self._set_deadline(self._settings.header_timeout)

    def _enter(self, state: State) -> None:
        if state not in _NEXT[self.state]:
            raise RuntimeError(f'{self.state.name} to {state.name}')
        self.state = state

    @property
    def _settings(self) -> _options.Settings:
        return self._reactor.gateway.settings

    @property
    def draining(self) -> bool:
        """True once the server stops."""
        return self._reactor.draining

    @property
    def is_open(self) -> bool:
        """False once the socket is closed."""
        return self.state is not State.CLOSED

    def _set_deadline(self, timeout: float | None) -> None:
        if timeout is None:
            self.deadline = None
        else:
            self.deadline = time.monotonic() + timeout

    # -- the reactor's side -----------------------------------------------

    def readable(self) -> bool:
        """Take what the socket has, without waiting.

        :returns: True if a worker is to call :meth:`run` now; else the
            connection is to be parked, unless it is closed.
        """
        try:
            if self.state is State.HANDSHAKE and not self._handshake():
                return False
            data = self._stream.recv(READ_SIZE)
            if not data:
                self.close()
                return False
            if self._take(data):
                return True
            # What TLS has decrypted already wakes nobody up.
            return self._pending() and self.readable()
        except BlockingIOError:
            return False
        except OSError:
            self.close()
            return False

    def _pending(self) -> bool:
        stream = self._stream
        return isinstance(stream, _tls.Stream) and stream.pending()

    def _handshake(self) -> bool:
        assert isinstance(self._stream, _tls.Stream)
        try:
            if not self._stream.handshake():
                return False
        except _tls.PlainRequest:
            self._enter(State.IDLE)
            self._stream = self._stream.socket
            self.refuse(errors.BadRequest('this port speaks HTTPS'))
            return False
        self._enter(State.IDLE)
        self._set_deadline(self._settings.header_timeout)
        return True

    def _take(self, data: bytes) -> bool:
        """Go on with bytes from the client; see :meth:`readable`."""
        if self._skip:
            cut = min(self._skip, len(data))
            self._skip -= cut
            data = data[cut:]
            if self.state is State.LINGERING:
                if not self._skip:
                    self.close()
                return False
            if not data:
                return False
        try:
            taken = self._parser.feed(data)
            if taken is None:
                self._head_in_part()
                return False
            head, self._ahead = taken
            self._check_length(head)
        except errors.ProtocolError as error:
            self.refuse(error)
            return False
        self._head = head
        self._enter(State.RUNNING)
        return True

    def _head_in_part(self) -> None:
        if self.state is State.IDLE and self._parser.started:
            self._enter(State.HEAD)
            self._set_deadline(self._settings.header_timeout)

    def _check_length(self, head: http_head.RequestHead) -> None:
        limit = self._settings.max_body
        length = head.framing.body_length
        if limit is not None and length is not None and length > limit:
            raise errors.ContentTooLarge('the body is too large')

    def refuse(self, error: errors.ProtocolError) -> None:
        """Answer what can't be run, and close once the client has read it.

        :param error: why.
        """
        gateway = self._reactor.gateway
        try:
            # A few hundred bytes always fit into an empty send buffer; a
            # client that keeps it full doesn't get to read the reason.
            self._stream.send(gateway.refusal(error))
        except OSError:
            self.close()
            return
        if gateway.access_log.enabled:
            code = int(error.status[:3])
            self._reactor.later(
                gateway.access_log.write, self.peer[0], '-', code, 0, 0.0
            )
        self._linger()

    def _linger(self) -> None:
        """Close for writing and wait for the client to close.

        Closing at once would send a reset if bytes of the client were
        unread, and a reset makes it lose the response (RFC 9112, 9.6).
        """
        self._ahead = b''
        self._skip = LINGER_SIZE
        self._enter(State.LINGERING)
        self._set_deadline(LINGER_TIME)
        try:
            self._stream = _shut(self._stream)
        except OSError:
            self.close()

    def expire(self) -> None:
        """Give up: the deadline has passed. Called on a parked one."""
        if self.state is State.HEAD:
            self.refuse(errors.RequestTimeout('the head took too long'))
            if self.is_open:
                self._reactor.park(self)
        else:
            self.close()

    def close(self) -> None:
        """Close the socket; what is under way is lost."""
        if self.state is State.CLOSED:
            return
        self._enter(State.CLOSED)
        self._reactor.forget(self)
        self._stream.close()

    def cut(self) -> None:
        """Let nothing more be sent or received; any thread may call it.

        Whoever has the connection notices and closes it.
        """
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            LOG.debug('%s is gone already', self.peer[0])

    # -- the worker's side ------------------------------------------------

    def run(self) -> None:
        """Answer the request that is there, and those pipelined behind it.

        Afterwards the connection is parked or closed.
        """
        gateway = self._reactor.gateway
        while self.state is State.RUNNING:
            head = self._head
            self._head = None
            assert head is not None
            skip = gateway.handle(self, head, self._base)
            if skip >= 0:
                self._next(skip)
            elif skip == wsgi_gateway.ABORT:
                self._abort()
            else:
                self._finish(head)
        if self.state is not State.CLOSED:
            self._reactor.park(self)

    def _next(self, skip: int) -> None:
        """Get ready for the next request, which may be here already."""
        self._enter(State.IDLE)
        self._skip = skip
        self._set_deadline(self._settings.keep_alive_timeout)
        ahead = self._ahead
        if ahead:
            self._ahead = b''
            self._take(ahead)
        elif self._pending():
            self.readable()

    def _finish(self, head: http_head.RequestHead) -> None:
        """Close after the last response."""
        if self.state is not State.RUNNING:
            return
        # A client that asked for the end sends nothing more.
        if not head.framing.keep_alive and head.framing.body_length == 0:
            self.close()
        else:
            self._linger()

    def _abort(self) -> None:
        """Close in the middle of a response, so that the client notices.

        A response that ends with the connection would look whole after a
        regular close; a reset can't be mistaken.
        """
        if self.state is not State.CLOSED:
            try:
                self._stream.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESET
                )
            except OSError:
                LOG.debug('%s is gone already', self.peer[0])
            self.close()

    # -- the channel of the running request --------------------------------

    def receive_into(self, buffer: memoryview) -> int:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        ahead = self._ahead
        if ahead:
            count = min(len(ahead), len(buffer))
            buffer[:count] = ahead[:count]
            self._ahead = ahead[count:]
            return count
        while True:
            try:
                return self._stream.recv_into(buffer)
            except BlockingIOError:
                self._wait_for_body()
            except OSError as error:
                raise exceptions.ClientDisconnected(str(error)) from error

    def _wait_for_body(self) -> None:
        timeout = self._settings.socket_timeout
        if not self._reactor.wait_readable(self, timeout):
            raise exceptions.RequestBodyError(
                errors.RequestTimeout.status, 'the body took too long'
            )

    def unread(self, data: bytes) -> None:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        self._ahead = data + self._ahead

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
        timeout = self._settings.socket_timeout
        if not self._reactor.wait_writable(self, timeout):
            raise exceptions.ClientDisconnected('it took nothing for too long')

    def send_file(self, fileno: int, offset: int, count: int) -> int:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        if isinstance(self._stream, _tls.Stream):
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
            except OSError as error:
                raise exceptions.ClientDisconnected(str(error)) from error
            if not done:
                break
            sent += done
        return sent


def _shut(stream: socket.socket | _tls.Stream) -> socket.socket:
    """Close for writing; what is read from then on is thrown away."""
    if isinstance(stream, _tls.Stream):
        sock = stream.say_goodbye()
    else:
        sock = stream
    sock.shutdown(socket.SHUT_WR)
    return sock
