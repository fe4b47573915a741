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
"""A log on a disk that is full."""

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched


class TestFullDisk(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def test_requests_are_answered_and_little_is_said(self) -> None:
        server = self.serve(
            options={'log_file': '/dev/full', 'use_stderr': False}
        )
        for _turn in range(20):
            self.assertEqual(200, server.get('/hello').status)
        self.end(server, harness.PATIENCE)
        said = server.log()
        self.assertNotIn('Traceback', said)
        lost = [x for x in said.splitlines() if 'lines of the log are' in x]
        # The process of the launcher, and a worker.
        self.assertIn(len(lost), (1, 2), said)
