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
"""What the processes of a server take, over time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
import statistics
import time
from typing import NamedTuple

from wsgiserver.tests.functional import processes

_MB = 1e6

#: How much more than at first each of them may be at last: a part, and a
#: bit that counts where there is little.
_ALLOWED = {
    'group_mb': (0.05, 4.0),
    'master_mb': (0.03, 1.0),
    'worker_mb': (0.05, 2.0),
    'group_files': (0.10, 8.0),
    'master_files': (0.0, 1.0),
    'worker_files': (0.10, 4.0),
}


class Row(NamedTuple):
    """What was measured at one time; a worker's numbers are an average."""

    group_mb: float
    master_mb: float
    worker_mb: float
    group_files: float
    master_files: float
    worker_files: float


class Table:
    """Rows of measurements.

    :param supervisor: the launcher's process.
    :param veterans: tells the workers that nobody kills. What a worker that
        is replaced had taken says nothing of growth.
    """

    def __init__(
        self, supervisor: int, veterans: Callable[[], Collection[int]]
    ) -> None:
        self._begun = time.monotonic()
        self._supervisor = supervisor
        self._veterans = veterans
        self._rows: list[Row] = []

    @staticmethod
    def heading() -> str:
        """Write what the columns are."""
        names = [name.replace('_', ' ') for name in Row._fields]
        return f'{"s":>5} {"answered":>9} ' + ' '.join(
            f'{name:>12}' for name in names
        )

    def row(self, answered: int) -> str:
        """Measure; returns the row as it is shown.

        :param answered: how many requests were answered so far.
        """
        row = self._measure()
        self._rows.append(row)
        seconds = time.monotonic() - self._begun
        numbers = ' '.join(f'{value:12.1f}' for value in row)
        return f'{seconds:5.0f} {answered:9} {numbers}'

    def _measure(self) -> Row:
        workers = processes.children(self._supervisor)
        veterans = self._veterans()
        memory = {pid: _memory(pid) for pid in (self._supervisor, *workers)}
        files = {pid: _files(pid) for pid in (self._supervisor, *workers)}
        return Row(
            sum(memory.values()),
            memory[self._supervisor],
            statistics.mean(memory[pid] for pid in veterans),
            sum(files.values()),
            files[self._supervisor],
            statistics.mean(files[pid] for pid in veterans),
        )

    def growth(self) -> list[str]:
        """Tell what is more in the last third than it was in the first."""
        third = len(self._rows) // 3
        found = []
        for name, (part, bit) in _ALLOWED.items():
            values = [getattr(row, name) for row in self._rows]
            first = statistics.median(values[:third])
            last = statistics.median(values[-third:])
            if last > first * (1 + part) + bit:
                found.append(f'{name}: {first:.1f}, then {last:.1f}')
        return found


def _memory(pid: int) -> float:
    try:
        return processes.resident(pid) / _MB
    except ProcessLookupError:
        # It has ended since it was found.
        return 0.0


def _files(pid: int) -> float:
    try:
        return processes.descriptors(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
