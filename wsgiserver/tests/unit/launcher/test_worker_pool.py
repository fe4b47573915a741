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


"""As many workers as there are to be, from their start to their end."""

import signal

import fixtures

from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_process
from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import pools

State = worker_process.WorkerState


class TestCount(pools.WorkerPoolCase):
    def test_as_many_as_the_option_says_are_started(self) -> None:
        self.keep()
        self.assertEqual([0, 1], self.numbers())
        self.assertEqual('INFO Worker 1 (pid 101) starts', self.said())
        self.keep()
        self.assertEqual(2, len(self.processes.made))

    def test_each_knows_its_number_and_what_to_run(self) -> None:
        self.keep()
        for number, process in enumerate(self.processes.made):
            given: worker_main.Assignment = process.given
            self.assertEqual(number, given.number)
            self.assertIs(self.conf, given.conf)
            self.assertIs(self.services, given.services)
            self.assertIs(process.pipe, given.pipe)

    def test_a_number_that_was_given_has_the_last_word(self) -> None:
        self.pool = self.make(3)
        self.keep()
        self.assertEqual([0, 1, 2], self.numbers())

    def test_nobody_says_how_many(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.processors.default', lambda: 5
            )
        )
        self.set('workers', None)
        self.keep()
        self.assertEqual(5, len(self.numbers()))

    def test_what_is_missing_is_started(self) -> None:
        first, _second = self.serve()
        self.end(first, 1)
        self.clock.go_on(1)
        self.keep()
        self.assertEqual([1, 0], self.numbers())

    def test_more_are_started_where_there_are_to_be_more(self) -> None:
        self.serve()
        self.set('workers', 4)
        self.keep()
        self.assertEqual([0, 1, 2, 3], self.numbers())

    def test_the_newest_end_where_there_are_to_be_fewer(self) -> None:
        self.set('workers', 3)
        processes = self.serve()
        self.set('workers', 1)
        self.keep()
        self.assertEqual(
            [[], [signal.SIGTERM], [signal.SIGTERM]],
            [process.signals for process in processes],
        )
        self.assertIn('for there are to be fewer', self.said())
        self.assertEqual(
            [[], ['replaced'], ['replaced']],
            [process.pipe.told for process in processes],
        )
        self.keep()
        self.assertEqual(3, len(self.processes.made))

    def test_those_that_end_are_replaced_where_there_are_more_again(
        self,
    ) -> None:
        self.serve()
        self.set('workers', 1)
        self.keep()
        self.set('workers', 2)
        self.keep()
        # The one that drains still has its number, but it doesn't accept.
        self.assertEqual([0, 1, 1], self.numbers())

    def test_an_option_counts_only_once_it_is_followed(self) -> None:
        self.conf.set_override('workers', 5, 'wsgiserver')
        self.keep()
        self.assertEqual([0, 1], self.numbers())
        self.reset()
        self.keep()
        self.assertEqual([0, 1, 2, 3, 4], self.numbers())

    def test_it_is_complete_once_each_of_them_accepts(self) -> None:
        self.assertFalse(self.pool.is_complete)
        self.keep()
        for process in self.processes.made:
            self.assertFalse(self.pool.is_complete)
            process.say('serving')
            self.hear()
        self.assertTrue(self.pool.is_complete)

    def test_one_that_retires_accepts_still(self) -> None:
        process, _other = self.serve()
        process.say('retiring')
        self.hear()
        self.assertTrue(self.pool.is_complete)


class TestRetiring(pools.WorkerPoolCase):
    def retire(self) -> fakes.Process:
        """Have the first worker ask for a successor."""
        process, _other = self.serve()
        process.say('retiring')
        self.hear()
        self.keep()
        return process

    def test_a_successor_starts_at_once(self) -> None:
        self.retire()
        self.assertEqual([0, 1, 0], self.numbers())
        self.assertEqual(
            [State.RETIRING, State.SERVING, State.STARTING], self.states()
        )

    def test_it_goes_on_until_the_successor_serves(self) -> None:
        process = self.retire()
        self.clock.go_on(60)
        self.keep()
        self.assertEqual([], process.signals)
        self.processes.made[2].say('serving')
        self.hear()
        self.keep()
        self.assertEqual([signal.SIGTERM], process.signals)
        self.assertEqual(['replaced'], process.pipe.told)
        self.assertIn('for another has taken over', self.said())

    def test_it_goes_on_while_no_successor_can_start(self) -> None:
        process = self.retire()
        self.end(self.processes.made[2], 1)
        self.clock.go_on(10)
        self.keep()
        self.assertEqual([], process.signals)
        self.assertEqual([0, 1, 0], self.numbers())

    def test_one_that_ends_before_its_successor_serves_is_no_loss(
        self,
    ) -> None:
        process = self.retire()
        self.end(process, -9)
        self.keep()
        self.assertEqual([1, 0], self.numbers())
        self.assertEqual(3, len(self.processes.made))

    def test_all_of_them_may_retire_together(self) -> None:
        first = self.serve()
        for process in first:
            process.say('retiring')
        self.hear()
        self.keep()
        self.assertEqual(4, len(self.numbers()))
        self.processes.made[2].say('serving')
        self.hear()
        self.keep()
        self.assertEqual([[], []], [process.signals for process in first])
        self.processes.made[3].say('serving')
        self.hear()
        self.keep()
        self.assertEqual(
            [[signal.SIGTERM]] * 2, [process.signals for process in first]
        )


class TestEnd(pools.WorkerPoolCase):
    def last_words(self, status: int) -> str:
        """Have a worker end; tell what is said of it."""
        process = self.serve()[0]
        self.end(process, status)
        self.assertTrue(process.is_closed)
        return self.said()

    def test_one_that_was_told_to_end_has_ended(self) -> None:
        self.serve()
        self.pool.end()
        self.assertEqual(
            'INFO Worker 0 (pid 100) has ended', self.last_words(0)
        )

    def test_one_that_ends_by_itself_is_told(self) -> None:
        self.assertEqual(
            'WARNING Worker 0 (pid 100) has ended with status 3',
            self.last_words(3),
        )

    def test_one_that_a_signal_ended_is_told_with_its_name(self) -> None:
        self.assertEqual(
            'WARNING Worker 0 (pid 100) was ended by SIGKILL',
            self.last_words(-9),
        )

    def test_any_signal_there_is_can_end_one(self) -> None:
        for number in sorted(signal.valid_signals()):
            process = self.serve()[0]
            self.clock.go_on(10)
            self.end(process, -number)
            self.assertIn('was ended by ', self.said())

    def test_one_that_could_not_start_is_told_with_its_reason(self) -> None:
        self.keep()
        process = self.processes.made[0]
        # It is there to be read only now that the process has ended.
        process.say('failed', problem='the port is taken')
        self.end(process, 1)
        self.assertEqual(
            'ERROR Worker 0 (pid 100) has ended: the port is taken',
            self.said(),
        )

    def test_what_it_has_served_is_kept(self) -> None:
        first, second = self.serve()
        first.tell(served=5)
        second.tell(served=7)
        self.end(first)
        self.end(second)
        self.assertEqual(12, self.pool.served_before)

    def test_those_that_run_are_left_alone(self) -> None:
        self.serve()
        self.pool.reap()
        self.assertEqual([0, 1], self.numbers())

    def test_all_of_them_can_be_told_to_end(self) -> None:
        processes = self.serve()
        self.pool.end()
        self.assertEqual(
            [[signal.SIGTERM]] * 2, [each.signals for each in processes]
        )
        # There is a delay, and those who check the health are told.
        self.assertEqual([[], []], [each.pipe.told for each in processes])

    def test_all_of_them_can_be_killed_though_they_were_told_to_end(
        self,
    ) -> None:
        processes = self.serve()
        self.pool.end()
        self.pool.kill(signal.SIGKILL)
        self.assertEqual(
            [[signal.SIGTERM, signal.SIGKILL]] * 2,
            [each.signals for each in processes],
        )
