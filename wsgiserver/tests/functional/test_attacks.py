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


"""Attacks that succeeded against other servers, as their advisories tell."""

import json
import os
import socket
import struct
import time

from wsgiserver.tests.functional import framing_cases
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import wired

request = harness.request

_CHUNKED = 'Transfer-Encoding: chunked'
_RESET = struct.pack('ii', 1, 0)


class TestSmuggling(wired.WireTest):
    """Requests that hide in what belongs to another one."""

    def assert_400(self, sent: bytes) -> None:
        self.wire.send(sent)
        response = self.wire.response()
        self.assertEqual(400, response.status)
        self.assertEqual('close', response.headers['connection'])
        self.assert_ends()
        self.assertEqual([], self.events())

    def test_request_in_place_of_trailers_is_none(self) -> None:
        # CVE-2025-58068: the trailers were left for the next request.
        body = b'5\r\nhello\r\n0\r\n' + framing_cases.SMUGGLED
        self.assert_400(request('POST', '/echo', _CHUNKED, body=body))

    def test_request_behind_a_trailer_is_the_next_and_not_two(self) -> None:
        body = b'0\r\nX: y\r\n\r\n' + request('GET', '/hello')
        self.wire.send(request('POST', '/echo', _CHUNKED, body=body))
        self.assertEqual(b'', self.wire.response().body)
        self.assertEqual(b'hello\n', self.wire.response().body)
        self.assert_usable()

    def test_trailers_reach_no_environ(self) -> None:
        body = b'5\r\nhello\r\n0\r\nX-Auth: forged\r\n\r\n'
        self.wire.send(request('POST', '/environ', _CHUNKED, body=body))
        environ = json.loads(self.wire.response().body)
        self.assertNotIn('HTTP_X_AUTH', environ)

    def test_trailers_do_not_reach_the_next_environ(self) -> None:
        body = b'5\r\nhello\r\n0\r\nX-Auth: forged\r\n\r\n'
        self.wire.send(request('POST', '/echo', _CHUNKED, body=body))
        self.assertEqual(b'hello', self.wire.response().body)
        environ = json.loads(self.ask('GET', '/environ').body)
        self.assertNotIn('HTTP_X_AUTH', environ)

    def test_request_in_a_body_that_nobody_reads_is_none(self) -> None:
        # CVE-2023-41419: what the application left was parsed once more.
        smuggled = framing_cases.SMUGGLED
        length = f'Content-Length: {len(smuggled)}'
        self.wire.send(request('POST', '/ignore', length, body=smuggled))
        self.assertEqual(403, self.wire.response().status)
        self.assert_usable()
        self.assertEqual([], self.events())

    def test_request_in_chunks_that_nobody_reads_is_none(self) -> None:
        smuggled = framing_cases.SMUGGLED
        body = b'%x\r\n%b\r\n' % (len(smuggled), smuggled)
        self.wire.send(request('POST', '/ignore', _CHUNKED, body=body))
        self.wire.send(b'0\r\n\r\n')
        self.assertEqual(403, self.wire.response().status)
        self.assert_ends()
        self.assertEqual([], self.events())

    def test_request_in_a_body_longer_than_told_is_refused(self) -> None:
        # The first of cheroot's issue 275: one byte was told, five came.
        self.wire.send(
            request('POST', '/echo', 'Content-Length: 1', body=b'abc\r\n')
        )
        self.assertEqual(b'a', self.wire.response().body)
        self.assert_400(framing_cases.SMUGGLED)

    def test_nothing_runs_behind_what_was_refused(self) -> None:
        # CVE-2024-49768: what came in the next read ran all the same.
        self.wire.send(b'GET / HTTP/1.1\r\n\r\n')
        self.assertEqual(400, self.wire.response().status)
        for _turn in range(3):
            self.wire.send(framing_cases.SMUGGLED)
        self.assert_ends()
        self.assertEqual([], self.events())

    def test_nothing_runs_behind_a_refusal_of_a_full_read(self) -> None:
        # The same, with what is refused as long as the server's reads are.
        padding = b'X: ' + b'a' * 65536
        sent = framing_cases.get(padding)[:65536]
        self.wire.send(sent + framing_cases.SMUGGLED)
        self.assertEqual(431, self.wire.response().status)
        self.assert_ends()
        self.assertEqual([], self.events())

    def test_request_behind_connection_close_does_not_run(self) -> None:
        self.wire.send(
            request('GET', '/hello', 'Connection: close')
            + framing_cases.SMUGGLED
        )
        self.assertEqual(200, self.wire.response().status)
        self.assert_closed()
        self.assertEqual([], self.events())

    def test_frames_behind_an_upgrade_are_refused(self) -> None:
        # CVE-2021-21419 is about frames of WebSocket; nobody reads them.
        self.wire.send(
            request(
                *('GET', '/hello', 'Connection: Upgrade'),
                *('Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
                'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
            )
        )
        self.assertEqual(200, self.wire.response().status)
        self.assert_400(b'\xc1\xff\x7f\xff\xff\xff\xff\xff\xff\xff')

    def test_field_of_the_application_cannot_split_a_response(self) -> None:
        # CVE-2018-1000164, CVE-2023-27522, CVE-2024-24795.
        self.wire.send(request('GET', '/split') + request('GET', '/hello'))
        response = self.wire.response()
        self.assertEqual(500, response.status)
        self.assertNotIn('x-injected', response.headers)
        self.assertEqual(b'hello\n', self.wire.response().body)


class TestLeaving(wired.WireTest):
    """Clients that go away at any moment harm nobody but themselves."""

    def reset(self, sent: bytes) -> None:
        """Send something and be gone, with a reset where there is one."""
        with self.server.connect() as wire:
            wire.send(sent)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def cpu_time(self) -> float:
        """The seconds that the server's processes have worked."""
        listed = self.server.process.pid
        children = f'/proc/{listed}/task/{listed}/children'
        with open(children) as file:
            pids = [listed, *map(int, file.read().split())]
        total = 0
        for pid in pids:
            with open(f'/proc/{pid}/stat') as file:
                fields = file.read().rpartition(')')[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf('SC_CLK_TCK')

    def test_they_leave_the_server_usable(self) -> None:
        # CVE-2022-31015 and CVE-2024-49769: one that left ended the server,
        # or kept it busy for ever.
        whole = request('POST', '/swallow', 'Content-Length: 5', body=b'hello')
        for size in range(0, len(whole), 3):
            self.reset(whole[:size])
        self.reset(request('GET', '/big/1'))
        self.reset(request('GET', '/stream') * 20)
        self.assert_usable()
        self.assertNotIn('A connection failed', self.server.log())

    def test_they_leave_the_server_idle(self) -> None:
        for sent in (b'', b'GET', request('GET', '/big/1')):
            self.reset(sent)
        self.assert_usable()
        before = self.cpu_time()
        # Nothing can be awaited: that nothing happens is what is shown.
        time.sleep(0.5)
        self.assertLess(self.cpu_time() - before, 0.25)
