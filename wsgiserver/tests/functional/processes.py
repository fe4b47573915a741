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

"""What /proc tells of the processes of a server."""

from __future__ import annotations

import os
from typing import NamedTuple

_TICKS = os.sysconf('SC_CLK_TCK')
_PAGE = os.sysconf('SC_PAGE_SIZE')


class _Stat(NamedTuple):
    state: str
    parent: int
    cpu: float
    resident: int


def _stat(pid: int) -> _Stat | None:
    try:
        with open(f'/proc/{pid}/stat', encoding='latin-1') as file:
            # A name may have spaces and parentheses of its own.
            fields = file.read().rpartition(')')[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    cpu = (int(fields[11]) + int(fields[12])) / _TICKS
    return _Stat(fields[0], int(fields[1]), cpu, int(fields[21]) * _PAGE)


def _existing(pid: int) -> _Stat:
    found = _stat(pid)
    if found is None:
        raise ProcessLookupError(pid)
    return found


def is_running(pid: int) -> bool:
    """Tell whether a process is there, and not only its remains."""
    found = _stat(pid)
    return found is not None and found.state not in 'ZX'


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used, in seconds."""
    return _existing(pid).cpu


def resident(pid: int) -> int:
    """The memory that a process has, in bytes."""
    return _existing(pid).resident


def descriptors(pid: int) -> int:
    """How many files and sockets a process has open."""
    return len(os.listdir(f'/proc/{pid}/fd'))


def children(parent: int) -> set[int]:
    """The processes that a process has started and that run."""
    pids = [int(name) for name in os.listdir('/proc') if name.isdecimal()]
    found = {pid: stat for pid in pids if (stat := _stat(pid))}
    return {
        pid
        for pid, stat in found.items()
        if stat.parent == parent and stat.state not in 'ZX'
    }
