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


"""Signals, turned into bytes that a descriptor has to read."""

from collections.abc import Callable
import io
import os
import pty
import resource
import signal
import subprocess
import sys
import threading
from typing import Any

import fixtures

from wsgiserver._process import signals as process_signals
from wsgiserver.tests import base

#: How long anything may take that should take no time, in seconds.
PATIENCE = 20

NUMBERS = (signal.SIGTERM, signal.SIGHUP)

#: Tells which signals are blocked in it.
BLOCKED = """
import signal
print(sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))))
"""


def descriptors() -> list[str]:
    return os.listdir('/proc/self/fd')


class SignalsCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in (*NUMBERS, *process_signals.SPARE, signal.SIGPIPE):
            self.addCleanup(signal.signal, number, signal.getsignal(number))


class TestSignals(SignalsCase):
    def test_a_signal_can_be_taken(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            signal.raise_signal(signal.SIGTERM)
            self.assertEqual([signals], process_signals.readable([signals], 0))
            self.assertEqual({signal.SIGTERM}, signals.take())
            self.assertEqual([], process_signals.readable([signals], 0))

    def test_several_signals_are_taken_together(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            for number in (*NUMBERS, *NUMBERS):
                signal.raise_signal(number)
            self.assertEqual(set(NUMBERS), signals.take())

    def test_a_signal_is_waited_for(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            thread = threading.Thread(
                target=os.kill, args=(os.getpid(), signal.SIGHUP)
            )
            thread.start()
            self.assertEqual({signal.SIGHUP}, signals.wait())
            thread.join()

    def test_it_is_waited_for_no_longer_than_is_said(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            self.assertEqual(set(), signals.wait(0))
            self.assertEqual(set(), signals.wait(0.001))

    def test_another_signal_that_is_handled_is_received_too(self) -> None:
        handled: list[int] = []
        signal.signal(signal.SIGUSR1, lambda number, _: handled.append(number))
        with process_signals.Signals(NUMBERS) as signals:
            signal.raise_signal(signal.SIGUSR1)
            self.assertEqual({signal.SIGUSR1}, signals.take())
        self.assertEqual([signal.SIGUSR1], handled)

    def test_those_that_nobody_handles_end_nothing(self) -> None:
        for number in process_signals.SPARE:
            signal.signal(number, signal.SIG_DFL)
        with process_signals.Signals(NUMBERS) as signals:
            for number in process_signals.SPARE:
                signal.raise_signal(number)
            self.assertEqual(set(process_signals.SPARE), signals.take())
        for number in process_signals.SPARE:
            self.assertIs(signal.SIG_DFL, signal.getsignal(number))

    def test_those_that_the_application_handles_or_ignores_stay_its_own(
        self,
    ) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, signal.default_int_handler)
        with process_signals.Signals(NUMBERS):
            for number in process_signals.SPARE:
                self.assertFalse(process_signals.is_spare(number))

    def test_a_peer_that_leaves_does_not_end_the_process(self) -> None:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        os.close(reader)
        with process_signals.Signals(NUMBERS):
            self.assertRaises(BrokenPipeError, os.write, writer, b'x')
        self.assertIs(signal.SIG_DFL, signal.getsignal(signal.SIGPIPE))

    def test_a_signal_can_be_posted_by_any_thread(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            thread = threading.Thread(
                target=signals.post, args=(signal.SIGHUP,)
            )
            thread.start()
            thread.join()
            self.assertEqual({signal.SIGHUP}, signals.wait(PATIENCE))

    def test_who_waits_can_be_woken_without_a_signal(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            signals.post(0)
            self.assertEqual({0}, signals.wait(PATIENCE))

    def test_any_number_of_posts_keeps_nobody_waiting(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            for _turn in range(100_000):
                signals.post(signal.SIGHUP)
            self.assertEqual({signal.SIGHUP}, signals.take())

    def test_a_flood_of_signals_says_nothing(self) -> None:
        said = io.StringIO()
        with process_signals.Signals(NUMBERS) as signals:
            for _turn in range(100_000):
                signals.post(0)
            self.useFixture(fixtures.MonkeyPatch('sys.stderr', said))
            signal.raise_signal(signal.SIGTERM)
        self.assertEqual('', said.getvalue())

    def test_where_it_is_not_entered_a_post_does_nothing(self) -> None:
        signals = process_signals.Signals(NUMBERS)
        signals.post(signal.SIGTERM)
        with signals:
            self.assertEqual(set(), signals.wait(0))
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        signals.post(signal.SIGTERM)
        self.assertEqual([], process_signals.readable([reader], 0))


class TestBeforeAndAfter(SignalsCase):
    def test_everything_is_afterwards_as_it_was_before(self) -> None:
        def own(_number: int, _frame: object) -> None:
            return

        signal.signal(signal.SIGTERM, own)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        os.set_blocking(writer, False)
        self.addCleanup(signal.set_wakeup_fd, signal.set_wakeup_fd(writer))
        before = descriptors()
        with process_signals.Signals(NUMBERS):
            self.assertNotEqual(own, signal.getsignal(signal.SIGTERM))
        self.assertEqual(own, signal.getsignal(signal.SIGTERM))
        self.assertEqual(signal.SIG_IGN, signal.getsignal(signal.SIGHUP))
        self.assertEqual(writer, signal.set_wakeup_fd(writer))
        self.assertEqual(before, descriptors())

    def test_what_can_not_be_handled_changes_nothing(self) -> None:
        before = signal.getsignal(signal.SIGTERM), descriptors()
        signals = process_signals.Signals((signal.SIGTERM, signal.SIGKILL))
        self.assertRaises(OSError, signals.__enter__)
        after = signal.getsignal(signal.SIGTERM), descriptors()
        self.assertEqual(before, after)
        self.assertEqual(-1, signal.set_wakeup_fd(-1))

    def test_in_another_thread_it_is_refused_and_changes_nothing(
        self,
    ) -> None:
        refused: list[bool] = []

        def enter() -> None:
            before = descriptors()
            try:
                with process_signals.Signals(NUMBERS):
                    refused.append(False)
            except ValueError:
                refused.append(before == descriptors())

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        self.assertEqual([True], refused)

    def test_one_can_be_within_another(self) -> None:
        with process_signals.Signals(NUMBERS) as outer:
            with process_signals.Signals(NUMBERS) as inner:
                signal.raise_signal(signal.SIGTERM)
                self.assertEqual({signal.SIGTERM}, inner.take())
            signal.raise_signal(signal.SIGHUP)
            self.assertEqual({signal.SIGHUP}, outer.take())


class TestBlocked(SignalsCase):
    def test_a_signal_waits_for_the_end_of_the_block(self) -> None:
        with process_signals.Signals(NUMBERS) as signals:
            with process_signals.blocked(NUMBERS):
                os.kill(os.getpid(), signal.SIGTERM)
                self.assertEqual(set(), signals.wait(0))
            self.assertEqual({signal.SIGTERM}, signals.wait(PATIENCE))

    def test_a_process_made_meanwhile_has_them_wait_as_well(self) -> None:
        with process_signals.blocked(NUMBERS):
            done = subprocess.run(
                [sys.executable, '-c', BLOCKED],
                capture_output=True,
                text=True,
            )
        self.assertEqual(f'{sorted(map(int, NUMBERS))}\n', done.stdout)

    def test_those_that_waited_before_wait_afterwards(self) -> None:
        with process_signals.blocked([signal.SIGHUP]):
            with process_signals.blocked(NUMBERS):
                pass
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self.assertEqual({signal.SIGHUP}, mask)
        self.assertEqual(set(), signal.pthread_sigmask(signal.SIG_BLOCK, ()))


class TestReadable(SignalsCase):
    def test_only_what_can_be_read_is_returned(self) -> None:
        ends = [*os.pipe(), *os.pipe()]
        for end in ends:
            self.addCleanup(os.close, end)
        os.write(ends[3], b'x')
        self.assertEqual(
            [ends[2]], process_signals.readable([ends[0], ends[2]], 0)
        )
        os.write(ends[1], b'x')
        found = process_signals.readable([ends[0], ends[2]], None)
        self.assertEqual({ends[0], ends[2]}, set(found))

    def test_it_takes_no_descriptor(self) -> None:
        # A server that has none left for clients is not to end.
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.write(writer, b'x')
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        # What is open stays so, and those three always are.
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        self.assertRaises(OSError, os.dup, reader)
        found = process_signals.readable([reader], 0)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        os.close(writer)
        self.assertEqual([reader], found)

    def test_nothing_is_left_behind(self) -> None:
        before = descriptors()
        with process_signals.Signals(NUMBERS) as signals:
            signals.wait(0)
        self.assertEqual(before, descriptors())


class TestHangsUp(SignalsCase):
    def in_terminal(self, ask: Callable[[], Any], ending: bool = False) -> str:
        """Ask something in the foreground of a terminal.

        :param ask: the question.
        :param ending: whether the terminal is closed before it is asked.
        """
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        go_on = os.pipe()
        # It stays as it was when the terminal hangs up.
        pid, terminal = pty.fork()
        if pid == 0:
            signal.signal(signal.SIGHUP, lambda *_given: None)
            sys.stdout = os.fdopen(1, 'w')
            os.write(writer, b'.')
            if ending:
                os.read(go_on[0], 1)
            os.write(writer, repr(ask()).encode())
            os._exit(0)
        self.addCleanup(os.waitpid, pid, 0)
        os.close(writer)
        os.read(reader, 1)
        if ending:
            os.close(terminal)
            os.write(go_on[1], b'.')
        else:
            self.addCleanup(os.close, terminal)
        for end in go_on:
            self.addCleanup(os.close, end)
        return os.read(reader, 99).decode()

    def test_it_does_in_the_foreground_of_a_terminal(self) -> None:
        self.assertEqual('True', self.in_terminal(process_signals.hangs_up))

    def test_it_does_when_the_terminal_is_closed(self) -> None:
        self.assertEqual(
            'True', self.in_terminal(process_signals.hangs_up, True)
        )

    def test_it_does_not_in_the_background_of_a_terminal(self) -> None:
        def ask_another() -> bool:
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                os._exit(process_signals.hangs_up())
            return bool(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

        self.assertEqual('False', self.in_terminal(ask_another))

    def test_it_does_not_without_a_terminal(self) -> None:
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        with open(writer, 'w') as file:
            self.useFixture(fixtures.MonkeyPatch('sys.stdout', file))
            self.assertFalse(process_signals.hangs_up())

    def test_it_does_not_without_standard_output(self) -> None:
        closed = open(os.devnull)
        closed.close()
        for stdout in (None, io.StringIO(), closed):
            self.useFixture(fixtures.MonkeyPatch('sys.stdout', stdout))
            self.assertFalse(process_signals.hangs_up())
