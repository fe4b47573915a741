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

"""The slots in which requests run, and who waits for one."""

from __future__ import annotations

import collections
import time

from wsgiserver._engine import connection as engine_connection


class Pool:
    """Counts the workers that run something.

    On threads, its methods are called with the engine's lock held.
    """

    __slots__ = ('busy', 'waiting', 'queue')

    def __init__(self) -> None:
        #: How many workers run something, a leading one aside.
        self.busy = 0
        #: How many gave up their slot to wait for their client.
        self.waiting = 0
        #: Connections for which there was no worker.
        self.queue: collections.deque[engine_connection.Connection] = (
            collections.deque()
        )

    def enqueue(self, connection: engine_connection.Connection) -> None:
        """Have a connection wait for a worker.

        :param connection: it has a request.
        """
        connection.queued = time.monotonic()
        self.queue.append(connection)

    def longest_wait(self, now: float) -> float:
        """Tell for how long the first connection has waited, in seconds.

        :param now: the time, by the monotonic clock.
        """
        try:
            return now - self.queue[0].queued
        except IndexError:
            return 0.0

    def release_slot(self, limit: int) -> bool:
        """Give up the slot, to wait for the client.

        Clients that send or read slowly would have the whole pool otherwise,
        and nobody else an answer.

        :param limit: how many may wait so.
        :returns: False if as many wait already; the slot is kept then.
        """
        if self.waiting >= limit:
            return False
        self.waiting += 1
        self.busy -= 1
        return True

    def retake_slot(self) -> None:
        """Take a slot again; for that moment there may be one too many."""
        self.waiting -= 1
        self.busy += 1

    def take_next(self, slots: int) -> engine_connection.Connection | None:
        """Take a connection that waits for a worker, and a slot for it.

        :param slots: how many there are.
        :returns: None if nobody waits or no slot is free.
        """
        if self.queue and self.busy < slots:
            self.busy += 1
            return self.queue.popleft()
        return None

    def put_back(self, connection: engine_connection.Connection) -> None:
        """Undo :meth:`take_next`."""
        self.busy -= 1
        self.queue.appendleft(connection)
