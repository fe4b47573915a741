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


"""The pipe between the launcher's process and a worker's."""

import multiprocessing
from multiprocessing import util
import os

from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._process import signals
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

# The folder in which multiprocessing passes descriptors on outlives a test's.
util.get_temp_dir()


def greet(pipe: launcher_pipe.PipeEnd) -> None:
    """Be the other process, which sends a message and ends."""
    pipe.send('hello', pid=os.getpid())


class TestPipe(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ours, self.theirs = launcher_pipe.PipeEnd.pair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def received(self) -> list[launcher_pipe.Message]:
        return list(self.ours.receive())

    def test_a_message_arrives_with_its_values(self) -> None:
        self.theirs.send('status', served=7, states={'IDLE': 2}, problem='ü')
        self.assertEqual(
            [
                {
                    'kind': 'status',
                    'served': 7,
                    'states': {'IDLE': 2},
                    'problem': 'ü',
                }
            ],
            self.received(),
        )

    def test_messages_are_kept_apart_and_in_order(self) -> None:
        for number in range(5):
            self.theirs.send('x', number=number, filler='y' * number * 1000)
        self.assertEqual(
            [*range(5)], [message['number'] for message in self.received()]
        )

    def test_both_ends_can_speak(self) -> None:
        self.ours.send('there')
        self.theirs.send('back')
        self.assertEqual(
            ['there'], [message['kind'] for message in self.theirs.receive()]
        )
        self.assertEqual('back', self.received()[0]['kind'])

    def test_without_a_message_nobody_waits(self) -> None:
        self.assertEqual([], self.received())
        self.assertTrue(self.ours.is_open)

    def test_it_can_be_read_once_there_is_a_message(self) -> None:
        self.assertEqual([], signals.readable([self.ours], 0))
        self.theirs.send('x')
        self.assertEqual([self.ours], signals.readable([self.ours], 0))

    def test_a_full_line_loses_what_is_new(self) -> None:
        for number in range(5000):
            self.theirs.send('x', number=number, filler='y' * 1000)
        found = [message['number'] for message in self.received()]
        self.assertEqual([*range(len(found))], found)
        self.assertLess(10, len(found))
        self.assertLess(len(found), 5000)
        # There is room again.
        self.theirs.send('x', number=-1)
        self.assertEqual(-1, self.received()[0]['number'])

    def test_a_message_that_is_too_long_spoils_nothing(self) -> None:
        for length in (60_000, 65_536, 70_000, 150_000, 10_000_000):
            self.theirs.send('x', problem='y' * length)
            for message in self.received():
                self.assertEqual('x', message['kind'])
        self.theirs.send('next')
        self.assertEqual('next', self.received()[-1]['kind'])

    def test_it_is_closed_once_the_other_end_is(self) -> None:
        self.theirs.send('last')
        self.theirs.close()
        self.assertEqual([{'kind': 'last'}], self.received())
        self.assertFalse(self.ours.is_open)
        self.assertEqual([], self.received())

    def test_it_can_be_read_once_the_other_end_is_closed(self) -> None:
        self.theirs.close()
        self.assertEqual([self.ours], signals.readable([self.ours], 0))

    def test_what_is_sent_to_nobody_is_lost(self) -> None:
        self.theirs.close()
        self.ours.send('x')
        # Linux says once that what was sent before was never read.
        self.theirs, self.ours = launcher_pipe.PipeEnd.pair()
        self.addCleanup(self.ours.close)
        self.theirs.send('unread')
        self.ours.close()
        self.theirs.send('x')
        self.assertEqual([], list(self.theirs.receive()))
        self.assertFalse(self.theirs.is_open)

    def test_no_program_that_is_run_inherits_it(self) -> None:
        for pipe in (self.ours, self.theirs):
            self.assertFalse(os.get_inheritable(pipe.fileno()))

    def test_it_goes_to_a_spawned_process(self) -> None:
        process = multiprocessing.get_context('spawn').Process(
            target=greet, args=(self.theirs,)
        )
        process.start()
        self.addCleanup(process.join)
        self.theirs.close()
        ready = signals.readable([self.ours], fakes.PATIENCE)
        self.assertEqual([self.ours], ready)
        (message,) = self.received()
        self.assertEqual({'kind': 'hello', 'pid': process.pid}, message)
        process.join()
        self.assertEqual([], self.received())
        self.assertFalse(self.ours.is_open)
