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

"""Tells when the leading thread is stuck in a request."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

from wsgiserver._engine import pool_thread

#: How often the ticker looks at the leader, in seconds. A request of a stuck
#: leader holds up the others for at most two of these.
LOOK = 0.002

#: After this many looks without a request, the ticker sleeps.
LOOKS_IDLE = 50


class Ticker:
    """Looks at the leader again and again, in a thread of its own.

    :param relieve: called when no request has begun since the last look;
        takes the lead from a leader that is in one, and tells whether it was.
    """

    def __init__(self, relieve: Callable[[], bool]) -> None:
        self._relieve = relieve
        # Counts the requests that leaders run; only the leader writes it.
        self._serial = 0
        self._wake = threading.Event()
        self._is_asleep = False
        self._is_over = False

    def begin(self, leader: pool_thread.PoolThread) -> None:
        """Note that the leader runs a request now."""
        self._serial += 1
        leader.inline.append(None)
        if self._is_asleep:
            self._wake.set()

    def run(self) -> None:
        """Be the ticker, until the end."""
        seen = -1
        idle = 0
        while not self._is_over:
            time.sleep(LOOK)
            serial = self._serial
            if serial != seen:
                seen = serial
                idle = 0
            elif not self._relieve():
                idle += 1
                if idle > LOOKS_IDLE:
                    self._sleep(seen)
                    idle = 0

    def _sleep(self, seen: int) -> None:
        self._wake.clear()
        self._is_asleep = True
        # The leader writes the serial first and then looks here.
        if self._serial == seen and not self._is_over:
            self._wake.wait()
        self._is_asleep = False

    def end(self) -> None:
        """End the thread; any other may call it."""
        self._is_over = True
        self._wake.set()
