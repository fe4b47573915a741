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

"""The engine on native threads: an adaptive leader and its followers.

One thread, the leader, polls; how it comes to lead, and how it loses the
lead, is in ``lead``. There is one thread more than the pool has slots, so
that somebody can always lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import logging
import select
import threading
import time
import traceback

from wsgiserver._engine import base_engine
from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import latch
from wsgiserver._engine import lead as engine_lead
from wsgiserver._engine import overview
from wsgiserver._engine import pool_thread
from wsgiserver._engine import ticker
from wsgiserver._http import head as http_head
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger('wsgiserver.engine')

_SLOW = engine_lead.SLOW


class Engine(base_engine.Engine):
    """Serves in threads of its own.

    :param gateway: runs the requests.
    """

    is_threaded = True
    poller = staticmethod(select.poll)
    _finished = False

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        super().__init__(gateway)
        self._epoll = select.epoll()
        self._next_tick = 0.0
        # Guards the pool, the followers and who has the lead.
        self._lock = threading.Lock()
        self._followers = pool_thread.Followers(self._live)
        self._lead = engine_lead.Lead(self._lock, self._wake_leader)
        self._ticker = ticker.Ticker(self._lead)
        # Held while a connection is cut whose request takes too long.
        self._cutting = threading.Lock()
        self._local = threading.local()
        self._end = latch.Latch(threading.Lock())

    # -- life ---------------------------------------------------------------

    def start(self) -> None:
        self._epoll.register(self._wakeup.fileno, select.EPOLLIN)
        self._acceptor.resume()
        self._start_watchdog(self._period)
        with self._lock:
            # No request runs in it yet, and so it takes no slot.
            self._lead.holder = self._followers.wake(leading=True)
        if self._lead.holder is None:
            raise RuntimeError('no thread could be started')
        pool_thread.spawn(self._ticker.run, 'ticker')

    def wait(self, timeout: float | None = None) -> bool:
        return self._end.wait(timeout)

    @property
    def drains_in_stop(self) -> bool:  # type: ignore[override]
        # An application that stops its own server can't wait for itself.
        return not hasattr(self._local, 'thread')

    def _ended(self) -> None:
        with self._lock:
            if self._finished:
                return
            self._finished = True
            self._followers.dismiss()
            # The leader closes the descriptor, under the lock as well, and
            # tells those who wait.
            self._wakeup.call()
        self._ticker.end()

    # -- leading ------------------------------------------------------------

    def _live(self, me: pool_thread.PoolThread) -> None:
        """The thread's main loop: poll as the leader, run jobs, follow."""
        self._local.thread = me
        me.ident = threading.get_ident()
        me.store = wsgi_gateway.context_store()
        while me.leading or me.job is not None or not self._finished:
            if me.leading:
                self._poll(me)
            job = me.job
            while job is not None or (job := self._next_job()) is not None:
                self._lead.run(me, job)
                job = None
            if not self._follow(me):
                return
            me.wake.acquire()

    def _next_job(self) -> engine_connection.Connection | None:
        """After a request, give the slot back; take it for the next."""
        with self._lock:
            self._pool.busy -= 1
            return self._next_queued()

    def _next_queued(self) -> engine_connection.Connection | None:
        return self._pool.take_next(
            self.gateway.settings.wsgi_default_pool_size
        )

    def _follow(self, me: pool_thread.PoolThread) -> bool:
        """Join the followers; False if there are enough of them."""
        limit = self.gateway.settings.wsgi_default_pool_size
        with self._lock:
            me.job = None
            if not self._followers.add(me, limit):
                return False
            if self._finished:
                self._followers.dismiss()
            return True

    def _poll(self, me: pool_thread.PoolThread) -> None:
        """Poll, and run what is fast, until the lead is lost."""
        poll = self._epoll.poll
        now = time.monotonic()
        while not self._finished:
            left = self._next_tick - now
            for fileno, _mask in poll(left if left > 0 else 0):
                self._event(fileno)
                if not me.leading:
                    # The new leader is told again of what is left here.
                    return
            now = time.monotonic()
            if now >= self._next_tick:
                self._next_tick = now + self._period
                self._guarded(self._tick)
                if not me.leading:
                    # It ran a request that nobody had had the time to read.
                    return
        me.leading = False
        self._close_poller()

    def _close_poller(self) -> None:
        """Close the descriptors, and wake those in :meth:`wait`."""
        with self._lock:
            # Once, for their numbers are used again.
            if not self._epoll.closed:
                self._epoll.close()
                self._wakeup.leave()
                self._end.open()

    def _close_poller_in_child(self) -> None:
        # No lock: whoever had it isn't in this process.
        if not self._epoll.closed:
            self._epoll.close()
            self._wakeup.close_copy()

    def _tick_sooner(self) -> None:
        self._next_tick = 0.0

    def _dispatch(self, connection: engine_connection.Connection) -> None:
        """Run a request, here or later; called by the leader."""
        me = self._local.thread
        if not me.leading:
            # It lost the lead within a batch, and takes this up right after.
            with self._lock:
                self._pool.enqueue(connection)
            return
        if self._pool.busy >= self.gateway.settings.wsgi_default_pool_size:
            if self._enqueue(connection):
                return
        lead = self._lead
        if lead.smoothed > _SLOW:
            with self._lock:
                me.leading = not lead.pass_on()
            lead.run(me, connection)
        else:
            lead.run_inline(me, connection)

    def _dispatch_all(
        self, connections: Iterable[engine_connection.Connection]
    ) -> None:
        # No event tells the next leader of those that wait for this one.
        for connection in connections:
            if not self._hand_over(connection):
                self._dispatch(connection)

    def _hand_over(self, connection: engine_connection.Connection) -> bool:
        """Have another thread run a request; False if there is none."""
        if self._enqueue(connection):
            return True
        with self._lock:
            self._pool.busy += 1
            if self._followers.wake(False, connection) is not None:
                return True
            self._pool.busy -= 1
            return False

    def _enqueue(self, connection: engine_connection.Connection) -> bool:
        with self._lock:
            if self._pool.busy < self.gateway.settings.wsgi_default_pool_size:
                return False
            self._pool.enqueue(connection)
            return True

    def _wake_leader(self) -> pool_thread.PoolThread | None:
        """Have another lead, and count this one as busy; locked."""
        # First of all, for the next leader looks at it without the lock.
        self._pool.busy += 1
        leader = self._followers.wake(leading=True)
        if leader is None:
            self._pool.busy -= 1
        return leader

    def _stack_of(self, worker: object) -> traceback.StackSummary:
        return overview.thread_stack(worker)

    def _end_request(
        self,
        connection: engine_connection.Connection,
        head: http_head.RequestHead,
    ) -> None:
        # Nobody can end a thread; but its client need not wait any longer.
        # Its worker takes the head away and then looks at the mark: it is
        # seen here that the request is over, or there that somebody cuts.
        connection.is_overdue = True
        with self._cutting:
            if connection.head is head:
                connection.cut()

    def await_cut(self) -> None:
        with self._cutting:
            pass

    # -- polling ------------------------------------------------------------

    def watch(self, fileno: int) -> None:
        try:
            self._epoll.register(fileno, select.EPOLLIN)
        except FileExistsError:
            LOG.debug('descriptor %d is watched already', fileno)
        except ValueError:
            LOG.debug('the drain was given up, and the poller closed')

    def share(self, fileno: int) -> None:
        self._epoll.register(fileno, select.EPOLLIN | select.EPOLLEXCLUSIVE)

    def unwatch(self, fileno: int) -> None:
        try:
            self._epoll.unregister(fileno)
        except OSError:
            # Another thread was faster, and may have closed it already.
            LOG.debug('descriptor %d is not watched', fileno)
        except ValueError:
            LOG.debug('the drain was given up, and the poller closed')

    def _stop_leading(self) -> None:
        """Pass the lead on before this thread waits for a client."""
        me = self._local.thread
        with self._lock:
            self._lead.take_from(me)

    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        return self._wait(fileno, select.POLLIN, timeout)

    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        return self._wait(fileno, select.POLLOUT, timeout)

    def _wait(self, fileno: int, mask: int, timeout: float | None) -> bool:
        self._stop_leading()
        if fileno not in self._paused:
            # Else the leader would be woken for it, too.
            self._pause_reading(fileno)
        poller = select.poll()
        poller.register(fileno, mask)
        with self._slot_released():
            return bool(
                poller.poll(None if timeout is None else timeout * 1000)
            )

    @contextlib.contextmanager
    def _slot_released(self) -> Iterator[None]:
        """Let others run while this worker waits for its client."""
        with self._lock:
            released = self._pool.release_slot(
                self.gateway.settings.max_waiting_requests
            )
            job = self._next_queued() if released else None
            if job is not None and self._followers.wake(False, job) is None:
                self._pool.put_back(job)
        try:
            yield
        finally:
            if released:
                with self._lock:
                    self._pool.retake_slot()
