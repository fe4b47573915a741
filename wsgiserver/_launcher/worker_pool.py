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

"""Worker pool: the workers of some services, as many as there are to be."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import logging
import math
import signal
import time

from oslo_config import cfg

from wsgiserver._config import settings as config_settings
from wsgiserver._launcher import cleanup
from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import processors
from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_process
from wsgiserver._service import protocols

LOG = logging.getLogger('wsgiserver.launcher')

State = worker_process.WorkerState

#: A worker that ends within this time, in seconds, would do so again: the
#: next one has to wait.
QUICK_END = 1.0

#: How long it has to wait, in seconds: it doubles each time.
SHORTEST_DELAY = 0.25
LONGEST_DELAY = 8.0

#: How long a worker may take over a reset until the next one begins, in
#: seconds.
RESET_TIME = 30.0

#: What worker_heartbeat_timeout is at least, in seconds: a worker turns once a
#: second.
SHORTEST_HEARTBEAT = 3.0

#: How late the word of a worker may be, in seconds.
HEARTBEAT_TOLERANCE = 1.0

#: What a worker that stands still is given to write its stacks, in seconds.
STACKS_TIME = 1.0


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        # One of those that only have numbers.
        return f'signal {number}'


class WorkerPool:
    """Worker pool: workers that all run the same services.

    :param conf: the configuration.
    :param method: how workers are made.
    :param services: what they run.
    :param count: how many there are to be; None for the option ``workers``.
    :param snapshot: what spawned workers have in place of files.
    :param pipes: tells the launcher's ends of all pipes there are.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        method: str,
        services: Sequence[protocols.Service],
        count: int | None,
        snapshot: config_snapshot.ConfigSnapshot | None,
        pipes: Callable[[], list[launcher_pipe.PipeEnd]],
    ) -> None:
        self._conf = conf
        self._method = method
        self._count = count
        self._snapshot = snapshot
        self._pipes = pipes
        self._delay = 0.0
        self._not_before = 0.0
        self.services = services
        self.workers: list[worker_process.Worker] = []
        #: How many workers there are to be.
        self.follow(config_settings.LauncherSettings.from_conf(conf))
        #: How many requests were served by workers that have ended.
        self.served_before = 0

    def follow(self, settings: config_settings.LauncherSettings) -> None:
        """Apply the settings that are in force from now on.

        :param settings: the settings.
        """
        self._settings = settings
        self.wanted = self._count or settings.workers or processors.default()

    def _in_state(self, *states: State) -> list[worker_process.Worker]:
        return [w for w in self.workers if w.state in states]

    @property
    def is_complete(self) -> bool:
        """Whether as many workers accept as there are to be."""
        return len(self._in_state(*worker_process.HANDLING)) >= self.wanted

    @property
    def refused(self) -> int:
        """Number of workers that could not follow the latest reset."""
        return sum(worker.has_refused for worker in self.workers)

    # -- starting and ending -----------------------------------------------

    def manage_workers(self, generation: int) -> None:
        """Start, replace and end workers, to have the right number.

        :param generation: how many resets there were.
        """
        self._kill_stuck()
        if len(self._in_state(State.SERVING)) >= self.wanted:
            for worker in self._in_state(State.RETIRING):
                LOG.info('%s ends, for another has taken over', worker)
                worker.end(replaced=True)
        active = self._in_state(*worker_process.ACTIVE)
        for worker in active[self.wanted :]:
            LOG.info('%s ends, for there are to be fewer', worker)
            worker.end(replaced=True)
        if time.monotonic() >= self._not_before:
            for _turn in range(self.wanted - len(active)):
                if not self._start(generation):
                    break

    def _start(self, generation: int) -> bool:
        taken = {w.number for w in self._in_state(*worker_process.ACTIVE)}
        number = min(set(range(len(taken) + 1)) - taken)
        try:
            process = worker_process.ChildProcess(
                self._method,
                worker_main.run,
                lambda pipe: worker_main.Assignment(
                    number, self._conf, self.services, pipe, self._snapshot
                ),
                self._pipes(),
            )
        except OSError as error:
            LOG.error('No worker could be started: %s', error)
            self._increase_delay()
            return False
        worker = worker_process.Worker(number, generation, process)
        self.workers.append(worker)
        LOG.info('%s starts', worker)
        return True

    def reap(self) -> None:
        """Reap the workers that have ended."""
        for worker in list(self.workers):
            status = worker.process.status
            if status is None:
                continue
            # It may have said why.
            self.read_messages(worker)
            self._report(worker, status)
            self._back_off(worker)
            self.served_before += worker.served
            self.workers.remove(worker)
            cleanup.clear(worker.process.pid)
            worker.process.close()

    @staticmethod
    def _report(worker: worker_process.Worker, status: int) -> None:
        if worker.state is State.ENDING:
            LOG.info('%s has ended', worker)
        elif worker.problem is not None:
            LOG.error('%s has ended: %s', worker, worker.problem)
        elif status < 0:
            LOG.warning('%s was ended by %s', worker, _name(-status))
        else:
            LOG.warning('%s has ended with status %d', worker, status)

    def _back_off(self, worker: worker_process.Worker) -> None:
        now = time.monotonic()
        if worker.state is State.ENDING:
            return
        if (
            worker.state is State.STARTING
            or now - worker.process.began < QUICK_END
        ):
            self._increase_delay()
        else:
            self._delay = 0.0

    def _increase_delay(self) -> None:
        """Double the delay before the next worker starts."""
        self._delay = min(max(self._delay * 2, SHORTEST_DELAY), LONGEST_DELAY)
        self._not_before = time.monotonic() + self._delay

    def _kill_stuck(self) -> None:
        """Kill workers that drain for too long or whose reactor is stuck."""
        now = time.monotonic()
        longest = self._settings.graceful_shutdown_timeout
        if longest is not None:
            for worker in self._in_state(State.ENDING):
                if now - worker.ending_since > longest:
                    worker.ending_since = math.inf
                    LOG.warning('%s drains for too long: killing it', worker)
                    worker.process.kill(signal.SIGKILL)
        timeout = self._settings.worker_heartbeat_timeout
        if timeout is not None:
            for worker in self._in_state(*worker_process.HANDLING):
                self._check_heartbeat(worker, now, timeout)

    def _check_heartbeat(
        self, worker: worker_process.Worker, now: float, timeout: float
    ) -> None:
        """Check a worker's heartbeat: ask for its stacks, and then kill it."""
        still = now - worker.turned
        if still <= max(timeout, SHORTEST_HEARTBEAT) + HEARTBEAT_TOLERANCE:
            worker.asked = math.inf
        elif worker.asked == math.inf:
            worker.asked = now
            worker.process.kill(worker_main.STACKS)
        elif now - worker.asked >= STACKS_TIME and worker.problem is None:
            worker.problem = f'its reactor stood still for {still:.0f} s'
            worker.process.kill(signal.SIGKILL)

    # -- messages and signals -----------------------------------------------

    @staticmethod
    def read_messages(worker: worker_process.Worker) -> None:
        """Read the messages of a worker."""
        for message in worker.process.pipe.receive():
            worker.handle_message(message)

    def roll(self, generation: int) -> bool:
        """Roll a reset over the workers, one after the other.

        So the others accept while one of them loads its application.

        :param generation: how many resets there were.
        :returns: True once all of them have followed.
        """
        if any(self._is_resetting(worker) for worker in self.workers):
            return False
        behind = [w for w in self.workers if w.generation < generation]
        for worker in behind:
            if worker.state in worker_process.HANDLING:
                worker.reset(generation)
                return False
        # One that starts was made before, and has to come first.
        return not any(w.state is State.STARTING for w in behind)

    @staticmethod
    def _is_resetting(worker: worker_process.Worker) -> bool:
        if worker.reset_since is None or worker.state is State.ENDING:
            return False
        if time.monotonic() - worker.reset_since < RESET_TIME:
            return True
        LOG.warning('%s takes long over its reset', worker)
        worker.reset_since = None
        worker.generation = worker.reset_to
        return False

    def end(self) -> None:
        """End the service: all workers drain and end."""
        for worker in self.workers:
            worker.end()

    def kill(self, number: signal.Signals) -> None:
        """Kill all workers with a signal."""
        for worker in self.workers:
            worker.state = State.ENDING
            worker.process.kill(number)
