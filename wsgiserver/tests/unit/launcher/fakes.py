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


"""Stand-ins for what the launcher deals with: time, processes, systemd."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import itertools
import os
import signal
import socket
import tempfile
import time
from typing import Any

import fixtures
from oslo_config import cfg
from oslo_service.backend import base as service_base

from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver._engine import connection_state
from wsgiserver._launcher import worker_process
from wsgiserver import server

#: How long anything may take that should take no time, in seconds.
PATIENCE = 20.0

# A UNIX socket's path has to be short; those of the tests' folders are not.
_FOLDER = tempfile.gettempdir()


class Clock(fixtures.Fixture):
    """A clock that stands still, in the place of the module ``time``.

    :param modules: the modules that are to go by it.
    """

    def __init__(self, *modules: str) -> None:
        super().__init__()
        self._modules = modules
        self.now = 1000.0

    def _setUp(self) -> None:
        for module in self._modules:
            self.useFixture(
                fixtures.MonkeyPatch(f'wsgiserver.{module}.time', self)
            )

    def monotonic(self) -> float:
        return self.now

    def go_on(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds


class PipeEnd:
    """The launcher's end of a pipe whose other end is the test."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        #: What the launcher has said.
        self.told: list[str] = []
        self.is_open = True

    def send(self, kind: str) -> None:
        self.told.append(kind)

    def receive(self) -> Iterator[dict[str, Any]]:
        while self.messages:
            yield self.messages.pop(0)

    def close(self) -> None:
        self.is_open = False


class Process:
    """A process that does what the test says.

    :param clock: tells when it began.
    :param number: makes its process id.
    :param given: what it was made with.
    """

    def __init__(self, clock: Clock, number: int, given: Any) -> None:
        self.pid = 100 + number
        self.began = clock.now
        self.given = given
        self.pipe = PipeEnd()
        self.status: int | None = None
        self.signals: list[int] = []
        self.is_closed = False

    def kill(self, number: int) -> None:
        if self.status is None:
            self.signals.append(number)

    def join(self) -> None:
        self.status = self.status or 0

    def close(self) -> None:
        assert self.status is not None, 'it runs'
        self.is_closed = True
        self.pipe.close()

    def say(self, kind: str, **values: Any) -> None:
        """Send a message to the launcher."""
        self.pipe.messages.append({'kind': kind, **values})

    def tell(self, served: int = 0, stuck: float = 0.0, **states: int) -> None:
        """Send its status."""
        self.say('status', served=served, stuck=stuck, states=states)


class Processes(fixtures.Fixture):
    """Every process that the launcher makes is a fake one.

    :param clock: tells when they begin.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.made: list[Process] = []

    def _setUp(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.worker_process.ChildProcess', self._make
            )
        )

    def _make(
        self,
        method: str,
        target: Callable[..., object],
        assignment: Callable[[Any], Any],
        foreign: Sequence[Any],
    ) -> Process:
        process = Process(self._clock, len(self.made), None)
        process.given = assignment(process.pipe)
        self.made.append(process)
        return process

    def running(self) -> list[Process]:
        """Those that have not ended."""
        return [process for process in self.made if process.status is None]


class Worker:
    """A worker as the watchers of it see it.

    :param state: where it is in its life.
    :param turned: when its reactor turned last.
    :param served: how many requests it has served.
    :param states: its connections by state.
    """

    def __init__(
        self,
        state: worker_process.WorkerState = worker_process.WorkerState.SERVING,
        turned: float = 0.0,
        served: int = 0,
        **states: int,
    ) -> None:
        self.state = state
        self.turned = turned
        self.served = served
        self.states = states


class WorkerPool:
    """Workers that follow a reset when the test says so."""

    def __init__(self, services: Sequence[Any] = ()) -> None:
        self.services = services
        self.workers: list[Any] = []
        self.is_complete = True
        self.served_before = 0
        self.refused = 0
        self.has_followed = True
        self.rolled: list[int] = []
        self.followed: list[config_settings.LauncherSettings] = []

    def follow(self, settings: config_settings.LauncherSettings) -> None:
        self.followed.append(settings)

    def roll(self, generation: int) -> bool:
        self.rolled.append(generation)
        return self.has_followed


class Service(service_base.ServiceBase):
    """A service of somebody else; it ends when it is stopped.

    :param trace: a descriptor that is written a letter for each call.
    """

    def __init__(self, trace: int | None = None) -> None:
        self._trace = trace
        self._end = os.pipe()

    def _note(self, letter: str) -> None:
        if self._trace is not None:
            os.write(self._trace, letter.encode())

    def start(self) -> None:
        self._note('s')

    def stop(self) -> None:
        self._note('e')
        os.write(self._end[1], b'.')

    def wait(self) -> None:
        os.read(self._end[0], 1)
        self._note('w')

    def reset(self) -> None:
        self._note('r')


class Engine:
    """What a Server of the tests runs on.

    :param served: how many requests it has served.
    :param states: its connections by state.
    """

    def __init__(self, served: int = 0, **states: int) -> None:
        self.served = served
        self.turned = time.monotonic()
        self._states = states
        self.requests: list[Any] = []

    def count(self) -> dict[connection_state.State, int]:
        return {
            connection_state.State[name]: n for name, n in self._states.items()
        }

    def running(self) -> list[Any]:
        return self.requests


class Server(server.Server):
    """A Server that serves nobody.

    :param conf: its configuration.
    :param trace: as for :class:`Service`.
    :param engine: what it runs on, once it has started.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        trace: int | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.conf = conf
        self.name = 'test'
        self.calls: list[str] = []
        self._trace = trace
        self._given: Any = engine
        self._engine = None

    def _record(self, call: str) -> None:
        self.calls.append(call)
        if self._trace is not None:
            os.write(self._trace, call[0].encode())

    @property
    def places(self) -> list[str]:
        return ['127.0.0.1:80']

    def start(self) -> None:
        self._engine = self._given
        self._record('start')

    def forsake(self) -> None:
        self._record('forsake')

    def drain(self, at_once: bool = False, *, replaced: bool = False) -> None:
        call = 'at once' if at_once else 'drain'
        self._record('replaced' if replaced else call)

    def stop(self) -> None:
        self._record('end')

    def wait(self) -> None:
        self._record('wait')

    def reload(self) -> None:
        self._record('load')

    def reset(self) -> None:
        self._record('reset')


class Systemd(fixtures.Fixture):
    """The socket that systemd listens on, and the variable that names it."""

    def _setUp(self) -> None:
        number = next(_numbers)
        path = os.path.join(_FOLDER, f'systemd-{os.getpid()}-{number}')
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self._socket.close)
        self._socket.bind(path)
        self.addCleanup(os.unlink, path)
        self._socket.setblocking(False)
        self.useFixture(fixtures.EnvironmentVariable('NOTIFY_SOCKET', path))

    def heard(self) -> list[dict[str, str]]:
        """What was said since the last time."""
        messages: list[dict[str, str]] = []
        while True:
            try:
                text = self._socket.recv(65536).decode()
            except BlockingIOError:
                return messages
            lines = text.splitlines()
            messages.append(dict(line.split('=', 1) for line in lines))


_numbers = itertools.count()


def configuration(*argv: str, **values: Any) -> cfg.ConfigOpts:
    """Make a configuration, without files unless they are named.

    :param argv: the command line.
    :param values: options of this library's section.
    """
    conf = cfg.ConfigOpts()
    _config.register_opts(conf)
    conf(list(argv), default_config_files=[], default_config_dirs=[])
    for name, value in values.items():
        conf.set_override(name, value, _config.GROUP)
    return conf


def restore(number: signal.Signals) -> Callable[[], object]:
    """Return what gives a signal the handler that it has now."""
    handler = signal.getsignal(number)
    return lambda: signal.signal(number, handler)


def end(process: worker_process.ChildProcess) -> None:
    """End a real process, unless that was done."""
    if process.pipe.fileno() != -1:
        process.kill(signal.SIGKILL)
        process.join()
        process.close()
