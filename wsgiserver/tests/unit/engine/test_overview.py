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

"""Which requests run for longer than they may."""

from __future__ import annotations

from typing import Any
from typing import cast

from wsgiserver._engine import overview
from wsgiserver.tests import base


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
