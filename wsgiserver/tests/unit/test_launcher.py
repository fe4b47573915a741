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


"""The launcher, with real processes and services that serve nobody."""

from collections.abc import Callable
import multiprocessing
import os
import signal
import threading
from typing import Any

import fixtures

from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import launchers


def hello(_environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
    start_response('200 OK', [])
    return [b'']


class Endless(launchers.Signaller):
    """One that doesn't end by itself."""

    def stop(self) -> None:
        self._note('e')


class Dying(launchers.Signaller):
    """One whose first process is killed.

    :param trace: as for its base.
    :param token: who reads it is the first.
    """

    def __init__(self, trace: int, token: int) -> None:
        super().__init__(trace, s=signal.SIGTERM)
        self._token = token

    def start(self) -> None:
        try:
            os.read(self._token, 1)
        except BlockingIOError:
            super().start()
        else:
            os.write(self._trace or 0, b'k')
            os.kill(os.getpid(), signal.SIGKILL)


class TestRefused(launchers.LauncherCase):
    def setUp(self) -> None:
        super().setUp()
        self.before = [
            signal.getsignal(number) for number in launchers.SIGNALS
        ]

    def refuse(self, kind: type[Exception], *given: Any, **more: Any) -> str:
        """Check that something can't be launched, and leaves no trace.

        :returns: the reason.
        """
        error = self.assertRaises(kind, self.launch, *given, **more)
        self.assertEqual(
            self.before,
            [signal.getsignal(number) for number in launchers.SIGNALS],
        )
        self.assertEqual(-1, signal.set_wakeup_fd(-1))
        return str(error)

    def test_an_unknown_start_method_is_named(self) -> None:
        message = self.refuse(
            exceptions.InvalidInput,
            self.service(),
            start_method='forkserver',
        )
        self.assertIn('fork, spawn, not forkserver', message)

    def test_what_is_no_service_is_named(self) -> None:
        for given in (7, [self.service(), 7], 'a', None):
            message = self.refuse(TypeError, given)
            self.assertIn('is not a service of oslo.service', message)

    def test_no_service_at_all_is_refused(self) -> None:
        self.refuse(ValueError, [])

    def test_no_worker_at_all_is_refused(self) -> None:
        for workers in (0, -1):
            self.refuse(ValueError, self.service(), workers)

    def test_another_thread_gets_no_signals(self) -> None:
        reasons: list[str] = []

        def launch() -> None:
            try:
                self.launch(self.service())
            except RuntimeError as error:
                reasons.append(str(error))

        thread = threading.Thread(target=launch)
        thread.start()
        thread.join()
        self.assertIn('main thread', reasons[0])

    def test_one_that_is_refused_later_can_be_waited_for(self) -> None:
        launching = self.launch(self.service(s=signal.SIGTERM), 1)
        self.assertRaises(
            ValueError, launching.launch_service, self.service(), 0
        )
        self.assertEqual(0, launching.wait())


class TestLife(launchers.LauncherCase):
    def test_each_worker_runs_the_service_until_sigterm(self) -> None:
        launching = self.launch(self.service(s=signal.SIGTERM), 1)
        self.assertEqual(0, launching.wait())
        self.assertEqual('esw', self.traced())

    def test_services_that_belong_together_share_a_process(self) -> None:
        services = [self.service(), self.service(s=signal.SIGTERM)]
        self.assertEqual(0, self.launch(services, 1).wait())
        self.assertEqual('eessww', self.traced())
        self.assertEqual(1, self.log.output.count(' starts\n'))

    def test_further_services_have_processes_of_their_own(self) -> None:
        launching = self.launch(self.service(), 2)
        launching.launch_service(self.service(), 1)
        launching.stop()
        self.assertEqual(0, launching.wait())
        self.assertEqual(3, self.log.output.count(' starts\n'))

    def test_a_stop_before_it_is_waited_for_counts(self) -> None:
        launching = self.launch(self.service())
        launching.stop()
        self.assertEqual(0, launching.wait())

    def test_sigint_ends_it_at_once(self) -> None:
        service = Endless(self.trace[1], s=signal.SIGINT)
        self.assertEqual(1, self.launch(service, 1).wait())
        self.assertEqual('s', self.traced())

    def test_sigint_ends_one_that_drains(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', 0)
        service = Endless(self.trace[1], s=signal.SIGTERM, e=signal.SIGINT)
        self.assertEqual(1, self.launch(service, 1).wait())
        self.assertEqual('es', self.traced())

    def test_workers_that_take_too_long_are_killed(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', 1)
        service = Endless(self.trace[1], s=signal.SIGTERM)
        self.assertEqual(1, self.launch(service, 1).wait())
        self.assertIn('WARNING Killing 1 workers', self.log.output)

    def test_its_own_sockets_are_closed_when_the_end_begins(self) -> None:
        server = fakes.Server(self.conf)
        launching = self.launch(server, 1)
        launching.stop()
        self.assertEqual(0, launching.wait())
        # The file of a UNIX socket may be there until the end is over.
        self.assertEqual(['drain', 'at once'], server.calls)

    def test_at_once_means_its_own_sockets_as_well(self) -> None:
        server = fakes.Server(self.conf)
        launching = self.launch(server, 1)
        os.kill(os.getpid(), signal.SIGINT)
        self.assertEqual(1, launching.wait())
        self.assertEqual(['at once', 'at once'], server.calls)

    def test_a_worker_that_is_killed_is_replaced(self) -> None:
        token = self.pipe()
        os.write(token[1], b'.')
        service = Dying(self.trace[1], token[0])
        self.assertEqual(0, self.launch(service, 1).wait())
        self.assertEqual('eksw', self.traced())
        self.assertIn('was ended by SIGKILL', self.log.output)

    def test_a_hang_up_of_its_terminal_ends_it(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._process.signals.hangs_up', lambda: True
            )
        )
        launching = self.launch(self.service(s=signal.SIGHUP), 1)
        self.assertEqual(0, launching.wait())
        self.assertEqual('esw', self.traced())

    def test_sighup_is_a_reset_in_place(self) -> None:
        service = self.service(s=signal.SIGHUP, r=signal.SIGTERM)
        self.assertEqual(0, self.launch(service, 1).wait())
        self.assertEqual('ersw', self.traced())
        self.assertEqual(1, self.log.output.count(' starts\n'))

    def test_a_reset_can_be_asked_for(self) -> None:
        launching = self.launch(self.service(r=signal.SIGTERM), 1)
        launching.restart()
        self.assertEqual(0, launching.wait())
        self.assertEqual('ersw', self.traced())

    def test_where_no_process_can_be_made_it_tries_again(self) -> None:
        fork = os.fork
        refusals = [OSError('no more processes')]

        def refuse_once() -> int:
            if refusals:
                raise refusals.pop()
            return fork()

        self.patch(os, 'fork', refuse_once)
        launching = self.launch(self.service(s=signal.SIGTERM), 1)
        self.assertEqual(0, launching.wait())
        self.assertIn('no more processes', self.log.output)

    def test_a_defect_of_its_own_leaves_no_workers_behind(self) -> None:
        def fail(*_given: Any) -> None:
            raise ZeroDivisionError('a defect')

        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.supervisor.Supervisor._handle', fail
            )
        )
        launching = self.launch(self.service(), 2)
        launching.launch_service(self.service(s=signal.SIGTERM), 1)
        self.assertRaises(ZeroDivisionError, launching.wait)
        for process in multiprocessing.active_children():
            process.join()
        self.assertEqual([], multiprocessing.active_children())


class TestAfterwards(launchers.LauncherCase):
    def test_signals_are_as_they_were(self) -> None:
        before = [signal.getsignal(number) for number in launchers.SIGNALS]
        launching = self.launch(self.service(s=signal.SIGTERM), 1)
        self.assertNotEqual(before[0], signal.getsignal(signal.SIGTERM))
        launching.wait()
        self.assertEqual(
            before, [signal.getsignal(number) for number in launchers.SIGNALS]
        )
        self.assertEqual(-1, signal.set_wakeup_fd(-1))

    def test_nothing_is_left_behind(self) -> None:
        def once() -> int:
            service = fakes.Service()
            launching = self.launch(service, 2)
            launching.stop()
            launching.wait()
            for end in service._end:
                os.close(end)
            return len(os.listdir('/proc/self/fd'))

        before = once()
        self.assertEqual(before, once())

    def test_a_further_call_does_nothing(self) -> None:
        launching = self.launch(self.service(s=signal.SIGTERM), 1)
        launching.wait()
        with open(os.devnull, 'w') as null:
            before = os.listdir('/proc/self/fd')
            launching.stop()
            launching.restart()
            self.assertEqual(0, launching.wait())
            self.assertEqual(before, os.listdir('/proc/self/fd'))
            null.flush()

    def test_the_socket_of_a_server_is_gone(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(folder, 's')
        served = server.Server(
            self.conf,
            'test',
            hello,
            listen=[f'unix:{path}'],
            engine='threading',
        )
        self.assertTrue(os.path.exists(path))
        launching = self.launch([served, self.service(s=signal.SIGTERM)], 1)
        self.assertEqual(0, launching.wait())
        self.assertFalse(os.path.exists(path))
