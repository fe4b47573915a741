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

"""How connections end: refused, lingering, cut, or closed politely."""

from __future__ import annotations

import logging
import socket
import time
from typing import Protocol

from wsgiserver._engine import channel
from wsgiserver._engine import connection_state
from wsgiserver._engine import reactor as engine_reactor
from wsgiserver._engine import refusals
from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver._log import access
from wsgiserver._net import tls_stream
from wsgiserver._process import forks

LOG = logging.getLogger('wsgiserver.connection')

#: How long a closing connection waits for the client to send more or to
#: close, in seconds; longer than a retransmission takes.
LINGER_TIME = 2.0

#: How long it waits altogether, in seconds, as long as something comes.
LINGER_LONGEST = 30.0

#: How much such a connection throws away, in bytes, before it is closed for
#: good: 10 MB in flight is what a fast link with a long way holds.
LINGER_SIZE = 10 * 1024 * 1024


# What is counted without an answer.
_NO_HANDSHAKE = 'tls_handshake'


class Keeper(engine_reactor.Reactor, Protocol):
    """The reactor, as connections know it that end."""

    def forget(self, connection: EndingChannel) -> None:
        """Drop the connection; called before its socket is closed."""


class EndingChannel(channel.SocketChannel):
    """A channel in one of the states of a life, which can end it.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    """

    __slots__ = ('state', 'deadline', 'skip', '_linger_until', '_coming')

    _reactor: Keeper
    #: Where it is in its life.
    state: connection_state.State

    def __init__(
        self,
        reactor: Keeper,
        stream: socket.socket | tls_stream.Stream,
        peer: tuple[str, str],
    ) -> None:
        super().__init__(reactor, stream, peer)
        #: When the reactor is to give up on it, by the monotonic clock.
        self.deadline: float | None = None
        #: In IDLE, how many bytes of a request body nobody wanted are still
        #: to be thrown away; in LINGERING, how many may be.
        self.skip = 0
        self._linger_until = 0.0
        # In LINGERING, how many bytes are to come until it is closed for
        # writing; None if nobody knows, or it is already.
        self._coming: int | None = None

    def is_late(self, now: float) -> bool:
        """Tell whether its deadline has passed, while it is parked.

        :param now: the time, by the monotonic clock.
        """
        return self.deadline is not None and self.deadline <= now

    @property
    def is_open(self) -> bool:
        """False once the socket is closed."""
        return self.state is not connection_state.CLOSED

    def _enter(self, state: connection_state.State) -> None:
        if state not in connection_state.NEXT[self.state]:
            raise RuntimeError(f'{self.state.name} to {state.name}')
        self.state = state

    def _set_deadline(self, timeout: float | None) -> None:
        if timeout is None:
            self.deadline = None
        else:
            self.deadline = time.monotonic() + timeout

    # -- with a word to the client ------------------------------------------

    def refuse(
        self,
        error: errors.ProtocolError,
        head: http_head.RequestHead | None = None,
        sent: bytes = b'',
    ) -> None:
        """Answer what can't be run, and close once the client has read it.

        :param error: why.
        :param head: the head of the request, if it could be read.
        :param sent: what is there of the request, if it couldn't.
        """
        gateway = self._reactor.gateway
        gateway.meter.refused(error.kind)
        if head is not None:
            sent = head.request_line.encode('latin-1')
        self._note_refusal(error, refusals.sent(sent))
        try:
            # A few hundred bytes always fit into an empty send buffer; a
            # client that keeps it full doesn't get to read the reason.
            self._stream.send(gateway.refusal(error))
        except OSError:
            self.close()
            return
        code = int(error.status[:3])
        log = gateway.access_log
        if log.is_enabled_for(log.levels[code // 100]):
            exchange = access.Exchange(self, code, head)
            exchange.refusal = error.reason
            self._reactor.later(log.write, exchange)
        self._linger(None if head is None else self._left_of(head, 0))

    def _note_refusal(self, error: errors.ProtocolError, sent: str) -> None:
        reason = f'{error.status}, {error.reason}'
        self._reactor.refusals.note(self.peer[0], reason, sent)

    def reject(self) -> None:
        """Refuse a new connection; there is no telling why in TLS."""
        error = errors.ServiceUnavailable('too many connections')
        if self.state is connection_state.IDLE:
            self.refuse(error)
        else:
            self._reactor.gateway.meter.refused(error.kind)
            self._note_refusal(error, '')
            self.close()

    def expire(self) -> None:
        """Give up: the deadline has passed. Called on one taken from parking.

        It is to be parked again if it is still open.
        """
        if self._reactor.stopping:
            # It is not the client that takes too long.
            self.close_gracefully()
        elif self.state is connection_state.HEAD:
            error = errors.ClientTimeout('the head took too long')
            self.refuse(error, sent=self._begun())
        elif self.state is connection_state.HANDSHAKE:
            self.fail(TimeoutError('it took too long'))
        else:
            self.close_gracefully()

    def _begun(self) -> bytes:
        """The part of a head that is there, or its beginning."""
        return b''

    def fail(self, error: OSError) -> None:
        """Close after an error of the socket, or of TLS.

        :param error: what it was.
        """
        if self.state is connection_state.HANDSHAKE:
            self._reactor.gateway.meter.refused(_NO_HANDSHAKE)
            stream = self._stream
            # Load balancers try whether the port is open, and send nothing.
            if isinstance(stream, tls_stream.Stream) and stream.is_begun:
                reason, details = tls_stream.explain(error)
                self._reactor.refusals.note(
                    self.peer[0], f'TLS handshake, {reason}', details
                )
        self.close()

    def close_gracefully(self) -> None:
        """Close, while nothing is under way, and tell TLS so."""
        if connection_state.HANDSHAKE < self.state < connection_state.CLOSED:
            try:
                self._say_goodbye()
            except OSError:
                LOG.debug('%s is gone already', self.peer[0])
        self.close()

    def _finish(self, head: http_head.RequestHead, is_read: bool) -> None:
        """Close after the last response.

        :param head: the head of its request.
        :param is_read: whether the client is to notice the end at once; else
            it may send more of the body, and knows where the response ends.
        """
        if self.state is not connection_state.RUNNING:
            return
        # A client that asked for the end sends nothing more.
        if not head.framing.keep_alive and head.framing.body_length == 0:
            self.close_gracefully()
        else:
            left = self._left_of(head, self.received)
            self._linger(0 if is_read else left)

    def _left_of(self, head: http_head.RequestHead, read: int) -> int | None:
        """How much of a body is to come, in bytes; None if unknown.

        :param head: the head of its request.
        :param read: how much of it was read.
        """
        length = head.framing.body_length
        if length is None:
            return None
        return max(length - read - len(self._ahead), 0)

    # -- lingering ----------------------------------------------------------

    def _linger(self, coming: int | None) -> None:
        """Read on until the client closes, and throw it away.

        Closing at once would send a reset if bytes of the client were
        unread, and a reset makes it lose the response (RFC 9112, 9.6). To
        close for writing makes some relays, and some clients in TLS, throw
        the response away while they are still sending; so that is left until
        the rest has come, or nothing comes any more.

        :param coming: how many bytes that is; None if nobody knows.
        """
        self._ahead = b''
        self.skip = LINGER_SIZE
        self._linger_until = time.monotonic() + LINGER_LONGEST
        self._enter(connection_state.LINGERING)
        self._set_deadline(LINGER_TIME)
        self._expect(coming)

    def _expect(self, coming: int | None) -> None:
        """Close for writing once nothing is to come."""
        self._coming = coming
        if coming is None or coming > 0:
            return
        self._coming = None
        try:
            self._shut()
        except OSError:
            self.close()

    def _linger_on(self, count: int) -> None:
        """Go on after some bytes; the reactor parks it if it is open."""
        now = time.monotonic()
        self.skip -= min(count, self.skip)
        self.deadline = min(now + LINGER_TIME, self._linger_until)
        if not self.skip or now > self._linger_until:
            self.close()
        elif self._coming is not None:
            self._expect(self._coming - count)

    def shorten_deadline(self, soon: float) -> None:
        """Wait for the client no longer than a server may that stops.

        :param soon: until when, by the monotonic clock.
        """
        if self.state is connection_state.LINGERING:
            self._linger_until = min(self._linger_until, soon)
        if self.deadline is None or self.deadline > soon:
            self.deadline = soon

    # -- without one --------------------------------------------------------

    def close(self, *, is_reset: bool = False) -> None:
        """Close the socket; a response that it cuts is not taken for whole.

        :param is_reset: whether the client is to be sent a reset, of which
            the socket was told.
        """
        if self.state is connection_state.CLOSED:
            return
        self._enter(connection_state.CLOSED)
        if self._needs_reset():
            is_reset = True
            self._close_with_reset()
        self._reactor.forget(self)
        if not is_reset and forks.has_children():
            # Else it would stay open for as long as one of them has it. A
            # reset must not follow a regular end.
            self.cut()
        self._stream.close()

    def _abort(self) -> None:
        """Close in the middle of a response, so that the client notices.

        Where its length or its chunks say that something is missing (RFC
        9112, section 8), the client is to have what there is: a reset would
        take away what it has not read. A response that ends with the
        connection would look whole after a regular close, and after the
        closure alert of TLS; there a reset can't be mistaken. Nor is there a
        use in waiting for a client that reads nothing.
        """
        if self._needs_reset():
            self.close()
        elif self.state is not connection_state.CLOSED:
            # The end is what tells it, whatever it is sending.
            self._linger(0)

    def _drop(self) -> None:
        """Close with a reset: what is under way is of no use to the client."""
        if self.state is not connection_state.CLOSED:
            self._close_with_reset()
            self.close(is_reset=True)

    def cut(self) -> None:
        """Let nothing more be sent or received; any thread may call it.

        Whoever has the connection notices and closes it. What has arrived
        already can still be read.
        """
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            LOG.debug('%s is gone already', self.peer[0])
