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

"""How fast new connections are taken, so that other workers get some."""

from collections.abc import Callable
import math
import os
import time

#: How many connections in a row are taken one at a time.
FEW = 24

#: How many are taken at a time beyond these: it is a flood, and who gets
#: how many matters less than that they are taken.
BATCH = 16

#: After so many seconds without one, a row begins anew.
QUIET = 0.02

#: How much longer each of the few is waited for than the one before, in
#: seconds. Of 64 connections that come at once, each of four workers on two
#: processors gets 10 to 22; without these rests, some get none. They add up
#: to 7 ms for a row.
REST = 0.00002


class Pace:
    """Has a worker take a rest among connections that come at once.

    Workers that were woken have to run before they can take their share,
    and while there are fewer processors than workers, whoever has one
    empties the queue. The more a worker has taken, the longer it rests, so
    that those that have fewer catch up.

    :param sleep: as ``time.sleep``, which eventlet may have replaced.
    :param clock: tells the time, in seconds.
    """

    def __init__(
        self,
        sleep: Callable[[float], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._row = 0
        self._latest = -math.inf

    def batch(self) -> int:
        """Tell how many connections to take now."""
        if self._clock() - self._latest > QUIET:
            self._row = 0
        return 1 if self._row < FEW else BATCH

    def rest(self) -> None:
        """Let other workers run; called after a batch."""
        if 0 < self._row < FEW:
            self._sleep(REST * self._row)
        else:
            os.sched_yield()
        self._row += 1
        self._latest = self._clock()
