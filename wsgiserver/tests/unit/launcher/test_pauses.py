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
"""A process that notices that it stood still itself."""

from wsgiserver._launcher import pauses
from wsgiserver.tests import base


class TestPauses(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        self.pauses = pauses.PauseDetector(0.5, lambda: self.now)

    def look_after(self, seconds: float) -> float:
        self.now += seconds
        return self.pauses.lost_time()

    def test_turns_as_long_as_they_may_be_are_none(self) -> None:
        for _turn in range(100):
            self.assertEqual(0, self.look_after(0.5))

    def test_one_that_is_a_little_longer_is_none(self) -> None:
        self.assertEqual(0, self.look_after(0.5 + pauses.TOLERANCE))

    def test_a_long_one_is_told_once(self) -> None:
        self.assertEqual(60, self.look_after(60.5))
        self.assertEqual(0, self.look_after(0.5))
