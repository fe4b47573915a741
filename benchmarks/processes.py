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


"""Servers in processes of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import time
from types import TracebackType

from benchmarks import launch

#: How long a server may take to answer, in seconds.
PATIENCE = 20.0

_TICKS = os.sysconf('SC_CLK_TCK')


class ServerError(Exception):
    """A server does not do what it was asked for."""


def free_port() -> int:
    """Have the system choose a port."""
    with socket.create_server(('127.0.0.1', 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@dataclasses.dataclass(frozen=True)
class Memory:
    """What a server takes, in bytes, shared pages in equal parts."""

    #: All its processes.
    total: int
    #: The largest of them: a worker.
    worker: int


class ServerProcess:
    """A server that runs, with all the processes it starts.

    :param told: how to run it; the port is chosen here.
    :param log: where its output goes.
    :raises ServerError: if it doesn't answer in time.
    """

    def __init__(self, told: launch.Launch, log: pathlib.Path) -> None:
        self.told = dataclasses.replace(told, port=free_port())
        self._log = log
        began = time.perf_counter()
        with log.open('ab') as output:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    '-m',
                    'benchmarks.serve',
                    self.told.to_json(),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                # What it leaves behind goes with the caller's folder.
                env={**os.environ, 'TMPDIR': str(log.parent)},
            )
        try:
            self._await_answer()
        except BaseException:
            self.stop()
            raise
        #: From the start of the interpreter to the first answer, in seconds.
        self.startup = time.perf_counter() - began

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = 'https' if self.told.certificate else 'http'
        return f'{scheme}://127.0.0.1:{self.told.port}'

    def _await_answer(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerError(self._last_words() or 'it ended')
            try:
                return self._ask_once()
            except (OSError, http.client.HTTPException):
                # There is nothing to wait for but that it listens.
                time.sleep(0.005)
        raise ServerError(self._last_words() or 'it does not answer')

    def _ask_once(self) -> None:
        client = self.connect()
        with contextlib.closing(client):
            client.request('GET', '/')
            client.getresponse().read()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors='replace').split('\n')
        return next((line for line in reversed(lines) if line.strip()), '')

    def connect(self) -> http.client.HTTPConnection:
        """Make a client for it."""
        if not self.told.certificate:
            return http.client.HTTPConnection(
                '127.0.0.1', self.told.port, timeout=PATIENCE
            )
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(
            '127.0.0.1', self.told.port, timeout=PATIENCE, context=context
        )

    def check(self, request: bytes, length: int) -> None:
        """Send a request, and look at the response.

        :param request: its bytes.
        :param length: how long the response's body has to be.
        :raises ServerError: if it isn't, or the status isn't 200.
        """
        client = self.connect()
        with contextlib.closing(client):
            client.connect()
            try:
                client.sock.sendall(request)
                response = http.client.HTTPResponse(client.sock)
                response.begin()
                content = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise ServerError(f'no response: {error!r}') from error
        if response.status != 200 or len(content) != length:
            raise ServerError(
                f'status {response.status} and {len(content)} bytes'
            )

    # -- what it takes ------------------------------------------------------

    def _members(self) -> list[pathlib.Path]:
        """Find its processes: all that are in its session."""
        found = []
        for folder in pathlib.Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError):
                fields = _stat(folder)
                if int(fields[3]) == self._process.pid:
                    found.append(folder)
        return found

    def cpu_seconds(self) -> float:
        """Tell how long it has had a processor."""
        ticks = 0
        for folder in self._members():
            with contextlib.suppress(OSError):
                fields = _stat(folder)
                ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS

    def memory(self) -> Memory:
        """Tell how much memory it has."""
        sizes = [_pss(folder) for folder in self._members()]
        return Memory(total=sum(sizes), worker=max(sizes, default=0))

    def peak(self) -> int:
        """Tell the most memory that one of its processes had, in bytes."""
        return max(map(_peak, self._members()), default=0)

    def stop(self) -> None:
        """End it, with all its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _stat(folder: pathlib.Path) -> list[str]:
    """Read /proc/PID/stat from the state on, the third of its fields."""
    text = (folder / 'stat').read_text()
    return text[text.rindex(')') + 2 :].split()


def _pss(folder: pathlib.Path) -> int:
    return _kilobytes(folder / 'smaps_rollup', 'Pss:')


def _peak(folder: pathlib.Path) -> int:
    return _kilobytes(folder / 'status', 'VmHWM:')


def _kilobytes(path: pathlib.Path, field: str) -> int:
    """Read a size; 0 if the process is gone."""
    try:
        text = path.read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0
