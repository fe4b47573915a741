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


"""A latch: threads wait at it until it is opened, and signals get through."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Protocol

#: For how long at most a thread waits without a look, in seconds.
LOOK = 1.0


class Lock(Protocol):
    """What a latch takes of a lock."""

    def acquire(self, blocking: bool = ..., timeout: float = ...) -> bool:
        """Take it, or tell that the time is over."""

    def release(self) -> None:
        """Give it back."""


class Latch:
    """Opened once, by any thread; then nobody waits at it any more.

    Signal handlers of Python run in the main thread, between two of its
    instructions. A lock that is waited for without an end lets none of them
    run if the signal came right ahead of the wait, or to another thread: the
    stop that it asks for would never be. So a wait is done in pieces.

    :param lock: one that no library replaced; it becomes the latch's own.
    :param clock: tells the time, in seconds.
    """

    def __init__(
        self, lock: Lock, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = lock
        self._clock = clock
        lock.acquire()

    def open(self) -> None:
        """Let everybody pass; to be called once."""
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is open; several threads may.

        :param timeout: how long at most, in seconds; None for ever.
        :returns: False if the time is over.
        """
        left = LOOK
        end = None if timeout is None else self._clock() + timeout
        while True:
            if end is not None:
                left = max(0.0, end - self._clock())
            if self._lock.acquire(timeout=min(left, LOOK)):
                # It is one lock for all who wait.
                self._lock.release()
                return True
            if left <= 0:
                return False
