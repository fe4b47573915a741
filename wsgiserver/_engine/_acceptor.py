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
"""Listening sockets, and how connections are taken from them."""

from __future__ import annotations

from collections.abc import Callable
import errno
import logging
import select
import socket
import ssl
from typing import Protocol

from wsgiserver._wsgi import environ as wsgi_environ

LOG = logging.getLogger(__name__)

#: How many connections are accepted in a row, so that workers share a burst.
BATCH = 16

# accept() fails so when the system lacks something; it may come back.
_EXHAUSTED = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
)


class Listener:
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
        self.socket = socket_class(
            copy.family, copy.type, copy.proto, copy.detach()
        )
        self.socket.setblocking(False)
        self.base = base
        self.tls = tls
        self.is_tcp = self.socket.family != socket.AF_UNIX


class Host(Protocol):
    """What the acceptor wants of its engine."""

    def watch(self, fileno: int) -> None:
        """Tell the reactor whenever the descriptor can be read."""

    def unwatch(self, fileno: int) -> None:
        """End that."""

    def later(self, call: Callable[..., None], *args: object) -> None:
        """Make a call that may wait, such as one that logs."""

    def has_room(self) -> bool:
        """Tell whether there may be another connection."""

    def welcome(
        self, listener: Listener, sock: socket.socket, address: object
    ) -> None:
        """Take a new connection over.

        :raises OSError: if the client left in between.
        """


class Acceptor:
    """Accepts connections for an engine, in its reactor.

    :param host: the engine.
    :param poller: an epoll of its own.
    """

    def __init__(self, host: Host, poller: select.epoll) -> None:
        self._host = host
        self._listeners: list[Listener] = []
        # The listeners sit in a set of their own, with EPOLLEXCLUSIVE, so
        # that the kernel wakes one worker process and not all of them.
        self._set = poller
        #: The descriptor that says when there is something to accept.
        self.fileno = poller.fileno()
        self._is_watched = False
        self._is_exhausted = False

    def add(self, listener: Listener) -> None:
        """Accept from a listener, too."""
        self._listeners.append(listener)
        self._set.register(
            listener.socket.fileno(), select.EPOLLIN | select.EPOLLEXCLUSIVE
        )

    def resume(self) -> None:
        """Accept, or go on with it."""
        if not self._is_watched:
            self._is_watched = True
            self._host.watch(self.fileno)

    def pause(self) -> None:
        """Leave new connections in the backlog."""
        if self._is_watched:
            self._is_watched = False
            self._host.unwatch(self.fileno)

    def close(self) -> None:
        """Close the sockets; the backlog stays with other processes."""
        self.pause()
        for listener in self._listeners:
            listener.socket.close()
        self._listeners = []
        self._set.close()

    def accept(self) -> None:
        """Take what is there, up to a batch for each listener."""
        for listener in self._listeners:
            for _turn in range(BATCH):
                if not self._accept_one(listener):
                    break

    def _accept_one(self, listener: Listener) -> bool:
        """Accept a connection; False if there is none to be had now."""
        if not self._host.has_room():
            self.pause()
            return False
        try:
            sock, address = listener.socket.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            return self._failed(error)
        if self._is_exhausted:
            self._is_exhausted = False
            self._host.later(LOG.info, 'Accepting connections again')
        try:
            self._host.welcome(listener, sock, address)
        except OSError as error:
            sock.close()
            self._host.later(LOG.debug, 'Lost a new connection: %s', error)
        return True

    def _failed(self, error: OSError) -> bool:
        if error.errno not in _EXHAUSTED:
            # What the network did to one connection (accept(2)).
            return error.errno != errno.EBADF
        self.pause()
        if not self._is_exhausted:
            self._is_exhausted = True
            self._host.later(
                LOG.error, 'Not accepting connections for now: %s', error
            )
        return False
