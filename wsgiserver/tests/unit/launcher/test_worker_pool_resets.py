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


"""A reset that goes from worker to worker."""

import signal

from wsgiserver._launcher import worker_pool
from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import pools


class TestRoll(pools.WorkerPoolCase):
    def setUp(self) -> None:
        super().setUp()
        self.set('workers', 3)

    def roll(self) -> bool:
        self.hear()
        return self.pool.roll(1)

    def told(self) -> list[int]:
        """Which of the processes were told to reset, and how often."""
        return [
            process.signals.count(signal.SIGHUP)
            for process in self.processes.made
        ]

    def follow(self, process: fakes.Process) -> None:
        process.say('reset', problem=None)

    def test_one_after_the_other_is_reset(self) -> None:
        processes = self.serve()
        for turn, process in enumerate(processes):
            for _turn in range(2):
                self.assertFalse(self.roll())
                told = [1] * (turn + 1) + [0] * (2 - turn)
                self.assertEqual(told, self.told())
            self.follow(process)
        self.assertTrue(self.roll())
        self.assertEqual([1, 1, 1], self.told())

    def test_without_workers_it_is_done(self) -> None:
        self.assertTrue(self.roll())

    def test_those_made_after_it_have_it_already(self) -> None:
        self.generation = 1
        self.serve()
        self.assertTrue(self.roll())
        self.assertEqual([0, 0, 0], self.told())

    def test_one_that_starts_with_what_was_before_is_waited_for(self) -> None:
        self.keep()
        self.assertFalse(self.roll())
        self.assertEqual([0, 0, 0], self.told())
        for process in self.serve():
            self.assertFalse(self.roll())
            self.follow(process)
        self.assertTrue(self.roll())

    def test_one_that_starts_with_what_is_new_is_not_waited_for(self) -> None:
        self.serve()
        self.set('workers', 4)
        self.generation = 1
        self.keep()
        for process in self.processes.made[:3]:
            self.assertFalse(self.roll())
            self.follow(process)
        self.assertTrue(self.roll())

    def test_one_that_retires_is_reset_as_well(self) -> None:
        processes = self.serve()
        processes[0].say('retiring')
        self.assertFalse(self.roll())
        self.assertEqual([1, 0, 0], self.told())

    def test_one_that_ends_is_left_alone(self) -> None:
        self.serve()
        self.pool.end()
        self.assertTrue(self.roll())
        self.assertEqual([0, 0, 0], self.told())

    def test_one_that_is_told_to_end_meanwhile_is_not_waited_for(
        self,
    ) -> None:
        self.serve()
        self.assertFalse(self.roll())
        self.pool.workers[0].end()
        self.assertFalse(self.roll())
        self.assertEqual([1, 1, 0], self.told())

    def test_one_that_dies_meanwhile_is_not_waited_for(self) -> None:
        processes = self.serve()
        self.assertFalse(self.roll())
        self.end(processes[0], -9)
        self.assertFalse(self.roll())
        self.assertEqual([1, 1, 0], self.told())

    def test_one_that_takes_too_long_is_not_waited_for(self) -> None:
        self.serve()
        self.assertFalse(self.roll())
        self.clock.go_on(worker_pool.RESET_TIME - 0.1)
        self.assertFalse(self.roll())
        self.assertEqual([1, 0, 0], self.told())
        self.clock.go_on(0.1)
        self.assertFalse(self.roll())
        self.assertEqual([1, 1, 0], self.told())
        self.assertEqual(
            'WARNING Worker 0 (pid 100) takes long over its reset',
            self.said(),
        )

    def test_one_that_took_too_long_is_not_told_again(self) -> None:
        processes = self.serve()
        self.assertFalse(self.roll())
        self.clock.go_on(worker_pool.RESET_TIME)
        for process in processes:
            self.assertFalse(self.roll())
            self.follow(process)
        self.roll()
        self.assertTrue(self.roll())
        self.assertEqual([1, 1, 1], self.told())
