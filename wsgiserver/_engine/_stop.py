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

"""When an engine stops: anybody may tell it, and the reactor acts on it."""

from collections.abc import Callable
import math
import time


class Stop:
    """What an engine was told about its end.

    Any thread may tell it, and a signal handler: there is no lock.

    :param clock: tells the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # Whoever takes what is in here is the first to tell.
        self._untold = [None]
        self._since = math.inf
        self._closes_at = math.inf

    def tell(self, delay: float) -> bool:
        """Have it close its listeners once a delay is over.

        A further call changes nothing, unless it wants no delay at all:
        launchers call stop() more than once.

        :param delay: the delay, in seconds.
        :returns: True for the first call.
        """
        now = self._clock()
        try:
            self._untold.pop()
            is_first = True
        except IndexError:
            is_first = False
        self._since = min(self._since, now)
        if is_first or not delay:
            # Two threads may be here, in either order.
            self._closes_at = min(self._closes_at, now + delay)
        return is_first

    @property
    def was_told(self) -> bool:
        """Whether it is to stop, now or after the delay."""
        return self._closes_at < math.inf

    def is_due(self) -> bool:
        """Tell whether the listeners are to be closed."""
        return self._clock() >= self._closes_at

    def deadline(self, timeout: float | None) -> float:
        """Tell when the drain has to be over, by the clock.

        :param timeout: how long it may take, the delay included.
        """
        return math.inf if timeout is None else self._since + timeout
