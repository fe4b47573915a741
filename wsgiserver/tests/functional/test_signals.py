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
"""Signals that operators send, to any process of a service."""

import os
import signal

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched


class TestSpare(launched.LaunchedTest):
    scenarios = launched.OWN

    def serving(self) -> harness.ServerProcess:
        return self.serve(workers=2, options={'wsgiserver.report_signal': ''})

    def times(self, server: harness.ServerProcess, pid: int, text: str) -> int:
        """How often a process has said something."""
        lines = server.log().splitlines()
        return sum(text in x for x in lines if x.startswith(f'{pid} '))

    def test_all_processes_open_their_files_when_one_is_asked(self) -> None:
        server = self.serving()
        pids = self.workers_of(server, 2)
        server.process.send_signal(signal.SIGUSR1)
        for pid in (server.process.pid, *pids):
            harness.eventually(
                lambda pid=pid: self.times(server, pid, 'SIGUSR1: ')
            )
        self.assertEqual(pids, self.workers_of(server, 2))
        self.end(server, harness.PATIENCE)

    def test_none_of_them_ends_a_worker_or_the_launcher(self) -> None:
        server = self.serving()
        pids = self.workers_of(server, 2)
        for pid in (*pids, server.process.pid):
            for number in (signal.SIGUSR1, signal.SIGUSR2):
                before = self.times(server, pid, number.name)
                os.kill(pid, number)
                harness.eventually(
                    lambda pid=pid, name=number.name, before=before: (
                        self.times(server, pid, name) > before
                    )
                )
        self.assertEqual(pids, self.workers_of(server, 2))
        self.assertIsNone(server.process.poll())
