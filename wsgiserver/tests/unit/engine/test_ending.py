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

"""How a connection ends whose client may still be sending."""

from __future__ import annotations

import ssl

from wsgiserver._engine import connection_state
from wsgiserver._engine import ending
from wsgiserver.tests.unit.engine import connections
from wsgiserver.tests.unit.wsgi import fakes

State = connection_state.State

#: The length of a body, in bytes: too much of it is left to keep the
#: connection.
LENGTH = 100_000


class EndTestCase(connections.ConnectionCase):
    """In TLS, where the end is an alert that the client sees at once."""

    def answered(self, *fields: str) -> None:
        """Have a request answered, and nothing of its body sent."""
        self.send(fakes.request(*fields))
        self.assertTrue(self.turn())
        self.assertIn(b'Connection: close', self.serve())
        self.assertIs(State.LINGERING, self.connection.state)

    def refused(self) -> None:
        """Have something refused."""
        self.send(b'nonsense\r\n\r\n')
        self.assertFalse(self.turn())
        self.assertIn(b' 400 ', self.client.read())

    def is_ended(self) -> bool:
        """Tell whether the server has said that it sends nothing more."""
        self.client.fill()
        try:
            return self.client.tls.read(1) == b''
        except ssl.SSLWantReadError:
            return False

    def test_it_is_not_said_while_the_body_comes(self) -> None:
        self.answered(f'Content-Length: {LENGTH}')
        for size in (1, LENGTH // 2, LENGTH // 2 - 2):
            self.send(b'x' * size)
            self.turn()
            self.assertFalse(self.is_ended())
        self.send(b'x')
        self.turn()
        self.assertTrue(self.is_ended())
        # It goes on to throw away what comes all the same.
        self.assertTrue(self.connection.is_open)

    def test_what_was_read_ahead_is_a_part_of_the_body(self) -> None:
        self.send(fakes.request(f'Content-Length: {LENGTH}') + b'x' * 100)
        self.assertTrue(self.turn())
        self.serve()
        self.send(b'x' * (LENGTH - 100))
        self.turn()
        self.assertTrue(self.is_ended())

    def test_a_body_of_unknown_length_may_go_on(self) -> None:
        self.answered('Transfer-Encoding: chunked')
        self.send(b'1\r\nx\r\n0\r\n\r\n')
        self.turn()
        self.assertFalse(self.is_ended())

    def test_so_may_what_is_refused(self) -> None:
        self.refused()
        self.assertFalse(self.is_ended())

    def test_a_body_that_is_too_large_is_counted_as_well(self) -> None:
        # Of the request ahead of it, some bytes of a body were read.
        self.reactor.gateway = fakes.gateway_of(
            self.app, {'max_request_body_size': 200}
        )
        for length in (200, LENGTH):
            self.send(
                fakes.request(f'Content-Length: {length}').replace(
                    b' /a ', b' /read '
                )
            )
            self.send(b'x' * 200)
            if self.turn():
                self.assertIn(b' 200 ', self.serve())
        self.assertIn(b' 413 ', self.client.read())
        self.send(b'x' * (LENGTH - 201))
        self.turn()
        self.assertFalse(self.is_ended())
        self.send(b'x')
        self.turn()
        self.assertTrue(self.is_ended())

    def test_it_is_said_when_nothing_comes_any_more(self) -> None:
        self.refused()
        self.connection.expire()
        self.assertFalse(self.connection.is_open)
        self.assertTrue(self.is_ended())

    def test_the_end_of_the_client_is_answered(self) -> None:
        self.answered('Transfer-Encoding: chunked')
        self.assertRaises(ssl.SSLWantReadError, self.client.tls.unwrap)
        self.client.flush()
        self.turn()
        self.assertFalse(self.connection.is_open)
        self.client.fill()
        self.client.tls.unwrap()

    def test_it_has_an_end_whatever_comes(self) -> None:
        self.refused()
        sent = 0
        while self.connection.is_open:
            self.send(b'x' * 50_000)
            self.connection.readable()
            sent += 50_000
        self.assertEqual(ending.LINGER_SIZE // 50_000, sent // 50_000 - 1)

    def test_it_is_said_at_once_where_it_ends_the_response(self) -> None:
        self.reactor.gateway = fakes.gateway_of(
            fakes.app_of(iter([b'he', b'llo']))
        )
        self.send(fakes.request(f'Content-Length: {LENGTH}', version=0))
        self.assertTrue(self.turn())
        self.connection.run('worker', 0.0, {})
        while not self.is_ended():
            continue
        self.assertTrue(self.connection.is_open)
