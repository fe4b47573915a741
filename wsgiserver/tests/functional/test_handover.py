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

"""Nothing is lost where a worker, or all of them, end.

What has arrived, and what is on its way, gets its answer; that says ``close``,
so that the client's next request goes to somebody else.
"""

from __future__ import annotations

import http.client
import signal
import threading
import time
from typing import Any
from typing import Self

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

request = harness.request

#: How late the first request of a connection is, in seconds.
LATE = 0.02


class Clients:
    """Threads that ask until the block that they run in ends.

    They look at nothing but the answer: a connection that was closed ahead of
    a request is a request that failed.

    :param server: the server.
    """

    def __init__(self, server: harness.ServerProcess) -> None:
        self.failures: list[str] = []
        self.pids: set[bytes] = set()
        self._server = server
        self._ending = threading.Event()
        targets = (self._keep, self._come_late) * 3
        self._threads = [threading.Thread(target=each) for each in targets]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _note(self, status: int, body: bytes) -> None:
        if status == 200:
            self.pids.add(body)
        else:
            self.failures.append(str(status))

    def _keep(self) -> None:
        """Post on a connection for as long as the server keeps it."""
        connection = http.client.HTTPConnection(
            '127.0.0.1', self._server.address, timeout=harness.PATIENCE
        )
        while not self._ending.wait(0.005):
            try:
                connection.request('POST', '/pid', b'x' * 200)
                response = connection.getresponse()
                self._note(response.status, response.read())
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f'kept: {error!r}')
                connection.close()
        connection.close()

    def _come_late(self) -> None:
        """Connect, and ask a little later."""
        while not self._ending.is_set():
            with self._server.connect() as wire:
                self._ending.wait(LATE)
                try:
                    wire.send(request('GET', '/pid', 'Connection: close'))
                    response = wire.response()
                    self._note(response.status, response.body)
                except (OSError, EOFError) as error:
                    self.failures.append(f'late: {error!r}')


class HandoverTest(launched.LaunchedTest):
    """Connections that are there when something ends."""

    def connected(
        self, server: harness.ServerProcess, count: int
    ) -> list[harness.Wire]:
        """Have connections, half of which had a request already."""
        wires = [self.connect(server) for _turn in range(count)]
        for wire in wires[::2]:
            wire.send(request('POST', '/echo', 'Content-Length: 2', body=b'a'))
        for wire in wires[::2]:
            wire.send(b'b')
            self.assertEqual(b'ab', wire.response().body)
        return wires

    def ask(self, wires: list[harness.Wire]) -> list[str]:
        """Have each of them ask; returns what is said of the connections."""
        for wire in wires:
            wire.send(
                request('POST', '/echo', 'Content-Length: 2', body=b'cd')
            )
        said = []
        for wire in wires:
            response = wire.response()
            self.assertEqual(b'cd', response.body)
            said.append(response.headers.get('connection', 'kept'))
        return said


class TestReplaced(HandoverTest):
    scenarios = launched.EVERYWHERE

    def test_no_request_is_lost(self) -> None:
        server = self.serve(
            workers=2,
            options={
                'wsgiserver.max_requests': 150,
                'wsgiserver.max_requests_jitter': 50,
            },
        )
        with Clients(server) as clients:
            harness.eventually(lambda: len(clients.pids) >= 6)
        self.assertEqual([], clients.failures)


class TestFewer(HandoverTest):
    scenarios = launched.OWN

    def test_what_is_connected_to_one_too_many_is_answered(self) -> None:
        server = self.serve(workers=3)
        wires = self.connected(server, 30)
        server.configure({'wsgiserver.workers': 1})
        server.process.send_signal(signal.SIGHUP)
        harness.eventually(lambda: server.log().count('is stopping') == 2)
        said = self.ask(wires)
        # The others are with the one that stays.
        self.assertEqual({'close', 'kept'}, set(said))
        self.workers_of(server, 1)


class TestStopped(HandoverTest):
    scenarios = launched.OWN

    def stopped(self, **given: Any) -> harness.ServerProcess:
        self.server = self.serve(workers=2, **given)
        self.wires = self.connected(self.server, 12)
        self.server.process.send_signal(signal.SIGTERM)
        return self.server

    def test_what_is_on_its_way_is_answered(self) -> None:
        server = self.stopped()
        self.wait_for_refusal(server)
        self.assertEqual({'close'}, set(self.ask(self.wires)))
        for wire in self.wires:
            self.assertEqual(b'', wire.rest())
            wire.socket.close()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))

    def test_so_it_is_at_the_end_of_a_delay(self) -> None:
        server = self.stopped(options={'wsgiserver.drain_delay': 3})
        waiting = self.wires
        turns = 0
        while waiting:
            said = self.ask(waiting)
            waiting = [
                wire
                for wire, word in zip(waiting, said, strict=True)
                if word == 'kept'
            ]
            turns += 1
            time.sleep(LATE)
        # They were told ahead of the end, and kept until then.
        self.assertGreater(turns, 2)
        self.assertEqual(200, server.get('/hello').status)
        for wire in self.wires:
            wire.socket.close()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))


class TestRestarted(HandoverTest):
    """SIGHUP to a launcher that ends its workers, or all they run, for it."""

    def test_what_is_on_its_way_is_answered(self) -> None:
        server = self.serve()
        wires = self.connected(server, 10)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log('is stopping')
        self.assertEqual({'close'}, set(self.ask(wires)))
        self.assertEqual(200, server.get('/hello').status)
