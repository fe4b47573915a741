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


"""Workers that fail to start, to end, or to do anything at all."""

import signal
from typing import Any

import fixtures

from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_pool
from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import pools


class TestThrottling(pools.WorkerPoolCase):
    def setUp(self) -> None:
        super().setUp()
        self.set('workers', 1)

    def wait_for_next(self) -> float:
        """Have the worker end; tell how long there is none."""
        (process,) = self.processes.running()
        self.end(process, 1)
        waited = 0.0
        while True:
            self.keep()
            if self.processes.running():
                return waited
            self.clock.go_on(0.25)
            waited += 0.25

    def test_the_next_one_waits_twice_as_long_each_time(self) -> None:
        self.keep()
        self.assertEqual(
            [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0],
            [self.wait_for_next() for _turn in range(7)],
        )

    def test_one_that_takes_long_and_never_serves_counts_as_well(
        self,
    ) -> None:
        self.keep()
        self.clock.go_on(60)
        self.assertEqual(0.25, self.wait_for_next())
        self.clock.go_on(60)
        self.assertEqual(0.5, self.wait_for_next())

    def test_one_that_serves_and_ends_quickly_counts_as_well(self) -> None:
        self.serve()
        self.clock.go_on(0.9)
        self.assertEqual(0.25, self.wait_for_next())

    def test_one_that_served_for_a_while_is_replaced_at_once(self) -> None:
        self.serve()
        self.clock.go_on(1.0)
        self.assertEqual(0, self.wait_for_next())

    def test_one_that_served_for_a_while_makes_good_for_those_before(
        self,
    ) -> None:
        self.keep()
        for _turn in range(4):
            self.wait_for_next()
        self.serve()
        self.clock.go_on(60)
        self.assertEqual(0, self.wait_for_next())
        self.assertEqual(0.25, self.wait_for_next())

    def test_one_that_was_told_to_end_does_not_count(self) -> None:
        self.serve()
        self.pool.workers[0].end()
        self.assertEqual(0, self.wait_for_next())

    def test_several_that_end_together_wait_together(self) -> None:
        self.set('workers', 3)
        self.keep()
        for process in self.processes.running():
            process.status = 1
        self.pool.reap()
        self.keep()
        self.assertEqual([], self.numbers())
        self.clock.go_on(2)
        self.keep()
        self.assertEqual([0, 1, 2], self.numbers())

    def test_where_no_process_can_be_made_the_next_try_waits(self) -> None:
        def refuse(*_given: Any) -> None:
            raise BlockingIOError(11, 'no more processes')

        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.worker_process.ChildProcess', refuse
            )
        )
        self.set('workers', 3)
        for tries in range(1, 4):
            self.keep()
            self.keep()
            self.assertEqual(
                [
                    'ERROR No worker could be started: '
                    '[Errno 11] no more processes'
                ]
                * tries,
                self.log.output.splitlines(),
            )
            self.clock.go_on(worker_pool.SHORTEST_DELAY * 2 ** (tries - 1))


class TestDrain(pools.WorkerPoolCase):
    def drain(self, seconds: float) -> fakes.Process:
        """Have a worker end, and let time go by."""
        _first, second = self.serve()
        self.set('workers', 1)
        self.keep()
        self.clock.go_on(seconds)
        self.keep()
        self.keep()
        return second

    def test_one_that_takes_too_long_is_killed(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', 30)
        process = self.drain(30.1)
        self.assertEqual([signal.SIGTERM, signal.SIGKILL], process.signals)
        self.assertEqual(
            'WARNING Worker 1 (pid 101) drains for too long: killing it',
            self.said(),
        )
        self.end(process, -9)
        self.assertEqual('INFO Worker 1 (pid 101) has ended', self.said())

    def test_one_that_is_in_time_is_left_alone(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', 30)
        self.assertEqual([signal.SIGTERM], self.drain(30).signals)

    def test_time_that_was_lost_does_not_count(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', 30)
        process = self.drain(20)
        self.clock.go_on(60)
        for worker in self.pool.workers:
            worker.discount_pause(60)
        self.keep()
        self.assertEqual([signal.SIGTERM], process.signals)
        self.clock.go_on(11)
        self.keep()
        self.assertEqual([signal.SIGTERM, signal.SIGKILL], process.signals)

    def test_without_the_option_it_has_all_the_time_it_wants(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', 0)
        self.assertEqual([signal.SIGTERM], self.drain(9999).signals)


class TestStuck(pools.WorkerPoolCase):
    def setUp(self) -> None:
        super().setUp()
        self.set('worker_heartbeat_timeout', 10)
        self.stuck, self.well = self.serve()

    def stand_still(self, seconds: float) -> None:
        """Let time go by for one worker, and have the other one turn."""
        self.clock.go_on(seconds)
        self.well.tell()
        self.hear()
        self.keep()

    def stand_for_good(self) -> None:
        self.stand_still(10 + worker_pool.HEARTBEAT_TOLERANCE + 1)
        self.stand_still(worker_pool.STACKS_TIME)

    def test_one_whose_reactor_stands_still_is_asked_for_its_stacks(
        self,
    ) -> None:
        self.stand_still(10 + worker_pool.HEARTBEAT_TOLERANCE + 1)
        self.assertEqual([worker_main.STACKS], self.stuck.signals)
        self.assertEqual([], self.well.signals)

    def test_it_is_killed_then(self) -> None:
        self.stand_for_good()
        self.assertEqual(
            [worker_main.STACKS, signal.SIGKILL], self.stuck.signals
        )
        self.assertEqual([], self.well.signals)
        self.end(self.stuck, -9)
        self.assertEqual(
            'ERROR Worker 0 (pid 100) has ended: '
            'its reactor stood still for 13 s',
            self.said(),
        )

    def test_it_has_the_time_to_write_them(self) -> None:
        self.stand_still(10 + worker_pool.HEARTBEAT_TOLERANCE + 1)
        self.stand_still(worker_pool.STACKS_TIME - 0.1)
        self.assertEqual([worker_main.STACKS], self.stuck.signals)

    def test_one_that_turns_after_all_is_left_alone(self) -> None:
        self.stand_still(10 + worker_pool.HEARTBEAT_TOLERANCE + 1)
        self.stuck.tell()
        self.stand_still(worker_pool.STACKS_TIME)
        self.stand_still(worker_pool.STACKS_TIME)
        self.assertEqual([worker_main.STACKS], self.stuck.signals)

    def test_one_that_ends_by_itself_did_not_stand_still(self) -> None:
        self.stand_still(9)
        self.end(self.stuck, 1)
        self.assertEqual(
            'WARNING Worker 0 (pid 100) has ended with status 1', self.said()
        )

    def test_it_is_killed_once(self) -> None:
        for _turn in range(4):
            self.stand_still(60)
        self.assertEqual(
            [worker_main.STACKS, signal.SIGKILL], self.stuck.signals
        )

    def test_its_word_may_be_late(self) -> None:
        self.stand_still(10 + worker_pool.HEARTBEAT_TOLERANCE)
        self.assertEqual([], self.stuck.signals)

    def test_a_time_that_no_worker_could_keep_is_made_longer(self) -> None:
        self.set('worker_heartbeat_timeout', 1)
        self.stand_still(
            worker_pool.SHORTEST_HEARTBEAT + worker_pool.HEARTBEAT_TOLERANCE
        )
        self.assertEqual([], self.stuck.signals)

    def test_time_that_was_lost_does_not_count(self) -> None:
        self.clock.go_on(3600)
        for worker in self.pool.workers:
            worker.discount_pause(3600)
        self.keep()
        self.assertEqual([], self.stuck.signals + self.well.signals)
        self.stand_for_good()
        self.assertEqual(
            [worker_main.STACKS, signal.SIGKILL], self.stuck.signals
        )

    def test_one_that_says_that_its_reactor_stands_still_is_killed(
        self,
    ) -> None:
        for second in range(1, 16):
            self.clock.go_on(1)
            self.stuck.tell(stuck=second)
            self.well.tell()
            self.hear()
            self.keep()
        self.assertEqual(
            [worker_main.STACKS, signal.SIGKILL], self.stuck.signals
        )

    def test_without_the_option_it_is_left_alone(self) -> None:
        self.set('worker_heartbeat_timeout', 0)
        self.stand_still(3600)
        self.assertEqual([], self.stuck.signals)

    def test_one_that_starts_has_all_the_time_it_wants(self) -> None:
        self.set('workers', 3)
        self.keep()
        self.clock.go_on(3600)
        self.stuck.tell()
        self.stand_still(0)
        self.assertEqual([], self.processes.made[2].signals)

    def test_it_is_replaced(self) -> None:
        self.stand_for_good()
        self.end(self.stuck, -9)
        self.keep()
        self.assertEqual([1, 0], self.numbers())
