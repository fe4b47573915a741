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

"""What comes ahead of a connection's first request: PROXY header, TLS."""

from __future__ import annotations

import socket

from wsgiserver._engine import connection_state
from wsgiserver._http import errors
from wsgiserver._http import proxy as http_proxy
from wsgiserver._net import tls_stream
from wsgiserver._wsgi import environ as wsgi_environ

#: What one read asks for: the largest head, and more than a link brings.
READ_SIZE = 65536


class Opening:
    """The opening of a connection, from its being accepted to its requests.

    A connection of plain HTTP that no proxy has made has none.

    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    :param base: the environ that all requests of the listener share.
    :param has_header: whether a PROXY header comes first.
    """

    __slots__ = ('state', 'stream', 'peer', 'proxy', 'base', 'received')

    def __init__(
        self,
        stream: socket.socket | tls_stream.Stream,
        peer: tuple[str, str],
        base: wsgi_environ.Environ,
        has_header: bool,
    ) -> None:
        self.stream = stream
        #: Who the client is, and who has said so in a PROXY header.
        self.peer = peer
        self.proxy = ''
        #: The environ that all requests of the connection share.
        self.base = base
        #: What is there of a PROXY header; behind it, of the first request.
        self.received = b''
        #: The connection's state; IDLE once the opening is over.
        self.state = self._behind_header()
        if has_header:
            self.state = connection_state.PROXY

    @property
    def socket(self) -> socket.socket:
        """The socket, in which an error can be told while TLS can't."""
        stream = self.stream
        return (
            stream.socket if isinstance(stream, tls_stream.Stream) else stream
        )

    def _behind_header(self) -> connection_state.State:
        if isinstance(self.stream, tls_stream.Stream):
            return connection_state.HANDSHAKE
        return connection_state.IDLE

    def advance(self) -> bool:
        """Take a step with what the client has sent.

        :returns: True if another state is reached.
        :raises BlockingIOError: if the client has to send more.
        :raises OSError: if nothing will come of it.
        :raises ProtocolError: the same, and the client can be told in plain
            text.
        """
        if self.state is connection_state.PROXY:
            return self._read_header()
        return self._shake_hands()

    def _read_header(self) -> bool:
        data = self.socket.recv(READ_SIZE)
        if not data:
            raise ConnectionResetError('it left within the PROXY header')
        self.received += data
        header = http_proxy.parse(self.received)
        if header is None:
            return False
        if header.client is not None:
            self.proxy, self.peer = self.peer[0], header.client
        self.received = header.rest
        if isinstance(self.stream, tls_stream.Stream):
            self.stream.feed(header.rest)
            self.received = b''
        self.state = self._behind_header()
        return True

    def _shake_hands(self) -> bool:
        assert isinstance(self.stream, tls_stream.Stream)
        try:
            if not self.stream.handshake():
                return False
        except tls_stream.PlainRequest:
            raise errors.BadRequest('this port speaks HTTPS') from None
        client = self.stream.client_environ()
        if client:
            self.base = {**self.base, **client}
        self.state = connection_state.IDLE
        return True
