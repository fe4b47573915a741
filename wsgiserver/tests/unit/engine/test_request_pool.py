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

"""Who gets a place in the pool, and when."""

from __future__ import annotations

from typing import Any

from wsgiserver._engine import request_pool
from wsgiserver.tests import base


class PoolTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.pool = request_pool.Pool()
        self.waiting: list[Any] = [object() for _turn in range(3)]
        self.pool.queue.extend(self.waiting)

    def test_whoever_waits_gets_a_free_place_in_turn(self) -> None:
        self.assertIs(self.waiting[0], self.pool.take_next(2))
        self.assertIs(self.waiting[1], self.pool.take_next(2))
        self.assertIsNone(self.pool.take_next(2))
        self.pool.busy -= 1
        self.assertIs(self.waiting[2], self.pool.take_next(2))

    def test_a_place_is_kept_where_nobody_waits(self) -> None:
        self.pool.queue.clear()
        self.assertIsNone(self.pool.take_next(2))
        self.assertEqual(0, self.pool.busy)

    def test_what_was_put_back_is_the_next(self) -> None:
        taken = self.pool.take_next(1)
        assert taken is not None
        self.pool.put_back(taken)
        self.assertEqual(0, self.pool.busy)
        self.assertIs(taken, self.pool.take_next(1))

    def test_so_many_may_step_aside(self) -> None:
        self.pool.busy = 3
        self.assertTrue(self.pool.release_slot(2))
        self.assertTrue(self.pool.release_slot(2))
        self.assertFalse(self.pool.release_slot(2))
        self.assertEqual((1, 2), (self.pool.busy, self.pool.waiting))
        self.pool.retake_slot()
        self.assertEqual((2, 1), (self.pool.busy, self.pool.waiting))
        self.assertTrue(self.pool.release_slot(2))
