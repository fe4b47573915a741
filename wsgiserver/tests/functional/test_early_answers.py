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

"""Answers that are given while the client is still sending."""

import time
from typing import Any

import testscenarios

from wsgiserver._engine import ending
from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import relay

request = harness.request

#: The length of a body, in bytes: more than any buffer on the way takes.
LARGE = 8 * 1024 * 1024


class EarlyTest(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = harness.EVERYWHERE
    backend: str
    transport: str

    def connect(
        self, server: harness.ServerProcess, **way: Any
    ) -> harness.Wire:
        """Make a connection that ends with the test."""
        wire = server.connect(**way)
        self.addCleanup(wire.socket.close)
        return wire

    def shared(self) -> harness.ServerProcess:
        return harness.shared_server(self.backend, self.transport)

    def exchange(
        self,
        server: harness.ServerProcess,
        *pieces: bytes,
    ) -> harness.Response:
        """Send all of it through a relay, and read the answer then."""
        with relay.Relay(server.addresses[0][0]) as between:
            is_tls = self.transport == 'tls'
            with server.connect(to=between.address, tls=is_tls) as wire:
                try:
                    for piece in pieces:
                        wire.send(piece)
                except OSError as error:
                    self.fail(f'the relay gave up: {error!r}')
                return wire.response()


class TestRelayed(EarlyTest):
    """Through a relay that closes both ways when either side ends."""

    def test_an_answer_ahead_of_a_body_of_known_length(self) -> None:
        response = self.exchange(
            self.shared(),
            request('POST', '/ignore', f'Content-Length: {LARGE}'),
            b'x' * LARGE,
        )
        self.assertEqual(403, response.status)
        self.assertEqual('close', response.headers['connection'])

    def test_an_answer_ahead_of_chunks(self) -> None:
        chunk = b'10000\r\n' + b'x' * 65536 + b'\r\n'
        response = self.exchange(
            self.shared(),
            request('POST', '/ignore', 'Transfer-Encoding: chunked'),
            *[chunk] * (LARGE // 65536),
            b'0\r\n\r\n',
        )
        self.assertEqual(403, response.status)

    def test_a_refusal_of_the_body(self) -> None:
        server = harness.ServerProcess(
            self.backend,
            self.transport,
            options={'wsgiserver.max_request_body_size': LARGE - 1},
        )
        self.addCleanup(server.stop)
        response = self.exchange(
            server,
            request('POST', '/count', f'Content-Length: {LARGE}'),
            b'x' * LARGE,
        )
        self.assertEqual(413, response.status)

    def test_a_refusal_of_the_head(self) -> None:
        field = b'X-Some: ' + b'x' * 1000 + b'\r\n'
        response = self.exchange(
            self.shared(),
            b'GET / HTTP/1.1\r\nHost: a\r\n',
            *[field * 100] * (LARGE // 100_000),
        )
        self.assertEqual(431, response.status)


class TestEnd(EarlyTest):
    """When such a connection is closed."""

    def begin(self, *lines: str, path: str = '/ignore') -> harness.Wire:
        wire = self.connect(self.shared())
        wire.send(request('POST', path, *lines))
        self.assertEqual(403, wire.response().status)
        self.began = time.monotonic()
        return wire

    def assert_soon(self, wire: harness.Wire) -> None:
        """It ends now, and not when nobody has said anything for a while."""
        self.assertEqual(b'', wire.rest())
        taken = time.monotonic() - self.began
        self.assertLess(taken, ending.LINGER_TIME / 2)

    def test_it_ends_with_the_body(self) -> None:
        wire = self.begin('Content-Length: 200000')
        wire.send(b'x' * 200_000)
        self.assert_soon(wire)

    def test_it_ends_with_the_client(self) -> None:
        for line in ('Content-Length: 200000', 'Transfer-Encoding: chunked'):
            wire = self.begin(line)
            wire.finish()
            self.assert_soon(wire)

    def test_it_ends_when_nothing_comes_any_more(self) -> None:
        wire = self.begin('Transfer-Encoding: chunked')
        wire.send(b'1\r\nx\r\n')
        self.assertEqual(b'', wire.rest())
        taken = time.monotonic() - self.began
        self.assertGreaterEqual(taken, ending.LINGER_TIME - 0.1)

    def test_an_answer_without_a_length_ends_at_once(self) -> None:
        wire = self.connect(self.shared())
        self.began = time.monotonic()
        wire.send(
            b'POST /stream HTTP/1.0\r\nContent-Length: 200000\r\n\r\nabc'
        )
        self.assertEqual(b'0\n1\n2\n3\n4\n', wire.response().body)
        self.assert_soon(wire)
