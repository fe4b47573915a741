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

"""Shared memory of a server's worker processes, with a slot for each."""

from __future__ import annotations

from collections.abc import Iterator
import fcntl
import mmap
from multiprocessing import reduction
import os
import struct
from typing import Any
import weakref

from wsgiserver._metrics import layout
from wsgiserver._metrics import slot

# A byte that is locked while the memory grows; behind those of all slots.
_GROWTH = 1 << 40

# What is ahead of the slots: how many resets the launcher has refused.
_HEADER = mmap.ALLOCATIONGRANULARITY
_REFUSED = struct.Struct('d')

# struct flock (fcntl(2)).
_FLOCK = '@hhqqi'


class SharedMemory:
    """Shared memory: slots for the metrics of worker processes.

    It is made before the processes are, and they inherit it, or get it by
    ``spawn``. A process takes a slot for as long as it lives; the next one
    in the slot goes on with its counters, so that none of them ever sinks,
    and there are only as many slots as there were processes at a time.

    Who has a slot holds a lock on a byte (fcntl(2), F_SETLK), which the
    kernel takes back with the process: no process has to be watched, and
    one that was killed leaves its metrics behind. It is given back as well
    when the process closes any descriptor of the memory, which a mapping has
    too: who drops a slot loses it.

    :raises OSError: if the system has no memory to share.
    """

    def __init__(self) -> None:
        self._take(os.memfd_create('wsgiserver', os.MFD_CLOEXEC))

    def _take(self, descriptor: int) -> None:
        if os.fstat(descriptor).st_size < _HEADER:
            os.ftruncate(descriptor, _HEADER)
        self._descriptor = descriptor
        # Nobody says when a server will not be started again.
        weakref.finalize(self, os.close, descriptor)

    def __getstate__(self) -> object:
        return reduction.DupFd(self._descriptor)

    def __setstate__(self, descriptor: Any) -> None:
        fileno = descriptor.detach()
        os.set_inheritable(fileno, False)
        self._take(fileno)

    def claim(self) -> slot.Slot:
        """Claim the first slot that no living process has.

        :returns: the slot, which is this process' until it ends.
        :raises OSError: if there is no memory for another one.
        """
        number = 0
        while not self._lock(number):
            number += 1
        return slot.Slot(self._map(number), number)

    def _lock(self, number: int) -> bool:
        try:
            fcntl.lockf(
                self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number
            )
        except BlockingIOError:
            return False
        return True

    def _map(self, number: int) -> mmap.mmap:
        end = _offset(number + 1)
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, _GROWTH)
        try:
            if os.fstat(self._descriptor).st_size < end:
                os.ftruncate(self._descriptor, end)
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, _GROWTH)
        return mmap.mmap(
            self._descriptor,
            layout.SLOT_SIZE,
            offset=end - layout.SLOT_SIZE,
        )

    def refuse_reset(self) -> None:
        """Count a reset that no worker was told of; for the launcher."""
        count = _REFUSED.pack(self.refused_resets + 1)
        os.pwrite(self._descriptor, count, 0)

    @property
    def refused_resets(self) -> float:
        """Number of resets that no worker was told of."""
        data = os.pread(self._descriptor, _REFUSED.size, 0)
        return float(_REFUSED.unpack(data)[0])

    def slots(self) -> Iterator[tuple[int, bytes, bool]]:
        """All slots; any process that has the memory may read them.

        :returns: of each, its number, the bytes in use, and whether a
            process has it.
        """
        size = os.fstat(self._descriptor).st_size - _HEADER
        for number in range(size // layout.SLOT_SIZE):
            data = self._read(number)
            if memoryview(data).cast('d')[0] == layout.VERSION:
                yield number, data, self._is_taken(number, data)

    def _read(self, number: int) -> bytes:
        start = _offset(number)
        head = layout.HEAD_CELLS * layout.CELL
        data = os.pread(self._descriptor, head, start)
        used = int(memoryview(data).cast('d')[layout.SERIES_USED])
        blocks = layout.block(used) * layout.CELL - head
        return data + os.pread(self._descriptor, blocks, start + head)

    def _is_taken(self, number: int, data: bytes) -> bool:
        # Nobody is told of a lock of its own.
        if self._pid(data) == os.getpid():
            return True
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)
        found = fcntl.fcntl(self._descriptor, fcntl.F_GETLK, asked)
        return bool(struct.unpack(_FLOCK, found)[0] != fcntl.F_UNLCK)

    @staticmethod
    def _pid(data: bytes) -> int:
        return int(memoryview(data).cast('d')[layout.GAUGES['pid']])


def _offset(number: int) -> int:
    """Offset of a slot, in bytes."""
    return _HEADER + number * layout.SLOT_SIZE
