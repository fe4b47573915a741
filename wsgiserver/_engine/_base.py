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

"""What both engines share: listeners, parked connections, time, the end."""

from __future__ import annotations

import abc
import collections
from collections.abc import Callable
import functools
import logging
import math
import select
import socket
import ssl
import time

from wsgiserver._engine import _acceptor
from wsgiserver._engine import _connection
from wsgiserver._engine import _state
from wsgiserver import _tls
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger(__name__)

State = _state.State

#: How often deadlines are looked at, in seconds. They are counted in tens of
#: seconds, and a look at 10,000 connections takes about a millisecond.
TICK = 1.0


class Engine(abc.ABC):
    """A reactor and its workers, in one process.

    :param gateway: runs the requests.
    """

    #: Whether a stop has to wait for the end of the drain.
    drains_in_stop = False
    #: What sockets are made of; never a patched class.
    socket_class: type[socket.socket] = socket.socket
    #: The poller; a patched select module has none.
    epoll_class: type[select.epoll]

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        self.gateway = gateway
        #: True once stop() was called.
        self.stopping = False
        # True once the reactor acts on it.
        self._draining = False
        self._acceptor = _acceptor.Acceptor(self, self.epoll_class())
        # Connections by descriptor: all of them, and those in the reactor's
        # hands. Taking one out of _parked is what gives the right to touch
        # it, and dict.pop() gives it to one thread only.
        self._connections: dict[int, _connection.Connection] = {}
        self._parked: dict[int, _connection.Connection] = {}
        # The descriptors of each client address, where they are limited.
        self._clients: dict[str, set[int]] = {}
        # Parked connections whose descriptor the poller was told to ignore.
        self._ignored: set[int] = set()
        # How many workers run something, a leading one and those aside
        # that wait for their client; and connections for which there was no
        # worker.
        self._busy = 0
        self._waiting = 0
        self._queue: collections.deque[_connection.Connection] = (
            collections.deque()
        )
        self._drain_until = math.inf

    # -- what an engine supplies --------------------------------------------

    @abc.abstractmethod
    def start(self) -> None:
        """Begin to serve; returns at once."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Stop accepting and let running requests finish.

        Any thread may call it, and a signal handler.
        """

    @abc.abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs any more, or the drain was given up.

        :param timeout: how long at most, in seconds.
        :returns: False if the time is over.
        """

    @abc.abstractmethod
    def watch(self, fileno: int) -> None:
        """Have :meth:`_event` called whenever it can be read."""

    @abc.abstractmethod
    def unwatch(self, fileno: int) -> None:
        """End that."""

    @abc.abstractmethod
    def _dispatch(self, connection: _connection.Connection) -> None:
        """Have a worker run the connection's request."""

    @abc.abstractmethod
    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine._reactor.Reactor`."""

    @abc.abstractmethod
    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine._reactor.Reactor`."""

    @abc.abstractmethod
    def _ended(self) -> None:
        """Wake those in :meth:`wait`; the last connection is gone."""

    def later(self, call: Callable[..., None], *args: object) -> None:
        """See :class:`wsgiserver._engine._reactor.Reactor`."""
        call(*args)

    # -- new connections ----------------------------------------------------

    def listen(
        self,
        sock: socket.socket,
        base: wsgi_environ.Environ,
        tls: ssl.SSLContext | None,
    ) -> None:
        """Add a listening socket, before the start.

        :param sock: the socket; it stays the caller's.
        :param base: the environ that all its requests share.
        :param tls: the TLS context; None for plain HTTP.
        """
        self._acceptor.add(
            _acceptor.Listener(sock, base, tls, self.socket_class)
        )

    def has_room(self) -> bool:
        """See :class:`wsgiserver._engine._acceptor.Host`."""
        limit = self.gateway.settings.max_connections
        return len(self._connections) < limit

    def welcome(
        self,
        listener: _acceptor.Listener,
        sock: socket.socket,
        address: object,
    ) -> None:
        """See :class:`wsgiserver._engine._acceptor.Host`."""
        sock.setblocking(False)
        peer = ('', '')
        if listener.is_tcp and isinstance(address, tuple):
            peer = (address[0], str(address[1]))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream: socket.socket | _tls.Stream = sock
        if listener.tls is not None:
            stream = _tls.Stream(sock, listener.tls)
        connection = _connection.Connection(self, stream, peer, listener.base)
        self._connections[connection.fileno] = connection
        if not self._admit(connection):
            return
        self._parked[connection.fileno] = connection
        self._ignored.discard(connection.fileno)
        self.watch(connection.fileno)

    def _admit(self, connection: _connection.Connection) -> bool:
        """Refuse a client that has enough connections already."""
        settings = self.gateway.settings
        limit, address = settings.max_per_client, connection.peer[0]
        if limit is None or not address or settings.is_proxy(address):
            return True
        held = self._clients.setdefault(address, set())
        if len(held) < limit:
            held.add(connection.fileno)
            return True
        self.later(LOG.info, '%s has too many connections', address)
        self.watch(connection.fileno)
        connection.turn_away()
        if connection.is_open:
            self.park(connection)
        return False

    # -- connections --------------------------------------------------------

    def park(self, connection: _connection.Connection) -> None:
        """See :class:`wsgiserver._engine._connection.Keeper`."""
        fileno = connection.fileno
        if self._draining and connection.state < State.RUNNING:
            connection.close()
            return
        self._parked[fileno] = connection
        if fileno in self._ignored:
            self._heed(fileno)

    def forget(self, connection: _connection.Connection) -> None:
        """See :class:`wsgiserver._engine._connection.Keeper`."""
        fileno = connection.fileno
        self._parked.pop(fileno, None)
        if fileno in self._ignored:
            self._ignored.discard(fileno)
        else:
            self.unwatch(fileno)
        del self._connections[fileno]
        held = self._clients.get(connection.peer[0])
        if held is not None:
            held.discard(fileno)
        if self._draining:
            self._check_end()

    def _event(self, fileno: int) -> None:
        """Something can be read; called by the reactor alone."""
        connection = self._parked.pop(fileno, None)
        if connection is None:
            self._guarded(self._stray, fileno)
        else:
            self._read(connection)

    def _read(self, connection: _connection.Connection) -> None:
        """Let a connection that was parked take what has arrived."""
        try:
            ready = connection.readable()
        except Exception as error:
            # A defect of ours may cost a connection, never the reactor.
            self._report('A connection failed', error)
            connection.close()
            return
        if ready:
            self._dispatch(connection)
        elif connection.state is not State.CLOSED:
            self.park(connection)

    def _guarded(self, call: Callable[..., None], *args: object) -> None:
        """Make a call of the reactor's that is about no single connection."""
        try:
            call(*args)
        except Exception as error:
            # As in _read(): accepting and the deadlines have to go on.
            self._report('The reactor failed', error)

    def _report(self, what: str, error: Exception) -> None:
        self.later(functools.partial(LOG.error, what, exc_info=error))

    @staticmethod
    def _run(connection: _connection.Connection) -> None:
        """Run a connection's requests; called by workers."""
        try:
            connection.run()
        except Exception:
            # As in _read(), for the worker.
            LOG.exception('A connection failed')
            connection.close()

    def _stray(self, fileno: int) -> None:
        """An event of a descriptor that no parked connection has."""
        if fileno == self._acceptor.fileno:
            self._acceptor.accept()
        elif fileno in self._connections:
            self._ignore(fileno)

    def _ignore(self, fileno: int) -> None:
        """Be silent about a connection while a worker has it.

        The poller reports readable sockets for as long as they are, so one
        that nobody reads would keep the reactor turning.
        """
        self.unwatch(fileno)
        self._ignored.add(fileno)
        # A worker may have parked it in between.
        if fileno in self._parked:
            self._heed(fileno)

    def _heed(self, fileno: int) -> None:
        try:
            self._ignored.remove(fileno)
        except KeyError:
            # Another thread was first.
            return
        self.watch(fileno)

    # -- workers ----------------------------------------------------------

    def _step_aside(self) -> bool:
        """Give up the place in the pool, to wait for the client.

        Clients that send or read slowly would have the whole pool otherwise,
        and nobody else an answer.

        :returns: False if too many wait already; the place is kept then.
        """
        if self._waiting >= self.gateway.settings.max_waiting:
            return False
        self._waiting += 1
        self._busy -= 1
        return True

    def _step_back(self) -> None:
        """Take a place again; for that moment there may be one too many."""
        self._waiting -= 1
        self._busy += 1

    def _next_queued(self) -> _connection.Connection | None:
        """Take a connection that waits for a worker, if one may run now."""
        if self._queue and self._busy < self.gateway.settings.pool_size:
            self._busy += 1
            return self._queue.popleft()
        return None

    # -- time and the end ---------------------------------------------------

    def _tick(self) -> None:
        """Do what has to be done from time to time; about once a TICK."""
        now = time.monotonic()
        # Here and not where the last connection goes: workers do that.
        for address in [a for a, held in self._clients.items() if not held]:
            del self._clients[address]
        for fileno, connection in list(self._parked.items()):
            deadline = connection.deadline
            if deadline is not None and deadline <= now:
                claimed = self._parked.pop(fileno, None)
                if claimed is not None:
                    claimed.expire()
        if self.has_room() and not self._draining:
            self._acceptor.resume()
        if self._draining and self._drain_until <= now:
            self._give_up()

    def _give_up(self) -> None:
        """End although something runs; the launcher would do it next."""
        left = list(self._connections.values())
        self._drain_until = math.inf
        self.later(
            LOG.warning, 'Gave up %d connections after the drain', len(left)
        )
        for connection in left:
            connection.cut()
        self._ended()

    def _begin_drain(self) -> None:
        """Stop accepting and close what waits; called by the reactor."""
        self._draining = True
        timeout = self.gateway.settings.drain_timeout
        if timeout is not None:
            self._drain_until = time.monotonic() + timeout
        self._acceptor.close()
        for fileno in list(self._parked):
            # A request that is there already gets its answer.
            self._event(fileno)
        self._check_end()

    def _check_end(self) -> None:
        if self._draining and not self._connections:
            self._ended()
