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
"""Orphans that the launcher inherits, as the first process of a container."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import ctypes
import logging
from multiprocessing import process as mp_process
import os
import time

LOG = logging.getLogger('wsgiserver.launcher')

#: How long the zombie of a child is left for somebody who waits for it, in
#: seconds. Nothing tells an orphan from a child that the application has made
#: in this process, and whoever waits for one does so at once or before long.
GRACE = 30.0

#: How often they are looked at, in seconds.
PERIOD = 1.0

# prctl(2).
_PR_GET_CHILD_SUBREAPER = 37


def inherits() -> bool:
    """Whether this process becomes the parent of orphans."""
    if os.getpid() == 1:
        return True
    answer = ctypes.c_int(0)
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def _children() -> Iterator[tuple[int, str]]:
    """Children of this process, and their states (proc(5))."""
    parent = str(os.getpid())
    for name in os.listdir('/proc'):
        if name.isdecimal():
            # Most of them are others', and may end meanwhile.
            with contextlib.suppress(OSError, ValueError):
                with open(f'/proc/{name}/stat', encoding='latin-1') as file:
                    # A name may have spaces and parentheses of its own.
                    state, found = file.read().rpartition(')')[2].split()[:2]
                if found == parent:
                    yield int(name), state


class Orphans:
    """The orphans of a launcher; there are none if it doesn't inherit.

    :param clock: tells the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._inherits = inherits()
        # Those of the application, from before there could be an orphan.
        self._others: set[int] = set()
        if self._inherits:
            self._others = {pid for pid, _state in _children()}
        self._next = 0.0
        # The zombies that were found, and when.
        self._found: dict[int, float] = {}

    def reap(self) -> None:
        """Reap the zombies that nobody waits for."""
        now = self._clock()
        if not self._inherits or now < self._next:
            return
        self._next = now + PERIOD
        if not self._has_zombies():
            self._found.clear()
            return
        known = self._others | {p.pid for p in list(mp_process._children)}  # type: ignore[attr-defined]  # private
        zombies = {pid for pid, state in _children() if state == 'Z'} - known
        self._found = {pid: self._found.get(pid, now) for pid in zombies}
        for pid, since in self._found.items():
            if now - since >= GRACE:
                # Somebody may have been faster.
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                LOG.debug('Process %d, an orphan, has ended', pid)

    @staticmethod
    def _has_zombies() -> bool:
        """Whether any child has ended; it stays as it is."""
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_ALL, 0, how) is not None
        except ChildProcessError:
            return False
