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

"""One connection and its requests, the same on every engine.

A connection is parked with the reactor, or a worker runs it; it is never in
both hands. :meth:`Connection.readable` is the reactor's side and never
waits, :meth:`Connection.run` is the worker's and may. How a connection
begins is in ``opening``, how it ends in ``ending``.
"""

from __future__ import annotations

from contextvars import Context
import logging
import socket
import time
from typing import Any

from wsgiserver._engine import channel
from wsgiserver._engine import connection_state
from wsgiserver._engine import ending as engine_ending
from wsgiserver._engine import opening as engine_opening
from wsgiserver._engine import reactor as engine_reactor
from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver._net import tls_stream
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.connection')

# Not bound to its object anew for each request.
_handle = wsgi_gateway.Gateway.handle
_KEEP_ALIVE = wsgi_outcome.KEEP_ALIVE


class Connection(channel.SocketChannel):
    """A connection, and the channel of the request it runs.

    What comes ahead of its first request is its opening's to do, and all of
    its end but the closing itself its ending's; it has each of them for only
    as long as it needs it.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    :param base: the environ that all requests of the listener share.
    """

    __slots__ = (
        'head',
        'began',
        'worker',
        'queued',
        'waited',
        'is_overdue',
        'environ',
        '_base',
        '_opening',
        '_ending',
        '_parser',
        '_served',
        '_context',
        '_is_tls',
    )

    def __init__(
        self,
        reactor: engine_reactor.Reactor,
        stream: socket.socket | tls_stream.Stream,
        peer: tuple[str, str],
        base: wsgi_environ.Environ,
    ) -> None:
        super().__init__(reactor, stream, peer)
        settings = reactor.gateway.settings
        #: The head of the request that runs, or is about to.
        self.head: http_head.RequestHead | None = None
        #: When that request began to run, by the monotonic clock.
        self.began = 0.0
        #: Who runs it, as the engine knows its workers; None if nobody does.
        self.worker: object = None
        #: Since when it has waited for a worker, by that clock; 0 if it
        #: doesn't.
        self.queued = 0.0
        #: For how many seconds the request that runs had waited.
        self.waited = 0.0
        #: Set by who is about to cut it, see :meth:`Reactor.await_cut`.
        self.is_overdue = False
        #: The environ of that request.
        self.environ: wsgi_environ.Environ | None = None
        self._base = base
        self._opening: engine_opening.Opening | None = None
        self._ending: engine_ending.Ending | None = None
        self._parser = http_head.HeadParser(settings)
        # How many requests it has run.
        self._served = 0
        # In which they run, as long as none leaves a variable in it.
        self._context = Context()
        self._is_tls = isinstance(stream, tls_stream.Stream)
        has_header = settings.is_proxy(peer[0])
        if has_header or self._is_tls:
            opening = engine_opening.Opening(stream, peer, base, has_header)
            self._opening = opening
            self.state = opening.state
        self._wait_for_opening()

    def is_last(self) -> bool:
        """Tell whether no request may follow."""
        reactor = self.reactor
        limit = reactor.gateway.settings.max_requests_per_connection
        return reactor.stopping or (
            limit is not None and self._served >= limit
        )

    @property
    def ending(self) -> engine_ending.Ending:
        """What ends it otherwise than by closing it at once."""
        ending = self._ending
        if ending is None:
            ending = self._ending = engine_ending.Ending(self)
        return ending

    def close(self, *, is_reset: bool = False) -> None:
        """Close the socket, and be done with the ending."""
        super().close(is_reset=is_reset)
        # It refers to this one, and only the garbage collector would see.
        self._ending = None

    # -- the reactor's side -----------------------------------------------

    def readable(self) -> bool:
        """Take what the socket has, without waiting.

        :returns: True if a worker is to call :meth:`run` now; else the
            connection is to be parked, unless it is closed.
        """
        try:
            if self._opening is not None and not self._open(self._opening):
                return False
            data = self.ahead or self.stream.recv(engine_opening.READ_SIZE)
            self.ahead = b''
            # A loop, for the client says how many records there are.
            while data:
                if self._take(data):
                    return True
                if not self._pending():
                    return False
                data = self._held()
            self.close_gracefully()
            return False
        except BlockingIOError:
            return False
        except OSError as error:
            self.ending.fail(error)
            return False

    def _wait_for_opening(self) -> None:
        """Set the deadline for what the client has to send first."""
        settings = self.settings
        if self.state is connection_state.HANDSHAKE:
            self.set_deadline(settings.tls_handshake_timeout)
        else:
            self.set_deadline(settings.header_timeout)

    def _open(self, opening: engine_opening.Opening) -> bool:
        """Go on with what comes ahead of the first request.

        :returns: True if nothing of it is left.
        :raises BlockingIOError: if the client has to send more.
        :raises OSError: if nothing will come of it.
        """
        while opening.state is not connection_state.IDLE:
            try:
                if not opening.advance():
                    return False
            except errors.ProtocolError as error:
                self._refuse_opening(opening, error)
                return False
            self.enter(opening.state)
            self._wait_for_opening()
            # Whoever fails in a handshake is told of by the client's address.
            self.peer, self.proxy = opening.peer, opening.proxy
        self.ahead, self._base = opening.received, opening.base
        self._opening = None
        return True

    def _refuse_opening(
        self, opening: engine_opening.Opening, error: errors.ProtocolError
    ) -> None:
        """Tell of an error in plain text, for TLS has not begun."""
        self._opening = None
        self.stream = opening.socket
        if self.state is connection_state.HANDSHAKE:
            self.enter(connection_state.IDLE)
        self.ending.refuse(error, sent=opening.received)

    def _pending(self) -> bool:
        """Tell whether TLS has bytes that wake nobody up."""
        stream = self.stream
        return (
            isinstance(stream, tls_stream.Stream)
            and self.state is not connection_state.CLOSED
            and stream.pending()
        )

    def _held(self) -> bytes:
        """Read such bytes.

        :raises BlockingIOError: if the rest of a record has to come first.
        """
        assert isinstance(self.stream, tls_stream.Stream)
        return self.stream.recv_held(engine_opening.READ_SIZE)

    def _take(self, data: bytes) -> bool:
        """Go on with bytes from the client; see :meth:`readable`."""
        if self.skip:
            if self.state is connection_state.LINGERING:
                self.ending.discard(len(data))
                return False
            cut = min(self.skip, len(data))
            self.skip -= cut
            data = data[cut:]
            if not data:
                return False
        try:
            taken = self._parser.feed(data)
            if taken is None:
                self._head_in_part()
                return False
        except errors.ProtocolError as error:
            self.ending.refuse(error, sent=self._parser.held or data)
            return False
        head, self.ahead = taken
        if head.framing.body_length and not self._is_allowed(head):
            return False
        self.head = head
        # The two steps of most requests are taken without a call.
        if self.state is connection_state.IDLE:
            self.state = connection_state.RUNNING
        else:
            self.enter(connection_state.RUNNING)
        return True

    def _head_in_part(self) -> None:
        if self.state is connection_state.IDLE and self._parser.started:
            self.enter(connection_state.HEAD)
            self.set_deadline(self.settings.header_timeout)

    def _is_allowed(self, head: http_head.RequestHead) -> bool:
        """Refuse a body whose declared length is over the limit."""
        limit = self.settings.max_request_body_size
        length = head.framing.body_length
        if limit is None or length is None or length <= limit:
            return True
        error = errors.ContentTooLarge('the body is too large')
        self.ending.refuse(error, head)
        return False

    def expire(self) -> None:
        """Give up: the deadline has passed; to be parked again if open."""
        self.ending.expire(self._parser.held)

    def shorten_deadline(self, soon: float) -> None:
        """Wait for the client no longer than a server may that stops.

        :param soon: until when, by the monotonic clock.
        """
        if self._ending is not None:
            self._ending.shorten_linger(soon)
        if self.deadline is None or self.deadline > soon:
            self.deadline = soon

    # -- the worker's side ------------------------------------------------

    def run(
        self, worker: object, began: float, store: dict[str, Any]
    ) -> float:
        """Answer the request that is there, and those pipelined behind it.

        Afterwards the connection is parked or closed, or another worker has
        to run the next request, and its state is RUNNING still.

        :param worker: who calls.
        :param began: the time, by the monotonic clock.
        :param store: the worker's own, for ``Gateway.handle``.
        :returns: when the last answer was given, by that clock.
        """
        # Whoever sees the worker, in another thread, must see its request.
        self.began = began
        self.worker = worker
        if self.queued:
            self.waited = began - self.queued
            self.queued = 0.0
            self.reactor.note_wait(self.waited)
        try:
            now = self._run_one(store)
            while self.state is connection_state.RUNNING:
                if not self.reactor.may_run_pipelined(worker):
                    self.worker = None
                    return now
                now = self._run_one(store)
            self.worker = None
            if self.state is not connection_state.CLOSED:
                self.reactor.park(self)
            return now
        except BaseException as error:
            # A defect of ours may cost a connection, never the worker; nor
            # may who kills it while the client is told of an error. Once it
            # is closed, no time-out can hit the worker in here.
            self.close()
            self.worker = None
            if wsgi_gateway.is_interrupt(error):
                raise
            LOG.exception('A connection failed')
            return time.monotonic()

    def _run_one(self, store: dict[str, Any]) -> float:
        """Answer one request; returns the time."""
        head = self.head
        assert head is not None
        reactor = self.reactor
        # Threads may lose one of two; it is no more than a figure.
        reactor.served += 1
        self._served += 1
        if head.framing.body_length != 0:
            self._begin_body()
        try:
            outcome = self._context.run(
                _handle, reactor.gateway, self, head, self._base, store
            )
        except exceptions.RequestTimeout:
            # It came when the application was done, in the access log say.
            outcome = wsgi_outcome.ABORT
        self.head = self.environ = None
        if self._context:
            # What one request leaves in context variables is not to be there
            # for the next one (PEP 567).
            self._context = Context()
        if self.is_overdue:
            self.is_overdue = False
            reactor.await_cut()
        self.waited = 0.0
        # A pipelined request begins now; with a head it must not look older.
        self.began = now = time.monotonic()
        if outcome is _KEEP_ALIVE:
            self._next(now)
        else:
            self._end(outcome, head)
        return now

    def _next(self, now: float) -> None:
        """Get ready for the next request, which may be here already."""
        if self.state is connection_state.RUNNING:
            self.state = connection_state.IDLE
        else:
            self.enter(connection_state.IDLE)
        timeout = self.reactor.gateway.settings.keep_alive_timeout
        self.deadline = None if timeout is None else now + timeout
        if self.ahead:
            # Behind it, TLS may have more that wakes nobody up.
            self.readable()
        elif self._is_tls and self._pending():
            self.readable()

    def _end(
        self, outcome: wsgi_outcome.Outcome, head: http_head.RequestHead
    ) -> None:
        """Close behind the last response.

        :param outcome: what has become of it.
        :param head: the head of its request.
        """
        if self.state is not connection_state.RUNNING:
            # The response was cut.
            return
        if outcome is wsgi_outcome.ABORT:
            self.ending.abort()
        elif outcome is wsgi_outcome.DISCONNECTED:
            self.reset()
        elif not head.framing.keep_alive and head.framing.body_length == 0:
            # A client that asked for the end sends nothing more.
            self.close_gracefully()
        elif outcome is wsgi_outcome.CLOSE:
            # The client is to notice the end at once.
            self.ending.linger(0)
        else:
            self.ending.linger_for_body(head)
