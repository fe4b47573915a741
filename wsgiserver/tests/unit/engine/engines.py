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

"""The base of the tests that have an engine in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from typing import Any

import fixtures
import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import wire

PATIENCE = conditions.PATIENCE
eventually = conditions.eventually

#: What should come long before may come after this, in seconds: no test waits
#: for it, on however busy a machine.
NEVER = 600.0

#: For :class:`Child`: deadlines are looked at once, and then no more.
NO_TICKS = {'wsgiserver._engine.base_engine.TICK': NEVER}

#: For :class:`Child`: what lingers does so for long.
LONG_LINGERING = {'wsgiserver._engine.ending.LINGER_TIME': NEVER}

#: For testscenarios.
ENGINES = [(name, {'engine': name}) for name in ('eventlet', 'threading')]

request = wire.request


class Child:
    """An engine, see :mod:`wsgiserver.tests.unit.engine.child`.

    :param engine: eventlet or threading.
    :param settings: what they have other than by default.
    :param tls: the files of certificate and key.
    :param stop_first: whether it is stopped ahead of its start.
    :param spans: constants in seconds that it has otherwise, by their names.
    """

    def __init__(
        self,
        engine: str,
        settings: dict[str, Any],
        tls: tuple[str, str] | None = None,
        stop_first: bool = False,
        spans: dict[str, float] | None = None,
    ) -> None:
        given = {
            'engine': engine,
            'settings': settings,
            'tls': tls,
            'stop_first': stop_first,
            'spans': spans or {},
        }
        module = 'wsgiserver.tests.unit.engine.child'
        self._log = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-m', module, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.port: int = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f'the engine has ended:\n{self.log()}')
        return json.loads(line)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a method of the child's Control, in a thread of its own."""
        assert self.process.stdin is not None
        line = json.dumps([name, *arguments]).encode() + b'\n'
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self._answer()

    def stop_by_signal(self) -> None:
        """Have a signal handler call stop()."""
        self.process.send_signal(signal.SIGUSR1)

    @contextlib.contextmanager
    def standing_still(self) -> Any:
        """Have it notice nothing of what happens meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        eventually(lambda: _is_stopped(self.process.pid))
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What it has logged so far."""
        return os.pread(self._log.fileno(), 1 << 24, 0).decode()

    def end(self) -> None:
        """End the process, whatever state it is in."""
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self._log):
            with contextlib.suppress(BrokenPipeError):
                if file is not None:
                    file.close()


class EngineTestCase(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    """Tests that run on both engines."""

    scenarios = ENGINES
    engine: str

    def serve(
        self,
        tls: tuple[str, str] | None = None,
        stop_first: bool = False,
        spans: dict[str, float] | None = None,
        **settings: Any,
    ) -> Child:
        """Have an engine that ends with the test."""
        child = Child(self.engine, settings, tls, stop_first, spans)
        self.addCleanup(child.end)
        return child

    def certificate(self) -> certificates.Issued:
        """Make a certificate that ends with the test."""
        folder = self.useFixture(fixtures.TempDir()).path
        return certificates.authority().issue(folder)

    def connect(
        self, child: Child, tls: ssl.SSLContext | None = None
    ) -> wire.Wire:
        """Make a connection that ends with the test."""
        sock = socket.create_connection(('127.0.0.1', child.port), PATIENCE)
        self.addCleanup(sock.close)
        if tls is not None:
            sock = tls.wrap_socket(
                sock,
                server_hostname='127.0.0.1',
                suppress_ragged_eofs=False,
            )
            self.addCleanup(sock.close)
        return wire.Wire(sock)

    def is_refused(self, child: Child) -> bool:
        """Tell whether it listens no more."""
        try:
            self.connect(child).socket.close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            # It was closed while the system was about to answer.
            return False
        return False

    def ask(
        self, child: Child, path: str, *lines: str, body: bytes = b''
    ) -> wire.Wire:
        """Send a request on a connection of its own."""
        made = self.connect(child)
        made.send(request('POST', path, *lines, body=body))
        return made

    def get(self, child: Child, path: str) -> wire.Response:
        """Have a request answered."""
        return self.ask(child, path).response()

    def wait_for_running(self, child: Child, count: int) -> None:
        """Wait until so many requests run."""
        eventually(lambda: len(child.call('running')) == count)

    def wait_for_end(self, child: Child) -> None:
        """Wait until nothing runs any more."""
        self.assertTrue(child.call('wait', PATIENCE))


def _is_stopped(pid: int) -> bool:
    for path in pathlib.Path(f'/proc/{pid}/task').glob('*/stat'):
        if path.read_text().rpartition(') ')[2][0] != 'T':
            return False
    return True
