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
"""Pauses of the process itself: SIGSTOP, a frozen container, a moved VM.

Who counts how long others stand still has to know for how long it stood still
itself, for all of them may have.
"""

from collections.abc import Callable
import time

#: What a turn may take beyond its usual time, in seconds.
TOLERANCE = 1.0


class PauseDetector:
    """Pause detector: notices that a loop did not turn for a while.

    :param period: how long a turn takes at most, in seconds.
    :param clock: tells the time, in seconds.
    """

    def __init__(
        self, period: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._period = period
        self._clock = clock
        self._last = clock()

    def lost_time(self) -> float:
        """Seconds that this process stood still; called at each turn.

        :returns: the time since the last call, without that of a turn, in
            seconds; 0 if the turn was as long as others.
        """
        now = self._clock()
        lost = now - self._last - self._period
        self._last = now
        return lost if lost > TOLERANCE else 0.0
