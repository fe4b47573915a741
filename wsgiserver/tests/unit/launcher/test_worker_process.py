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


"""A worker process, and what the launcher knows of it."""

import os
import signal
from typing import Any
from typing import cast

from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_process
from wsgiserver._process import signals
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

State = worker_process.WorkerState


def say_what_is_blocked(
    assignment: worker_main.Assignment, _foreign: Any
) -> None:
    """Be a process that tells which signals wait."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assignment.pipe.send('blocked', numbers=sorted(blocked))


def count_foreign(assignment: worker_main.Assignment, foreign: Any) -> None:
    """Be a process that closes what isn't its own."""
    for pipe in foreign:
        pipe.close()
    assignment.pipe.send('foreign', count=len(foreign))
    signal.pause()


def wait_for_signal(assignment: worker_main.Assignment, _foreign: Any) -> None:
    """Be a process that waits for ever."""
    assignment.pipe.send('waiting')
    signal.pthread_sigmask(signal.SIG_UNBLOCK, worker_main.SIGNALS)
    signal.pause()


def end(_assignment: worker_main.Assignment, _foreign: Any) -> None:
    """Be a process that has a status of its own."""
    os._exit(7)


class TestProcess(base.TestCase):
    def start(
        self,
        target: Any,
        foreign: tuple[launcher_pipe.PipeEnd, ...] = (),
    ) -> worker_process.ChildProcess:
        conf = fakes.configuration()
        process = worker_process.ChildProcess(
            'fork',
            target,
            lambda pipe: worker_main.Assignment(0, conf, (), pipe),
            foreign,
        )
        self.addCleanup(fakes.end, process)
        return process

    def message(
        self, process: worker_process.ChildProcess
    ) -> launcher_pipe.Message:
        """Wait for what the process says."""
        signals.readable([process.pipe], fakes.PATIENCE)
        return next(process.pipe.receive())

    def test_signals_wait_until_the_process_has_its_handlers(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        process = self.start(say_what_is_blocked)
        numbers = self.message(process)['numbers']
        self.assertLessEqual(set(worker_main.SIGNALS), set(numbers))
        self.assertEqual(before, signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    def test_it_gets_all_lines_that_are_not_its_own(self) -> None:
        first = self.start(count_foreign)
        self.assertEqual(1, self.message(first)['count'])
        second = self.start(count_foreign, (first.pipe,))
        self.assertEqual(2, self.message(second)['count'])

    def test_the_line_is_closed_once_the_process_is_gone(self) -> None:
        first = self.start(count_foreign)
        self.message(first)
        second = self.start(count_foreign, (first.pipe,))
        self.message(second)
        first.kill(signal.SIGKILL)
        signals.readable([first.pipe], fakes.PATIENCE)
        self.assertEqual([], list(first.pipe.receive()))
        self.assertFalse(first.pipe.is_open)
        self.assertTrue(second.pipe.is_open)

    def test_its_status_is_known_once_it_has_ended(self) -> None:
        process = self.start(end)
        process.join()
        self.assertEqual(7, process.status)

    def test_the_signal_that_ended_it_is_known(self) -> None:
        process = self.start(wait_for_signal)
        self.message(process)
        self.assertIsNone(process.status)
        process.kill(signal.SIGTERM)
        process.join()
        self.assertEqual(-signal.SIGTERM, process.status)

    def test_a_process_that_has_ended_is_sent_nothing(self) -> None:
        process = self.start(end)
        process.join()
        killed: list[int] = []
        self.patch(os, 'kill', lambda *given: killed.append(given[0]))
        process.kill(signal.SIGKILL)
        self.assertEqual([], killed)

    def test_nothing_of_it_is_left_behind(self) -> None:
        def count() -> int:
            return len(os.listdir('/proc/self/fd'))

        self.ended()
        before = count()
        for _turn in range(3):
            self.ended()
        self.assertEqual(before, count())

    def ended(self) -> None:
        """Have a process that has come and gone."""
        process = self.start(end)
        process.join()
        process.close()

    def test_where_none_can_be_made_signals_come_again(self) -> None:
        def refuse() -> int:
            raise BlockingIOError('no more processes')

        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self.patch(os, 'fork', refuse)
        self.assertRaises(BlockingIOError, self.start, end)
        self.assertEqual(before, signal.pthread_sigmask(signal.SIG_BLOCK, ()))


class TestWorker(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = self.useFixture(fakes.Clock('_launcher.worker_process'))
        self.process: Any = fakes.Process(self.clock, 7, None)
        self.worker = worker_process.Worker(2, 5, cast('Any', self.process))

    def note(self, kind: str, **values: Any) -> None:
        self.worker.handle_message({'kind': kind, **values})

    def status(self, **values: Any) -> None:
        usual = {'stuck': 0.0, 'states': {}, 'served': 0}
        self.note('status', **{**usual, **values})

    def test_the_log_calls_it_by_number_and_pid(self) -> None:
        self.assertEqual('Worker 2 (pid 107)', str(self.worker))

    def test_it_serves_once_it_says_so(self) -> None:
        self.assertIs(State.STARTING, self.worker.state)
        self.note('serving')
        self.assertIs(State.SERVING, self.worker.state)

    def test_it_retires_when_it_asks_for_a_successor(self) -> None:
        self.note('serving')
        self.note('retiring')
        self.assertIs(State.RETIRING, self.worker.state)

    def test_one_that_was_told_to_end_neither_serves_nor_retires(self) -> None:
        self.worker.end()
        self.note('serving')
        self.note('retiring')
        self.assertIs(State.ENDING, self.worker.state)

    def test_it_is_told_to_end_once(self) -> None:
        self.worker.end()
        self.worker.end()
        self.assertEqual([signal.SIGTERM], self.process.signals)

    def test_it_is_told_first_that_the_service_goes_on(self) -> None:
        told: list[list[str]] = []

        def kill(_number: int) -> None:
            told.append([*self.process.pipe.told])

        self.patch(self.process, 'kill', kill)
        self.worker.end(replaced=True)
        self.worker.end()
        self.assertEqual([['replaced']], told)

    def test_it_is_told_nothing_where_the_service_ends(self) -> None:
        self.worker.end()
        self.worker.end(replaced=True)
        self.assertEqual([], self.process.pipe.told)
        self.assertEqual([signal.SIGTERM], self.process.signals)

    def test_its_numbers_are_those_it_said_last(self) -> None:
        self.status(served=3, states={'IDLE': 1})
        self.status(served=4, states={'RUNNING': 2})
        self.assertEqual(4, self.worker.served)
        self.assertEqual({'RUNNING': 2}, self.worker.states)

    def test_how_long_its_reactor_stands_still_is_taken_off(self) -> None:
        self.clock.go_on(10)
        self.status(stuck=2.5)
        self.assertEqual(self.clock.now - 2.5, self.worker.turned)

    def test_its_reactor_counts_from_when_it_serves(self) -> None:
        self.clock.go_on(60)
        self.note('serving')
        self.assertEqual(self.clock.now, self.worker.turned)

    def test_why_it_could_not_start_is_kept(self) -> None:
        self.assertIsNone(self.worker.problem)
        self.note('failed', problem='no room')
        self.assertEqual('no room', self.worker.problem)

    def test_it_belongs_to_the_generation_of_the_reset_once_it_says_so(
        self,
    ) -> None:
        self.worker.reset(6)
        self.assertEqual([signal.SIGHUP], self.process.signals)
        self.assertEqual(5, self.worker.generation)
        self.assertEqual(self.clock.now, self.worker.reset_since)
        self.note('reset', problem=None)
        self.assertEqual(6, self.worker.generation)
        self.assertIsNone(self.worker.reset_since)

    def test_a_reset_that_nobody_asked_for_changes_nothing(self) -> None:
        self.note('reset', problem=None)
        self.assertEqual(5, self.worker.generation)
