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
"""What a child of the application lets go of."""

from collections.abc import Callable
import functools
import os
import signal
import threading
import time

from wsgiserver._process import forks
from wsgiserver._process import signals
from wsgiserver.tests import base


class Guarded:
    """Something that serves."""

    def __init__(self) -> None:
        self.calls = 0

    def forsake(self) -> None:
        self.calls += 1


class Failing(Guarded):
    """Something that fails to let go."""

    def forsake(self) -> None:
        raise OSError('a defect')


def _own(*_given: object) -> None:
    """Be a handler of the application's."""


_own.__module__ = 'application'


class ForksCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.guarded = Guarded()
        forks.guard(self.guarded)

    def status_of(self, child: Callable[[], int | None]) -> int:
        """Fork, and tell the exit status of the child."""
        pid = os.fork()
        if not pid:
            status = 99
            try:
                status = child() or 0
            finally:
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class TestGuard(ForksCase):
    def calls(self) -> int:
        return self.guarded.calls

    def test_a_child_of_the_application_lets_go(self) -> None:
        self.assertEqual(1, self.status_of(self.calls))
        self.assertEqual(0, self.guarded.calls)

    def test_it_does_so_once(self) -> None:
        self.assertEqual(1, self.status_of(lambda: self.status_of(self.calls)))

    def test_what_is_gone_already_is_no_matter(self) -> None:
        forks.guard(Guarded())
        self.assertEqual(1, self.status_of(self.calls))

    def test_what_fails_keeps_nothing_else_from_it(self) -> None:
        failing = Failing()
        forks.guard(failing)
        last = Guarded()
        forks.guard(last)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self.assertEqual(
            0,
            self.status_of(
                lambda: (
                    [
                        self.guarded.calls,
                        last.calls,
                        signal.pthread_sigmask(signal.SIG_BLOCK, ()),
                    ]
                    != [1, 1, before]
                )
            ),
        )

    def test_a_process_of_ours_keeps_what_it_has(self) -> None:
        with forks.library_fork():
            self.assertEqual(0, self.status_of(self.calls))
        self.assertEqual(1, self.status_of(self.calls))

    def test_the_child_of_one_of_ours_lets_go_of_what_that_guards(
        self,
    ) -> None:
        def worker() -> int:
            own = Guarded()
            forks.guard(own)
            return self.status_of(lambda: 10 * own.calls + self.calls())

        with forks.library_fork():
            self.assertEqual(10, self.status_of(worker))

    def test_another_thread_makes_none_of_ours(self) -> None:
        seen: list[int] = []
        with forks.library_fork():
            thread = threading.Thread(
                target=lambda: seen.append(self.status_of(self.calls))
            )
            thread.start()
            thread.join()
        self.assertEqual([1], seen)


class TestSignals(ForksCase):
    def setUp(self) -> None:
        super().setUp()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in (*numbers, signal.SIGUSR1):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        signal.signal(signal.SIGUSR1, _own)
        self.signals = signals.Signals(numbers)
        self.signals.__enter__()
        self.addCleanup(self.signals.__exit__)

    def test_a_child_has_their_defaults(self) -> None:
        def child() -> int:
            return [
                signal.set_wakeup_fd(-1),
                signal.getsignal(signal.SIGTERM),
                signal.getsignal(signal.SIGINT),
            ] != [-1, signal.SIG_DFL, signal.default_int_handler]

        self.assertEqual(0, self.status_of(child))

    def test_handlers_of_the_application_stay(self) -> None:
        self.assertEqual(
            0,
            self.status_of(
                lambda: signal.getsignal(signal.SIGUSR1) is not _own
            ),
        )

    def test_none_to_a_child_is_taken_for_one_to_its_parent(self) -> None:
        for _turn in range(50):
            pid = os.fork()
            if not pid:
                time.sleep(60)
                os._exit(0)
            # It may not have come to itself yet.
            os.kill(pid, signal.SIGTERM)
            status = os.waitpid(pid, 0)[1]
            self.assertEqual(-15, os.waitstatus_to_exitcode(status))
        self.assertEqual([], signals.readable([self.signals], 0))

    def test_the_parent_goes_on_with_them(self) -> None:
        self.status_of(lambda: None)
        signal.raise_signal(signal.SIGTERM)
        self.assertEqual({signal.SIGTERM}, self.signals.wait(0))

    def test_the_pipe_is_the_parents_alone(self) -> None:
        def child() -> int:
            self.signals.post(signal.SIGTERM)
            try:
                os.fstat(self.signals.fileno())
            except OSError:
                return 0
            return 1

        self.assertEqual(0, self.status_of(child))
        self.assertEqual(set(), self.signals.wait(0))


class TestEnd(ForksCase):
    def test_a_process_that_serves_goes_on(self) -> None:
        forks.end_child(SystemExit(3))

    def test_a_child_that_exits_has_its_status(self) -> None:
        for code, status in ((None, 0), (3, 3), ('too bad', 1)):
            end = functools.partial(forks.end_child, SystemExit(code))
            self.assertEqual(status, self.status_of(end))

    def test_any_other_end_is_a_failure(self) -> None:
        self.assertEqual(1, self.status_of(lambda: forks.end_child()))
        self.assertEqual(
            1, self.status_of(lambda: forks.end_child(ValueError()))
        )
        self.assertEqual(
            130, self.status_of(lambda: forks.end_child(KeyboardInterrupt()))
        )

    def test_a_child_that_serves_by_itself_goes_on(self) -> None:
        def child() -> int:
            forks.guard(self.guarded)
            forks.end_child()
            return 5

        self.assertEqual(5, self.status_of(child))
