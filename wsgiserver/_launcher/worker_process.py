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


"""Worker process, as the launcher knows it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import enum
import math
import os
import signal
import time
from typing import Any

from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import spawning
from wsgiserver._launcher import worker_main
from wsgiserver._process import signals


class WorkerState(enum.Enum):
    """State of a worker process: where it is in its life."""

    #: Its services start.
    STARTING = enum.auto()
    #: Its services have started: it accepts.
    SERVING = enum.auto()
    #: It asked for a successor, and serves until that does.
    RETIRING = enum.auto()
    #: It was told to end, and drains.
    ENDING = enum.auto()


#: The states in which it counts as one of the workers there are to be.
ACTIVE = frozenset((WorkerState.STARTING, WorkerState.SERVING))

#: The states in which it has its handlers and follows a reset.
HANDLING = frozenset((WorkerState.SERVING, WorkerState.RETIRING))


class ChildProcess:
    """Child process, and the pipe to it.

    :param method: how it is made, ``fork`` or ``spawn``.
    :param target: what it runs; see
        :func:`wsgiserver._launcher.worker_main.run`.
    :param assignment: makes what it is given, with its end of the pipe.
    :param foreign: the launcher's ends of the other pipes.
    :raises OSError: if the system has no process for us.
    """

    def __init__(
        self,
        method: str,
        target: Callable[..., object],
        assignment: Callable[[launcher_pipe.PipeEnd], worker_main.Assignment],
        foreign: Sequence[launcher_pipe.PipeEnd],
    ) -> None:
        self.pipe, theirs = launcher_pipe.PipeEnd.pair()
        self.began = time.monotonic()
        try:
            with signals.blocked(worker_main.BLOCKED):
                self._process = spawning.start(
                    method, target, assignment(theirs), [*foreign, self.pipe]
                )
        except OSError:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Exit status; minus the signal's number; None while it lives."""
        return self._process.exitcode

    def kill(self, number: int) -> None:
        """Send the process a signal, unless it has ended."""
        # Reaped by nobody but us, so that the id is still its own.
        if self.status is None:
            os.kill(self.pid, number)

    def join(self) -> None:
        """Wait until the process has ended."""
        self._process.join()

    def close(self) -> None:
        """Release the pipe and the process, which has ended."""
        self.pipe.close()
        self._process.close()


class Worker:
    """Worker process, and what is known of it.

    :param number: its number, from 0 on; a successor may have the same.
    :param generation: how many resets it was made after.
    :param process: the process.
    """

    def __init__(
        self, number: int, generation: int, process: ChildProcess
    ) -> None:
        self.number = number
        self.generation = generation
        self.process = process
        self.state = WorkerState.STARTING
        #: When a reset that it has not finished was asked for, by the
        #: monotonic clock, and which.
        self.reset_since: float | None = None
        self.reset_to = generation
        #: Whether it goes on as before although it was to follow.
        self.has_refused = False
        #: What it said last of itself.
        self.states: dict[str, int] = {}
        self.served = 0
        #: When its reactor turned last, as far as is known.
        self.turned = time.monotonic()
        #: When it was asked for the stacks of its threads.
        self.asked = math.inf
        #: When it was told to end.
        self.ending_since = math.inf
        #: Why it could not start, or is being killed.
        self.problem: str | None = None

    def __str__(self) -> str:
        return f'Worker {self.number} (pid {self.process.pid})'

    def handle_message(self, message: dict[str, Any]) -> None:
        """Handle a message of the process about itself."""
        kind = message['kind']
        if kind == 'status':
            self.states = message['states']
            self.served = message['served']
            self.turned = time.monotonic() - message['stuck']
        elif kind == 'serving' and self.state is WorkerState.STARTING:
            self.state = WorkerState.SERVING
            self.turned = time.monotonic()
        elif kind == 'retiring' and self.state is WorkerState.SERVING:
            self.state = WorkerState.RETIRING
        elif kind == 'failed':
            self.problem = message['problem']
        elif kind == 'reset' and self.reset_since is not None:
            self.reset_since = None
            self.generation = self.reset_to
            self.has_refused = message.get('problem') is not None

    def discount_pause(self, lost: float) -> None:
        """Extend its deadlines by a pause of this process, in seconds."""
        self.turned += lost
        self.asked += lost
        self.ending_since += lost
        if self.reset_since is not None:
            self.reset_since += lost

    def reset(self, generation: int) -> None:
        """Signal the process to follow a reset."""
        self.reset_since = time.monotonic()
        self.reset_to = generation
        self.process.kill(signal.SIGHUP)

    def end(self, *, replaced: bool = False) -> None:
        """Signal the process to drain and end.

        :param replaced: whether the service goes on without it.
        """
        if self.state is not WorkerState.ENDING:
            self.state = WorkerState.ENDING
            self.ending_since = time.monotonic()
            if replaced:
                # It is there before the signal is, and read with it.
                self.process.pipe.send('replaced')
            self.process.kill(signal.SIGTERM)
