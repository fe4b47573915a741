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

"""How many connections a client may have."""

from __future__ import annotations

from wsgiserver._engine import clients
from wsgiserver.tests import base


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
