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


"""What systemd hears of a launcher, over a real socket."""

import time
from typing import Any

import fixtures

from wsgiserver._launcher import status_notifier
from wsgiserver._launcher import worker_process
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

State = worker_process.WorkerState


class StatusNotifierCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in ('WATCHDOG_USEC', 'WATCHDOG_PID'):
            self.useFixture(fixtures.EnvironmentVariable(name))
        self.systemd = self.useFixture(fakes.Systemd())
        self.clock = self.useFixture(fakes.Clock('_launcher.status_notifier'))
        self.pools: list[Any] = [fakes.WorkerPool()]

    def heard(self, name: str) -> list[str]:
        """The values that a variable was given since the last time."""
        return [
            message[name]
            for message in self.systemd.heard()
            if name in message
        ]


class TestReadiness(StatusNotifierCase):
    def setUp(self) -> None:
        super().setUp()
        self.notifier = status_notifier.StatusNotifier(self.pools)

    def update(self, is_resetting: bool = False) -> list[dict[str, str]]:
        """Let the notifier update; return what it said, but for the status."""
        self.notifier.update(is_resetting)
        messages = self.systemd.heard()
        for message in messages:
            message.pop('STATUS', None)
        return [message for message in messages if message]

    def test_it_is_ready_once_all_crews_are_complete(self) -> None:
        self.pools.append(fakes.WorkerPool())
        for pool in self.pools:
            pool.is_complete = False
        for pool in self.pools:
            self.assertEqual([], self.update())
            pool.is_complete = True
        self.assertEqual([{'READY': '1'}], self.update())
        self.assertEqual([], self.update())

    def test_one_that_was_ready_stays_so_without_a_worker(self) -> None:
        self.update()
        self.pools[0].is_complete = False
        self.assertEqual([], self.update())
        self.pools[0].is_complete = True
        self.assertEqual([], self.update())

    def test_a_reset_is_told_with_its_time_and_its_end(self) -> None:
        self.update()
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        (message,) = self.update(is_resetting=True)
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertEqual({'RELOADING', 'MONOTONIC_USEC'}, set(message))
        self.assertEqual('1', message['RELOADING'])
        self.assertTrue(before <= int(message['MONOTONIC_USEC']) <= after)
        self.assertEqual([], self.update(is_resetting=True))
        self.assertEqual([{'READY': '1'}], self.update())
        self.assertEqual([], self.update())

    def test_a_second_reset_is_told_as_well(self) -> None:
        self.update()
        for _turn in range(2):
            (message,) = self.update(is_resetting=True)
            self.assertIn('RELOADING', message)
            self.assertEqual([{'READY': '1'}], self.update())

    def test_a_reset_before_it_is_ready_is_told_once_it_is(self) -> None:
        self.pools[0].is_complete = False
        self.assertEqual([], self.update(is_resetting=True))
        self.pools[0].is_complete = True
        self.assertEqual([{'READY': '1'}], self.update(is_resetting=True))
        (message,) = self.update(is_resetting=True)
        self.assertIn('RELOADING', message)

    def test_the_end_is_told(self) -> None:
        self.notifier.notify_stopping()
        (message,) = self.systemd.heard()
        self.assertEqual('1', message['STOPPING'])
        self.assertIn('STATUS', message)


class TestStatus(StatusNotifierCase):
    def setUp(self) -> None:
        super().setUp()
        self.notifier = status_notifier.StatusNotifier(self.pools)

    def test_it_has_workers_connections_and_requests(self) -> None:
        other = fakes.WorkerPool()
        self.pools.append(other)
        self.pools[0].workers = [
            fakes.Worker(served=5, IDLE=3, RUNNING=1),
            fakes.Worker(State.RETIRING, served=70, RUNNING=2),
        ]
        other.workers = [fakes.Worker(served=900, HEAD=1)]
        self.assertEqual(
            '3 workers, 7 connections, 3 requests running, 975 served',
            self.notifier.status(),
        )

    def test_only_workers_that_accept_count(self) -> None:
        self.pools[0].workers = [
            fakes.Worker(State.STARTING),
            fakes.Worker(State.ENDING, served=8, RUNNING=1),
        ]
        self.assertEqual(
            '0 workers, 0 connections, 0 requests running, 8 served',
            self.notifier.status(),
        )

    def test_what_was_served_is_never_forgotten(self) -> None:
        self.pools[0].served_before = 40
        self.pools[0].workers = [fakes.Worker(served=2)]
        self.assertIn('42 served', self.notifier.status())

    def test_it_is_told_every_few_seconds(self) -> None:
        self.notifier.update(False)
        self.heard('STATUS')
        for _turn in range(3):
            self.clock.go_on(status_notifier.STATUS_PERIOD - 0.1)
            self.notifier.update(False)
            self.assertEqual([], self.heard('STATUS'))
            self.clock.go_on(0.1)
            self.notifier.update(False)
            self.assertEqual([self.notifier.status()], self.heard('STATUS'))


class TestWatchdog(StatusNotifierCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.EnvironmentVariable('WATCHDOG_USEC', '10000000')
        )
        self.notifier = status_notifier.StatusNotifier(self.pools)
        self.turning, self.still = fakes.Worker(), fakes.Worker()
        self.pools[0].workers = [self.still, self.turning]
        self.still.turned = self.turning.turned = self.clock.now

    def go_on(self, seconds: float, *turning: fakes.Worker) -> int:
        """Let time go by; return how often the watchdog was fed."""
        fed = 0
        for _turn in range(int(seconds * 2)):
            self.clock.go_on(0.5)
            for worker in turning:
                worker.turned = self.clock.now
            self.notifier.update(False)
            fed += len(self.heard('WATCHDOG'))
        return fed

    def test_it_is_fed_twice_in_its_time(self) -> None:
        self.assertEqual(12, self.go_on(60, self.turning, self.still))

    def test_one_worker_that_turns_is_enough(self) -> None:
        self.assertEqual(12, self.go_on(60, self.turning))

    def test_it_starves_once_nobody_has_turned_for_its_time(self) -> None:
        self.go_on(10)
        self.assertEqual(0, self.go_on(60))

    def test_a_short_one_is_fed_on_a_word_that_is_as_old_as_it_may_be(
        self,
    ) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable('WATCHDOG_USEC', '1000000')
        )
        self.notifier = status_notifier.StatusNotifier(self.pools)
        # Workers turn once a second, and tell so a second later.
        self.assertEqual(4, self.go_on(2.0))
        self.go_on(1.0)
        self.assertEqual(0, self.go_on(10))

    def test_it_is_fed_again_once_somebody_turns(self) -> None:
        self.go_on(60)
        self.assertLess(0, self.go_on(10, self.turning))

    def test_it_starves_without_a_worker(self) -> None:
        self.go_on(1)
        self.pools[0].workers = []
        self.assertEqual(0, self.go_on(60))

    def test_it_starves_where_workers_start_and_end_and_never_serve(
        self,
    ) -> None:
        self.go_on(1)
        for worker in self.pools[0].workers:
            worker.state = State.STARTING
        self.go_on(10, self.turning)
        self.assertEqual(0, self.go_on(60, self.turning))

    def test_it_is_fed_until_all_workers_have_started(self) -> None:
        self.pools[0].is_complete = False
        self.assertEqual(12, self.go_on(60))

    def test_nobody_asked_for_it(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('WATCHDOG_USEC'))
        self.notifier = status_notifier.StatusNotifier(self.pools)
        self.assertEqual(0, self.go_on(60, self.turning))
