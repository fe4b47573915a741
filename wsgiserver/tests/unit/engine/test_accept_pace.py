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

"""How fast connections are taken that come at once."""

from wsgiserver._engine import accept_pace
from wsgiserver.tests import base


class PaceTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.rests: list[float] = []
        self.pace = accept_pace.Pace(self.rests.append, lambda: self.now)

    def take(self) -> int:
        """Take a batch as the acceptor does; returns how many it was."""
        batch = self.pace.batch()
        self.pace.rest()
        return batch

    def test_a_single_connection_is_not_waited_for(self) -> None:
        for _turn in range(100):
            self.assertEqual(1, self.take())
            self.now += 2 * accept_pace.QUIET
        self.assertEqual([], self.rests)

    def test_whoever_has_taken_more_rests_longer(self) -> None:
        for _turn in range(accept_pace.FEW):
            self.assertEqual(1, self.take())
        self.assertEqual(accept_pace.FEW - 1, len(self.rests))
        self.assertEqual(sorted(set(self.rests)), self.rests)

    def test_the_rests_of_a_row_stay_short(self) -> None:
        for _turn in range(1000):
            self.take()
        self.assertLess(sum(self.rests), 0.01)

    def test_a_flood_is_taken_in_batches_without_rest(self) -> None:
        for _turn in range(accept_pace.FEW):
            self.take()
        rests = list(self.rests)
        for _turn in range(10):
            self.assertEqual(accept_pace.BATCH, self.take())
        self.assertEqual(rests, self.rests)

    def test_a_flood_ends_when_nothing_comes(self) -> None:
        for _turn in range(accept_pace.FEW + 1):
            self.take()
        self.now += accept_pace.QUIET
        self.assertEqual(accept_pace.BATCH, self.pace.batch())
        self.now += accept_pace.QUIET
        self.assertEqual(1, self.pace.batch())
