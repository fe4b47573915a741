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
import socket
import ssl
import time

from wsgiserver._engine import accept_pace
from wsgiserver._engine import listener as engine_listener
from wsgiserver._engine import reactor as engine_reactor

LOG = logging.getLogger('wsgiserver.listener')

#: After how many seconds without a failure the system lacks nothing any more.
RECOVERY = 5.0

#: How many connections are taken at most by one that is about to close: what
#: Linux has a backlog hold by default. Clients may come faster than that.
LONGEST_BACKLOG = 4096

# What is told when the system lacks something; it may come back. The last one
# is the poller's, which may watch no more descriptors (epoll_ctl(2)).
_EXHAUSTED = frozenset(
    (
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.ENOSPC,
    )
)


class Acceptor:
    """Accepts connections for an engine, in its reactor.

    :param reactor: the engine.
    :param pace: how fast.
    :param clock: tells the time, in seconds.
    """

    def __init__(
        self,
        reactor: engine_reactor.Reactor,
        pace: accept_pace.Pace,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reactor = reactor
        self._pace = pace
        self._clock = clock
        # By descriptor.
        self._listeners: dict[int, engine_listener.EngineListener] = {}
        self._is_watching = False
        self._is_exhausted = False
        self._failed_at = 0.0

    def add(self, listener: engine_listener.EngineListener) -> None:
        """Accept from a listener, too, once :meth:`resume` is called."""
        self._listeners[listener.socket.fileno()] = listener

    @property
    def descriptors(self) -> list[int]:
        """Those of the listeners that are open."""
        return list(self._listeners)

    def owns(self, fileno: int) -> bool:
        """Tell whether a descriptor is one of the listeners'."""
        return fileno in self._listeners

    def set_tls(self, tls: ssl.SSLContext) -> None:
        """Give new connections another TLS context; any thread may call it."""
        for listener in list(self._listeners.values()):
            if listener.tls is not None:
                listener.tls = tls

    def resume(self) -> None:
        """Accept, or go on with it."""
        if not self._is_watching:
            self._is_watching = True
            for fileno in self._listeners:
                self._reactor.share(fileno)

    def pause(self) -> None:
        """Leave new connections in the backlog."""
        if self._is_watching:
            self._is_watching = False
            for fileno in self._listeners:
                self._reactor.unwatch(fileno)

    def empty(self) -> None:
        """Accept what waits in the backlog, before nobody does any more."""
        for listener in self._listeners.values():
            for _turn in range(LONGEST_BACKLOG):
                if not self._accept_one(listener):
                    break

    def close(self) -> None:
        """Close the sockets; the backlog stays with other processes."""
        self.pause()
        for listener in self._listeners.values():
            listener.socket.close()
        self._listeners = {}

    def accept_missed(self) -> None:
        """Accept what nobody was woken for; called on every tick.

        The process that was woken for it may have ended, paused, or be held
        up by its application.
        """
        self.resume()
        for fileno in list(self._listeners):
            self.accept(fileno)

    def accept(self, fileno: int) -> None:
        """Take connections of a listener, one or a batch of them.

        :param fileno: its descriptor.
        """
        listener = self._listeners[fileno]
        batch = self._pace.batch()
        taken = 0
        while taken < batch and self._accept_one(listener):
            taken += 1
        if taken and self._is_watching:
            # To the end of the kernel's queue of those who wait: it wakes the
            # first one, which would have most of the connections.
            self._reactor.unwatch(fileno)
            self._reactor.share(fileno)
            self._pace.rest()

    def _accept_one(self, listener: engine_listener.EngineListener) -> bool:
        """Accept a connection; False if there is none to be had now."""
        if not self._reactor.has_room():
            self.pause()
            return False
        failure = None
        try:
            sock, address = listener.socket.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            failure = error
        if failure is not None:
            # Not within the handler: oslo.log would say it twice.
            return self._failed(failure)
        if self._is_exhausted:
            self._recover()
        return self._hand_over(listener, sock, address)

    def _hand_over(
        self,
        listener: engine_listener.EngineListener,
        sock: socket.socket,
        address: object,
    ) -> bool:
        taken = False
        try:
            self._reactor.add_connection(listener, sock, address)
            taken = True
        except OSError as error:
            failure = error
        finally:
            if not taken:
                sock.close()
        if taken:
            return True
        self._reactor.later(LOG.debug, 'Lost a new connection: %s', failure)
        return self._failed(failure)

    def _recover(self) -> None:
        # One that was freed and taken again is no recovery.
        if self._clock() - self._failed_at > RECOVERY:
            self._is_exhausted = False
            self._reactor.later(LOG.info, 'Accepting connections again')

    def _failed(self, error: OSError) -> bool:
        self._reactor.accept_failed()
        if error.errno not in _EXHAUSTED:
            # What the network did to one connection (accept(2)).
            return error.errno != errno.EBADF
        self.pause()
        self._failed_at = self._clock()
        if not self._is_exhausted:
            self._is_exhausted = True
            self._reactor.later(
                LOG.error, 'Not accepting connections for now: %s', error
            )
        return False
