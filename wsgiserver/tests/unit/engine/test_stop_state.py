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

"""What an engine is told about its end, in an order or another."""

import math

from wsgiserver._engine import stop_state
from wsgiserver.tests import base


class StopTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.stop = stop_state.Stop(lambda: self.now)

    def due_at(self) -> float:
        """Find the first second at which it is due."""
        for second in range(100, 200):
            self.now = float(second)
            if self.stop.is_due():
                return self.now
        return math.inf

    def test_nobody_told_it(self) -> None:
        self.assertFalse(self.stop.was_told)
        self.assertEqual(math.inf, self.due_at())

    def test_without_a_delay_it_is_due_at_once(self) -> None:
        self.assertTrue(self.stop.tell(0))
        self.assertTrue(self.stop.was_told)
        self.assertTrue(self.stop.is_due())

    def test_a_delay_is_waited_for(self) -> None:
        self.assertTrue(self.stop.tell(7))
        self.assertTrue(self.stop.was_told)
        self.assertEqual(107, self.due_at())

    def test_another_delay_changes_nothing(self) -> None:
        self.stop.tell(7)
        self.assertFalse(self.stop.tell(3))
        self.assertFalse(self.stop.tell(9))
        self.assertEqual(107, self.due_at())

    def test_a_call_without_one_ends_a_delay(self) -> None:
        self.stop.tell(7)
        self.now = 102
        self.assertFalse(self.stop.tell(0))
        self.assertTrue(self.stop.is_due())

    def test_responses_are_the_last_ones_from_the_end_of_a_delay_on(
        self,
    ) -> None:
        self.assertFalse(self.stop.says_close())
        self.stop.tell(7)
        for now, is_last in ((104.9, False), (105, True), (107, True)):
            self.now = now
            self.assertEqual(is_last, self.stop.says_close())

    def test_they_are_at_once_where_the_delay_is_short(self) -> None:
        for delay in (0, 1, stop_state.LONG):
            stop = stop_state.Stop(lambda: self.now)
            stop.tell(delay)
            self.assertTrue(stop.says_close())

    def test_there_is_more_time_where_another_one_accepts(self) -> None:
        for has_successor, grace in (
            (False, stop_state.SHORT),
            (True, stop_state.LONG),
            # The latest call is right.
            (False, stop_state.SHORT),
        ):
            self.stop.tell(0, has_successor)
            self.assertEqual(has_successor, self.stop.has_successor)
            self.assertEqual(grace, self.stop.grace(math.inf))

    def test_there_is_half_of_what_is_left_at_most(self) -> None:
        self.stop.tell(0, True)
        for deadline, grace in ((101, 0.5), (100, 0), (99, 0)):
            self.assertEqual(grace, self.stop.grace(deadline))

    def test_the_deadline_counts_from_the_first_call(self) -> None:
        self.stop.tell(7)
        self.now = 102
        self.stop.tell(0)
        self.assertEqual(130, self.stop.deadline(30))
        self.assertEqual(math.inf, self.stop.deadline(None))
