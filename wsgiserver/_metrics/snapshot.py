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

"""Snapshot of the metrics of all worker processes, put together."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import socket
import struct
import time
from typing import Any

from wsgiserver._metrics import backlog as metrics_backlog
from wsgiserver._metrics import layout
from wsgiserver._metrics import shared_memory
from wsgiserver._metrics import slot

Cells = Sequence[float]


def _added(lists: Iterable[Cells]) -> list[float]:
    return [sum(column) for column in zip(*lists, strict=True)]


@dataclasses.dataclass(frozen=True)
class Series:
    """Series: the requests of a method and a route.

    :param method: the method; ``other`` for the rare ones.
    :param route: the route prefix; ``other`` where there is none.
    :param cells: the cells of its block in shared memory, its key aside.
    """

    method: str
    route: str
    cells: list[float]

    def _part(self, first: int, count: int = 1) -> list[float]:
        first -= layout.DURATION
        return self.cells[first : first + count]

    @property
    def statuses(self) -> dict[str, float]:
        """Number of requests by class of status."""
        size = layout.BUCKETS
        return {
            name: sum(self._part(layout.DURATION + row * size, size))
            for row, name in enumerate(layout.CLASSES)
        }

    @property
    def count(self) -> float:
        """Number of requests."""
        return sum(self.duration)

    @property
    def duration(self) -> list[float]:
        """Number of requests by duration, in buckets."""
        size = layout.BUCKETS
        return _added(
            self._part(layout.DURATION + row * size, size)
            for row in range(len(layout.CLASSES))
        )

    @property
    def duration_sum(self) -> float:
        """Sum of the durations, in seconds."""
        return self._part(layout.DURATION_SUM)[0]

    @property
    def first_byte(self) -> list[float]:
        """Number of requests by time to the first byte, in buckets."""
        shift = self._part(layout.SHIFT, layout.BUCKETS)
        return _added([self.duration, shift])

    @property
    def first_byte_sum(self) -> float:
        """Sum of the times to the first byte, in seconds."""
        return self.duration_sum + self._part(layout.SHIFT_SUM)[0]

    @property
    def bytes_in(self) -> float:
        """Bytes of request bodies, as far as they were read."""
        return self._part(layout.BYTES_IN)[0]

    @property
    def bytes_out(self) -> float:
        """Bytes of response bodies."""
        return self._part(layout.BYTES_OUT)[0]

    def as_dict(self) -> dict[str, Any]:
        """Dictionary for JSON."""
        return {
            'method': self.method,
            'route': self.route,
            'requests': self.statuses,
            **{
                name: getattr(self, name)
                for name in (
                    *('duration', 'duration_sum', 'first_byte'),
                    *('first_byte_sum', 'bytes_in', 'bytes_out'),
                )
            },
        }


def merged(groups: Iterable[Iterable[Series]]) -> list[Series]:
    """Series of several processes, put together.

    :param groups: the series of each.
    :returns: one for each method and route, in their order.
    """
    found: dict[tuple[str, str], list[list[float]]] = {}
    for group in groups:
        for each in group:
            key = (each.route, each.method)
            found.setdefault(key, []).append(each.cells)
    return [
        Series(method, route, _added(cells))
        for (route, method), cells in sorted(found.items())
    ]


@dataclasses.dataclass(frozen=True)
class WorkerSnapshot:
    """Metrics of a slot, and of the process that has it.

    :param number: the number of the slot, from 0 on.
    :param is_alive: whether a process has it; the gauges mean nothing else.
    :param counters: what was counted in the slot, by name.
    :param gauges: how the process is, by name.
    :param states: its connections, by their state.
    :param refused: what was refused, by reason.
    :param waits: how many requests waited so long for a worker, by the
        buckets; those that did not wait are in none.
    :param series: the requests.
    """

    number: int
    is_alive: bool
    counters: dict[str, float]
    gauges: dict[str, float]
    states: dict[str, float]
    refused: dict[str, float]
    waits: list[float]
    series: list[Series]

    @classmethod
    def read(cls, number: int, data: bytes, is_alive: bool) -> WorkerSnapshot:
        """Snapshot of a slot.

        :param number: its number.
        :param data: its bytes, as far as they are in use.
        :param is_alive: whether a process has it.
        """
        cells: list[float] = [*struct.unpack(f'{len(data) // 8}d', data)]

        def region(first: int, names: Sequence[str]) -> dict[str, float]:
            return dict(zip(names, cells[first:], strict=False))

        return cls(
            number=number,
            is_alive=is_alive,
            counters={n: cells[p] for n, p in layout.COUNTERS.items()},
            gauges={n: cells[p] for n, p in layout.GAUGES.items()},
            states=region(layout.STATE, layout.STATES),
            refused=region(layout.REFUSED, layout.REASONS),
            waits=cells[layout.WAITS :][: layout.BUCKETS],
            series=[*_series(data, cells)],
        )

    def as_dict(self) -> dict[str, Any]:
        """Dictionary for JSON."""
        series = merged([self.series])
        total = _total(series)
        return {
            'worker': self.number,
            **{n: int(self.gauges[n]) for n in ('pid', 'memory')},
            'engine': 'threading' if self.gauges['threads'] else 'eventlet',
            **{
                name: self.gauges[name]
                for name in (
                    *('started', 'updated', 'processor_time'),
                    'reactor_lag',
                )
            },
            'pool': {
                name: self.gauges[name]
                for name in (
                    *('pool_size', 'busy', 'waiting', 'queued'),
                    'oldest_wait',
                )
            },
            'connections': self.states,
            'total': {
                **total.as_dict(),
                **self.counters,
                'waits': _with_no_wait(self.waits, total.count),
                'refused': self.refused,
            },
        }


def _series(data: bytes, cells: list[float]) -> Iterable[Series]:
    for number in range(int(cells[layout.SERIES_USED])):
        block = layout.block(number)
        start = block * layout.CELL
        end = block + layout.BLOCK_CELLS
        yield Series(
            *slot.read_key(data[start : start + layout.KEY_SIZE]),
            cells[block + layout.DURATION : end],
        )


def _total(series: Iterable[Series]) -> Series:
    size = layout.BLOCK_CELLS - layout.DURATION
    return Series(
        'all', 'all', _added([[0.0] * size, *(s.cells for s in series)])
    )


def _with_no_wait(waits: list[float], count: float) -> list[float]:
    """Waits with those who did not wait, in the first bucket."""
    return [waits[0] + max(count - sum(waits), 0.0), *waits[1:]]


@dataclasses.dataclass(frozen=True)
class Report:
    """Report of a server's metrics.

    :param name: the name of the server.
    :param listeners: name, backlog and its limit of each listening socket.
    :param refused_resets: how many resets the launcher refused.
    :param slots: all slots, with a process or without.
    """

    name: str
    listeners: list[tuple[str, int | None, int | None]]
    refused_resets: float
    slots: list[WorkerSnapshot]

    @property
    def workers(self) -> list[WorkerSnapshot]:
        """Slots that a process has."""
        return [each for each in self.slots if each.is_alive]

    @property
    def series(self) -> list[Series]:
        """Requests, by method and route."""
        return merged(each.series for each in self.slots)

    @property
    def counters(self) -> dict[str, float]:
        """Counters of all processes, added."""
        counters = self._added('counters', layout.COUNTERS)
        counters['resets_refused'] += self.refused_resets
        return counters

    @property
    def refused(self) -> dict[str, float]:
        """Number of refusals by reason."""
        return self._added('refused', layout.REASONS)

    def _added(self, name: str, keys: Iterable[str]) -> dict[str, float]:
        return {
            key: sum((getattr(each, name)[key] for each in self.slots), 0.0)
            for key in keys
        }

    @property
    def waits(self) -> list[float]:
        """Number of requests by their wait for a worker, in buckets."""
        waits = _added([[0.0] * layout.BUCKETS, *self._waits()])
        return _with_no_wait(waits, _total(self.series).count)

    def _waits(self) -> list[list[float]]:
        return [each.waits for each in self.slots]

    def as_dict(self) -> dict[str, Any]:
        """Dictionary for JSON."""
        return {
            'server': self.name,
            'time': time.time(),
            'bounds': [*layout.BOUNDS],
            'listeners': [
                {'name': name, 'backlog': backlog, 'limit': limit}
                for name, backlog, limit in self.listeners
            ],
            'workers': [worker.as_dict() for worker in self.workers],
            'series': [each.as_dict() for each in self.series],
            'total': {
                **_total(self.series).as_dict(),
                **self.counters,
                'waits': self.waits,
                'refused': self.refused,
            },
        }


class Statistics:
    """``wsgiserver.statistics``: reads the metrics of a server.

    :param name: the name of the server.
    :param memory: the memory that its processes share.
    :param listeners: names and listening sockets, which may be closed.
    """

    def __init__(
        self,
        name: str,
        memory: shared_memory.SharedMemory,
        listeners: Sequence[tuple[str, socket.socket]],
    ) -> None:
        self._name = name
        self._memory = memory
        self._listeners = listeners

    def read(self) -> Report:
        """Report of all processes; any thread may call it."""
        return Report(
            self._name,
            metrics_backlog.of_all(self._listeners),
            self._memory.refused_resets,
            [
                WorkerSnapshot.read(number, data, is_alive)
                for number, data, is_alive in self._memory.slots()
            ],
        )
