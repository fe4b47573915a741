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
"""What must not take a server down: descriptors, memory, absent clients."""

import resource
import socket
import struct
import time

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import processes

request = harness.request

#: How much memory ten slow readers may cost, in bytes.
LITTLE = 20 * 2**20

#: A linger of no time: close() resets the connection.
_ABORT = struct.pack('ii', 1, 0)


class FaultTest(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def setUp(self) -> None:
        super().setUp()
        # Clients have more descriptors than the server.
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))


class TestDescriptors(FaultTest):
    def test_it_is_idle_without_and_accepts_again(self) -> None:
        server = self.serve(descriptors=100)
        pid = self.pid_of(server)
        wires = [self.connect(server) for _turn in range(150)]
        server.wait_for_log('Too many open files')
        before = processes.cpu_seconds(pid)
        time.sleep(2)
        self.assertLess(processes.cpu_seconds(pid) - before, 0.1)
        for wire in wires:
            wire.socket.close()
        self.assertEqual(200, server.get('/hello').status)
        self.assertEqual(1, server.log().count('Too many open files'))

    def test_connections_it_has_are_served_meanwhile(self) -> None:
        server = self.serve(descriptors=100)
        first = self.connect(server)
        for _turn in range(150):
            self.connect(server)
        server.wait_for_log('Too many open files')
        for _turn in range(5):
            first.send(request('GET', '/hello'))
            self.assertEqual(200, first.response().status)


class TestMemory(FaultTest):
    def test_slow_readers_of_large_responses_cost_little(self) -> None:
        server = self.serve()
        pid = self.pid_of(server)
        self.assertEqual(2**20, len(server.get('/big/1').body))
        before = processes.resident(pid)
        wires = [self.connect(server) for _turn in range(10)]
        for wire in wires:
            wire.send(request('GET', '/big/200'))
        end = time.monotonic() + 3
        while time.monotonic() < end:
            # 1 MB in a second.
            for wire in wires:
                wire.socket.recv(50_000)
            time.sleep(0.05)
        self.assertLess(processes.resident(pid) - before, LITTLE)
        self.assertEqual(200, server.get('/hello').status)


class TestPlaces(FaultTest):
    def test_bodies_that_nobody_gets_take_none(self) -> None:
        server = self.serve(options={'wsgi_default_pool_size': 2})
        for method, path in (
            ('HEAD', '/unending/200'),
            ('GET', '/unending/304'),
            ('GET', '/unending/200/5'),
            ('HEAD', '/unending_write'),
        ):
            wires = [self.connect(server) for _turn in range(4)]
            for wire in wires:
                wire.send(request(method, path))
            for wire in wires:
                wire.read_until(b'\r\n\r\n')
                wire.socket.close()
            # Two of these at a time, and nobody else would be served.
            self.assertEqual(200, server.get('/hello').status)


class TestAbsentClients(FaultTest):
    def leave(self, wire: harness.Wire, abort: bool) -> None:
        if abort:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        wire.socket.close()

    def check(self, server: harness.ServerProcess, count: int) -> None:
        """Each close() was called, and nothing else is remarkable."""
        events: list[str] = []

        def all_closed() -> bool:
            events.extend(server.get('/events').json())
            return events.count('closed') >= count

        harness.eventually(all_closed)
        self.assertEqual(count, events.count('closed'))
        self.assertNotIn('Traceback', server.log())

    def test_in_the_middle_of_a_request(self) -> None:
        server = self.serve()
        pid = self.pid_of(server)
        for turn in range(500):
            wire = server.connect()
            wire.send(request('POST', '/mirror', 'Content-Length: 9'))
            # It has begun, so that there is something to close.
            wire.read_until(b'begun')
            self.leave(wire, turn % 2 == 1)
        self.check(server, 500)
        self.assertEqual(pid, self.pid_of(server))

    def test_in_the_middle_of_a_response(self) -> None:
        server = self.serve()
        pid = self.pid_of(server)
        for turn in range(500):
            wire = server.connect()
            wire.send(request('GET', '/endless'))
            wire.read(1)
            self.leave(wire, turn % 2 == 1)
        self.check(server, 500)
        self.assertEqual(pid, self.pid_of(server))
