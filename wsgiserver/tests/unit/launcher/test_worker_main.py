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


"""A worker process of the launcher, from its first step to its last."""

import os
import signal
from typing import Any

import fixtures

from wsgiserver._launcher import config_snapshot
from wsgiserver import exceptions
from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import workers


class Failing(fakes.Service):
    """A service that can't start.

    :param error: the reason.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def start(self) -> None:
        raise self._error


class Clumsy(fakes.Service):
    """A service that fails to stop."""

    def stop(self) -> None:
        raise ValueError('a defect')


class Endless(fakes.Service):
    """A service that never ends."""

    def stop(self) -> None:
        self._note('e')


class TestLife(workers.WorkerCase):
    def test_all_services_are_started_before_it_serves(self) -> None:
        self.serve(self.service(), self.server(), self.service())
        self.assertEqual('sss', self.traced())

    def test_sigterm_has_it_drain_and_end(self) -> None:
        process = self.serve(self.service())
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('sew', self.traced())

    def test_a_second_sigterm_changes_nothing(self) -> None:
        process = self.serve(Endless(self.trace[1]))
        for _turn in range(2):
            process.kill(signal.SIGTERM)
            self.hear(process, 'status')
        # Another thread drains; a period later it has begun.
        self.hear(process, 'status')
        fakes.end(process)
        self.assertEqual('se', self.traced())

    def test_no_server_accepts_while_another_service_ends(self) -> None:
        process = self.serve(self.service(), self.server(), self.server())
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('sssddeeewww', self.traced())

    def test_sigterm_while_it_starts_counts_once_it_has(self) -> None:
        class Slow(fakes.Service):
            def start(self) -> None:
                os.kill(os.getpid(), signal.SIGTERM)
                self._note('s')

        process = self.start(Slow(self.trace[1]))
        self.assertEqual(0, self.status(process))
        self.assertEqual('sew', self.traced())

    def test_it_drains_where_no_thread_can_be_had(self) -> None:
        def refuse(_thread: object) -> None:
            raise RuntimeError("can't start new thread")

        with fixtures.MonkeyPatch('threading.Thread.start', refuse):
            process = self.serve(self.service(), self.server())
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('ssdeeww', self.traced())

    def test_what_operators_send_does_not_end_it(self) -> None:
        class Asked(fakes.Service):
            def start(self) -> None:
                # Before it has its handlers, and later.
                os.kill(os.getpid(), signal.SIGUSR1)
                self._note('s')

        process = self.serve(Asked(self.trace[1]))
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            process.kill(number)
            self.hear(process, 'status')
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('sew', self.traced())

    def test_sigint_ends_it_at_once(self) -> None:
        process = self.serve(self.service())
        process.kill(signal.SIGINT)
        self.assertEqual(1, self.status(process))
        self.assertEqual('s', self.traced())

    def test_sigint_ends_one_that_drains(self) -> None:
        process = self.serve(Endless(self.trace[1]))
        process.kill(signal.SIGTERM)
        self.hear(process, 'status')
        process.kill(signal.SIGINT)
        self.assertEqual(1, self.status(process))

    def test_one_whose_service_fails_to_stop_ends(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('threading.excepthook', lambda _args: None)
        )
        process = self.serve(Clumsy(), self.service())
        process.kill(signal.SIGTERM)
        self.status(process)

    def test_it_ends_once_the_launcher_is_gone(self) -> None:
        process = self.serve(self.service())
        process.pipe.close()
        self.assertEqual(0, self.status(process))
        self.assertEqual('sew', self.traced())

    def test_it_ends_once_the_launcher_is_gone_whatever_it_does(self) -> None:
        process = self.serve(Endless(self.trace[1]))
        process.pipe.close()
        self.assertEqual(-signal.SIGALRM, self.status(process))
        self.assertEqual('se', self.traced())

    def test_one_that_is_replaced_ends_without_a_delay(self) -> None:
        process = self.serve(self.server(), self.server(), self.service())
        process.pipe.send('replaced')
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('sssrreeewww', self.traced())

    def test_what_it_is_told_is_no_reason_to_end(self) -> None:
        process = self.serve(self.server())
        process.pipe.send('replaced')
        process.pipe.send('unheard of')
        for _turn in range(2):
            self.hear(process, 'status')
        self.assertEqual('s', self.traced())
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('rew', self.traced())

    def test_without_a_launcher_it_ends_without_a_delay(self) -> None:
        process = self.serve(self.server())
        process.pipe.close()
        self.assertEqual(0, self.status(process))
        self.assertEqual('saew', self.traced())

    def test_a_signal_of_somebody_else_ends_it_with_a_delay(self) -> None:
        # systemd sends one to each process of a service that ends.
        process = self.serve(self.server())
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        self.assertEqual('sdew', self.traced())

    def test_a_server_asks_for_a_successor(self) -> None:
        class Full(fakes.Server):
            def start(self) -> None:
                super().start()
                self.retire()

        process = self.start(Full(self.conf, self.trace[1]))
        self.hear(process, 'retiring')
        self.hear(process, 'serving')
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))


class TestStart(workers.WorkerCase):
    def test_why_it_can_not_start_is_said(self) -> None:
        for error in (
            exceptions.InvalidInput('this'),
            OSError('that'),
            RuntimeError('else'),
        ):
            process = self.start(self.service(), Failing(error))
            self.assertEqual(
                str(error), self.hear(process, 'failed')['problem']
            )
            self.assertEqual(1, self.status(process))

    def test_a_defect_that_keeps_it_from_starting_is_said_as_well(
        self,
    ) -> None:
        process = self.start(Failing(ZeroDivisionError('a defect')))
        self.assertIn('a defect', self.hear(process, 'failed')['problem'])
        self.assertEqual(1, self.status(process))

    def ask(self, question: Any) -> str:
        """Ask something in the worker, while its services start."""
        self.serve(workers.Asking(self.trace[1], question))
        return self.traced()

    def test_systemd_hears_from_the_launcher_alone(self) -> None:
        names = ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID')
        for name in names:
            self.useFixture(fixtures.EnvironmentVariable(name, 'x'))
        self.assertEqual(
            '[None, None, None]',
            self.ask(lambda: [os.environ.get(name) for name in names]),
        )

    def test_signals_come_through(self) -> None:
        self.assertEqual(
            'set()',
            self.ask(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        )

    def test_the_children_of_the_application_are_its_own_business(
        self,
    ) -> None:
        self.addCleanup(fakes.restore(signal.SIGCHLD))
        signal.signal(signal.SIGCHLD, lambda *_given: None)
        self.assertEqual(
            repr(signal.SIG_DFL),
            self.ask(lambda: signal.getsignal(signal.SIGCHLD)),
        )


class TestReset(workers.WorkerCase):
    def reset(self, *services: Any) -> str | None:
        """Have a worker that serves follow a reset; return its problem."""
        process = self.serve(*services)
        self.traced()
        process.kill(signal.SIGHUP)
        problem: str | None = self.hear(process, 'reset')['problem']
        # It goes on.
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
        return problem

    def test_servers_are_loaded_anew_and_others_are_told(self) -> None:
        self.assertIsNone(self.reset(self.service(), self.server()))
        self.assertEqual('lr', self.traced()[:2])

    def test_what_fails_is_said_and_others_are_not_told(self) -> None:
        self.configure('nonsense')
        problem = self.reset(self.service(), self.server())
        assert problem is not None
        self.assertIn(self.path, problem)
        self.assertNotIn('l', self.traced())

    def test_one_that_drains_follows_no_more(self) -> None:
        process = self.serve(Endless(self.trace[1]))
        process.kill(signal.SIGTERM)
        self.hear(process, 'status')
        process.kill(signal.SIGHUP)
        self.hear(process, 'status')
        # Another thread drains; a period later it has begun.
        self.hear(process, 'status')
        fakes.end(process)
        self.assertEqual('se', self.traced())

    def test_a_spawned_one_that_is_hung_up_goes_on(self) -> None:
        snapshot = config_snapshot.ConfigSnapshot()
        self.addCleanup(snapshot.close)
        process = self.start(self.service(), snapshot=snapshot)
        self.hear(process, 'serving')
        process.kill(signal.SIGHUP)
        self.hear(process, 'reset')
        process.kill(signal.SIGTERM)
        self.assertEqual(0, self.status(process))
