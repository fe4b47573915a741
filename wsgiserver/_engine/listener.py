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

"""A listening socket of an engine, and what its connections share."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from wsgiserver._net import tls_stream
from wsgiserver._wsgi import environ as wsgi_environ


class EngineListener:
    """A listening socket of one engine.

    :param sock: a listening socket; a duplicate of it is kept.
    :param base: the environ that all its requests share.
    :param tls: the TLS context; None for plain HTTP.
    :param socket_class: what connections are to be made of.
    """

    def __init__(
        self,
        sock: socket.socket,
        base: wsgi_environ.Environ,
        tls: ssl.SSLContext | None,
        socket_class: type[socket.socket],
    ) -> None:
        copy = sock.dup()
        # accept() asks for both of them, and to find them among the constants
        # of an enumeration takes 2 us each time.
        found: dict[str, Any] = {'family': copy.family, 'type': copy.type}
        listening_class = type('ListeningSocket', (socket_class,), found)
        self.socket = listening_class(
            copy.family, copy.type, copy.proto, copy.detach()
        )
        self.socket.setblocking(False)
        self.base = base
        self.tls = tls
        self.is_tcp = self.socket.family != socket.AF_UNIX

    def accepted(
        self, sock: socket.socket, address: object
    ) -> tuple[socket.socket | tls_stream.Stream, tuple[str, str]]:
        """Set up a socket that was accepted here.

        :param sock: the socket.
        :param address: the client's, as accept() told.
        :returns: the socket, or TLS over it, and the client's address and
            port; these are empty on a UNIX socket.
        """
        sock.setblocking(False)
        peer = ('', '')
        if self.is_tcp and isinstance(address, tuple):
            peer = (address[0], str(address[1]))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is None:
            return sock, peer
        return tls_stream.Stream(sock, self.tls), peer
