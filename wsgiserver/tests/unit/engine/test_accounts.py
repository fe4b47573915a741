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

"""The slots of the pool, the connections of a client, what runs too long."""

from __future__ import annotations

from typing import Any
from typing import cast

from wsgiserver._engine import clients
from wsgiserver._engine import overview
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


class ClientsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clients = clients.Clients()

    def test_each_address_may_have_so_many(self) -> None:
        for address in ('192.0.2.1', '192.0.2.2'):
            self.assertTrue(self.clients.admit(address, 1, 2))
            self.assertTrue(self.clients.admit(address, 2, 2))
            self.assertFalse(self.clients.admit(address, 3, 2))

    def test_one_that_left_makes_room(self) -> None:
        self.clients.admit('192.0.2.1', 1, 1)
        # It was refused, and so it isn't its leaving that makes room.
        self.clients.leave('192.0.2.1', 2)
        self.assertFalse(self.clients.admit('192.0.2.1', 2, 1))
        self.clients.leave('192.0.2.1', 1)
        self.assertTrue(self.clients.admit('192.0.2.1', 2, 1))

    def test_a_stranger_may_leave(self) -> None:
        self.clients.leave('192.0.2.1', 1)
        self.assertTrue(self.clients.admit('192.0.2.1', 1, 1))

    def test_tidying_forgets_nobody_who_is_there(self) -> None:
        self.clients.admit('192.0.2.1', 1, 1)
        self.clients.admit('192.0.2.2', 2, 1)
        self.clients.leave('192.0.2.2', 2)
        self.clients.tidy()
        self.assertFalse(self.clients.admit('192.0.2.1', 3, 1))
        self.assertTrue(self.clients.admit('192.0.2.2', 3, 1))


class Connection:
    """A connection that may run something."""

    def __init__(self, began: float = 100.0) -> None:
        self.worker: object = 'worker'
        self.began = began
        self.head: object = object()


class OverdueTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.overdue = overview.Overdue(lambda: self.now)

    def find(self, *connections: Connection, limit: float | None = 5) -> Any:
        found = self.overdue.find(cast('Any', connections), limit)
        for connection, head in found:
            self.assertIs(connection.head, head)
        return [connection for connection, _head in found]

    def test_a_request_is_found_once(self) -> None:
        connection = Connection()
        self.now += 4
        self.assertEqual([], self.find(connection))
        self.now += 2
        self.assertEqual([connection], self.find(connection))
        for _turn in range(3):
            self.now += 1
            self.assertEqual([], self.find(connection))

    def test_the_next_one_of_its_connection_is_found_too(self) -> None:
        connection = Connection()
        self.now += 6
        self.find(connection)
        connection.began = self.now
        connection.head = object()
        self.assertEqual([], self.find(connection))
        self.now += 6
        self.assertEqual([connection], self.find(connection))

    def test_a_connection_that_runs_nothing_is_not_found(self) -> None:
        connection = Connection()
        connection.worker = None
        self.now += 100
        self.assertEqual([], self.find(connection))

    def test_nothing_is_found_without_a_limit(self) -> None:
        self.now += 10**9
        self.assertEqual([], self.find(Connection(), limit=None))

    def test_others_are_not_found_with_it(self) -> None:
        late, early = Connection(), Connection(103.0)
        self.now += 6
        self.assertEqual([late], self.find(early, late))
        self.now += 3
        self.assertEqual([early], self.find(early, late))
