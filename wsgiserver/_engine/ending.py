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

"""How a connection ends: refused, late, broken off, or lingering."""

from __future__ import annotations

import time

from wsgiserver._engine import channel as engine_channel
from wsgiserver._engine import connection_state
from wsgiserver._engine import refusals
from wsgiserver._http import errors
from wsgiserver._http import head as http_head
from wsgiserver._log import access
from wsgiserver._net import tls_stream

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


class Ending:
    """The ending of a connection, made for one that does more than close.

    :param channel: the socket of the connection.
    """

    __slots__ = ('_channel', '_until', '_expected')

    def __init__(self, channel: engine_channel.SocketChannel) -> None:
        self._channel = channel
        # In LINGERING, when it is over at the latest, by the monotonic clock.
        self._until = 0.0
        # In LINGERING, how many bytes are to come until it is closed for
        # writing; None if nobody knows, or it is already.
        self._expected: int | None = None

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
        channel = self._channel
        reactor = channel.reactor
        gateway = reactor.gateway
        gateway.meter.refused(error.kind)
        if head is not None:
            sent = head.request_line.encode('latin-1')
        self._note_refusal(error, refusals.sent(sent))
        try:
            # A few hundred bytes always fit into an empty send buffer; a
            # client that keeps it full doesn't get to read the reason.
            channel.stream.send(gateway.refusal(error))
        except OSError:
            channel.close()
            return
        code = int(error.status[:3])
        log = gateway.access_log
        if log.is_enabled_for(log.levels[code // 100]):
            exchange = access.Exchange(channel, code, head)
            exchange.refusal = error.reason
            reactor.later(log.write, exchange)
        self.linger(None if head is None else self._left_of(head, 0))

    def _note_refusal(self, error: errors.ProtocolError, sent: str) -> None:
        channel = self._channel
        reason = f'{error.status}, {error.reason}'
        channel.reactor.refusals.note(channel.peer[0], reason, sent)

    def reject(self) -> None:
        """Refuse a new connection; there is no telling why in TLS."""
        error = errors.ServiceUnavailable('too many connections')
        if self._channel.state is connection_state.IDLE:
            self.refuse(error)
        else:
            self._channel.reactor.gateway.meter.refused(error.kind)
            self._note_refusal(error, '')
            self._channel.close()

    def expire(self, received: bytes) -> None:
        """Give up: the deadline has passed. Called on one taken from parking.

        It is to be parked again if it is still open.

        :param received: the part of a request head that is there.
        """
        channel = self._channel
        if channel.reactor.stopping:
            # It is not the client that takes too long.
            channel.close_gracefully()
        elif channel.state is connection_state.HEAD:
            error = errors.ClientTimeout('the head took too long')
            self.refuse(error, sent=received)
        elif channel.state is connection_state.HANDSHAKE:
            self.fail(TimeoutError('it took too long'))
        else:
            channel.close_gracefully()

    def fail(self, error: OSError) -> None:
        """Close after an error of the socket, or of TLS.

        :param error: what it was.
        """
        channel = self._channel
        if channel.state is connection_state.HANDSHAKE:
            channel.reactor.gateway.meter.refused(_NO_HANDSHAKE)
            stream = channel.stream
            # Load balancers try whether the port is open, and send nothing.
            if isinstance(stream, tls_stream.Stream) and stream.is_begun:
                reason, details = tls_stream.explain(error)
                channel.reactor.refusals.note(
                    channel.peer[0], f'TLS handshake, {reason}', details
                )
        channel.close()

    # -- behind the last response -------------------------------------------

    def abort(self) -> None:
        """Close in the middle of a response, so that the client notices.

        Where its length or its chunks say that something is missing (RFC
        9112, section 8), the client is to have what there is: a reset would
        take away what it has not read. A response that ends with the
        connection would look whole after a regular close, and after the
        closure alert of TLS; there a reset can't be mistaken. Nor is there a
        use in waiting for a client that reads nothing.
        """
        if self._channel.needs_reset():
            self._channel.close()
        else:
            # The end is what tells it, whatever it is sending.
            self.linger(0)

    def linger_for_body(self, head: http_head.RequestHead) -> None:
        """Linger until the rest of a request body has come.

        :param head: the head of the request.
        """
        self.linger(self._left_of(head, self._channel.received))

    def _left_of(self, head: http_head.RequestHead, read: int) -> int | None:
        """How much of a body is to come, in bytes; None if unknown.

        :param head: the head of its request.
        :param read: how much of it was read.
        """
        length = head.framing.body_length
        if length is None:
            return None
        return max(length - read - len(self._channel.ahead), 0)

    # -- lingering ----------------------------------------------------------

    def linger(self, expected: int | None) -> None:
        """Read on until the client closes, and throw it away.

        Closing at once would send a reset if bytes of the client were
        unread, and a reset makes it lose the response (RFC 9112, 9.6). To
        close for writing makes some relays, and some clients in TLS, throw
        the response away while they are still sending; so that is left until
        the rest has come, or nothing comes any more.

        :param expected: how many bytes that is; None if nobody knows.
        """
        channel = self._channel
        channel.ahead = b''
        channel.skip = LINGER_SIZE
        self._until = time.monotonic() + LINGER_LONGEST
        channel.enter(connection_state.LINGERING)
        channel.set_deadline(LINGER_TIME)
        self._expect(expected)

    def _expect(self, expected: int | None) -> None:
        """Close for writing once nothing is to come."""
        self._expected = expected
        if expected is None or expected > 0:
            return
        self._expected = None
        try:
            self._channel.close_for_writing()
        except OSError:
            self._channel.close()

    def discard(self, count: int) -> None:
        """Go on after some bytes; the reactor parks it if it is open.

        :param count: how many have come and are thrown away.
        """
        channel = self._channel
        now = time.monotonic()
        channel.skip -= min(count, channel.skip)
        channel.deadline = min(now + LINGER_TIME, self._until)
        if not channel.skip or now > self._until:
            channel.close()
        elif self._expected is not None:
            self._expect(self._expected - count)

    def shorten_linger(self, soon: float) -> None:
        """Linger no longer than a server may that stops.

        :param soon: until when, by the monotonic clock.
        """
        self._until = min(self._until, soon)
