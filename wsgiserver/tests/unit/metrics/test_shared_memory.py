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

"""The memory that processes share, over their life and death."""

from collections.abc import Callable
import contextlib
import multiprocessing
import os
import signal

from wsgiserver import _metrics
from wsgiserver._metrics import layout
from wsgiserver.tests import base
from wsgiserver.tests.unit.metrics import fakes


def count(
    memory: _metrics.SharedMemory, path: str, times: int
) -> _metrics.Slot:
    """Take a slot and count requests, in a process of its own."""
    slot = memory.claim()
    slot.follow(_metrics.Routes(['/v1', '/v2']))
    for _turn in range(times):
        slot.request(fakes.Head('GET', path), 0, fakes.Response(), 0, 0.1)
    return slot


def count_and_wait(
    memory: _metrics.SharedMemory, path: str, times: int, ready: int
) -> None:
    """The same, and live on."""
    slot = count(memory, path, times)
    os.write(ready, b'.')
    # It has the slot for as long as it knows it.
    while slot.number >= 0:
        signal.pause()


class SharedMemoryTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.memory = _metrics.SharedMemory()
        self.statistics = _metrics.Statistics('some', self.memory, [])

    def fork(self, call: Callable[..., object], *args: object) -> int:
        """Call something in a forked process; returns its id."""
        pid = os.fork()
        if not pid:
            with contextlib.suppress(BaseException):
                call(self.memory, *args)
            os._exit(0)
        return pid

    def worker(self, path: str, times: int) -> int:
        """Start a process that has counted and lives on."""
        reading, ready = os.pipe()
        pid = self.fork(count_and_wait, path, times, ready)
        os.close(ready)
        self.addCleanup(os.close, reading)
        self.addCleanup(self.kill, pid)
        self.assertEqual(b'.', os.read(reading, 1))
        return pid

    def kill(self, pid: int) -> None:
        """Kill a process, unless that was done."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def report(self) -> _metrics.Report:
        return self.statistics.read()

    def counted(self) -> dict[str, float]:
        return {s.route: s.count for s in self.report().series if s.count}

    def alive(self) -> list[tuple[int, int]]:
        """List the slots that are taken, and who has them."""
        return [
            (worker.number, int(worker.gauges['pid']))
            for worker in self.report().workers
        ]

    def test_one_that_nobody_uses_is_empty(self) -> None:
        self.assertEqual([], self.report().slots)
        self.assertEqual({}, self.counted())
        self.assertEqual([0.0] * layout.BUCKETS, self.report().waits)
        self.assertEqual([], self.report().as_dict()['workers'])

    def test_each_process_has_a_seat(self) -> None:
        pids = [self.worker('/v1', 2), self.worker('/v1', 3)]
        ours = self.memory.claim()
        self.assertEqual(
            [(0, pids[0]), (1, pids[1]), (ours.number, os.getpid())],
            self.alive(),
        )
        self.assertEqual({'/v1': 5}, self.counted())
        self.assertEqual(3, self.report().counters['starts'])

    def test_the_figures_of_a_killed_process_stay(self) -> None:
        first, second = self.worker('/v1', 2), self.worker('/v2', 3)
        self.kill(first)
        self.assertEqual({'/v1': 2, '/v2': 3}, self.counted())
        self.assertEqual([(1, second)], self.alive())

    def test_the_next_process_goes_on_in_the_seat(self) -> None:
        first, second = self.worker('/v1', 2), self.worker('/v2', 3)
        self.kill(first)
        third = self.worker('/v2', 4)
        self.assertEqual([(0, third), (1, second)], self.alive())
        self.assertEqual({'/v1': 2, '/v2': 7}, self.counted())
        self.assertEqual(2, len(self.report().slots))
        self.assertEqual(3, self.report().counters['starts'])

    def test_what_is_not_a_count_does_not_outlive_its_process(self) -> None:
        def publish(memory: _metrics.SharedMemory) -> None:
            memory.claim().publish([9] * 6, busy=9)

        os.waitpid(self.fork(publish), 0)
        ours = self.memory.claim()
        self.assertEqual(0, ours.number)
        [worker] = self.report().workers
        self.assertEqual(0, worker.gauges['busy'])
        self.assertEqual({0}, {*worker.states.values()})

    def test_seats_do_not_grow_in_number_with_restarts(self) -> None:
        for _turn in range(20):
            os.waitpid(self.fork(count, '/v1', 1), 0)
        self.assertEqual(1, len(self.report().slots))
        self.assertEqual({'/v1': 20}, self.counted())
        self.assertEqual(20, self.report().counters['starts'])

    def test_processes_that_start_at_once_get_seats_of_their_own(self) -> None:
        pids = [self.fork(count, '/v1', 100) for _turn in range(8)]
        for pid in pids:
            os.waitpid(pid, 0)
        self.assertEqual({'/v1': 800}, self.counted())
        self.assertEqual(8, self.report().counters['starts'])

    def test_a_spawned_process_has_the_same(self) -> None:
        spawn = multiprocessing.get_context('spawn')
        process = spawn.Process(target=count, args=(self.memory, '/v1', 5))
        process.start()
        process.join(50)
        self.assertEqual(0, process.exitcode)
        self.assertEqual({'/v1': 5}, self.counted())

    def test_its_descriptor_is_closed_with_it(self) -> None:
        before = len(os.listdir('/proc/self/fd'))
        for _turn in range(50):
            _metrics.SharedMemory()
        self.assertLess(len(os.listdir('/proc/self/fd')), before + 10)
