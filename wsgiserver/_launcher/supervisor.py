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


"""Supervisor: the launcher's own process, which keeps the worker pools."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import gc
import logging
import math
import signal
import time

from oslo_config import cfg

from wsgiserver._engine import registry
from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import orphans
from wsgiserver._launcher import pauses
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import reports
from wsgiserver._launcher import resets
from wsgiserver._launcher import spawning
from wsgiserver._launcher import status_notifier
from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_pool
from wsgiserver._launcher import worker_process
from wsgiserver._log import loggers
from wsgiserver._log import rotation
from wsgiserver._log import write_failures
from wsgiserver._process import forks
from wsgiserver._process import signals
from wsgiserver._service import protocols
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import server

LOG = logging.getLogger('wsgiserver.launcher')

#: What the launcher handles.
SIGNALS = (*worker_main.SIGNALS, signal.SIGCHLD)

#: How often it looks after what no signal tells, in seconds.
PERIOD = 0.25

#: How long workers may take after SIGINT until they are killed, in seconds.
SIGINT_TIMEOUT = 1.0


class Supervisor:
    """Supervisor of worker pools, until a signal ends it.

    Signals count from the construction on.

    :param conf: the configuration.
    :param method: how workers are made, ``fork`` or ``spawn``.
    :raises ValueError: in a thread other than the main one.
    """

    def __init__(self, conf: cfg.ConfigOpts, method: str) -> None:
        self._signals = signals.Signals(SIGNALS)
        self._signals.__enter__()
        self._conf = conf
        self._method = method
        if method == 'spawn':
            # The workers are to have the same.
            registry.backend_name()
        self._pools: list[worker_pool.WorkerPool] = []
        self._snapshot = (
            None if method == 'fork' else config_snapshot.ConfigSnapshot()
        )
        self._resets = resets.Resets(
            conf, self._pools, self._snapshot, self._pipes
        )
        self._notifier = status_notifier.StatusNotifier(self._pools)
        self._is_ending = False
        self._status = 0
        self._pauses = pauses.PauseDetector(PERIOD)
        # When workers that still run are killed, by the monotonic clock.
        self._kill_at = math.inf
        forks.guard(self)

    def add(
        self,
        services: Sequence[protocols.Service],
        workers: int | None,
    ) -> None:
        """Add a pool of workers that run some services.

        :param services: run together, in each of the workers.
        :param workers: how many; None for the option.
        :raises InvalidInput: if they can't be pickled, to be spawned.
        """
        if self._method == 'spawn':
            spawning.check(services)
        self._pools.append(
            worker_pool.WorkerPool(
                self._conf,
                self._method,
                services,
                workers,
                self._snapshot,
                self._pipes,
            )
        )

    def post(self, number: signal.Signals) -> None:
        """Post a signal as if it had come; any thread may call it."""
        self._signals.post(number)

    def _pipes(self) -> list[launcher_pipe.PipeEnd]:
        """The launcher's ends of all pipes."""
        pipes = [w.process.pipe for w in self._workers()]
        return pipes + self._resets.pipes()

    def _workers(self) -> list[worker_process.Worker]:
        return [w for pool in self._pools for w in pool.workers]

    def run(self) -> int:
        """Supervise the workers, until a signal comes and all have ended.

        :returns: the exit status: 0 if they ended by themselves.
        """
        reports.set_up(self._conf, [])
        loggers.adopt()
        write_failures.limit_handler_errors()
        # What the application has left, loaded in this process: the request
        # id of its start-up, say, in all that is logged from here on.
        wsgi_gateway.context_store().pop('context', None)
        self._orphans = orphans.Orphans()
        # What is there now stays in memory that all processes share.
        gc.freeze()
        with contextlib.closing(self):
            while not self._is_ending or self._workers():
                self._turn()
        return self._status

    def close(self) -> None:
        """Restore the signals, and remove the UNIX sockets; idempotent.

        Workers that are still there end when their pipe does.
        """
        for pipe in self._pipes():
            pipe.close()
        for ours in self._servers():
            ours.drain(at_once=True)
        self._signals.__exit__()
        if self._snapshot is not None:
            self._snapshot.close()

    def forsake(self) -> None:
        """Close pipes and servers, in a child of the application.

        Workers would not notice the end of this process else.
        """
        for pipe in self._pipes():
            pipe.close()
        for ours in self._servers():
            ours.forsake()

    def _servers(self) -> list[server.Server]:
        services = [s for pool in self._pools for s in pool.services]
        return [s for s in services if isinstance(s, server.Server)]

    def _turn(self) -> None:
        """One turn of the loop: do what is due, and wait for more."""
        self._discount_pause(self._pauses.lost_time())
        if not self._is_ending:
            for pool in self._pools:
                pool.manage_workers(self._resets.generation)
            self._resets.advance()
            self._notifier.update(is_resetting=self._resets.is_under_way)
        elif time.monotonic() > self._kill_at:
            self._kill()
        pipes = [pipe for pipe in self._pipes() if pipe.is_open]
        ready = signals.readable([self._signals, *pipes], PERIOD)
        if self._signals in ready:
            self._handle(self._signals.take())
        for pool in self._pools:
            for worker in pool.workers:
                pool.read_messages(worker)
            pool.reap()
        self._orphans.reap()

    def _discount_pause(self, lost: float) -> None:
        """Extend all deadlines by the time that this process has lost.

        The others may have lost it as well.

        :param lost: how much, in seconds.
        """
        if lost:
            LOG.warning('The launcher stood still for %.0f s', lost)
            self._kill_at += lost
            self._resets.discount_pause(lost)
            for worker in self._workers():
                worker.discount_pause(lost)

    def _handle(self, numbers: set[int]) -> None:
        rotation.handle_signals(numbers)
        if signal.SIGUSR1 in numbers and signals.is_spare(signal.SIGUSR1):
            for worker in self._workers():
                worker.process.kill(signal.SIGUSR1)
        if signal.SIGINT in numbers:
            self._end_at_once()
        elif signal.SIGTERM in numbers:
            self._end()
        elif signal.SIGHUP in numbers:
            if signals.hangs_up():
                self._end()
            else:
                self._resets.request()

    def _begin_end(self, at_once: bool = False) -> None:
        self._is_ending = True
        self._notifier.notify_stopping()
        self._resets.abandon()
        # Nobody is to wait in a backlog that nobody accepts from any more.
        # As long as the workers accept, they do so on sockets of their own.
        for ours in self._servers():
            ours.drain(at_once)

    def _end(self) -> None:
        """Drain and end the workers."""
        if self._is_ending:
            return
        LOG.info('Ending: the workers finish what they run')
        self._begin_end()
        timeout = self._conf.graceful_shutdown_timeout
        if timeout:
            self._kill_at = time.monotonic() + timeout
        for pool in self._pools:
            pool.end()

    def _end_at_once(self) -> None:
        LOG.info('Ending at once')
        self._begin_end(at_once=True)
        self._status = 1
        self._kill_at = time.monotonic() + SIGINT_TIMEOUT
        for pool in self._pools:
            pool.kill(signal.SIGINT)

    def _kill(self) -> None:
        LOG.warning(
            'Killing %d workers that have not ended in time',
            len(self._workers()),
        )
        self._status = 1
        self._kill_at = math.inf
        for pool in self._pools:
            pool.kill(signal.SIGKILL)
