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

"""Slot: the metrics of one worker process, in memory that others read."""

from __future__ import annotations

from bisect import bisect_left
import mmap
import os
import threading
import time

from wsgiserver._metrics import layout
from wsgiserver._metrics import meter
from wsgiserver._metrics import routes

_NONE = routes.Routes([])

#: So many starts of requests, and so long ones in bytes, are known at once:
#: clients may make up as many as they like.
_MOST_KNOWN = 512
_LONGEST_KNOWN = 64


def read_key(data: bytes) -> tuple[str, str]:
    """Method and route that a block is about.

    :param data: the bytes it begins with.
    :returns: the method and the route.
    """
    method, route, _rest = data[: layout.KEY_SIZE].split(b'\0', 2)
    return method.decode(), route.decode()


class Slot(meter.Meter):
    """Slot of this process in shared memory, which counts its metrics.

    They outlive it, however it ends, and go on with the next one in the slot.

    No lock is taken. Python switches between threads at calls and at jumps
    back, and there is neither within ``cells[n] += x``: nothing gets lost.
    A test holds it to that.

    :param memory: the slot, mapped; zeroed, or left by another process.
    :param number: the number of the slot.
    """

    def __init__(self, memory: mmap.mmap, number: int) -> None:
        # Not of the class, where each request would look for it for long.
        self.is_on = True
        self.number = number
        #: The process that has it.
        self.pid = os.getpid()
        self._memory = memory
        self._cells = memoryview(memory).cast('d')
        # Guards the making of blocks.
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], int] = {}
        self._routes = _NONE
        # By the starts of requests, where those tell the route.
        self._blocks: dict[bytes, int] = {}
        self._take()

    def _take(self) -> None:
        """Take over the counters of the slot's last process."""
        cells = self._cells
        cells[0] = layout.VERSION
        size = layout.KEY_SIZE
        for series in range(int(cells[layout.SERIES_USED])):
            block = layout.block(series)
            start = block * layout.CELL
            key = read_key(self._memory[start : start + size])
            self._made[key] = block
        for cell in layout.GAUGES.values():
            cells[cell] = 0.0
        for state in range(len(layout.STATES)):
            cells[layout.STATE + state] = 0.0
        cells[layout.GAUGES['started']] = time.time()
        cells[layout.GAUGES['pid']] = self.pid
        cells[layout.COUNTERS['starts']] += 1
        # The first one, for it takes what there is no room for.
        self._block(layout.OTHER, layout.OTHER)

    def follow(self, found: routes.Routes) -> None:
        """Apply other routes from now on.

        :param found: the routes.
        """
        self._routes = found
        self._blocks = {}

    def _block(self, method: str, route: str) -> int:
        """Block of a series, made if it is the first request."""
        key = (method, route)
        found = self._made.get(key)
        if found is not None:
            return found
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(method, route)
            return self._made[key]

    def _make(self, method: str, route: str) -> int:
        used = int(self._cells[layout.SERIES_USED])
        if used >= layout.MAX_SERIES:
            # Resets have brought that many routes.
            return layout.block(0)
        block = layout.block(used)
        start = block * layout.CELL
        text = f'{method}\0{route}\0'.encode()
        self._memory[start : start + len(text)] = text
        # Last of all, for others read as many.
        self._cells[layout.SERIES_USED] += 1
        return block

    def _find(self, head: meter.Head) -> int:
        """Block of a request, made if it is the first one."""
        method = head.method
        if method not in layout.METHODS:
            method = layout.OTHER
        prefix = head.route_prefix
        block = self._block(method, self._routes.of(head.path))
        if (
            0 < len(prefix) <= _LONGEST_KNOWN
            and len(self._blocks) < _MOST_KNOWN
            and self._routes.is_told_by_first(head.path)
        ):
            self._blocks[prefix] = block
        return block

    # -- what is told -------------------------------------------------------

    def request(
        self,
        head: meter.Head,
        received: int,
        response: meter.Response,
        began: float,
        ended: float,
    ) -> None:
        """Count a request."""
        # Each name here is looked up for each request.
        block = self._blocks.get(head.route_prefix)
        if block is None:
            block = self._find(head)
        seconds = ended - began
        bucket = 0
        if seconds > _FIRST_BOUND:
            bucket = bisect_left(_BOUNDS, seconds)
        cells = self._cells
        cells[block + _ROWS[response.code] + bucket] += 1.0
        cells[block + _DURATION_SUM] += seconds
        cells[block + _BYTES_OUT] += response.sent
        if received:
            cells[block + layout.BYTES_IN] += received
        first_byte = response.first_byte
        if first_byte is not None:
            # Most responses go out in one piece, which needs no such shift.
            cells[block + layout.SHIFT + bucket] -= 1.0
            bucket = bisect_left(_BOUNDS, first_byte - began)
            cells[block + layout.SHIFT + bucket] += 1.0
            cells[block + layout.SHIFT_SUM] += first_byte - ended

    def _count(self, name: str, amount: float = 1.0) -> None:
        self._cells[layout.COUNTERS[name]] += amount

    def accepted(self) -> None:
        """Count a connection."""
        self._count('accepted')

    def accept_failed(self) -> None:
        """Count a connection that could not be accepted."""
        self._count('accept_errors')

    def refused(self, reason: str) -> None:
        """Count a refusal, by its reason."""
        cell = layout.REFUSED + layout.REASONS.index(reason)
        self._cells[cell] += 1.0

    def waited(self, seconds: float) -> None:
        """Count a wait for a worker."""
        cell = layout.WAITS + bisect_left(layout.BOUNDS, seconds)
        self._cells[cell] += 1.0
        self._count('waited')
        self._count('waited_seconds', seconds)

    def overdue(self) -> None:
        """Count an overdue request."""
        self._count('overdue')

    def reset(self, is_refused: bool) -> None:
        """Count a reset."""
        self._count('resets_refused' if is_refused else 'resets')

    def publish(self, states: list[int], **gauges: float) -> None:
        """Publish the gauges."""
        cells = self._cells
        for state, count in enumerate(states):
            cells[layout.STATE + state] = count
        for name, value in gauges.items():
            cells[layout.GAUGES[name]] = value
        cells[layout.GAUGES['updated']] = time.time()


# Names of a module are found faster than attributes of another one.
_BOUNDS = layout.BOUNDS
_FIRST_BOUND = layout.BOUNDS[0]
_DURATION_SUM = layout.DURATION_SUM
_BYTES_OUT = layout.BYTES_OUT

# Where the buckets of a status begin; what is no status counts as an error.
_ROWS = tuple(
    layout.DURATION + min(code // 100, 5) * layout.BUCKETS
    for code in range(1000)
)
