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
"""Hours of mixed load, resets and kills, in a few minutes."""

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.soak import durations
from wsgiserver.tests.soak import gauges
from wsgiserver.tests.soak import troubles
from wsgiserver.tests.soak import visitors

#: How many rows the table of an engine has.
ROWS = 15

WORKERS = 3


class TestSoak(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    """Memory and descriptors stay level, and nobody is turned away."""

    scenarios = harness.ON_BACKENDS
    backend: str

    TIMEOUT_SCALING_FACTOR = durations.TIMEOUT_SCALING_FACTOR

    def serve(self) -> harness.ServerProcess:
        """Have a server with TLS and one without in each worker."""
        server = harness.ServerProcess(
            self.backend,
            'tls',
            WORKERS,
            launcher='own',
            options={'default_log_levels': ['eventlet.wsgi.server=WARN']},
            more=[{'text': 'plain'}],
        )
        self.addCleanup(server.stop)
        return server

    def test_memory_and_descriptors_stay_level(self) -> None:
        server = self.serve()
        trouble = troubles.Troubles(server, WORKERS)
        table = gauges.Table(server.process.pid, trouble.veterans)
        print(f'\n{self.backend}:\n{table.heading()}', flush=True)
        with visitors.Visitors(server) as crowd:
            seconds = durations.SECONDS / len(harness.ON_BACKENDS)
            trouble.warm_up(seconds / 10)
            for _row in range(ROWS):
                trouble.make(seconds * 0.9 / ROWS)
                print(table.row(crowd.answered), flush=True)
        print(f'{trouble}; {crowd}', flush=True)
        self.assertEqual([], crowd.complaints(trouble.killed))
        self.assertEqual([], table.growth())
        self.assertNotIn('Traceback', server.log())
        self.assertEqual(0, server.terminate())
