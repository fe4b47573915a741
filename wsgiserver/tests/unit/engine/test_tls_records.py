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

import time
from typing import Any

import fixtures

from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import connection_state
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import wire
from wsgiserver.tests.unit.engine import engines
from wsgiserver.tests.unit.engine import reactors
from wsgiserver.tests.unit.net import tls_peer
from wsgiserver.tests.unit.wsgi import fakes

#: More than Python has frames for, by far.
MANY = 3000

_FIELD = b'X-Some: ' + b'x' * MANY + b'\r\n'
_REQUEST = b'GET /text HTTP/1.1\r\nHost: a\r\n' + _FIELD + b'\r\n'
_PEER = ('192.0.2.7', '40000')


class ConnectionCase(tls_peer.StreamTestCase):
    """A connection whose client has the records in its hands."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = reactors.Reactor(fakes.gateway_of(self.app))
        self.stream, self.client = self.connected()
        self.connection = engine_connection.Connection(
            self.reactor, self.stream, _PEER, fakes.base_environ()
        )
        self.read = b''

    def app(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ['PATH_INFO'] == '/read':
            self.read = environ['wsgi.input'].read()
        start('200 OK', [])
        return [b'ok']

    def send(self, *records: bytes) -> None:
        """Have records arrive, in one piece."""
        for record in records:
            self.client.tls.write(record)
        self.client.flush()

    def turn(self) -> bool:
        """Read until there is a request, or nothing more comes."""
        for _turn in range(10):
            if self.connection.readable():
                return True
        return False

    def serve(self) -> bytes:
        """Have the request run; returns what the client gets."""
        self.connection.run('worker', time.monotonic(), {})
        return self.client.read()


class RecordsTestCase(ConnectionCase):
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
