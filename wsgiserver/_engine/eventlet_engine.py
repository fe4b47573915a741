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

"""The engine on eventlet: the hub is the reactor, workers are green threads.

Beside ``green_worker`` and ``patching`` the only module that imports eventlet.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import logging
import socket
from sys import getrefcount
import time
import traceback
from typing import Any
from typing import cast

import eventlet
from eventlet import corolocal
from eventlet import event
from eventlet import hubs
from eventlet import patcher
from eventlet import timeout as eventlet_timeout
import greenlet
from oslo_context import context

from wsgiserver._engine import base_engine
from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import connection_state
from wsgiserver._engine import forking
from wsgiserver._engine import green_worker
from wsgiserver._engine import latch
from wsgiserver._engine import overview
from wsgiserver._http import head as http_head
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.engine')

# An object's own is found more slowly.
_switch = greenlet.greenlet.switch

# What these modules are without eventlet.
_select = patcher.original('select')
_threading = patcher.original('threading')


def after_fork() -> None:
    """Give a forked process a hub of its own, as oslo.service does.

    It shares the epoll set of its parent otherwise.
    """
    hubs.use_hub()


def _is_shared() -> bool:
    """Tell whether all green threads have the same oslo.context."""
    return not isinstance(context._request_store, corolocal.local)


class Engine(base_engine.Engine):
    """Serves in the hub of the thread that starts it.

    A connection's listener stays in the hub for the connection's life: the
    hub calls :meth:`_event`, which reads and parses there, and switches to a
    worker that has nothing else to do. Going to a worker and back costs no
    system call.

    :param gateway: runs the requests.
    """

    socket_class: type[socket.socket] = patcher.original('socket').socket
    poller = staticmethod(_select.poll)
    sleep = staticmethod(patcher.original('time').sleep)

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        super().__init__(gateway)
        self._hub: Any = None
        self._hub_listeners: dict[int, Any] = {}
        self._idle: list[green_worker.GreenWorker] = []
        # Workers that are done; the hub has to look at them.
        self._done_workers: list[green_worker.GreenWorker] = []
        # How many references there are to one that nobody else knows of.
        self._own_references = 0
        # Workers that wait for the next bytes of their connection.
        self._readers: dict[int, greenlet.greenlet] = {}
        self._tick_timer: Any = None
        # The thread of the hub, whose greenlets wait for an event; others
        # wait for a lock.
        self._thread = _threading.get_ident()
        self._done = event.Event()
        self._end = latch.Latch(_threading.Lock())

    def start(self) -> None:
        self._hub = hubs.get_hub()
        if patcher.is_monkey_patched('thread') and _is_shared():
            LOG.warning(
                'oslo.context was imported before eventlet patched the '
                'standard library: requests that run at once share a context'
            )
        self.watch(self._wakeup.fileno)
        self._acceptor.resume()
        self._start_watchdog(self._period)
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
        if _threading.get_ident() == self._thread:
            with eventlet_timeout.Timeout(timeout, False):
                self._done.wait()
            return bool(self._done.ready())
        return self._end.wait(timeout)

    def _ended(self) -> None:
        if not self._done.ready():
            self._done.send()
            self._end.open()
            self._tick_timer.cancel()
            self.unwatch(self._wakeup.fileno)
            self._wakeup.leave()

    def _close_poller_in_child(self) -> None:
        if not self._done.ready():
            self._wakeup.close_copy()
        forking.silence(self._hub)
        after_fork()

    def later(self, call: Callable[..., None], *args: object) -> None:
        # A lock or a pipe of the logging may make it wait, and the hub can't.
        eventlet.spawn_n(call, *args)

    def watch(self, fileno: int) -> None:
        self._hub_listeners[fileno] = self._hub.add(
            hubs.hub.READ, fileno, self._event, self._obsoleted, None
        )

    def share(self, fileno: int) -> None:
        self.watch(fileno)
        poller = getattr(self._hub, 'poll', None)
        if isinstance(poller, _select.epoll):
            # The hub doesn't know the flag. Without it all processes would
            # be woken, as they are with a hub that polls otherwise.
            poller.unregister(fileno)
            poller.register(fileno, _select.EPOLLIN | _select.EPOLLEXCLUSIVE)

    def unwatch(self, fileno: int) -> None:
        listener = self._hub_listeners.pop(fileno, None)
        if listener is not None:
            self._hub.remove(listener)

    def _obsoleted(self, error: BaseException) -> None:
        # The hub says so if a descriptor was closed behind its back.
        self.later(LOG.error, 'A connection was closed elsewhere: %s', error)

    def _unclaimed_event(self, fileno: int) -> None:
        reader = self._readers.pop(fileno, None)
        if reader is not None:
            reader.switch(True)
        else:
            super()._unclaimed_event(fileno)

    # -- workers ------------------------------------------------------------

    def _dispatch(self, connection: engine_connection.Connection) -> None:
        pool = self._pool
        if pool.busy >= self.gateway.settings.wsgi_default_pool_size:
            pool.enqueue(connection)
            return
        pool.busy += 1
        worker = self._idle.pop() if self._idle else self._make_worker()
        _switch(worker, connection)
        if not worker.is_done:
            worker.has_waited = True
            return
        # As in _settle(), without another call for each request.
        if (
            getrefcount(worker) == self._own_references
            and not worker.has_traces()
        ):
            self._idle.append(worker)
        else:
            _switch(worker, None)
        if pool.queue:
            self._hub.schedule_call_global(0, self._start_queued)

    def _make_worker(self) -> green_worker.GreenWorker:
        worker = green_worker.GreenWorker(self._hub)
        # Not in a tuple of arguments: the garbage collector stops to look into
        # one that holds a green thread, and would keep it for ever.
        worker.switch(self._work, (), {})
        # Nobody else knows of it yet; who looks later has it in one variable,
        # too.
        self._own_references = getrefcount(worker)
        return worker

    def _work(self) -> None:
        """The worker's main loop: ends once a request has left something."""
        me: Any = greenlet.getcurrent()
        try:
            self._run_connections(me)
        finally:
            # What the last request has left behind may have ended it.
            for workers in (self._idle, self._done_workers):
                if me in workers:
                    workers.remove(me)

    def _run_connections(self, me: green_worker.GreenWorker) -> None:
        store = wsgi_gateway.context_store()
        me.begin()
        pool = self._pool
        while True:
            me.is_done = True
            connection = self._hub.greenlet.switch()
            me.is_done = False
            if type(connection) is not engine_connection.Connection:
                # None, or what the application has somebody switch with.
                return
            connection.run(me, time.monotonic(), store)
            pool.busy -= 1
            if connection.state is connection_state.RUNNING:
                # A pipelined request.
                self._hub.schedule_call_global(0, self._dispatch, connection)
            connection = None
            if me.has_waited:
                me.has_waited = False
                self._done_workers.append(me)
                self._hub.schedule_call_global(0, self._settle)

    def _settle(self) -> None:
        """Keep the workers that have waited and are done, or end them.

        One that somebody else holds is ended: a time-out or a kill that is
        meant for its last request must not meet another one. How many hold it
        can be told in the hub alone: while it runs, that depends on who has
        resumed it.
        """
        done = self._done_workers
        if self._pool.queue:
            self._hub.schedule_call_global(0, self._start_queued)
        while done:
            worker = done.pop()
            if (
                getrefcount(worker) == self._own_references
                and not worker.has_traces()
            ):
                self._idle.append(worker)
            else:
                _switch(worker, None)

    def _start_queued(self) -> None:
        """Run those that have waited for a slot, as far as there are any."""
        pool, slots = self._pool, self.gateway.settings.wsgi_default_pool_size
        while pool.queue and pool.busy < slots:
            self._dispatch(pool.queue.popleft())

    def may_run_pipelined(self, worker: Any) -> bool:
        # Whether somebody holds it can be told in the hub alone.
        return False

    def _stack_of(self, worker: object) -> traceback.StackSummary:
        frame = cast('greenlet.greenlet', worker).gr_frame
        if frame is None:
            # It is the one that runs, and may be the one that asks.
            return overview.thread_stack(self._thread)
        return traceback.extract_stack(frame)

    def _end_request(
        self,
        connection: engine_connection.Connection,
        head: http_head.RequestHead,
    ) -> None:
        # One at a time, for the application runs on in what is thrown.
        self._hub.schedule_call_global(0, self._throw, connection, head)

    def _throw(
        self,
        connection: engine_connection.Connection,
        head: http_head.RequestHead,
    ) -> None:
        """End a request, unless it has ended meanwhile.

        This is the hub, so that the worker waits for something; what eventlet
        has to wait for bears a time-out at any moment.
        """
        if connection.worker is not None and connection.head is head:
            cast('green_worker.GreenWorker', connection.worker).throw(
                exceptions.RequestTimeout()
            )

    @contextlib.contextmanager
    def _slot_released(self) -> Iterator[None]:
        """Let others run while this worker waits for its client."""
        released = self._pool.release_slot(
            self.gateway.settings.max_waiting_requests
        )
        if released and self._pool.queue:
            self._hub.schedule_call_global(0, self._start_queued)
        try:
            yield
        finally:
            if released:
                self._pool.retake_slot()

    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        self._readers[fileno] = current = greenlet.getcurrent()
        if fileno in self._paused:
            self._resume_reading(fileno)
        timer = None
        if timeout is not None:
            timer = self._hub.schedule_call_global(
                timeout, self._read_timeout, fileno, current
            )
        try:
            with self._slot_released():
                return bool(self._hub.switch())
        finally:
            self._readers.pop(fileno, None)
            if timer is not None:
                timer.cancel()

    def _read_timeout(self, fileno: int, reader: greenlet.greenlet) -> None:
        if self._readers.pop(fileno, None) is reader:
            reader.switch(False)

    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        try:
            with self._slot_released():
                hubs.trampoline(
                    fileno,
                    write=True,
                    timeout=timeout,
                    timeout_exc=TimeoutError,
                )
        except TimeoutError:
            return False
        return True
