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
"""What happens to a server in the course of its life."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import processes

#: The seconds from one trouble to the next.
_PAUSE = 1.5


class Troubles:
    """Resets, new certificates and kills, one after the other.

    :param server: whom they happen to.
    :param workers: how many it has. The youngest is the one that is killed.
    """

    def __init__(self, server: harness.ServerProcess, workers: int) -> None:
        self._server = server
        self._workers = workers
        self._resets = 0
        self._seen: dict[int, None] = {}
        self._turns = itertools.cycle(
            (self._reset, self._reset_with_certificate, self._kill)
        )
        #: The workers that were killed.
        self.killed: set[int] = set()

    def __str__(self) -> str:
        return f'{self._resets} resets, {len(self.killed)} kills'

    def veterans(self) -> list[int]:
        """Those workers that nobody kills."""
        return self._alive()[: self._workers - 1]

    def _alive(self) -> list[int]:
        """The workers, the oldest ones first."""
        for _turn in range(4 * self._workers):
            with contextlib.suppress(OSError, EOFError):
                self._seen[int(self._server.get('/pid').body)] = None
        return [pid for pid in self._seen if processes.is_running(pid)]

    def warm_up(self, seconds: float) -> None:
        """Let all workers take what they take anyway."""
        harness.eventually(lambda: len(self._alive()) == self._workers)
        self.make(seconds)

    def make(self, seconds: float) -> None:
        """Make trouble for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            next(self._turns)()
            time.sleep(max(0, min(_PAUSE, end - time.monotonic())))

    def _reset(self) -> None:
        self._resets += 1
        name = {'wsgiserver.server_header': f'reset-{self._resets}'}
        self._server.configure(name)
        self._server.process.send_signal(signal.SIGHUP)

    def _reset_with_certificate(self) -> None:
        self._server.replace_certificate()
        self._reset()

    def _kill(self) -> None:
        alive = self._alive()
        if len(alive) == self._workers:
            os.kill(alive[-1], signal.SIGKILL)
            self.killed.add(alive[-1])
