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
"""Workers that are killed, replaced, stuck or spawned."""

import os
import signal
import time

import testscenarios

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import processes

request = harness.request


class TestKilled(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def test_only_its_own_requests_fail(self) -> None:
        server = self.serve(workers=2)
        with load.Load(server.connect, 16, '/pid') as clients:
            harness.eventually(lambda: clients.answered > 100)
            pid = self.pid_of(server)
            os.kill(pid, signal.SIGKILL)
            self.assertEqual(200, self.answers_for(server, 1.5))
            # A successor serves, too.
            self.workers_of(server, 2, other_than=frozenset([pid]))
        # Each of its clients notices, and has a new connection then.
        self.assertLessEqual(len(clients.failures), 16)
        self.assertEqual(
            {str(pid).encode()}, {f.before for f in clients.failures}
        )

    def answers_for(
        self, server: harness.ServerProcess, seconds: float
    ) -> int:
        """Ask on new connections; each is answered within a second."""
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            response = server.get('/hello')
            self.assertEqual(200, response.status)
            self.assertLess(time.monotonic() - begun, 1)
        return response.status


class TestRecycled(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def test_no_request_fails(self) -> None:
        server = self.serve(
            workers=2,
            options={
                'wsgiserver.max_requests': 100,
                'wsgiserver.max_requests_jitter': 50,
            },
        )
        with load.Load(server.connect, 8, '/pid', pause=0.005) as clients:
            harness.eventually(lambda: len(clients.bodies) >= 5)
        self.assertEqual([], clients.failures)


class TestRequestTimeout(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def serving(self) -> harness.ServerProcess:
        return self.serve(options={'wsgiserver.request_timeout': 1})

    def test_request_is_ended_and_the_others_are_not(self) -> None:
        server = self.serving()
        begun = time.monotonic()
        long = self.hold(server, 5)
        self.wait_for_running(server, 1)
        self.assertEqual(200, server.get('/hello').status)
        if self.backend == 'eventlet':
            self.assertEqual(503, long.response().status)
        else:
            # Nobody can end a thread.
            self.assertEqual(b'', long.rest())
        self.assertLess(time.monotonic() - begun, 4)
        self.assertEqual(200, server.get('/hello').status)

    def test_it_is_logged_once_with_its_stack(self) -> None:
        server = self.serving()
        self.hold(server, 4)
        self.hold(server, 0.1)
        log = server.wait_for_log('/sleep/4')
        log = server.wait_for_log('do_sleep')
        errors = [line for line in log.splitlines() if ' ERROR ' in line]
        self.assertEqual(1, len(errors), str(errors))
        for text in ('GET', '/sleep/4', '127.0.0.1'):
            self.assertIn(text, errors[0])

    def test_timely_requests_are_left_alone(self) -> None:
        server = self.serving()
        with server.connect() as wire:
            for _turn in range(4):
                wire.send(request('GET', '/sleep/0.5'))
                self.assertEqual(b'slept\n', wire.response().body)


class TestHeartbeat(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def serving(self) -> harness.ServerProcess:
        return self.serve(
            workers=2, options={'wsgiserver.worker_heartbeat_timeout': 3}
        )

    def test_worker_that_stands_still_is_replaced(self) -> None:
        server = self.serving()
        pids = self.workers_of(server, 2)
        wire = self.connect(server)
        wire.send(request('GET', '/pid'))
        pid = int(wire.response().body)
        wire.send(request('GET', '/block'))
        self.wait_for_end(frozenset([pid]), 8)
        self.workers_of(server, 1, other_than=pids)
        # The stack says who it was.
        self.assertIn('do_block', server.log())

    def test_worker_that_is_merely_idle_or_busy_stays(self) -> None:
        server = self.serving()
        pids = self.workers_of(server, 2)
        wires = [self.hold(server, 3.5) for _turn in range(4)]
        for wire in wires:
            self.assertEqual(200, wire.response().status)
        self.assertEqual(pids, self.workers_of(server, 2))


class TestPaused(launched.LaunchedTest):
    scenarios = launched.OWN

    def test_no_worker_is_replaced_after_a_pause_of_everything(self) -> None:
        server = self.serve(
            workers=2, options={'wsgiserver.worker_heartbeat_timeout': 3}
        )
        pids = self.workers_of(server, 2)
        everything = [server.process.pid, *pids]
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in everything:
                os.kill(pid, number)
            if number == signal.SIGSTOP:
                # There is nothing to wait for but time itself.
                time.sleep(7)
        server.wait_for_log('The launcher stood still')
        begun = time.monotonic()
        while time.monotonic() - begun < 3:
            self.assertIn(self.pid_of(server), pids)
        self.assertEqual(pids, self.workers_of(server, 2))
        self.assertNotIn('ERROR', server.log())

    def test_a_worker_that_is_paused_alone_is_replaced(self) -> None:
        server = self.serve(
            workers=2, options={'wsgiserver.worker_heartbeat_timeout': 3}
        )
        pids = self.workers_of(server, 2)
        paused = min(pids)
        os.kill(paused, signal.SIGSTOP)
        self.workers_of(server, 1, other_than=pids)
        self.assertFalse(processes.is_running(paused))


class TestSpawned(launched.LaunchedTest):
    scenarios = testscenarios.multiply_scenarios(
        # That of oslo.service's eventlet backend knows nothing but fork.
        [c for c in launched.EVERYWHERE if c[0] != 'eventlet,stock'],
        [(name, {'transport': name}) for name in harness.TRANSPORTS],
    )
    transport: str

    def test_it_serves_replaces_and_drains(self) -> None:
        server = self.serve(self.transport, 2, start_method='spawn')
        pids = self.workers_of(server, 2)
        pid = min(pids)
        os.kill(pid, signal.SIGKILL)
        self.workers_of(server, 1, other_than=pids)
        wire = self.hold(server)
        self.wait_for_running(server, 1)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(b'slept\n', wire.response().body)
        wire.socket.close()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))
