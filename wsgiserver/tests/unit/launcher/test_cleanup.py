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

"""What an ended worker leaves behind of its application's metrics."""

import os
import subprocess
import sys

import fixtures

from wsgiserver._launcher import cleanup
from wsgiserver.tests import base

_NAME = 'PROMETHEUS_MULTIPROC_DIR'

# Says how many images it has in hand, and counts those that it had.
_GAUGE = """
import prometheus_client
gauge = prometheus_client.Gauge('held', '.', multiprocess_mode='liveall')
gauge.set(3)
prometheus_client.Counter('made', '.').inc()
"""


class RemainsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path

    def files(self) -> list[str]:
        return sorted(os.listdir(self.folder))

    def end(self) -> int:
        """Have a process that counts come and go; returns its id."""
        process = subprocess.Popen(
            [sys.executable, '-c', _GAUGE],
            env={**os.environ, _NAME: self.folder},
        )
        self.assertEqual(0, process.wait(50))
        return process.pid

    def test_the_gauges_of_the_living_lose_it(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable(_NAME, self.folder))
        other, pid = self.end(), self.end()
        self.assertEqual(4, len(self.files()))
        cleanup.clear(pid)
        self.assertEqual(
            sorted(
                [
                    f'counter_{other}.db',
                    f'counter_{pid}.db',
                    f'gauge_liveall_{other}.db',
                ]
            ),
            self.files(),
        )

    def test_where_nothing_is_counted_so_nothing_is_done(self) -> None:
        pid = self.end()
        before = self.files()
        for value in (None, '', '/nonexistent'):
            self.useFixture(fixtures.EnvironmentVariable(_NAME, value))
            cleanup.clear(pid)
        self.assertEqual(before, self.files())

    def test_without_the_client_nothing_fails(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable(_NAME, self.folder))
        self.useFixture(
            fixtures.MonkeyPatch(
                'sys.modules',
                {**sys.modules, 'prometheus_client.multiprocess': None},
            )
        )
        cleanup.clear(1)
