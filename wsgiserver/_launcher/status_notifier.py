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

"""Status notifier: what systemd is told of the service, and when."""

from __future__ import annotations

from collections.abc import Sequence
import logging
import time

from wsgiserver._launcher import sd_notify
from wsgiserver._launcher import worker_pool
from wsgiserver._launcher import worker_process

LOG = logging.getLogger('wsgiserver.launcher')

#: How often the status is told, in seconds.
STATUS_PERIOD = 5.0


#: For how long a worker's word counts at least, in seconds: it turns once a
#: second, and says so a second later at most.
FRESH = 3.0


class StatusNotifier:
    """Status notifier of a launcher, for systemd.

    :param pools: its worker pools.
    """

    def __init__(self, pools: Sequence[worker_pool.WorkerPool]) -> None:
        self._pools = pools
        self._is_ready = False
        self._is_resetting = False
        self._next_status = 0.0
        self._watchdog = sd_notify.watchdog_period()
        self._next_watchdog = 0.0

    def update(self, is_resetting: bool) -> None:
        """Notify systemd of readiness, status and watchdog, where due.

        :param is_resetting: whether files are being read anew.
        """
        self._notify_readiness(is_resetting)
        now = time.monotonic()
        if self._is_ready and now >= self._next_status:
            self._next_status = now + STATUS_PERIOD
            sd_notify.notify(STATUS=self.status())
        if self._watchdog is not None and now >= self._next_watchdog:
            self._next_watchdog = now + self._watchdog
            if self._is_well(now - max(2 * self._watchdog, FRESH)):
                sd_notify.notify(WATCHDOG=1)

    def _notify_readiness(self, is_resetting: bool) -> None:
        if not self._is_ready:
            if all(pool.is_complete for pool in self._pools):
                self._is_ready = True
                LOG.info('All workers accept')
                sd_notify.notify(READY=1, STATUS=self.status())
        elif is_resetting and not self._is_resetting:
            self._is_resetting = True
            sd_notify.reloading()
        elif self._is_resetting and not is_resetting:
            self._is_resetting = False
            sd_notify.notify(READY=1, STATUS=self.status())

    def notify_stopping(self) -> None:
        """Notify systemd that the service ends."""
        sd_notify.notify(STOPPING=1, STATUS='The workers finish what they run')

    def _workers(self) -> list[worker_process.Worker]:
        return [w for pool in self._pools for w in pool.workers]

    def _is_well(self, since: float) -> bool:
        """Whether anybody could be served lately."""
        return not self._is_ready or any(
            worker.turned > since and worker.state in worker_process.HANDLING
            for worker in self._workers()
        )

    def status(self) -> str:
        """Status of the service, in one line."""
        workers = [
            w for w in self._workers() if w.state in worker_process.HANDLING
        ]
        connections = running = 0
        for worker in workers:
            connections += sum(worker.states.values())
            running += worker.states.get('RUNNING', 0)
        served = sum(w.served for w in self._workers())
        served += sum(pool.served_before for pool in self._pools)
        return (
            f'{len(workers)} workers, {connections} connections, '
            f'{running} requests running, {served} served'
        )
