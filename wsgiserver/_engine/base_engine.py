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
from collections.abc import Callable
from collections.abc import Iterable
import logging
import math
import socket
import ssl
import time
from typing import Any

from wsgiserver._engine import accept_pace
from wsgiserver._engine import acceptor
from wsgiserver._engine import clients
from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import connection_state
from wsgiserver._engine import ending
from wsgiserver._engine import forking
from wsgiserver._engine import stop_state
from wsgiserver._engine import wakeup
from wsgiserver._engine import watched
from wsgiserver._net import tls_stream
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger('wsgiserver.engine')

#: How often deadlines are looked at, in seconds. They are counted in tens of
#: seconds, and a look at 10,000 connections takes about a millisecond.
TICK = 1.0

#: The same while the server stops: it is to go on in time.
DRAIN_TICK = 0.1


class Engine(watched.Watched):
    """A reactor and its workers, in one process.

    :param gateway: runs the requests.
    """

    #: Whether a stop has to wait for the end of the drain.
    drains_in_stop = False
    #: What sockets are made of; never a patched class.
    socket_class: type[socket.socket] = socket.socket
    #: Sleeps in the reactor itself; never a patched function.
    sleep: Callable[[float], object] = staticmethod(time.sleep)

    # What changes at its end is the class's until then: an object of more than
    # 30 attributes has them looked up slowly, 3 % of a request's instructions.
    # True once the reactor acts on it, and if it didn't end in time.
    _draining = False
    _gave_up = False
    _drain_until = math.inf

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        super().__init__(gateway)
        #: True once it accepts no more, or is about to.
        self.stopping = False
        self._stop = stop_state.Stop()
        # Has the reactor notice the stop.
        self._wakeup = wakeup.Wakeup()
        self._acceptor = acceptor.Acceptor(self, accept_pace.Pace(self.sleep))
        # The connections in the reactor's hands. Taking one out is what gives
        # the right to touch it, and dict.pop() gives it to one thread only.
        self._parked: dict[int, engine_connection.Connection] = {}
        self._clients = clients.Clients()
        # Parked connections whose descriptor the poller was told to ignore.
        self._paused: set[int] = set()

    # -- what an engine supplies --------------------------------------------

    @abc.abstractmethod
    def start(self) -> None:
        """Begin to serve; returns at once."""

    @abc.abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs any more, or the drain was given up.

        Any thread may call it, and several may.

        :param timeout: how long at most, in seconds.
        :returns: False if the time is over.
        """

    @abc.abstractmethod
    def watch(self, fileno: int) -> None:
        """Have :meth:`_event` called whenever it can be read."""

    @abc.abstractmethod
    def share(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine.acceptor.Host`."""

    @abc.abstractmethod
    def unwatch(self, fileno: int) -> None:
        """End that."""

    @abc.abstractmethod
    def _dispatch(self, connection: engine_connection.Connection) -> None:
        """Have a worker run the connection's request."""

    def _dispatch_all(
        self, connections: Iterable[engine_connection.Connection]
    ) -> None:
        """Have workers run the requests of several connections."""
        for connection in connections:
            self._dispatch(connection)

    @abc.abstractmethod
    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine.reactor.Reactor`."""

    @abc.abstractmethod
    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine.reactor.Reactor`."""

    @abc.abstractmethod
    def _tick_sooner(self) -> None:
        """Go by the :attr:`_period` that there is now."""

    @abc.abstractmethod
    def _close_poller_in_child(self) -> None:
        """Close what it polls with, and touch nothing that is watched."""

    @abc.abstractmethod
    def _ended(self) -> None:
        """Wake those in :meth:`wait`; the last connection is gone."""

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
            acceptor.Listener(sock, base, tls, self.socket_class)
        )

    def set_tls(self, tls: ssl.SSLContext) -> None:
        """Give new connections another TLS context; any thread may call it.

        :param tls: the context; listeners of plain HTTP stay as they are.
        """
        self._acceptor.set_tls(tls)

    def has_room(self) -> bool:
        """See :class:`wsgiserver._engine.acceptor.Host`."""
        limit = self.gateway.settings.max_connections
        return len(self._connections) < limit

    def accept_failed(self) -> None:
        """See :class:`wsgiserver._engine.acceptor.Host`."""
        self.gateway.meter.accept_failed()

    def add_connection(
        self,
        listener: acceptor.Listener,
        sock: socket.socket,
        address: object,
    ) -> None:
        """See :class:`wsgiserver._engine.acceptor.Host`."""
        sock.setblocking(False)
        peer = ('', '')
        if listener.is_tcp and isinstance(address, tuple):
            peer = (address[0], str(address[1]))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream: socket.socket | tls_stream.Stream = sock
        if listener.tls is not None:
            stream = tls_stream.Stream(sock, listener.tls)
        connection = engine_connection.Connection(
            self, stream, peer, listener.base
        )
        self.gateway.meter.accepted()
        fileno = connection.fileno
        self._paused.discard(fileno)
        # First of all, for it may fail.
        self.watch(fileno)
        self._connections[fileno] = connection
        if not self._is_admitted(connection):
            connection.reject()
        if connection.is_open:
            self.park(connection)

    def _is_admitted(self, connection: engine_connection.Connection) -> bool:
        """Tell whether its client may have another connection."""
        settings = self.gateway.settings
        limit, address = (
            settings.max_connections_per_client,
            connection.peer[0],
        )
        if limit is None or not address or settings.is_proxy(address):
            return True
        return self._clients.admit(address, connection.fileno, limit)

    # -- connections --------------------------------------------------------

    def park(self, connection: engine_connection.Connection) -> None:
        """See :class:`wsgiserver._engine.connection.Keeper`."""
        fileno = connection.fileno
        if self.stopping and self._gave_up:
            connection.close_gracefully()
            return
        self._parked[fileno] = connection
        if fileno in self._paused:
            self._resume_reading(fileno)

    def may_run_pipelined(self, worker: Any) -> bool:
        """See :class:`wsgiserver._engine.connection.Keeper`."""
        return True

    def await_cut(self) -> None:
        """See :class:`wsgiserver._engine.connection.Keeper`."""

    def forget(self, connection: ending.EndingChannel) -> None:
        """See :class:`wsgiserver._engine.ending.Keeper`."""
        fileno = connection.fileno
        self._parked.pop(fileno, None)
        if fileno in self._paused:
            self._paused.discard(fileno)
        else:
            self.unwatch(fileno)
        del self._connections[fileno]
        self._clients.leave(connection.peer[0], fileno)
        if self._draining:
            self._check_end()

    def _event(self, fileno: int) -> None:
        """Something can be read; called by the reactor alone."""
        connection = self._parked.pop(fileno, None)
        if connection is None:
            self._guarded(self._unclaimed_event, fileno)
            return
        # No call more, for each request comes this way.
        try:
            has_request = connection.readable()
        except Exception as error:
            self._failed(connection, error)
            return
        if has_request:
            self._dispatch(connection)
        elif connection.state is not connection_state.CLOSED:
            self.park(connection)

    def _failed(
        self, connection: engine_connection.Connection, error: Exception
    ) -> None:
        # A defect of ours may cost a connection, never the reactor.
        self._report('A connection failed', error)
        connection.close()

    def _read_or_expire(
        self, connection: engine_connection.Connection, now: float
    ) -> bool:
        """Let a parked connection take what has arrived, or expire.

        :param connection: the connection.
        :param now: the time, by the monotonic clock; its deadline is heeded.
        :returns: True if it has a request now; else it is parked again, unless
            it was closed.
        """
        try:
            if connection.readable():
                return True
            if connection.is_late(now):
                connection.expire()
        except Exception as error:
            self._failed(connection, error)
            return False
        if connection.state is not connection_state.CLOSED:
            self.park(connection)
        return False

    def _unclaimed_event(self, fileno: int) -> None:
        """An event of a descriptor that no parked connection has."""
        if self._acceptor.owns(fileno):
            self._acceptor.accept(fileno)
        elif fileno == self._wakeup.fileno:
            self._woken()
        elif fileno in self._connections:
            self._pause_reading(fileno)

    def _pause_reading(self, fileno: int) -> None:
        """Be silent about a connection while a worker has it.

        The poller reports readable sockets for as long as they are, so one
        that nobody reads would keep the reactor turning.
        """
        self.unwatch(fileno)
        self._paused.add(fileno)
        # A worker may have parked it in between.
        if fileno in self._parked:
            self._resume_reading(fileno)

    def _resume_reading(self, fileno: int) -> None:
        try:
            self._paused.remove(fileno)
        except KeyError:
            # Another thread was first.
            return
        self.watch(fileno)

    # -- time and the end ---------------------------------------------------

    @property
    def _period(self) -> float:
        """How long until the next :meth:`_tick`, in seconds."""
        return DRAIN_TICK if self._stop.was_told else TICK

    def _tick(self) -> None:
        """Do what has to be done from time to time."""
        now = time.monotonic()
        self._run_watchdog(now, self._period)
        if self._draining:
            self._shorten_deadlines()
        asking = self._expire(now)
        # Here and not where the last connection goes: workers do that.
        self._clients.tidy()
        if self._draining:
            if self._drain_until <= now:
                self._give_up()
        elif self._stop.is_due():
            self._begin_drain()
        else:
            self.stopping = self._stop.says_close()
            if self.has_room():
                self._acceptor.accept_missed()
        # Last of all, for each may run in this thread, and for long.
        self._dispatch_all(asking)

    def _expire(self, now: float) -> list[engine_connection.Connection]:
        """Give up the parked connections whose deadline has passed.

        :param now: the time, by the monotonic clock.
        :returns: those that have a request after all: nobody had the time to
            read it, or it came at the last moment.
        """
        asking = []
        for fileno, connection in list(self._parked.items()):
            deadline = connection.deadline
            if deadline is not None and deadline <= now:
                claimed = self._parked.pop(fileno, None)
                if claimed is not None and self._read_or_expire(claimed, now):
                    asking.append(claimed)
        return asking

    def _give_up(self) -> None:
        """End although something runs; the launcher would do it next."""
        left = list(self._connections.values())
        self._gave_up = True
        self._drain_until = math.inf
        self.later(
            LOG.warning, 'Gave up %d connections after the drain', len(left)
        )
        for connection in left:
            connection.cut()
        self._ended()

    @property
    def was_stopped(self) -> bool:
        """Whether :meth:`stop` was called; it may accept still."""
        return self._stop.was_told

    def stop(self, delay: float = 0.0, has_successor: bool = False) -> None:
        """Stop accepting and let running requests finish; returns at once.

        Any thread may call it, and a signal handler: it takes no lock.

        :param delay: for how many seconds it goes on to accept first. To call
            it again without one ends a delay; else that stays as it is.
        :param has_successor: whether another engine accepts, and takes what
            is in the backlog; what is connected has more time then.
        """
        is_first = self._stop.tell(delay, has_successor)
        if self._stop.says_close():
            self.stopping = True
        if is_first:
            # A tick may have noticed by now, and all be over.
            self._wakeup.call()
            self._wakeup.leave()

    def _woken(self) -> None:
        if not self._wakeup.was_called():
            return
        if self._stop.was_told and not self._draining:
            # First of all, for the drain may run a request, and for long.
            self._tick_sooner()
            if self._stop.is_due():
                self._begin_drain()

    def _begin_drain(self) -> None:
        """Stop accepting; called by the reactor."""
        self.stopping = True
        self._draining = True
        self._drain_until = self._stop.deadline(
            self.gateway.settings.drain_timeout
        )
        if not self._stop.has_successor:
            # Nobody else would answer them.
            self._acceptor.empty()
        self._acceptor.close()
        self._shorten_deadlines()
        self._check_end()

    def _shorten_deadlines(self) -> None:
        """Have parked connections wait for their clients a little longer.

        For the next request, that is, or for the next step towards it. Called
        on every tick, for workers park others; it only shortens deadlines.
        """
        grace = self._stop.grace(self._drain_until)
        soon = time.monotonic() + grace
        for connection in list(self._parked.values()):
            connection.shorten_deadline(soon)

    def after_fork_in_child(self) -> None:
        """Let go of everything, in a child that the application has forked.

        The parent goes on with all of it.
        """
        self._close_poller_in_child()
        forking.cut_off([*self._acceptor.descriptors, *self._connections])

    def _check_end(self) -> None:
        if self._draining and not self._connections:
            self._ended()
