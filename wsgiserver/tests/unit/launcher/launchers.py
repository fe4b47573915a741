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

"""The base of the tests of a launcher with real processes."""

import gc
import logging
import os
import signal
from typing import Any

import fixtures

from wsgiserver import launcher
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Signaller(fakes.Service):
    """A service that sends the launcher a signal for each of its calls.

    :param trace: as for its base.
    :param numbers: the signals by the call: s for start, r for reset.
    """

    def __init__(self, trace: int, **numbers: int) -> None:
        super().__init__(trace)
        self._numbers = numbers

    def _note(self, letter: str) -> None:
        super()._note(letter)
        if letter in self._numbers:
            os.kill(os.getppid(), self._numbers[letter])


class LauncherCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conf = fakes.configuration(workers=2)
        self.trace = self.pipe()
        self.addCleanup(gc.unfreeze)
        for number in SIGNALS:
            self.addCleanup(fakes.restore(number))
        for name, value in (
            ('wsgiserver._engine.registry.backend_name', lambda: 'threading'),
            ('wsgiserver._launcher.reports.set_up', lambda *_given: None),
            ('wsgiserver._process.signals.hangs_up', lambda: False),
        ):
            self.useFixture(fixtures.MonkeyPatch(name, value))
        self.log = self.useFixture(
            fixtures.FakeLogger(
                'wsgiserver', logging.INFO, '%(levelname)s %(message)s'
            )
        )

    def pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        for end in ends:
            os.set_blocking(end, False)
            self.addCleanup(os.close, end)
        return ends

    def traced(self) -> str:
        """What the services were called for, by all processes."""
        try:
            return ''.join(sorted(os.read(self.trace[0], 9999).decode()))
        except BlockingIOError:
            return ''

    def service(self, **numbers: int) -> Signaller:
        return Signaller(self.trace[1], **numbers)

    def launch(self, *given: Any, **more: Any) -> launcher.Launcher:
        return launcher.launch(self.conf, *given, **more)
