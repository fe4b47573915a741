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

"""When an engine stops: anybody may tell it, and the reactor acts on it.

A client that keeps its connection learns of the end from a response that says
``Connection: close``; one that is told in no other way than by a connection
that is closed may have sent a request meanwhile, and that is lost. So what is
connected has some time to ask once more.
"""

from collections.abc import Callable
import math
import time


#: How long what is connected may take to ask once more, in seconds, where
#: somebody accepts meanwhile: this engine, or a successor.
LONG = 2.0

#: The same where nobody does, and the end has to be soon: a round trip, so
#: that a request that is on its way arrives, and a client has the response
#: before anything can take it away.
SHORT = 0.3


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
        #: Whether another one accepts from then on.
        self.has_successor = False

    def tell(self, delay: float, has_successor: bool = False) -> bool:
        """Have it close its listeners once a delay is over.

        A further call doesn't change the delay, unless it wants none at all:
        launchers call stop() more than once. Of the successor, the latest
        call is right.

        :param delay: the delay, in seconds.
        :param has_successor: whether another one accepts.
        :returns: True for the first call.
        """
        self.has_successor = has_successor
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

    def says_close(self) -> bool:
        """Tell whether responses are the last ones of their connections.

        They are in the last seconds of a delay, too.
        """
        return self._clock() >= self._closes_at - LONG

    def is_due(self) -> bool:
        """Tell whether the listeners are to be closed."""
        return self._clock() >= self._closes_at

    def deadline(self, timeout: float | None) -> float:
        """Tell when the drain has to be over, by the clock.

        :param timeout: how long it may take, the delay included.
        """
        return math.inf if timeout is None else self._since + timeout

    def grace(self, deadline: float) -> float:
        """Tell how long what is connected may take from now on, in seconds.

        :param deadline: when the drain has to be over; half of what is left
            until then is for the requests that come.
        """
        left = max(deadline - self._clock(), 0.0)
        return min(LONG if self.has_successor else SHORT, left / 2)
