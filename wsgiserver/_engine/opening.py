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
from wsgiserver._engine import ending
from wsgiserver._http import errors
from wsgiserver._http import proxy as http_proxy
from wsgiserver._net import tls_stream
from wsgiserver._wsgi import environ as wsgi_environ

#: What one read asks for: the largest head, and more than a link brings.
READ_SIZE = 65536


class OpeningChannel(ending.EndingChannel):
    """A channel from the moment it was accepted to its first request.

    :param reactor: the engine.
    :param stream: the accepted socket, not blocking, or TLS over it.
    :param peer: the client's address and port.
    :param base: the environ that all requests of the listener share.
    """

    __slots__ = ('_base',)

    def __init__(
        self,
        reactor: ending.Keeper,
        stream: socket.socket | tls_stream.Stream,
        peer: tuple[str, str],
        base: wsgi_environ.Environ,
    ) -> None:
        super().__init__(reactor, stream, peer)
        self._base = base
        if self.settings.is_proxy(peer[0]):
            self.state = connection_state.PROXY
            self._set_deadline(self.settings.header_timeout)
        else:
            self.state = self._first_state()

    def _first_state(self) -> connection_state.State:
        """The state to begin with, a PROXY header aside."""
        if isinstance(self._stream, tls_stream.Stream):
            self._set_deadline(self.settings.tls_handshake_timeout)
            return connection_state.HANDSHAKE
        self._set_deadline(self.settings.header_timeout)
        return connection_state.IDLE

    def _is_set_up(self) -> bool:
        """Go on with what comes before the first request.

        :returns: True if nothing of it is left.
        :raises BlockingIOError: if the client has to send more.
        :raises OSError: if nothing will come of it.
        """
        if self.state is connection_state.PROXY and not self._proxy_header():
            return False
        return self.state is connection_state.IDLE or self._handshake()

    def _proxy_header(self) -> bool:
        stream = self._stream
        raw = (
            stream.socket if isinstance(stream, tls_stream.Stream) else stream
        )
        data = raw.recv(READ_SIZE)
        if not data:
            self.close()
            return False
        try:
            header = http_proxy.parse(self._ahead + data)
        except errors.ProtocolError as error:
            # It can't be told in TLS, which has not begun.
            self._stream = raw
            self.refuse(error, sent=self._ahead + data)
            return False
        if header is None:
            self._ahead += data
            return False
        if header.client is not None:
            self.proxy, self.peer = self.peer[0], header.client
        self._ahead = header.rest
        if isinstance(stream, tls_stream.Stream):
            stream.feed(header.rest)
            self._ahead = b''
        self._enter(self._first_state())
        return True

    def _handshake(self) -> bool:
        assert isinstance(self._stream, tls_stream.Stream)
        try:
            if not self._stream.handshake():
                return False
        except tls_stream.PlainRequest:
            self._enter(connection_state.IDLE)
            self._stream = self._stream.socket
            self.refuse(errors.BadRequest('this port speaks HTTPS'))
            return False
        client = self._stream.client_environ()
        if client:
            self._base = {**self._base, **client}
        self._enter(connection_state.IDLE)
        self._set_deadline(self.settings.header_timeout)
        return True
