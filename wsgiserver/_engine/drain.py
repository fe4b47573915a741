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

"""The drain of an engine, from its last accept to its last connection."""

from __future__ import annotations

from collections.abc import Mapping
import math
import time

from wsgiserver._engine import acceptor as engine_acceptor
from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import stop_state

_Connections = Mapping[int, engine_connection.Connection]


class Drain:
    """Has connections end, each at the first moment that loses nothing.

    All but :attr:`is_on` and :attr:`was_given_up` is the reactor's.

    :param stop: what the engine was told about its end.
    :param acceptor: accepts, until then.
    :param connections: all of the engine, by descriptor.
    :param parked: those that no worker has.
    """

    def __init__(
        self,
        stop: stop_state.Stop,
        acceptor: engine_acceptor.Acceptor,
        connections: _Connections,
        parked: _Connections,
    ) -> None:
        #: True once it has begun, and once it didn't end in time.
        self.is_on = False
        self.was_given_up = False
        self._stop = stop
        self._acceptor = acceptor
        self._connections = connections
        self._parked = parked
        self._until = math.inf

    def begin(self, timeout: float | None) -> None:
        """Stop accepting.

        :param timeout: how long it may take since the stop, in seconds; None
            for any time.
        """
        self.is_on = True
        self._until = self._stop.deadline(timeout)
        if not self._stop.has_successor:
            # Nobody else would answer them.
            self._acceptor.empty()
        self._acceptor.close()
        self.shorten_deadlines()

    def shorten_deadlines(self) -> None:
        """Have parked connections wait for their clients a little longer.

        For the next request, that is, or for the next step towards it. Called
        on every tick, for workers park others; it only shortens deadlines.
        """
        grace = self._stop.grace(self._until)
        soon = time.monotonic() + grace
        for connection in list(self._parked.values()):
            connection.shorten_deadline(soon)

    def is_over(self) -> bool:
        """Tell whether the last connection is gone."""
        return self.is_on and not self._connections

    def is_late(self, now: float) -> bool:
        """Tell whether it has taken too long.

        :param now: the time, by the monotonic clock.
        """
        return self._until <= now

    def give_up(self) -> int:
        """Cut what there is still; the launcher would do it next.

        :returns: how many connections that are.
        """
        left = list(self._connections.values())
        self.was_given_up = True
        self._until = math.inf
        for connection in left:
            connection.cut()
        return len(left)
