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

"""The base of both engines: parked connections, events, ticks, the stop."""

from __future__ import annotations

import abc
from collections.abc import Callable
from collections.abc import Iterable
import logging
import socket
import ssl
import time
from typing import Any

from wsgiserver._engine import accept_pace
from wsgiserver._engine import acceptor
from wsgiserver._engine import channel
from wsgiserver._engine import clients
from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import connection_state
from wsgiserver._engine import drain
from wsgiserver._engine import forking
from wsgiserver._engine import listener as engine_listener
from wsgiserver._engine import reactor
from wsgiserver._engine import stop_state
from wsgiserver._engine import wakeup
from wsgiserver._engine import watched
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger('wsgiserver.engine')

#: How often deadlines are looked at, in seconds. They are counted in tens of
#: seconds, and a look at 10,000 connections takes about a millisecond.
TICK = 1.0

#: The same while the server stops: it is to go on in time.
DRAIN_TICK = 0.1


class Engine(watched.Watched, reactor.Reactor):
    """A reactor and its workers, in one process.

    What those below may ask it for is described there, and not again here.

    :param gateway: runs the requests.
    """

    #: Whether a stop has to wait for the end of the drain.
    drains_in_stop = False
    #: What sockets are made of; never a patched class.
    socket_class: type[socket.socket] = socket.socket
    #: Sleeps in the reactor itself; never a patched function.
    sleep: Callable[[float], object] = staticmethod(time.sleep)

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
        self._drain = drain.Drain(
            self._stop, self._acceptor, self._connections, self._parked
        )
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
    def _dispatch(self, connection: engine_connection.Connection) -> None:
        """Have a worker run the connection's request."""

    def _dispatch_all(
        self, connections: Iterable[engine_connection.Connection]
    ) -> None:
        """Have workers run the requests of several connections."""
        for connection in connections:
            self._dispatch(connection)

    @abc.abstractmethod
    def _tick_sooner(self) -> None:
        """Have the next tick follow the :attr:`_period` of now."""

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
            engine_listener.EngineListener(sock, base, tls, self.socket_class)
        )

    def set_tls(self, tls: ssl.SSLContext) -> None:
        """Give new connections another TLS context; any thread may call it.

        :param tls: the context; listeners of plain HTTP stay as they are.
        """
        self._acceptor.set_tls(tls)

    def has_room(self) -> bool:
        limit = self.gateway.settings.max_connections
        return len(self._connections) < limit

    def accept_failed(self) -> None:
        self.gateway.meter.accept_failed()

    def add_connection(
        self,
        listener: engine_listener.EngineListener,
        sock: socket.socket,
        address: object,
    ) -> None:
        stream, peer = listener.accepted(sock, address)
        connection = engine_connection.Connection(
            self, stream, peer, listener.base
        )
        gateway = self.gateway
        gateway.meter.accepted()
        fileno = connection.fileno
        self._paused.discard(fileno)
        # First of all, for it may fail.
        self.watch(fileno)
        self._connections[fileno] = connection
        if not self._clients.is_admitted(peer[0], fileno, gateway.settings):
            connection.ending.reject()
        if connection.is_open:
            self.park(connection)

    # -- connections --------------------------------------------------------

    def park(self, connection: engine_connection.Connection) -> None:
        fileno = connection.fileno
        if self.stopping and self._drain.was_given_up:
            connection.close_gracefully()
            return
        self._parked[fileno] = connection
        if fileno in self._paused:
            self._resume_reading(fileno)

    def may_run_pipelined(self, worker: Any) -> bool:
        return True

    def await_cut(self) -> None:
        # Where it is the worker itself that is cut short, nobody else cuts.
        return

    def forget(self, connection: channel.SocketChannel) -> None:
        fileno = connection.fileno
        self._parked.pop(fileno, None)
        if fileno in self._paused:
            self._paused.discard(fileno)
        else:
            self.unwatch(fileno)
        del self._connections[fileno]
        self._clients.leave(connection.peer[0], fileno)
        if self._drain.is_on and self._drain.is_over():
            self._ended()

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
        :param now: the time, by the monotonic clock.
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
        """Watch a connection no more while a worker has it.

        The poller reports readable sockets for as long as they are, so one
        that nobody reads would keep the reactor turning.
        """
        self.unwatch(fileno)
        self._paused.add(fileno)
        # A worker may have parked it in between.
        if fileno in self._parked:
            self._resume_reading(fileno)

    def _resume_reading(self, fileno: int) -> None:
        """Watch such a connection again."""
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
        """Handle deadlines, the drain and the watchdog, once a second."""
        now = time.monotonic()
        self._run_watchdog(now, self._period)
        if self._drain.is_on:
            self._drain.shorten_deadlines()
        asking = self._expire(now)
        # Here and not where the last connection goes: workers do that.
        self._clients.tidy()
        if self._drain.is_on:
            if self._drain.is_late(now):
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
        """End the drain although something runs."""
        left = self._drain.give_up()
        self.later(LOG.warning, 'Gave up %d connections after the drain', left)
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
        if self._stop.was_told and not self._drain.is_on:
            # First of all, for the drain may run a request, and for long.
            self._tick_sooner()
            if self._stop.is_due():
                self._begin_drain()

    def _begin_drain(self) -> None:
        """Stop accepting; called by the reactor."""
        self.stopping = True
        self._drain.begin(self.gateway.settings.drain_timeout)
        if self._drain.is_over():
            self._ended()

    def after_fork_in_child(self) -> None:
        """Let go of everything, in a child that the application has forked.

        The parent goes on with all of it.
        """
        self._close_poller_in_child()
        forking.cut_off([*self._acceptor.descriptors, *self._connections])
