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

"""How responses end on the wire, on every engine and transport."""

import ssl
from typing import Any

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import wired

request = harness.request


def tell_ends_apart(wire: harness.Wire) -> None:
    """Have an end of TLS without a closure alert raise SSLEOFError."""
    sock: Any = wire.socket
    sock.suppress_ragged_eofs = False


class TestEnds(wired.WireTest):
    def test_what_breaks_off_arrives_as_far_as_it_goes(self) -> None:
        # More than the client's buffers take: it reads late.
        for path in ('/break_off/6', '/break_off/6/sized'):
            with self.server.connect() as wire:
                wire.send(request('GET', path))
                head = wire.read_until(b'\r\n\r\n')
                if self.transport == 'tls':
                    tell_ends_apart(wire)
                body = wire.rest()
                self.assertEqual(6 * 2**20, body.count(b'x'), repr(head))
                self.assertFalse(body.endswith(b'0\r\n\r\n'))
        self.assertEqual(['closed'] * 2, self.events())

    def test_what_breaks_off_with_the_connection_is_no_end(self) -> None:
        self.wire.send(b'GET /break_off/6 HTTP/1.0\r\n\r\n')
        self.wire.read_until(b'\r\n\r\n')
        if self.transport == 'unix':
            # There is no reset; that part of the body is all that it gets.
            self.assertEqual(6 * 2**20, len(self.wire.rest()))
        else:
            # OpenSSL 3 calls the reset an end without a closure alert.
            if self.transport == 'tls':
                tell_ends_apart(self.wire)
            self.assertRaises(
                (ConnectionResetError, ssl.SSLEOFError), self.wire.rest
            )

    def test_endless_bodies_end_where_nothing_is_sent(self) -> None:
        for method, path in (
            ('HEAD', '/unending/200'),
            ('HEAD', '/unending/404/5'),
            ('GET', '/unending/304'),
            ('DELETE', '/unending/204'),
        ):
            self.ask(method, path)
            self.assert_usable()
        self.assertEqual(['closed'] * 4, self.events())

    def test_endless_bodies_end_at_their_length(self) -> None:
        for length in (0, 5, 1000, 100_001):
            response = self.ask('GET', f'/unending/200/{length}')
            self.assertEqual(length, len(response.body))
            self.assert_usable()
        self.assertEqual(['closed'] * 4, self.events())

    def test_endless_writes_end_where_nothing_is_sent(self) -> None:
        self.ask('HEAD', '/unending_write')
        self.assert_usable()
        self.assertEqual(['closed'], self.events())

    def test_http_1_0_is_kept_alive_behind_an_endless_head(self) -> None:
        head = b'HEAD /unending/200 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
        for _turn in range(2):
            self.wire.send(head)
            response = self.wire.response('HEAD')
            self.assertEqual('keep-alive', response.headers['connection'])

    def test_file_of_untrue_size_arrives_whole(self) -> None:
        with open('/proc/version', 'rb') as file:
            content = file.read()
        self.assertEqual(content, self.ask('GET', '/untrue_size').body)
        self.assert_usable()

    def test_bytes_in_any_shape_are_sent(self) -> None:
        response = self.ask('GET', '/buffers')
        self.assertEqual(b'written returned and more', response.body)
        self.assertEqual(200, response.status)
        self.assert_usable()


class TestErrors(wired.WireTest):
    """``wsgi.errors`` of requests that run at the same time."""

    def test_each_has_records_of_its_own(self) -> None:
        names = [f'{name}-{self.transport}' for name in 'abc']
        wires = [self.server.connect() for _name in names]
        for name, wire in zip(names, wires, strict=True):
            self.addCleanup(wire.socket.close)
            wire.send(request('GET', f'/errors/{name}'))
        for wire in wires:
            self.assertEqual(b'begun', wire.response().body)
        for name in names:
            written = ' '.join(f'{name} {number}' for number in range(20))
            self.server.wait_for_log(f'{written} without an end\n')
