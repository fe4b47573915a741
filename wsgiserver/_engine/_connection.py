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

import logging
import socket
import time
from typing import Protocol

from wsgiserver._engine import _channel
from wsgiserver._engine import _reactor
from wsgiserver._engine import _state
from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver._http import proxy as http_proxy
from wsgiserver import _tls
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger(__name__)

State = _state.State

#: What one read asks for: the largest head, and more than a link brings.
READ_SIZE = 65536

#: How long a closing connection waits for the client to send more or to
#: close, in seconds; longer than a retransmission takes.
LINGER_TIME = 2.0

#: How long it waits altogether, in seconds, as long as something comes.
LINGER_LONGEST = 30.0

#: How much such a connection throws away, in bytes, before it is closed for
#: good: 10 MB in flight is what a fast link with a long way holds.
LINGER_SIZE = 10 * 1024 * 1024


class Keeper(_reactor.Reactor, Protocol):
    """The reactor, as its connections know it."""

    def park(self, connection: Connection) -> None:
        """Watch the connection; it is in the reactor's hands again."""

    def forget(self, connection: Connection) -> None:
        """Drop the connection; called before its socket is closed."""


class Connection(_channel.SocketChannel):
    """A connection, and the channel of the request it runs.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    :param base: the environ that all requests of the listener share.
    """

    __slots__ = (
        'state',
        'deadline',
        '_base',
        '_parser',
        '_skip',
        '_head',
        '_served',
        '_linger_until',
    )

    _reactor: Keeper

    def __init__(
        self,
        reactor: Keeper,
        stream: socket.socket | _tls.Stream,
        peer: tuple[str, str],
        base: wsgi_environ.Environ,
    ) -> None:
        super().__init__(reactor, stream, peer)
        self._base = base
        #: When the reactor is to give up on it, by the monotonic clock.
        self.deadline: float | None = None
        self._parser = http_head.HeadParser(self.settings)
        # In IDLE, how many bytes of a request body nobody wanted are still
        # to be thrown away; in LINGERING, how many may be.
        self._skip = 0
        self._head: http_head.RequestHead | None = None
        # How many requests it has run.
        self._served = 0
        self._linger_until = 0.0
        if self.settings.is_proxy(peer[0]):
            self.state = State.PROXY
            self._set_deadline(self.settings.header_timeout)
        else:
            self.state = self._first_state()

    def _first_state(self) -> State:
        """The state to begin with, a PROXY header aside."""
        if isinstance(self._stream, _tls.Stream):
            self._set_deadline(self.settings.handshake_timeout)
            return State.HANDSHAKE
        self._set_deadline(self.settings.header_timeout)
        return State.IDLE

    def _enter(self, state: State) -> None:
        if state not in _state.NEXT[self.state]:
            raise RuntimeError(f'{self.state.name} to {state.name}')
        self.state = state

    @property
    def is_last(self) -> bool:
        """See :class:`wsgiserver._wsgi.channel.Channel`."""
        limit = self.settings.max_requests
        return self._reactor.stopping or (
            limit is not None and self._served >= limit
        )

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
            if self.state <= State.HANDSHAKE and not self._is_set_up():
                return False
            data = self._ahead or self._stream.recv(READ_SIZE)
            self._ahead = b''
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

    def _is_set_up(self) -> bool:
        """Go on with what comes before the first request."""
        if self.state is State.PROXY and not self._proxy_header():
            return False
        return self.state is State.IDLE or self._handshake()

    def _proxy_header(self) -> bool:
        stream = self._stream
        raw = stream.socket if isinstance(stream, _tls.Stream) else stream
        data = raw.recv(READ_SIZE)
        if not data:
            self.close()
            return False
        try:
            header = http_proxy.parse(self._ahead + data)
        except errors.ProtocolError as error:
            # It can't be told in TLS, which has not begun.
            self._stream = raw
            self.refuse(error)
            return False
        if header is None:
            self._ahead += data
            return False
        if header.client is not None:
            self.peer = header.client
        self._ahead = header.rest
        if isinstance(stream, _tls.Stream):
            stream.feed(header.rest)
            self._ahead = b''
        self._enter(self._first_state())
        return True

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
        self._set_deadline(self.settings.header_timeout)
        return True

    def _take(self, data: bytes) -> bool:
        """Go on with bytes from the client; see :meth:`readable`."""
        if self._skip:
            cut = min(self._skip, len(data))
            self._skip -= cut
            data = data[cut:]
            if self.state is State.LINGERING:
                self._linger_on()
                return False
            if not data:
                return False
        try:
            taken = self._parser.feed(data)
            if taken is None:
                self._head_in_part()
                return False
        except errors.ProtocolError as error:
            self.refuse(error)
            return False
        head, self._ahead = taken
        if head.framing.body_length and not self._is_allowed(head):
            return False
        self._head = head
        self._enter(State.RUNNING)
        return True

    def _head_in_part(self) -> None:
        if self.state is State.IDLE and self._parser.started:
            self._enter(State.HEAD)
            self._set_deadline(self.settings.header_timeout)

    def _is_allowed(self, head: http_head.RequestHead) -> bool:
        """Refuse a body whose declared length is over the limit."""
        limit = self.settings.max_body
        length = head.framing.body_length
        if limit is None or length is None or length <= limit:
            return True
        self.refuse(
            errors.ContentTooLarge('the body is too large'),
            head.request_line,
        )
        return False

    def refuse(
        self, error: errors.ProtocolError, request_line: str = '-'
    ) -> None:
        """Answer what can't be run, and close once the client has read it.

        :param error: why.
        :param request_line: for the access log, if it could be read.
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
                gateway.access_log.write,
                *(self.peer[0], request_line, code, 0, 0.0),
            )
        self._linger()

    def turn_away(self) -> None:
        """Refuse a new connection; there is no telling why in TLS."""
        if self.state is State.IDLE:
            self.refuse(errors.ServiceUnavailable('too many connections'))
        else:
            self.close()

    def _linger(self) -> None:
        """Close for writing and wait for the client to close.

        Closing at once would send a reset if bytes of the client were
        unread, and a reset makes it lose the response (RFC 9112, 9.6).
        """
        self._ahead = b''
        self._skip = LINGER_SIZE
        self._linger_until = time.monotonic() + LINGER_LONGEST
        self._enter(State.LINGERING)
        self._set_deadline(LINGER_TIME)
        try:
            self._shut()
        except OSError:
            self.close()

    def _linger_on(self) -> None:
        self._set_deadline(LINGER_TIME)
        if not self._skip or time.monotonic() > self._linger_until:
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
            self._served += 1
            if head.framing.body_length != 0:
                self._begin_body()
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
        self._set_deadline(self.settings.keep_alive_timeout)
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
            self._close_with_reset()
            self.close()
