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

"""Clients that write one TLS record for every few bytes."""

from __future__ import annotations

import fixtures

from wsgiserver._engine import connection_state
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import wire
from wsgiserver.tests.unit.engine import connections
from wsgiserver.tests.unit.engine import engines
from wsgiserver.tests.unit.wsgi import fakes

#: More than Python has frames for, by far.
MANY = 3000

_FIELD = b'X-Some: ' + b'x' * MANY + b'\r\n'
_REQUEST = b'GET /text HTTP/1.1\r\nHost: a\r\n' + _FIELD + b'\r\n'


class RecordsTestCase(connections.ConnectionCase):
    def pieces(self, data: bytes, size: int) -> list[bytes]:
        return [data[i : i + size] for i in range(0, len(data), size)]

    def test_a_head_may_come_in_any_number_of_records(self) -> None:
        self.send(*self.pieces(_REQUEST, 1))
        self.assertTrue(self.turn())
        self.assertIn(b' 200 ', self.serve())

    def test_so_may_a_body_that_nobody_reads(self) -> None:
        head = fakes.request('Content-Length: 60000')
        self.send(head, *self.pieces(b'x' * 60_000, 20), _REQUEST)
        self.assertTrue(self.turn())
        self.assertIn(b' 200 ', self.serve())
        self.assertTrue(self.turn())
        self.assertIn(b' 200 ', self.serve())

    def test_a_part_of_the_next_head_does_not_hide_the_rest(self) -> None:
        # What is behind the body is known already when its end is read, and
        # the record with the rest wakes nobody up.
        head = fakes.request('Transfer-Encoding: chunked').replace(
            b' /a ', b' /read '
        )
        cut = len(_REQUEST) // 2
        self.send(
            head,
            b'2\r\nhi\r\n0\r\n\r\n' + _REQUEST[:cut],
            _REQUEST[cut:],
        )
        self.assertTrue(self.turn())
        self.assertEqual(2, self.serve().count(b' 200 '))
        self.assertEqual(b'hi', self.read)
        self.assertIs(connection_state.IDLE, self.connection.state)

    def test_one_read_takes_no_more_than_the_socket_had(self) -> None:
        # Whoever sends without a pause would have the reactor for itself.
        self.send(fakes.request('Content-Length: 60000'))
        self.assertTrue(self.turn())
        self.serve()
        self.send(*self.pieces(b'x' * 60_000, 20))
        self.connection.readable()
        self.assertGreater(self.connection.skip, 0)


class EngineTestCase(engines.EngineTestCase):
    """The same to an engine, with what else goes on meanwhile."""

    def setUp(self) -> None:
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        issued = certificates.authority().issue(folder)
        self.child = self.serve((issued.cert, issued.key))
        self.wire = self.connect(self.child, certificates.trusting())

    def test_a_head_in_many_records_is_answered(self) -> None:
        for index in range(len(_REQUEST)):
            self.wire.send(_REQUEST[index : index + 1])
        self.assertEqual(b'first', self.wire.response().body)

    def test_an_unread_body_in_many_records_is_skipped(self) -> None:
        self.wire.send(wire.request('POST', '/text', 'Content-Length: 60000'))
        for _turn in range(3000):
            self.wire.send(b'x' * 20)
        self.wire.send(_REQUEST)
        for _turn in range(2):
            self.assertEqual(b'first', self.wire.response().body)
        self.assertEqual('', self.child.log())

    def test_it_stays_within_the_limits(self) -> None:
        with self.child.standing_still():
            for index in range(len(_REQUEST)):
                self.wire.send(_REQUEST[index : index + 1])
        self.assertEqual(b'first', self.wire.response().body)
        conditions.eventually(
            lambda: self.child.call('look')['states'] == {'IDLE': 1}
        )
