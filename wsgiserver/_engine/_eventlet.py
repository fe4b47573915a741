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

"""The engine on eventlet: the hub is the reactor, workers are greenlets.

The only module that imports eventlet.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import logging
import os
import socket
import time
import traceback
from typing import Any
from typing import cast

import eventlet
from eventlet import event
from eventlet import hubs
from eventlet import patcher
from eventlet import timeout as eventlet_timeout
import greenlet

from wsgiserver._engine import _base
from wsgiserver._engine import _connection
from wsgiserver._engine import _overview
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import exceptions

LOG = logging.getLogger(__name__)

# What these modules are without eventlet.
_select = patcher.original('select')
_threading = patcher.original('threading')


def monkey_patch() -> None:
    """Make the standard library cooperate; before it is used otherwise."""
    eventlet.monkey_patch()


def after_fork() -> None:
    """Give a forked process a hub of its own, as oslo.service does.

    It shares the epoll set of its parent otherwise.
    """
    hubs.use_hub()


class Engine(_base.Engine):
    """Serves in the hub of the thread that starts it.

    A connection's listener stays in the hub for the connection's life: the
    hub calls :meth:`_event`, which reads and parses there, and switches to a
    worker that has nothing else to do. Going to a worker and back costs no
    system call.

    :param gateway: runs the requests.
    """

    socket_class: type[socket.socket] = patcher.original('socket').socket
    sleep = staticmethod(patcher.original('time').sleep)

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        super().__init__(gateway)
        self._hub: Any = None
        self._hub_listeners: dict[int, Any] = {}
        self._idle: list[greenlet.greenlet] = []
        # Workers that wait for the next bytes of their connection.
        self._readers: dict[int, greenlet.greenlet] = {}
        self._tick_timer: Any = None
        # The thread of the hub, whose greenlets wait for an event; others
        # wait for a lock.
        self._thread = _threading.get_ident()
        self._done = event.Event()
        self._end = _threading.Lock()
        self._end.acquire()

    def start(self) -> None:
        """See the base class."""
        self._hub = hubs.get_hub()
        self.watch(self._wakeup)
        self._acceptor.resume()
        self._look_first(self._period)
        self._schedule_tick()

    def _schedule_tick(self) -> None:
        self._tick_timer = self._hub.schedule_call_global(
            self._period, self._timer
        )

    def _timer(self) -> None:
        self._guarded(self._tick)
        if not self._done.ready():
            self._schedule_tick()

    def _tick_sooner(self) -> None:
        self._tick_timer.cancel()
        self._schedule_tick()

    def wait(self, timeout: float | None = None) -> bool:
        """See the base class."""
        if _threading.get_ident() == self._thread:
            with eventlet_timeout.Timeout(timeout, False):
                self._done.wait()
            return bool(self._done.ready())
        ended = self._end.acquire(timeout=-1 if timeout is None else timeout)
        if ended:
            self._end.release()
        return bool(ended)

    def _ended(self) -> None:
        if not self._done.ready():
            self._done.send()
            self._end.release()
            self._tick_timer.cancel()
            self.unwatch(self._wakeup)
            os.close(self._wakeup)

    def later(self, call: Callable[..., None], *args: object) -> None:
        # A lock or a pipe of the logging may make it wait, and the hub can't.
        eventlet.spawn_n(call, *args)

    def watch(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine._acceptor.Host`."""
        self._hub_listeners[fileno] = self._hub.add(
            hubs.hub.READ, fileno, self._event, self._obsoleted, None
        )

    def share(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine._acceptor.Host`."""
        self.watch(fileno)
        poller = getattr(self._hub, 'poll', None)
        if isinstance(poller, _select.epoll):
            # The hub doesn't know the flag. Without it all processes would
            # be woken, as they are with a hub that polls otherwise.
            poller.unregister(fileno)
            poller.register(fileno, _select.EPOLLIN | _select.EPOLLEXCLUSIVE)

    def unwatch(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine._acceptor.Host`."""
        listener = self._hub_listeners.pop(fileno, None)
        if listener is not None:
            self._hub.remove(listener)

    def _obsoleted(self, error: BaseException) -> None:
        # The hub says so if a descriptor was closed behind its back.
        self.later(LOG.error, 'A connection was closed elsewhere: %s', error)

    def _stray(self, fileno: int) -> None:
        reader = self._readers.pop(fileno, None)
        if reader is not None:
            reader.switch(True)
        else:
            super()._stray(fileno)

    # -- workers ------------------------------------------------------------

    def _dispatch(self, connection: _connection.Connection) -> None:
        pool = self._pool
        if pool.busy >= self.gateway.settings.pool_size:
            pool.enqueue(connection)
            return
        pool.busy += 1
        if self._idle:
            self._idle.pop().switch(connection)
        else:
            self._start(connection)

    def _start(self, connection: _connection.Connection) -> None:
        if self._idle:
            worker = self._idle.pop()
        else:
            worker = greenlet.greenlet(self._work, self._hub.greenlet)
        worker.switch(connection)

    def _next_queued(self) -> _connection.Connection | None:
        return self._pool.take_next(self.gateway.settings.pool_size)

    def _start_queued(self) -> None:
        connection = self._next_queued()
        if connection is not None:
            self._start(connection)

    def _work(self, connection: _connection.Connection) -> None:
        """Run connections for ever; one greenlet each."""
        me = greenlet.getcurrent()
        store = wsgi_gateway.context_store()
        pool = self._pool
        while True:
            connection.run(me, time.monotonic(), store)
            pool.busy -= 1
            queued = self._next_queued() if pool.queue else None
            if queued is None:
                self._idle.append(me)
                queued = self._hub.greenlet.switch()
            connection = queued

    def _stack_of(self, worker: object) -> traceback.StackSummary:
        frame = cast('greenlet.greenlet', worker).gr_frame
        if frame is None:
            # It is the one that runs, and may be the one that asks.
            return _overview.thread_stack(self._thread)
        return traceback.extract_stack(frame)

    def _end_request(self, connection: _connection.Connection) -> None:
        # One at a time, for the application runs on in what is thrown.
        self._hub.schedule_call_global(
            0, self._throw, connection, connection.worker, connection.began
        )

    def _throw(
        self,
        connection: _connection.Connection,
        worker: greenlet.greenlet,
        began: float,
    ) -> None:
        """End a request, unless it has ended meanwhile.

        This is the hub, so that the worker waits for something; what eventlet
        has to wait for bears a time-out at any moment.
        """
        if connection.worker is worker and connection.began == began:
            worker.throw(exceptions.RequestTimeout())

    @contextlib.contextmanager
    def _aside(self) -> Iterator[None]:
        """Let others run while this worker waits for its client."""
        stepped = self._pool.step_aside(self.gateway.settings.max_waiting)
        if stepped and self._pool.queue:
            self._hub.schedule_call_global(0, self._start_queued)
        try:
            yield
        finally:
            if stepped:
                self._pool.step_back()

    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine._reactor.Reactor`."""
        self._readers[fileno] = current = greenlet.getcurrent()
        if fileno in self._ignored:
            self._heed(fileno)
        timer = None
        if timeout is not None:
            timer = self._hub.schedule_call_global(
                timeout, self._read_timeout, fileno, current
            )
        try:
            with self._aside():
                return bool(self._hub.switch())
        finally:
            self._readers.pop(fileno, None)
            if timer is not None:
                timer.cancel()

    def _read_timeout(self, fileno: int, reader: greenlet.greenlet) -> None:
        if self._readers.pop(fileno, None) is reader:
            reader.switch(False)

    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine._reactor.Reactor`."""
        try:
            with self._aside():
                hubs.trampoline(
                    fileno,
                    write=True,
                    timeout=timeout,
                    timeout_exc=TimeoutError,
                )
        except TimeoutError:
            return False
        return True
