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

"""Serving in the calling process, until a signal ends it."""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import fixtures

from wsgiserver._process import signals
from wsgiserver._service import foreground
from wsgiserver.tests import base
from wsgiserver.tests import conditions


class FakeService:
    """A service that is sent signals as soon as it has started."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self.numbers = numbers
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append('start')
        for number in self.numbers:
            os.kill(os.getpid(), number)

    def stop(self) -> None:
        self.calls.append('stop')
        self.interrupt = signal.getsignal(signal.SIGINT)

    def wait(self) -> None:
        self.calls.append('wait')


class Late(FakeService):
    """One that is sent each signal once the one before has been told of.

    :param log: where it is.
    :param numbers: the signals.
    """

    def __init__(
        self, log: fixtures.FakeLogger, *numbers: signal.Signals
    ) -> None:
        super().__init__(*numbers)
        self.log = log

    def start(self) -> None:
        self.calls.append('start')
        threading.Thread(target=self._send).start()

    def _send(self) -> None:
        for number in self.numbers:
            os.kill(os.getpid(), number)
            if number != signal.SIGTERM:
                conditions.eventually(
                    lambda name=number.name: name in self.log.output
                )


class FailingService(FakeService):
    def start(self) -> None:
        raise OSError('no')


#: Serves where a green thread has its turn only while the main one waits.
GREEN = """
from wsgiserver._engine import patching
patching.monkey_patch()

import os
import signal
import threading

from wsgiserver._process import signals
from wsgiserver._service import foreground

class Service:
    def start(self):
        ending = os.getpid(), signal.SIGTERM
        threading.Thread(target=os.kill, args=ending).start()

    def stop(self):
        print('stop')

    def wait(self):
        print('wait')

foreground.serve(Service())
"""


class TestServe(base.TestCase):
    def test_sigterm_and_sigint_end_it_once_it_has_drained(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            service = FakeService(number)
            foreground.serve(service)
            self.assertEqual(['start', 'stop', 'wait'], service.calls)

    def test_no_other_signal_ends_it(self) -> None:
        log = self.useFixture(fixtures.FakeLogger('wsgiserver'))
        service = Late(log, *signals.SPARE, signal.SIGTERM)
        foreground.serve(service)
        self.assertEqual(['start', 'stop', 'wait'], service.calls)

    def test_an_interrupt_within_the_drain_ends_the_process(self) -> None:
        service = FakeService(signal.SIGTERM)
        foreground.serve(service)
        self.assertEqual(signal.SIG_DFL, service.interrupt)

    def test_everything_is_afterwards_as_it_was_before(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        interrupt = signal.getsignal(signal.SIGINT)
        foreground.serve(FakeService(signal.SIGTERM))
        self.assertEqual(interrupt, signal.getsignal(signal.SIGINT))
        self.assertRaises(OSError, foreground.serve, FailingService())
        self.assertEqual(before, signal.getsignal(signal.SIGTERM))
        self.assertEqual(-1, signal.set_wakeup_fd(-1))

    def test_another_signal_of_the_application_does_not_end_it(self) -> None:
        numbers = [signal.SIGUSR1, signal.SIGTERM]
        before = signal.signal(signal.SIGUSR1, lambda *_: None)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        wait = signals.readable

        def one_more(*arguments: Any) -> object:
            os.kill(os.getpid(), numbers.pop(0))
            return wait(*arguments)

        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._process.signals.readable', one_more
            )
        )
        service = FakeService()
        foreground.serve(service)
        self.assertEqual([], numbers)
        self.assertEqual(['start', 'stop', 'wait'], service.calls)

    def test_in_another_thread_it_serves_until_it_is_stopped(self) -> None:
        service = FakeService()
        thread = threading.Thread(target=foreground.serve, args=(service,))
        thread.start()
        thread.join()
        self.assertEqual(['start', 'wait'], service.calls)

    def test_under_eventlet_green_threads_go_on(self) -> None:
        done = subprocess.run(
            [sys.executable, '-c', GREEN],
            env=os.environ | {'PYTHONPATH': os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )
        self.assertEqual('stop\nwait\n', done.stdout, done.stderr)
        self.assertEqual(0, done.returncode)
