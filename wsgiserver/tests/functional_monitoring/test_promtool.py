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

"""Prometheus' own tool reads the metrics of servers under load."""

import os
import signal
import subprocess

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import metrics
from wsgiserver.tests.functional_deploy import programs


class TestPromtool(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def check(self, text: str) -> None:
        """Have the text read; the tool says what it does not like."""
        done = subprocess.run(
            [programs.find('promtool'), 'check', 'metrics'],
            input=text,
            capture_output=True,
            text=True,
            timeout=harness.PATIENCE,
        )
        self.assertEqual(
            ('', '', 0), (done.stdout, done.stderr, done.returncode)
        )

    def test_it_has_nothing_to_say_about_two_workers_under_load(self) -> None:
        server = self.serve(
            workers=2,
            paste=metrics.PASTE,
            options={
                'wsgiserver.metrics_routes': '/hello,/echo',
                'wsgiserver.max_requests': 2000,
            },
        )
        with load.Load(server.connect, 16, '/hello', forgiving=True) as some:
            harness.eventually(lambda: some.answered > 200)
            self.check(metrics.read(server).text)
            victim = self.pid_of(server)
            os.kill(victim, signal.SIGKILL)
            self.wait_for_end(frozenset([victim]), harness.PATIENCE)
            self.workers_of(server, 2, other_than=frozenset([victim]))
            self.check(metrics.read(server).text)
            server.process.send_signal(signal.SIGHUP)
            harness.eventually(lambda: some.answered > 1000)
            found = metrics.read(server)
            self.check(found.text)
        self.assertGreater(found.total('requests_total', route='/hello'), 900)
