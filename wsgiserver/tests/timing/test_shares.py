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

"""Worker processes share the connections, on processors of their own."""

import collections

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

request = harness.request


class TestShares(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def test_connections_are_shared_evenly(self) -> None:
        server = self.serve(workers=4)
        pids: collections.Counter[bytes] = collections.Counter()
        for _turn in range(64):
            wire = self.connect(server)
            wire.send(request('GET', '/pid'))
            pids[wire.response().body] += 1
        self.check(pids)

    def test_connections_that_come_at_once_are_shared_evenly(self) -> None:
        server = self.serve(workers=4)
        wires = [self.connect(server) for _turn in range(64)]
        pids: collections.Counter[bytes] = collections.Counter()
        for wire in wires:
            wire.send(request('GET', '/pid'))
            pids[wire.response().body] += 1
        self.check(pids)

    def check(self, pids: 'collections.Counter[bytes]') -> None:
        """No worker has less than half its share."""
        self.assertEqual(4, len(pids), str(pids))
        share = pids.total() / 4
        self.assertGreaterEqual(min(pids.values()), share / 2, str(pids))
