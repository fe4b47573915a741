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

"""The base of the tests of a worker process, and a service that asks."""

import os
from typing import Any

import fixtures

from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_process
from wsgiserver._process import signals
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


class Asking(fakes.Service):
    """A service that tells what it finds when it starts.

    :param trace: where to.
    :param question: finds it.
    """

    def __init__(self, trace: int, question: Any) -> None:
        super().__init__(trace)
        self._question = question

    def start(self) -> None:
        self._note(repr(self._question()))


class WorkerCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.configure('')
        self.conf = fakes.configuration('--config-file', self.path)
        self.trace = os.pipe()
        for end in self.trace:
            os.set_blocking(end, False)
            self.addCleanup(os.close, end)
        for name, value in (
            ('_engine.registry.backend_name', lambda: 'threading'),
            ('_launcher.reports.set_up', lambda *_given: None),
        ):
            self.useFixture(fixtures.MonkeyPatch(f'wsgiserver.{name}', value))

    @property
    def path(self) -> str:
        return os.path.join(self.folder, 'a.conf')

    def configure(self, text: str) -> None:
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(text)

    def service(self) -> fakes.Service:
        return fakes.Service(self.trace[1])

    def server(self, *given: Any) -> fakes.Server:
        return fakes.Server(self.conf, self.trace[1], *given)

    def start(
        self,
        *services: Any,
        snapshot: config_snapshot.ConfigSnapshot | None = None,
    ) -> worker_process.ChildProcess:
        process = worker_process.ChildProcess(
            'fork',
            worker_main.run,
            lambda pipe: worker_main.Assignment(
                3, self.conf, services, pipe, snapshot
            ),
            (),
        )
        self.addCleanup(fakes.end, process)
        return process

    def serve(self, *services: Any) -> worker_process.ChildProcess:
        """Have a worker that serves."""
        process = self.start(*services)
        self.hear(process, 'serving')
        return process

    def hear(
        self, process: worker_process.ChildProcess, kind: str
    ) -> launcher_pipe.Message:
        """Wait for a message of a kind."""
        while process.pipe.is_open:
            signals.readable([process.pipe], fakes.PATIENCE)
            for message in process.pipe.receive():
                if message['kind'] == kind:
                    return message
        self.fail(f'it never said {kind}')

    def status(self, process: worker_process.ChildProcess) -> int | None:
        """Wait for its end; return the status."""
        process.join()
        return process.status

    def traced(self) -> str:
        """What the services were called for."""
        try:
            return os.read(self.trace[0], 9999).decode()
        except BlockingIOError:
            return ''
