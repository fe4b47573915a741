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

"""Who has the lead: one thread polls, and runs what is fast as well.

The leader polls, and while the application is fast it runs each request
itself, "inline": nothing is handed over, and no two threads fight for the
GIL. But whoever runs an application may be stuck in it, and then somebody
else has to poll. There are three occasions to pass the lead on:

- The smoothed time of the requests has grown: the leader makes another thread
  the leader before it runs a request, and is a worker from then on.
- A request that runs inline takes longer than the ticker's look.
- It waits for its client.

The latter two take the lead from a thread that runs a request and may be done
with it at the same moment. A token decides, and not a lock, for each request
would have to take that. The leader puts its token out when it begins a
request inline, and takes it in again afterwards; whoever wants to pass the
lead on takes it, too. ``list.pop()`` gives it to one of them only:

- The leader has it: nobody took the lead, and it goes on polling. Between two
  requests there is no token, so that nobody takes the lead from who polls.
- Another has it: that one appoints the next leader, with the lock held. It
  may have failed, if the system had no thread for it; so the former leader
  looks who leads, with the lock held as well, and goes on if it does.

A thread leads as long as its ``leading`` says so. It is written by the thread
itself, or by who wakes it; :attr:`Lead.holder` is guarded by the lock.
"""

from __future__ import annotations

from collections.abc import Callable
import threading
import time

from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import pool_thread

#: Above this smoothed time of a request, in seconds, the lead is passed on
#: first: waking a thread costs about a tenth of it.
SLOW = 0.0005

#: What a request counts for at most in that time, in seconds: one slow
#: client must not hide a hundred fast requests.
SLOWEST = 0.01

#: How much the latest request counts in that time.
WEIGHT = 0.1


class Lead:
    """The lead of the threads, and the token of who has it.

    :param lock: guards the pool, and who has the lead.
    :param wake_leader: has another thread lead, with the lock held; returns
        None if there is none.
    """

    __slots__ = (
        'holder',
        'smoothed',
        'begun',
        'alarm',
        '_lock',
        '_wake_leader',
    )

    def __init__(
        self,
        lock: threading.Lock,
        wake_leader: Callable[[], pool_thread.PoolThread | None],
    ) -> None:
        #: The thread that leads.
        self.holder: pool_thread.PoolThread | None = None
        #: The smoothed time of the requests, in seconds. Threads that are
        #: done at once may lose one of two.
        self.smoothed = 0.0
        #: How many requests were begun inline; only the leader writes it.
        self.begun = 0
        #: Called with each of them, while somebody sleeps until the next.
        self.alarm: Callable[[], None] | None = None
        self._lock = lock
        self._wake_leader = wake_leader

    def run(
        self,
        me: pool_thread.PoolThread,
        connection: engine_connection.Connection,
    ) -> None:
        """Run the request of a connection, and note how long that takes."""
        began = time.monotonic()
        taken = connection.run(me.ident, began, me.store) - began
        if taken > SLOWEST:
            # A single long one is the ticker's to deal with.
            taken = SLOWEST
        self.smoothed += (taken - self.smoothed) * WEIGHT

    def run_inline(
        self,
        me: pool_thread.PoolThread,
        connection: engine_connection.Connection,
    ) -> None:
        """The same in the leader, which may have lost the lead afterwards."""
        self.begun += 1
        me.token.append(None)
        alarm = self.alarm
        if alarm is not None:
            alarm()
        self.run(me, connection)
        try:
            me.token.pop()
        except IndexError:
            with self._lock:
                me.leading = self.holder is me

    def pass_on(self) -> bool:
        """Appoint another leader; called with the lock held.

        :returns: False if there is no other; this one goes on leading then.
        """
        leader = self._wake_leader()
        if leader is None:
            return False
        self.holder = leader
        return True

    def take_from(self, leader: pool_thread.PoolThread) -> bool:
        """Pass the lead on, if its holder runs a request inline; locked.

        :returns: False if it doesn't.
        """
        try:
            leader.token.pop()
        except IndexError:
            return False
        self.pass_on()
        return True

    def relieve(self) -> bool:
        """Have another lead in place of a leader that runs a request.

        :returns: False if it runs none.
        """
        with self._lock:
            return self.holder is not None and self.take_from(self.holder)
