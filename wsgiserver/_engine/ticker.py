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

"""Takes the lead from a thread that is stuck in a request."""

from __future__ import annotations

import threading
import time

from wsgiserver._engine import lead as engine_lead

#: How often the ticker looks at the leader, in seconds. A request of a stuck
#: leader holds up the others for at most two of these.
LOOK = 0.002

#: After this many looks without a request, the ticker sleeps.
LOOKS_IDLE = 50


class Ticker:
    """Looks at the leader again and again, in a thread of its own.

    :param lead: what it has passed on when no request has begun since the
        last look.
    """

    def __init__(self, lead: engine_lead.Lead) -> None:
        self._lead = lead
        self._wake = threading.Event()
        self._is_over = False

    def run(self) -> None:
        """Look at the leader until the end."""
        seen = -1
        idle = 0
        while not self._is_over:
            time.sleep(LOOK)
            begun = self._lead.begun
            if begun != seen:
                seen = begun
                idle = 0
            elif not self._lead.relieve():
                idle += 1
                if idle > LOOKS_IDLE:
                    self._sleep(seen)
                    idle = 0

    def _sleep(self, seen: int) -> None:
        self._wake.clear()
        self._lead.alarm = self._wake.set
        # The leader counts the request first and then looks for an alarm.
        if self._lead.begun == seen and not self._is_over:
            self._wake.wait()
        self._lead.alarm = None

    def end(self) -> None:
        """End the thread; any other may call it."""
        self._is_over = True
        self._wake.set()
