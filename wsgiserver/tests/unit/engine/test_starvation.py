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

"""When it is said that requests wait."""

from typing import Any

from wsgiserver._engine import request_pool
from wsgiserver._engine import starvation
from wsgiserver.tests import base


class Waiting:
    """A connection in the queue.

    :param queued: since when.
    """

    def __init__(self, queued: float) -> None:
        self.queued = queued


class StarvationTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.starvation = starvation.Starvation()
        self.pool = request_pool.Pool()

    def say(self, now: float, limit: float | None = 1.0) -> str | None:
        return self.starvation.warning(now, limit, self.pool, 10)

    def test_there_is_nothing_to_say_while_nobody_waits(self) -> None:
        self.assertIsNone(self.say(100.0))

    def test_a_wait_up_to_the_limit_is_none(self) -> None:
        self.starvation.note_wait(1.0, 1.0)
        self.assertIsNone(self.say(100.0))

    def test_a_long_wait_is_said_with_all_there_is_to_know(self) -> None:
        self.pool.busy = 9
        self.starvation.note_wait(1.5, 1.0)
        self.starvation.note_wait(2.5, 1.0)
        self.assertEqual(
            'Requests wait for a worker: 2 got one after more than 1 s, the '
            'longest wait was 2.500 s, 0 wait, 9 of 10 workers are busy',
            self.say(100.0),
        )

    def test_who_waits_still_is_seen(self) -> None:
        queue: Any = self.pool.queue
        queue.append(Waiting(98.0))
        queue.append(Waiting(99.9))
        text = self.say(100.0)
        assert text is not None
        self.assertIn('0 got one', text)
        self.assertIn('longest wait was 2.000 s, 2 wait', text)
        queue.clear()
        queue.append(Waiting(199.5))
        self.assertIsNone(self.say(200.0))

    def test_it_is_said_once_a_minute(self) -> None:
        self.starvation.note_wait(2.0, 1.0)
        self.assertIsNotNone(self.say(100.0))
        self.starvation.note_wait(3.0, 1.0)
        self.assertIsNone(self.say(159.9))
        self.starvation.note_wait(2.0, 1.0)
        text = self.say(160.0)
        assert text is not None
        # What happened in between is not lost.
        self.assertIn('2 got one', text)
        self.assertIn('3.000 s', text)
        self.assertIsNone(self.say(300.0))

    def test_a_reactor_that_stood_still_is_said(self) -> None:
        self.starvation.note_lag(0.9, 1.0)
        self.assertIsNone(self.say(100.0))
        self.starvation.note_lag(4.0, 1.0)
        self.assertEqual(
            'Something blocked the reactor, and all requests with it, for '
            '4.000 s',
            self.say(100.0),
        )

    def test_both_are_one_line(self) -> None:
        self.starvation.note_lag(4.0, 1.0)
        self.starvation.note_wait(4.0, 1.0)
        text = self.say(100.0)
        assert text is not None
        self.assertIn('busy; something blocked the reactor', text)

    def test_it_can_be_switched_off(self) -> None:
        queue: Any = self.pool.queue
        queue.append(Waiting(1.0))
        self.starvation.note_wait(9.0, None)
        self.starvation.note_lag(9.0, None)
        self.assertIsNone(self.say(100.0, None))


class LongestWaitTestCase(base.TestCase):
    def test_it_is_that_of_the_first(self) -> None:
        pool = request_pool.Pool()
        self.assertEqual(0.0, pool.longest_wait(100.0))
        queue: Any = pool.queue
        queue.extend([Waiting(97.0), Waiting(99.0)])
        self.assertEqual(3.0, pool.longest_wait(100.0))
