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

"""The base of the tests of a worker pool."""

import logging
from typing import Any

import fixtures

from wsgiserver._config import settings as config_settings
from wsgiserver._launcher import worker_pool
from wsgiserver._launcher import worker_process
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

State = worker_process.WorkerState


class WorkerPoolCase(base.TestCase):
    """A pool of fake processes, in a time that stands still."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = self.useFixture(
            fakes.Clock('_launcher.worker_pool', '_launcher.worker_process')
        )
        self.processes = self.useFixture(fakes.Processes(self.clock))
        self.conf = fakes.configuration(workers=2)
        self.log = self.useFixture(
            fixtures.FakeLogger(
                'wsgiserver', logging.INFO, '%(levelname)s %(message)s'
            )
        )
        self.services: list[Any] = [object()]
        self.pool = self.make()
        self.generation = 0

    def make(self, count: int | None = None) -> worker_pool.WorkerPool:
        return worker_pool.WorkerPool(
            self.conf, 'fork', self.services, count, None, lambda: []
        )

    def set(self, name: str, value: object) -> None:
        """Have an option changed by a reset."""
        self.conf.set_override(name, value, 'wsgiserver')
        self.reset()

    def reset(self) -> None:
        """Hand the pool the options as they are now."""
        self.pool.follow(config_settings.LauncherSettings.from_conf(self.conf))

    def keep(self) -> None:
        self.pool.manage_workers(self.generation)

    def hear(self) -> None:
        for worker in self.pool.workers:
            self.pool.read_messages(worker)

    def serve(self) -> list[fakes.Process]:
        """Have every worker that there is to be serve."""
        self.keep()
        for process in self.processes.running():
            process.say('serving')
        self.hear()
        return self.processes.running()

    def end(self, process: fakes.Process, status: int = 0) -> None:
        """Have a process end, and notice."""
        process.status = status
        self.pool.reap()

    def numbers(self) -> list[int]:
        return [worker.number for worker in self.pool.workers]

    def states(self) -> list[State]:
        return [worker.state for worker in self.pool.workers]

    def said(self) -> str:
        """What was logged last."""
        return str(self.log.output.splitlines()[-1])
