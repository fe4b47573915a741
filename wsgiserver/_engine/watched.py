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

"""What others know of an engine, and want done as it turns."""

from __future__ import annotations

import abc
import collections
from collections.abc import Callable
import functools
import logging
import math
import os
import time
import traceback

from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import connection_state
from wsgiserver._engine import overview
from wsgiserver._engine import refusals
from wsgiserver._engine import request_pool
from wsgiserver._engine import starvation
from wsgiserver._http import head as http_head
from wsgiserver import _metrics
from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger('wsgiserver.watchdog')


_PAGE = os.sysconf('SC_PAGE_SIZE')

_PUBLISHED = range(len(_metrics.STATES))


def _resident() -> int:
    """Tell how much memory this process takes, in bytes (proc(5))."""
    try:
        with open('/proc/self/statm', 'rb') as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


def _do_nothing() -> None:
    """No-op hook: nobody wants to be called."""


class Watched(abc.ABC):
    """The connections of an engine, and hooks of those who look after it.

    :param gateway: runs the requests.
    """

    #: Whether its workers are native threads.
    is_threaded = False

    # Most engines have no limit; see what test_cost says of attributes.
    #: After how many requests :attr:`on_limit` is called, once.
    request_limit = math.inf
    #: Called then.
    on_limit: Callable[[], None] = staticmethod(_do_nothing)

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        self.gateway = gateway
        self._pool = request_pool.Pool()
        self._starvation = starvation.Starvation()
        #: Writes down who was refused.
        self.refusals = refusals.Refusals(self.later)
        # All of them, by descriptor.
        self._connections: dict[int, engine_connection.Connection] = {}
        self._overdue = overview.Overdue()
        #: How many requests were begun.
        self.served = 0
        #: Called by the reactor about once a second; it must not wait.
        self.on_tick: Callable[[], None] = _do_nothing
        #: When the reactor did so last, by the monotonic clock.
        self.turned = time.monotonic()
        # When it was to do so next.
        self._due = math.inf

    def count(self) -> dict[connection_state.State, int]:
        """Count the connections by their state; any thread may call it."""
        states = [c.state for c in list(self._connections.values())]
        return dict(collections.Counter(states))

    def running(self) -> list[overview.Running]:
        """Describe the requests that run; any thread may call it."""
        found = [
            overview.describe(connection, self._stack_of)
            for connection in list(self._connections.values())
        ]
        return [running for running in found if running is not None]

    @abc.abstractmethod
    def _stack_of(self, worker: object) -> traceback.StackSummary:
        """Tell where a worker is."""

    @abc.abstractmethod
    def _end_request(
        self,
        connection: engine_connection.Connection,
        head: http_head.RequestHead,
    ) -> None:
        """End a request, as far as that can be done.

        :param connection: what it came on; it may run another one by now.
        :param head: its head, by which it is known.
        """

    def later(self, call: Callable[..., None], *args: object) -> None:
        call(*args)

    def _guarded(self, call: Callable[..., None], *args: object) -> None:
        """Make a call of the reactor's that is about no single connection."""
        try:
            call(*args)
        except Exception as error:
            # As in _read(): accepting and the deadlines have to go on.
            self._report('The reactor failed', error)

    def _report(self, what: str, error: Exception) -> None:
        self.later(functools.partial(LOG.error, what, exc_info=error))

    def note_wait(self, seconds: float) -> None:
        gateway = self.gateway
        gateway.meter.waited(seconds)
        self._starvation.note_wait(
            seconds, gateway.settings.queue_wait_warning
        )

    def _start_watchdog(self, period: float) -> None:
        """Start the watchdog: the reactor is about to turn.

        :param period: how long until the first tick, in seconds.
        """
        self.turned = time.monotonic()
        self._due = self.turned + period
        self._publish(self.turned)

    def _run_watchdog(self, now: float, period: float) -> None:
        """Run the watchdog and the hooks; called on every tick.

        :param now: the time, by the monotonic clock.
        :param period: how long until the next one, in seconds.
        """
        self.turned = now
        self._guarded(self._check_waits, now, max(now - self._due, 0.0))
        self._due = now + period
        self._guarded(self.on_tick)
        if self.served >= self.request_limit:
            self.request_limit = math.inf
            self.later(self._guarded, self.on_limit)
        self._guarded(self._end_overdue)
        self._guarded(self.refusals.tell_rest, now)

    def _check_waits(self, now: float, lag: float) -> None:
        """Publish how busy this process is, and warn if that is too busy."""
        self._publish(now, lag)
        pool, settings = self._pool, self.gateway.settings
        limit = settings.queue_wait_warning
        self._starvation.note_lag(lag, limit)
        text = self._starvation.warning(
            now, limit, pool, settings.wsgi_default_pool_size
        )
        if text is not None:
            self.later(LOG.warning, '%s', text)

    def _publish(self, now: float, lag: float = 0.0) -> None:
        """Let others know how busy this process is."""
        meter, pool = self.gateway.meter, self._pool
        if meter.is_on:
            counts = self.count()
            meter.publish(
                [counts.get(connection_state.State(n), 0) for n in _PUBLISHED],
                threads=self.is_threaded,
                pool_size=self.gateway.settings.wsgi_default_pool_size,
                busy=pool.busy,
                waiting=pool.waiting,
                queued=len(pool.queue),
                oldest_wait=pool.longest_wait(now),
                reactor_lag=lag,
                memory=_resident(),
                processor_time=time.process_time(),
            )

    def _end_overdue(self) -> None:
        """End the requests that have run for longer than they may."""
        limit = self.gateway.settings.request_timeout
        connections = list(self._connections.values())
        for connection, head in self._overdue.find(connections, limit):
            running = overview.describe(connection, self._stack_of)
            if running is not None:
                self.gateway.meter.overdue()
                stack = ''.join(running.stack.format())
                self.later(
                    LOG.error, 'It takes too long: %s\n%s', running, stack
                )
                self._end_request(connection, head)
