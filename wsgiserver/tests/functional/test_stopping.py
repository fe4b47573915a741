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
"""How a server ends: drained, at once where nothing runs, and by hand."""

import os
import signal
import socket
import time

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import processes

request = harness.request


class TestDrain(launched.LaunchedTest):
    """Twenty requests of three seconds run when the signal comes."""

    scenarios = launched.EVERYWHERE

    def drain(self, server: harness.ServerProcess) -> list[harness.Wire]:
        """Have them run; returns their connections after SIGTERM."""
        wires = [self.hold(server, 3) for _turn in range(20)]
        self.wait_for_running(server, 20)
        self.begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        return wires

    def test_running_requests_are_answered_before_it_ends(self) -> None:
        server = self.serve(workers=2)
        wires = self.drain(server)
        self.check_new_ones(server)
        for wire in wires:
            response = wire.response()
            self.assertEqual(b'slept\n', response.body)
            self.assertEqual('close', response.headers['connection'])
            self.assertEqual(b'', wire.rest())
            wire.socket.close()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))
        self.assertLess(time.monotonic() - self.begun, 4)

    def check_new_ones(self, server: harness.ServerProcess) -> None:
        """New connections are refused, from the signal to the end."""
        if (self.backend, self.launcher) == ('threading', 'stock'):
            # The master of cotyledon knows nothing of listening sockets: it
            # keeps its copy open, and new connections wait in its queue.
            self.connect(server)
            return
        self.wait_for_refusal(server)
        self.assertLess(time.monotonic() - self.begun, 1)


class TestNothingRuns(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def test_waiting_connections_do_not_hold_it_up(self) -> None:
        server = self.serve('tls', workers=2)
        for _turn in range(10):
            idle, half = self.connect(server), self.connect(server)
            idle.send(request('GET', '/hello'))
            self.assertEqual(200, idle.response().status)
            half.send(b'GET / HTTP/1.1\r\nHost: a\r\n')
            self.connect(server, tls=False)
        # They have a third of a second to ask for something.
        self.end(server, within=2)

    def test_body_that_never_comes_is_waited_for_no_longer_than_told(
        self,
    ) -> None:
        server = self.serve(options={'graceful_shutdown_timeout': 4})
        wire = self.connect(server)
        wire.send(request('POST', '/count', 'Content-Length: 9', body=b'1'))
        self.wait_for_running(server, 1)
        server.process.send_signal(signal.SIGTERM)
        self.assertIn(server.process.wait(5), (0, 1))


class TestMasterKilled(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def kill_master(
        self, server: harness.ServerProcess, pids: frozenset[int]
    ) -> None:
        self.assertNotIn(server.process.pid, pids)
        os.kill(server.process.pid, signal.SIGKILL)
        self.wait_for_end(pids, 2)

    def test_workers_end_too(self) -> None:
        server = self.serve(workers=2)
        self.kill_master(server, self.workers_of(server, 2))
        self.assertRaises(ConnectionRefusedError, server.connect)

    def test_idle_connections_keep_no_worker(self) -> None:
        server = self.serve(workers=2)
        for _turn in range(20):
            wire = self.connect(server)
            wire.send(request('GET', '/hello'))
            self.assertEqual(200, wire.response().status)
        self.kill_master(server, self.workers_of(server, 2))


class TestByHand(launched.LaunchedTest):
    """The methods of the Server, called as launchers would."""

    launcher = 'none'

    def serving(self, transport: str = 'tcp') -> harness.ServerProcess:
        server = self.launch(transport)
        self.assertEqual('returned', server.call('start'))
        self.assertEqual(200, server.get('/hello').status)
        return server

    def test_stop_before_start_closes_the_listener(self) -> None:
        server = self.launch()
        self.connect(server)
        self.assertEqual('returned', server.call('stop'))
        self.assertRaises(ConnectionRefusedError, server.connect)
        self.assertEqual('returned', server.call('wait'))

    def test_start_after_an_early_stop_takes_the_same_port(self) -> None:
        server = self.launch()
        server.call('stop')
        self.assertEqual('returned', server.call('start'))
        self.assertEqual(200, server.get('/hello').status)

    def test_reset_before_start_is_allowed(self) -> None:
        server = self.launch()
        self.assertEqual('returned', server.call('reset'))
        self.assertEqual('returned', server.call('start'))
        self.assertEqual(200, server.get('/hello').status)

    def test_second_start_is_refused_and_harmless(self) -> None:
        server = self.serving()
        self.assertIn('RuntimeError', server.call('start'))
        self.assertEqual(200, server.get('/hello').status)

    def test_second_stop_does_nothing(self) -> None:
        server = self.serving()
        for _turn in range(2):
            self.assertEqual('returned', server.call('stop'))
        self.assertEqual('returned', server.call('wait'))
        self.assertEqual('returned', server.call('stop'))
        self.assertRaises(ConnectionRefusedError, server.connect)

    def test_wait_may_be_called_again(self) -> None:
        server = self.serving()
        server.call('stop')
        for _turn in range(2):
            self.assertEqual('returned', server.call('wait'))

    def check_stop(self, where: str) -> None:
        """Stop it there while a request runs, which is answered."""
        server = self.serving()
        wire = self.hold(server)
        self.wait_for_running(server, 1)
        self.assertEqual('returned', server.call('stop', where))
        self.assertEqual(b'slept\n', wire.response().body)
        self.assertEqual('returned', server.call('wait'))
        self.assertRaises(ConnectionRefusedError, server.connect)

    def test_stop_from_another_thread(self) -> None:
        self.check_stop('thread')

    def test_stop_from_a_signal_handler(self) -> None:
        self.check_stop('handler')

    def test_wait_returns_once_it_was_stopped_elsewhere(self) -> None:
        server = self.serving()
        wire = self.hold(server)
        self.wait_for_running(server, 1)
        self.assertEqual('begun', server.call('wait', 'background'))
        self.assertEqual('returned', server.call('stop', 'thread'))
        self.assertEqual(b'slept\n', wire.response().body)
        self.assertEqual('returned', server.call('wait'))

    def test_it_serves_again_on_the_same_port(self) -> None:
        server = self.serving()
        for _turn in range(3):
            server.call('stop')
            server.call('wait')
            self.assertRaises(ConnectionRefusedError, server.connect)
            self.assertEqual('returned', server.call('start'))
            self.assertEqual(200, server.get('/hello').status)

    def test_it_serves_again_on_the_same_file(self) -> None:
        server = self.serving('unix')
        server.call('stop')
        server.call('wait')
        self.assertFalse(os.path.exists(server.address))
        self.assertEqual('returned', server.call('start'))
        self.assertEqual(200, server.get('/hello').status)

    def test_it_keeps_no_descriptor_of_an_earlier_life(self) -> None:
        server = self.serving('tls')
        pid = server.process.pid
        counts = []
        for _turn in range(4):
            server.call('stop')
            server.call('wait')
            counts.append(processes.descriptors(pid))
            server.call('start')
            self.assertEqual(200, server.get('/hello').status)
        self.assertLessEqual(counts[-1], counts[1])

    def test_request_that_is_there_already_is_answered(self) -> None:
        server = self.serving()
        wire = self.connect(server)
        wire.send(request('GET', '/hello'))
        self.assertEqual(200, wire.response().status)
        # The process does nothing while it is stopped, so that both are
        # there when it goes on.
        os.kill(server.process.pid, signal.SIGSTOP)
        wire.send(request('GET', '/hello'))
        server.call_later('stop')
        os.kill(server.process.pid, signal.SIGCONT)
        response = wire.response()
        self.assertEqual(200, response.status)
        self.assertEqual('returned', server.answer())

    def test_port_that_was_taken_meanwhile_is_told(self) -> None:
        server = self.serving()
        server.call('stop')
        server.call('wait')
        with socket.create_server(('127.0.0.1', server.address)):
            said = server.call('start')
        self.assertIn('ListenError', said)
        self.assertIn(str(server.address), said)
