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
"""Tests of servers under launchers, and what they have in common."""

import signal
import time
from typing import Any

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import processes

#: For testscenarios: every engine under every launcher.
EVERYWHERE = [
    (f'{name},{launcher}', {'backend': name, 'launcher': launcher})
    for name in harness.BACKENDS
    for launcher in harness.LAUNCHERS
]

#: For testscenarios: every engine under the launcher of this library.
OWN = [case for case in EVERYWHERE if case[1]['launcher'] == 'own']


class LaunchedTest(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = harness.ON_BACKENDS
    backend: str
    launcher = 'stock'

    def serve(
        self, transport: str = 'tcp', workers: int = 1, **given: Any
    ) -> harness.ServerProcess:
        """Have a server, and wait until each worker has answered."""
        server = self.launch(transport, workers, **given)
        self.workers_of(server, workers)
        return server

    def launch(
        self, transport: str = 'tcp', workers: int = 1, **given: Any
    ) -> harness.ServerProcess:
        """Have a server that ends with the test."""
        server = harness.ServerProcess(
            self.backend,
            transport,
            workers,
            **{'launcher': self.launcher, **given},
        )
        self.addCleanup(server.stop)
        return server

    def connect(
        self, server: harness.ServerProcess, **way: Any
    ) -> harness.Wire:
        """Make a connection that ends with the test."""
        wire = server.connect(**way)
        self.addCleanup(wire.socket.close)
        return wire

    def workers_of(
        self,
        server: harness.ServerProcess,
        count: int,
        other_than: frozenset[int] = frozenset(),
    ) -> frozenset[int]:
        """Wait until so many workers have answered; returns their pids.

        The launcher's eventlet children lose a SIGTERM that comes before
        they have set up their handlers.
        """
        seen: set[int] = set()

        def enough() -> bool:
            seen.add(self.pid_of(server))
            return len(seen - other_than) >= count

        harness.eventually(enough)
        return frozenset(seen - other_than)

    @staticmethod
    def pid_of(server: harness.ServerProcess) -> int:
        """Ask whichever worker takes the connection."""
        return int(server.get('/pid').body)

    def hold(
        self, server: harness.ServerProcess, seconds: float = 1
    ) -> harness.Wire:
        """Have a request run for so long."""
        wire = self.connect(server)
        wire.send(harness.request('GET', f'/sleep/{seconds}'))
        return wire

    def wait_for_running(
        self, server: harness.ServerProcess, count: int
    ) -> dict[int, int]:
        """Wait until so many requests run; returns how many by worker."""
        running: dict[int, int] = {}

        def enough() -> bool:
            pid, number = server.get('/running').json()
            running[pid] = number
            return sum(running.values()) >= count

        harness.eventually(enough)
        return running

    def wait_for_refusal(self, server: harness.ServerProcess) -> None:
        """Wait until the server has closed its listening socket."""

        def refused() -> bool:
            try:
                with server.connect():
                    return False
            except (ConnectionRefusedError, FileNotFoundError):
                return True
            except ConnectionResetError:
                # It was closed while the system was about to answer.
                return False

        harness.eventually(refused)

    def wait_for_end(self, pids: frozenset[int], seconds: float) -> None:
        """Wait until none of these processes runs, for so long at most."""
        begun = time.monotonic()
        harness.eventually(lambda: not any(map(processes.is_running, pids)))
        self.assertLess(time.monotonic() - begun, seconds)

    def end(self, server: harness.ServerProcess, within: float) -> None:
        """Send SIGTERM; the server ends well, within so many seconds."""
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, server.process.wait(harness.PATIENCE))
        self.assertLess(time.monotonic() - begun, within)
