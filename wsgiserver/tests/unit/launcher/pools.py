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

State = worker_process.State


class CrewCase(base.TestCase):
    """A crew of fake processes, in a time that stands still."""

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
        self.crew = self.make()
        self.generation = 0

    def make(self, count: int | None = None) -> worker_pool.Crew:
        return worker_pool.Crew(
            self.conf, 'fork', self.services, count, None, lambda: []
        )

    def set(self, name: str, value: object) -> None:
        """Have an option changed by a reset."""
        self.conf.set_override(name, value, 'wsgiserver')
        self.reset()

    def reset(self) -> None:
        """Hand the crew the options as they are now."""
        self.crew.follow(config_settings.LauncherSettings.from_conf(self.conf))

    def keep(self) -> None:
        self.crew.keep(self.generation)

    def hear(self) -> None:
        for worker in self.crew.workers:
            self.crew.hear(worker)

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
        self.crew.reap()

    def numbers(self) -> list[int]:
        return [worker.number for worker in self.crew.workers]

    def states(self) -> list[State]:
        return [worker.state for worker in self.crew.workers]

    def said(self) -> str:
        """What was logged last."""
        return str(self.log.output.splitlines()[-1])
