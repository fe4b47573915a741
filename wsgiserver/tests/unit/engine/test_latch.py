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


import threading

from wsgiserver._engine import latch as engine_latch
from wsgiserver.tests import base
from wsgiserver.tests import conditions


class FakeLock:
    """A lock on a clock of its own, which is given back at some time.

    :param until: when that is.
    """

    def __init__(self, until: float) -> None:
        self.now = 0.0
        self.waits: list[float] = []
        self._until = until

    def clock(self) -> float:
        return self.now

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if timeout < 0:
            # The latch takes it as its own.
            return True
        self.waits.append(timeout)
        self.now += timeout
        return self.now >= self._until

    def release(self) -> None:
        pass


class LatchTestCase(base.TestCase):
    def wait(self, until: float, timeout: float | None) -> bool:
        self.lock = FakeLock(until)
        return engine_latch.Latch(self.lock, self.lock.clock).wait(timeout)

    def test_a_long_wait_is_done_in_pieces(self) -> None:
        for timeout in (None, 100):
            self.assertTrue(self.wait(7.5, timeout))
            self.assertEqual([engine_latch.LOOK] * 8, self.lock.waits)

    def test_it_waits_for_as_long_as_it_is_told(self) -> None:
        self.assertFalse(self.wait(100, 2.5))
        self.assertEqual(2.5, self.lock.now)

    def test_without_time_it_only_looks(self) -> None:
        self.assertFalse(self.wait(100, 0))
        self.assertEqual([0], self.lock.waits)

    def test_all_who_wait_pass_once_it_is_open(self) -> None:
        latch = engine_latch.Latch(threading.Lock())
        self.assertFalse(latch.wait(0))
        passed: list[bool] = []
        threads = [
            threading.Thread(target=lambda: passed.append(latch.wait()))
            for _turn in range(5)
        ]
        for thread in threads:
            thread.start()
        latch.open()
        for thread in threads:
            thread.join(conditions.PATIENCE)
        self.assertEqual([True] * 5, passed)
        self.assertTrue(latch.wait(0))
