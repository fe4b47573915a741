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


"""The launcher, with services that are pickled for processes of their own."""

import os
import signal
from typing import Any

import fixtures
from oslo_service import backend

from wsgiserver import exceptions
from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import launchers


class Spawned(fakes.Service):
    """A service that can be pickled, and ends its launcher.

    :param path: a file that is written to.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def start(self) -> None:
        with open(self._path, 'a') as file:
            file.write('s')
        os.kill(os.getppid(), signal.SIGTERM)

    def stop(self) -> None:
        with open(self._path, 'a') as file:
            file.write('e')

    def wait(self) -> None:
        with open(self._path, 'a') as file:
            file.write('w')


class Followed(Spawned):
    """One that has its launcher reset, and ends it once it has followed."""

    def start(self) -> None:
        os.kill(os.getppid(), signal.SIGHUP)

    def reset(self) -> None:
        with open(self._path, 'a') as file:
            file.write('r')
        os.kill(os.getppid(), signal.SIGTERM)


class TestSpawn(launchers.LauncherCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_service.backend.get_backend_type',
                lambda: backend.BackendType.THREADING,
            )
        )
        folder = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(folder, 'trace')

    def test_workers_can_be_spawned(self) -> None:
        launching = self.launch(Spawned(self.path), 1, start_method='spawn')
        self.assertEqual(0, launching.wait())
        with open(self.path) as file:
            self.assertEqual('sew', file.read())
        # It is over, and nothing more happens.
        self.assertEqual(0, launching.wait())

    def test_spawned_workers_follow_a_reset(self) -> None:
        launching = self.launch(Followed(self.path), 1, start_method='spawn')
        self.assertEqual(0, launching.wait())
        with open(self.path) as file:
            self.assertEqual('rew', file.read())

    def test_what_can_not_be_pickled_is_told_at_once(self) -> None:
        service: Any = Spawned(self.path)
        service.unfit = lambda: None
        before = signal.getsignal(signal.SIGTERM)
        error = self.assertRaises(
            exceptions.InvalidInput,
            self.launch,
            service,
            1,
            start_method='spawn',
        )
        self.assertIn('lambda', str(error))
        self.assertEqual(before, signal.getsignal(signal.SIGTERM))
