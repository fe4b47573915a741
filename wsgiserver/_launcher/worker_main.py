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


"""Main of a worker process, from its first step to its last."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import dataclasses
import faulthandler
import importlib
import logging
import os
import signal
import sys
import threading
import time
from typing import Any
from typing import NoReturn

from oslo_config import cfg

from wsgiserver._config import settings as config_settings
from wsgiserver._engine import backends
from wsgiserver._engine import registry
from wsgiserver._launcher import changes
from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import pauses
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import reports
from wsgiserver._log import rotation
from wsgiserver._log import write_failures
from wsgiserver._process import finishing
from wsgiserver._process import forks
from wsgiserver._process import signals as process_signals
from wsgiserver._service import protocols
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import exceptions
from wsgiserver import server

LOG = logging.getLogger('wsgiserver.launcher')

#: What a worker handles.
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

#: What is blocked in it until it does.
BLOCKED = (*SIGNALS, *process_signals.SPARE)

#: What has a worker write the stacks of all threads to standard error, however
#: stuck it is. Nothing else is known to use this one.
STACKS = signal.Signals(signal.SIGRTMAX) - 1

#: How often a worker tells how it is, in seconds.
PERIOD = 1.0

#: How long a worker goes on whose launcher is gone, in seconds.
ORPHAN_TIME = 1

#: How long a dry run may take, in seconds.
DRY_RUN_TIME = 60

# Whatever sys.stderr is by now.
_STDERR = 2

#: What the launcher keeps to itself of systemd's.
_SYSTEMD = ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID')


@dataclasses.dataclass
class Assignment:
    """Arguments of a process: what it is to do.

    :param number: the worker's number, from 0 on.
    :param conf: the configuration.
    :param services: what it runs.
    :param pipe: its end of the pipe.
    :param snapshot: what a spawned process has in place of files.
    """

    number: int
    conf: cfg.ConfigOpts
    services: Sequence[protocols.Service]
    pipe: launcher_pipe.PipeEnd
    snapshot: config_snapshot.ConfigSnapshot | None = None


def run(
    assignment: Assignment, foreign: Sequence[launcher_pipe.PipeEnd]
) -> NoReturn:
    """Main function of a worker process, just forked or spawned.

    :param assignment: what to do.
    :param foreign: the launcher's ends of all pipes, where this process has
        inherited them: a pipe is closed only when nobody has it.
    """
    _begin(assignment, foreign)
    signals = process_signals.Signals(SIGNALS)
    # For good: what was before is the launcher's.
    signals.__enter__()
    signal.signal(signal.SIGINT, _end_at_once)
    # Below Python, so that it works though the interpreter's lock is held.
    faulthandler.register(STACKS, _STDERR, all_threads=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED)
    worker = _WorkerMain(assignment, signals)
    status = 1
    try:
        status = worker.run()
        if not status:
            worker.finish()
    except BaseException as error:
        # A defect, of a service as likely as of ours.
        LOG.critical('The worker failed', exc_info=True)
        assignment.pipe.send('failed', problem=repr(error))
    finally:
        _leave(status)


def dry_run(
    assignment: Assignment, foreign: Sequence[launcher_pipe.PipeEnd]
) -> NoReturn:
    """Main function of a dry run's process, which is then thrown away.

    :param assignment: what it is about; the pipe is told of the outcome.
    :param foreign: as for :func:`run`.
    """
    _begin(assignment, foreign)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    # One to all processes of the service is not about a trial.
    for number in (signal.SIGHUP, *process_signals.SPARE):
        signal.signal(number, signal.SIG_IGN)
    # Nobody else ends it where the launcher is gone.
    signal.alarm(DRY_RUN_TIME + 5)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED)
    # What there is to say is said where it counts.
    logging.disable()
    with write_failures.Caught(exceptions.ResetError) as caught:
        changes.dry_run(assignment.conf, assignment.services)
    assignment.pipe.send('dry_run', problem=caught.problem)
    os._exit(0)


def _begin(
    assignment: Assignment, foreign: Sequence[launcher_pipe.PipeEnd]
) -> None:
    for pipe in foreign:
        pipe.close()
    forks.guard(assignment.pipe)
    # The children of the application are its own.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for name in _SYSTEMD:
        os.environ.pop(name, None)
    if assignment.snapshot is not None:
        # A spawned process has only what it was handed.
        changes.set_up_log(assignment.conf)
    if registry.backend_name() == backends.EVENTLET:
        module = importlib.import_module('wsgiserver._engine.eventlet_engine')
        module.after_fork()


def _end_at_once(_number: int, _frame: object) -> NoReturn:
    os._exit(1)


def _leave(status: int) -> NoReturn:
    """Exit from this process, whatever threads the application has left."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            # The disk may be full.
            with contextlib.suppress(OSError):
                stream.flush()
    os._exit(status)


class _WorkerMain:
    def __init__(
        self, assignment: Assignment, signals: process_signals.Signals
    ) -> None:
        self._number = assignment.number
        self._conf = assignment.conf
        self._services = assignment.services
        self._servers = [
            service
            for service in assignment.services
            if isinstance(service, server.Server)
        ]
        self._snapshot = assignment.snapshot
        self._pipe = assignment.pipe
        self._signals = signals
        self._pauses = pauses.PauseDetector(PERIOD)
        # Since when it has not been paused, by the monotonic clock.
        self._resumed = 0.0
        # When its end began, by that clock.
        self._ending_since = 0.0
        self._is_ending = False
        self._has_ended = False
        # Whether there is nobody to tell that it ends, and no time to.
        self._ends_at_once = False
        # Whether another worker accepts in its place.
        self._is_replaced = False

    def run(self) -> int:
        """Serve until a signal comes, or the launcher is gone.

        :returns: the exit status.
        """
        reports.set_up(self._conf, self._servers)
        try:
            self._start()
        except (exceptions.WSGIServerError, OSError, RuntimeError) as error:
            LOG.debug('The worker could not start', exc_info=True)
            self._pipe.send('failed', problem=str(error))
            return 1
        # As in the launcher, where it is loaded here.
        wsgi_gateway.context_store().pop('context', None)
        self._pipe.send('serving')
        while not self._has_ended:
            self._turn()
        return 0

    def _start(self) -> None:
        for ours in self._servers:
            ours.retire = self._retire
            ours.is_watched = True
        for service in self._services:
            service.start()

    def _retire(self) -> None:
        """Ask for a successor; the launcher ends this process then."""
        self._pipe.send('retiring')

    def _turn(self) -> None:
        """One turn of the loop, which takes a second or so."""
        pipes = [self._pipe] if self._pipe.is_open else []
        ready = process_signals.readable([self._signals, *pipes], PERIOD)
        if self._pauses.lost_time():
            self._resumed = time.monotonic()
        if self._signals in ready:
            self._handle(self._signals.take())
        if self._pipe in ready:
            self._listen()
        self._pipe.send('status', **self._status())

    def _handle(self, numbers: set[int]) -> None:
        rotation.handle_signals(numbers)
        if signal.SIGTERM in numbers:
            # The launcher says so first if the service goes on.
            self._listen()
            self._end()
        elif signal.SIGHUP in numbers and not self._is_ending:
            self._reset()

    def _listen(self) -> None:
        """Read the launcher's messages, or notice that it is gone."""
        if not self._pipe.is_open:
            return
        for message in self._pipe.receive():
            if message['kind'] == 'replaced':
                self._is_replaced = True
        if not self._pipe.is_open:
            LOG.error('The launcher is gone, so worker %d ends', self._number)
            self._ends_at_once = True
            # The kernel sees to it, whatever this process is busy with.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(ORPHAN_TIME)
            self._end()

    def _reset(self) -> None:
        with write_failures.Caught(exceptions.ResetError) as caught:
            changes.apply(self._conf, self._services, self._snapshot)
        problem = caught.problem
        if problem is None:
            changes.reset_others(self._services)
        else:
            LOG.error('Worker %d goes on as before: %s', self._number, problem)
        self._pipe.send('reset', problem=problem)

    def _end(self) -> None:
        """Begin to drain; another thread waits for the end of it.

        Under eventlet that is a green one. This one goes on to watch the
        pipe, and to say how it goes.
        """
        if not self._is_ending:
            self._is_ending = True
            self._ending_since = time.monotonic()
            with write_failures.Caught(RuntimeError) as caught:
                threading.Thread(target=self._drain, daemon=True).start()
            if caught.problem is not None:
                # The system has none for us; nobody watches the pipe then.
                LOG.warning(
                    'The drain has no thread of its own: %s', caught.problem
                )
                self._drain()

    def _drain(self) -> None:
        try:
            # All of them: none is to accept while another one drains.
            for ours in self._servers:
                ours.drain(self._ends_at_once, replaced=self._is_replaced)
            for service in self._services:
                service.stop()
            for service in self._services:
                service.wait()
        finally:
            self._has_ended = True
            self._signals.post(0)

    def finish(self) -> None:
        """Have what the application does of its own run to its end."""
        longest = config_settings.LauncherSettings.from_conf(self._conf)
        timeout = longest.finish_timeout
        if timeout is not None:
            timeout -= time.monotonic() - self._ending_since
            timeout = max(timeout, 0.0)
        finishing.finish(timeout, self._give_up)

    def _give_up(self, names: list[str]) -> NoReturn:
        LOG.warning(
            'Worker %d ends with graceful_shutdown_timeout, and what the '
            'application has begun is cut off: %s',
            self._number,
            ', '.join(names) or 'a handler of atexit',
        )
        _leave(0)

    def _status(self) -> dict[str, Any]:
        engines = [e for e in (s.engine for s in self._servers) if e]
        states: dict[str, int] = {}
        for engine in engines:
            for state, count in engine.count().items():
                states[state.name] = states.get(state.name, 0) + count
        now = time.monotonic()
        return {
            'stuck': max(
                (now - max(e.turned, self._resumed) for e in engines),
                default=0.0,
            ),
            'states': states,
            'served': sum(engine.served for engine in engines),
        }
