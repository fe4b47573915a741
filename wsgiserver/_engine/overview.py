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


"""What runs in an engine, and what has run for too long."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import sys
import time
import traceback

from wsgiserver._engine import connection as engine_connection
from wsgiserver._http import head as http_head
from wsgiserver._log import request_identity


@dataclasses.dataclass(frozen=True)
class Running:
    """A request that runs.

    :param method: its method.
    :param target: its target, as it came.
    :param peer: the client's address.
    :param age: how long it has run, in seconds.
    :param stack: where it is.
    :param ids: its request ids; '-' as long as it has none.
    """

    method: str
    target: str
    peer: str
    age: float
    stack: traceback.StackSummary
    ids: str

    def __str__(self) -> str:
        return (
            f'{self.method!r} {self.target!r} from {self.peer!r}, '
            f'request id {self.ids!r}, {self.age:.3f} s'
        )


#: Tells where a worker is.
StackOf = Callable[[object], traceback.StackSummary]


def thread_stack(worker: object) -> traceback.StackSummary:
    """Tell where a thread is.

    :param worker: its identifier.
    :returns: nothing if it has ended.
    """
    assert isinstance(worker, int)
    frame = sys._current_frames().get(worker)
    if frame is None:
        return traceback.StackSummary()
    return traceback.extract_stack(frame)


def describe(
    connection: engine_connection.Connection, stack_of: StackOf
) -> Running | None:
    """Describe the request that a connection runs.

    :param connection: the connection, which another thread may have.
    :param stack_of: tells where its worker is.
    :returns: None if it runs none.
    """
    worker, head = connection.worker, connection.head
    if worker is None or head is None:
        return None
    return Running(
        head.method,
        head.uri,
        connection.peer[0],
        time.monotonic() - connection.began,
        stack_of(worker),
        str(request_identity.Identity(connection.environ or {})),
    )


_Head = http_head.RequestHead


class Overdue:
    """Finds the requests that have run for too long, each of them once.

    :param clock: tells the time, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # The head of the request that was found on each connection; every
        # request has one of its own.
        self._found: dict[engine_connection.Connection, _Head] = {}

    def find(
        self,
        connections: Iterable[engine_connection.Connection],
        limit: float | None,
    ) -> list[tuple[engine_connection.Connection, _Head]]:
        """Find those that run a request which is overdue only now.

        :param connections: all of the engine.
        :param limit: how long a request may run, in seconds; None for ever.
        :returns: the connections, each with the head of that request.
        """
        if limit is None:
            return []
        latest = self._clock() - limit
        late: dict[engine_connection.Connection, _Head] = {}
        for connection in connections:
            # The head first: what began is then this request or a later one.
            head = connection.head
            if (
                head is not None
                and connection.worker is not None
                and connection.began <= latest
            ):
                late[connection] = head
        before, self._found = self._found, late
        return [
            (connection, head)
            for connection, head in late.items()
            if before.get(connection) is not head
        ]
