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

One thread, the leader, polls. While the application is fast, the leader
runs it too: nothing is handed over, and no two threads fight for the GIL.
When the application's smoothed time grows, the leader makes a follower the
next leader before it runs a request; and a ticker takes the lead away from
a leader that got stuck. There is one thread more than the pool has slots,
so that somebody can always lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import itertools
import logging
import select
import threading
import time
import traceback

from wsgiserver._engine import base_engine
from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import latch
from wsgiserver._engine import overview
from wsgiserver._engine import pool_thread
from wsgiserver._engine import ticker
from wsgiserver._http import head as http_head
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger('wsgiserver.engine')

#: Above this smoothed time of a request, in seconds, the lead is passed on
#: first: waking a thread costs about a tenth of it.
SLOW = 0.0005

#: What a request counts for at most in that time, in seconds: one slow
#: client must not hide a hundred fast requests.
SLOWEST = 0.01

#: How much the latest request counts in that time.
WEIGHT = 0.1


class Engine(base_engine.Engine):
    """Serves in threads of its own.

    :param gateway: runs the requests.
    """

    is_threaded = True
    _finished = False

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        super().__init__(gateway)
        self._epoll = select.epoll()
        self._next_tick = 0.0
        # Guards the pool and what follows, but for the fast path: _smoothed,
        # which only the leader writes, and the ticker.
        self._lock = threading.Lock()
        self._followers: list[pool_thread.PoolThread] = []
        # In the names of the threads, for who reads the log.
        self._numbers = itertools.count(1)
        self._leader: pool_thread.PoolThread | None = None
        self._ticker = ticker.Ticker(self._relieve)
        self._smoothed = 0.0
        # Held while a connection is cut whose request takes too long.
        self._cutting = threading.Lock()
        self._local = threading.local()
        self._end = latch.Latch(threading.Lock())

    # -- life ---------------------------------------------------------------

    def start(self) -> None:
        """See the base class."""
        self._epoll.register(self._wakeup.fileno, select.EPOLLIN)
        self._acceptor.resume()
        self._start_watchdog(self._period)
        with self._lock:
            self._leader = self._wake_thread(leading=True)
        if self._leader is None:
            raise RuntimeError('no thread could be started')
        self._spawn(self._ticker.run, 'ticker')

    @staticmethod
    def _spawn(target: object, name: str, *args: object) -> None:
        # Daemons: a process whose main thread ends must end.
        threading.Thread(
            target=target,  # type: ignore[arg-type]
            args=args,
            name=f'wsgiserver-{name}',
            daemon=True,
        ).start()

    def wait(self, timeout: float | None = None) -> bool:
        """See the base class."""
        return self._end.wait(timeout)

    @property
    def drains_in_stop(self) -> bool:  # type: ignore[override]
        """See the base class.

        An application that stops its own server can't wait for itself.
        """
        return not hasattr(self._local, 'thread')

    def _ended(self) -> None:
        with self._lock:
            if self._finished:
                return
            self._finished = True
            for thread in self._followers:
                thread.wake.release()
            self._followers.clear()
            # The leader closes the descriptor, under the lock as well, and
            # tells those who wait.
            self._wakeup.call()
        self._ticker.end()

    # -- leading ------------------------------------------------------------

    def _wake_thread(
        self, leading: bool, job: engine_connection.Connection | None = None
    ) -> pool_thread.PoolThread | None:
        """Wake a follower, or start a thread; the lock is held.

        :returns: None if the system has no thread for us now.
        """
        is_new = not self._followers
        thread = pool_thread.PoolThread() if is_new else self._followers.pop()
        thread.leading = leading
        thread.job = job
        if not is_new:
            thread.wake.release()
            return thread
        try:
            self._spawn(self._live, f'worker-{next(self._numbers)}', thread)
        except RuntimeError as error:
            LOG.warning('Going on with the threads there are: %s', error)
            return None
        return thread

    def _live(self, me: pool_thread.PoolThread) -> None:
        """A thread's whole life."""
        self._local.thread = me
        me.ident = threading.get_ident()
        me.store = wsgi_gateway.context_store()
        while me.leading or me.job is not None or not self._finished:
            if me.leading:
                self._lead(me)
            job = me.job
            while job is not None or (job := self._next_job()) is not None:
                self._timed_run(me, job)
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
        """Become a follower; False if there are enough of them."""
        with self._lock:
            me.job = None
            # More were made only while many waited for their clients.
            if (
                len(self._followers)
                > self.gateway.settings.wsgi_default_pool_size
            ):
                return False
            if self._finished:
                me.wake.release()
            else:
                self._followers.append(me)
            return True

    def _lead(self, me: pool_thread.PoolThread) -> None:
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
        if self._smoothed > SLOW:
            with self._lock:
                me.leading = not self._pass_on()
            self._timed_run(me, connection)
        else:
            self._ticker.begin(me)
            self._timed_run(me, connection)
            try:
                me.inline.pop()
            except IndexError:
                self._look_who_leads(me)

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
            if self._wake_thread(False, connection) is not None:
                return True
            self._pool.busy -= 1
            return False

    def _enqueue(self, connection: engine_connection.Connection) -> bool:
        with self._lock:
            if self._pool.busy < self.gateway.settings.wsgi_default_pool_size:
                return False
            self._pool.enqueue(connection)
            return True

    def _look_who_leads(self, me: pool_thread.PoolThread) -> None:
        """Another was to take the lead from this one; it may have failed."""
        with self._lock:
            me.leading = self._leader is me

    def _timed_run(
        self,
        me: pool_thread.PoolThread,
        connection: engine_connection.Connection,
    ) -> None:
        began = time.monotonic()
        taken = connection.run(me.ident, began, me.store) - began
        if taken > SLOWEST:
            # A single long one is the ticker's to deal with.
            taken = SLOWEST
        self._smoothed += (taken - self._smoothed) * WEIGHT

    def _pass_on(self) -> bool:
        """Appoint another leader and count this one as busy; locked.

        :returns: False if there is no other; this one goes on leading then.
        """
        # First of all, for the next leader looks at it without the lock.
        self._pool.busy += 1
        leader = self._wake_thread(leading=True)
        if leader is None:
            self._pool.busy -= 1
            return False
        self._leader = leader
        return True

    def _relieve(self) -> bool:
        """Have another lead in place of a leader that runs a request."""
        with self._lock:
            return self._leader is not None and self._take_lead(self._leader)

    def _take_lead(self, leader: pool_thread.PoolThread) -> bool:
        """Pass the lead on, if its holder runs a request; locked."""
        try:
            leader.inline.pop()
        except IndexError:
            return False
        self._pass_on()
        return True

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
        """See :class:`wsgiserver._engine.connection.Keeper`."""
        with self._cutting:
            pass

    # -- polling ------------------------------------------------------------

    def watch(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine.acceptor.Host`."""
        try:
            self._epoll.register(fileno, select.EPOLLIN)
        except FileExistsError:
            LOG.debug('descriptor %d is watched already', fileno)
        except ValueError:
            LOG.debug('the drain was given up, and the poller closed')

    def share(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine.acceptor.Host`."""
        self._epoll.register(fileno, select.EPOLLIN | select.EPOLLEXCLUSIVE)

    def unwatch(self, fileno: int) -> None:
        """See :class:`wsgiserver._engine.acceptor.Host`."""
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
            self._take_lead(me)

    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine.reactor.Reactor`."""
        return self._wait(fileno, select.POLLIN, timeout)

    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        """See :class:`wsgiserver._engine.reactor.Reactor`."""
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
            if job is not None and self._wake_thread(False, job) is None:
                self._pool.put_back(job)
        try:
            yield
        finally:
            if released:
                with self._lock:
                    self._pool.retake_slot()
