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
"""The report of a process that gets a signal."""

import os
import signal

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

request = harness.request


class TestReports(launched.LaunchedTest):
    scenarios = launched.OWN

    def report(self, server: harness.ServerProcess, pid: int) -> str:
        """Have a process report; returns the section of its servers."""
        number = signal.SIGUSR2
        if 'wsgiserver.report_signal' in server.options:
            number = signal.SIGUSR1
        os.kill(pid, number)
        server.wait_for_log('Guru Meditation')
        harness.eventually(lambda: 'Configuration' in server.log())
        _before, _title, section = server.log().partition('WSGI Servers')
        return section

    def serving(self) -> tuple[harness.ServerProcess, int]:
        server = self.serve()
        return server, self.pid_of(server)

    def test_worker_tells_of_its_connections(self) -> None:
        server, pid = self.serving()
        idle, half = self.connect(server), self.connect(server)
        idle.send(request('GET', '/hello'))
        self.assertEqual(200, idle.response().status)
        half.send(b'GET / HTTP')
        self.hold(server, 3)
        self.wait_for_running(server, 1)
        section = self.report(server, pid)
        # The one that asked how many run may run as well.
        self.assertRegex(section, 'RUNNING [12]')
        self.assertIn('IDLE 1', section)

    def test_worker_tells_of_its_requests(self) -> None:
        server, pid = self.serving()
        self.hold(server, 3.5)
        self.wait_for_running(server, 1)
        section = self.report(server, pid)
        self.assertIn('/sleep/3.5', section)
        self.assertRegex(section, r'\d+\.\d+ s .*GET')
        # The line of the application that it waits in.
        self.assertIn('do_sleep', section)

    def test_it_goes_on_afterwards(self) -> None:
        server, pid = self.serving()
        self.report(server, pid)
        self.assertEqual(pid, self.pid_of(server))

    def test_launcher_reports_too(self) -> None:
        server, pid = self.serving()
        os.kill(server.process.pid, signal.SIGUSR2)
        log = server.wait_for_log('Guru Meditation')
        self.assertNotIn('Traceback', log)
        self.assertEqual(pid, self.pid_of(server))

    def test_signal_is_that_of_the_option(self) -> None:
        server = self.serve(options={'wsgiserver.report_signal': 'SIGUSR1'})
        self.report(server, self.pid_of(server))
