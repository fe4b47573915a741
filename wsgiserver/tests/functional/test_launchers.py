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
"""Under the launchers, with one worker and with several."""

import json
import os
import signal
import socket
import stat

import testscenarios

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

request = harness.request


class TestWorkers(launched.LaunchedTest):
    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [(f'{count} workers', {'workers': count}) for count in (1, 4)],
    )
    workers: int

    def start(self) -> harness.ServerProcess:
        return self.serve(workers=self.workers)

    def test_every_worker_serves(self) -> None:
        pids = self.workers_of(self.start(), self.workers)
        self.assertEqual(self.workers, len(pids))

    def test_sigterm_lets_running_requests_finish(self) -> None:
        server = self.start()
        wires = [self.hold(server) for _turn in range(8)]
        # All of them are with the application.
        harness.eventually(lambda: server.get('/hello').status == 200)
        server.process.send_signal(signal.SIGTERM)
        for wire in wires:
            response = wire.response()
            self.assertEqual(b'slept\n', response.body)
            self.assertEqual('close', response.headers['connection'])
        self.assertEqual(0, server.process.wait(harness.PATIENCE))

    def test_sigterm_closes_what_is_idle_at_once(self) -> None:
        server = self.start()
        idle, half = server.connect(), server.connect()
        self.addCleanup(idle.socket.close)
        self.addCleanup(half.socket.close)
        idle.send(request('GET', '/hello'))
        self.assertEqual(200, idle.response().status)
        half.send(b'GET / HTTP/1.1\r\nHost: a\r\n')
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(b'', idle.rest())
        self.assertEqual(b'', half.rest())
        self.assertEqual(0, server.process.wait(harness.PATIENCE))

    def test_killed_worker_is_replaced(self) -> None:
        server = self.start()
        pid = self.pid_of(server)
        if pid == server.process.pid:
            # eventlet's launcher runs a single worker itself.
            self.assertEqual(1, self.workers)
            return
        os.kill(pid, signal.SIGKILL)

        def replaced() -> bool:
            return self.pid_of(server) != pid

        harness.eventually(replaced)


class TestUnixSocket(launched.LaunchedTest):
    def test_file_has_its_mode_and_goes_at_the_end(self) -> None:
        server = self.serve('unix', server={'socket_mode': 0o640})
        mode = stat.S_IMODE(os.stat(server.address).st_mode)
        self.assertEqual(0o640, mode)
        self.assertEqual(0, server.terminate())
        self.assertFalse(os.path.exists(server.address))

    def test_stale_file_is_replaced(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(path)
        server = self.serve('unix', server={'socket_file': path})
        self.assertEqual(200, server.get('/hello').status)


class TestLimits(launched.LaunchedTest):
    def test_half_a_head_is_timed_out(self) -> None:
        server = self.serve(options={'wsgiserver.header_timeout': 1})
        with server.connect() as wire:
            wire.send(b'GET / HTTP/1.1\r\nHost:')
            self.assertEqual(408, wire.response().status)
            self.assertEqual(b'', wire.rest())

    def test_silent_connection_is_closed(self) -> None:
        server = self.serve(options={'wsgiserver.header_timeout': 1})
        with server.connect() as wire:
            self.assertEqual(b'', wire.rest())

    def test_idle_connection_is_closed(self) -> None:
        server = self.serve(options={'wsgiserver.keep_alive_timeout': 1})
        with server.connect() as wire:
            wire.send(request('GET', '/hello'))
            self.assertEqual(200, wire.response().status)
            self.assertEqual(b'', wire.rest())

    def test_keep_alive_can_be_switched_off(self) -> None:
        server = self.serve(options={'wsgi_keep_alive': False})
        with server.connect() as wire:
            wire.send(request('GET', '/hello'))
            self.assertEqual('close', wire.response().headers['connection'])
            self.assertEqual(b'', wire.rest())

    def test_silence_within_a_body_is_a_408(self) -> None:
        server = self.serve(options={'client_socket_timeout': 1})
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Content-Length: 5'))
            self.assertEqual(408, wire.response().status)
            self.assertEqual(b'', wire.rest())

    def test_declared_body_over_the_limit_is_a_413(self) -> None:
        server = self.serve(options={'wsgiserver.max_request_body_size': 9})
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Content-Length: 9'))
            wire.send(b'123456789')
            self.assertEqual(b'123456789', wire.response().body)
            wire.send(request('POST', '/echo', 'Content-Length: 10'))
            self.assertEqual(413, wire.response().status)

    def test_chunked_body_over_the_limit_is_a_413(self) -> None:
        server = self.serve(options={'wsgiserver.max_request_body_size': 9})
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Transfer-Encoding: chunked'))
            wire.send(b'a\r\n1234567890\r\n0\r\n\r\n')
            self.assertEqual(413, wire.response().status)

    def test_connections_over_the_limit_wait_their_turn(self) -> None:
        server = self.serve(options={'wsgiserver.max_connections': 2})
        with server.connect() as one, server.connect() as two:
            for wire in (one, two):
                wire.send(request('GET', '/hello'))
                self.assertEqual(200, wire.response().status)
            with server.connect() as waiting:
                waiting.send(request('GET', '/hello'))
                one.socket.close()
                self.assertEqual(200, waiting.response().status)

    def test_pool_bounds_what_runs_and_the_rest_waits(self) -> None:
        server = self.serve(server={'pool_size': 1})
        wires = [self.hold(server) for _turn in range(3)]
        for wire in wires:
            self.assertEqual(b'slept\n', wire.response().body)

    def test_slow_clients_take_no_worker(self) -> None:
        server = self.serve(server={'pool_size': 1})
        slow = [server.connect() for _turn in range(50)]
        for number, wire in enumerate(slow):
            self.addCleanup(wire.socket.close)
            wire.send(b'GET / HTTP/1.1\r\nHost: a'[: number % 20])
        self.assertEqual(200, server.get('/hello').status)

    def test_long_request_does_not_hold_up_others(self) -> None:
        server = self.serve()
        for _turn in range(20):
            server.get('/hello')
        wire = self.hold(server)
        self.assertEqual(200, server.get('/hello').status)
        self.assertEqual(b'slept\n', wire.response().body)


class TestTLS(launched.LaunchedTest):
    def test_plain_request_is_told_so(self) -> None:
        server = self.serve('tls')
        server.transport = 'tcp'
        with server.connect() as wire:
            wire.send(request('GET', '/hello'))
            response = wire.response()
            self.assertEqual(400, response.status)
            self.assertIn(b'HTTPS', response.body)

    def test_silent_client_does_not_hold_up_others(self) -> None:
        server = self.serve('tls', server={'pool_size': 1})
        silent = [
            socket.create_connection(('127.0.0.1', server.address))
            for _turn in range(20)
        ]
        for sock in silent:
            self.addCleanup(sock.close)
        self.assertEqual(200, server.get('/hello').status)

    def test_silent_handshake_is_timed_out(self) -> None:
        server = self.serve(
            'tls', options={'wsgiserver.tls_handshake_timeout': 1}
        )
        server.transport = 'tcp'
        with server.connect() as wire:
            self.assertEqual(b'', wire.rest())


class TestReload(launched.LaunchedTest):
    def test_sighup_restarts_without_a_refused_connection(self) -> None:
        server = self.serve(workers=2)
        before = self.workers_of(server, 2)
        server.process.send_signal(signal.SIGHUP)
        self.workers_of(server, 2, other_than=before)
        self.assertEqual(0, server.terminate())


class TestConnectionLimits(launched.LaunchedTest):
    def test_connection_is_closed_after_its_requests(self) -> None:
        server = self.serve(
            options={'wsgiserver.max_requests_per_connection': 2}
        )
        with server.connect() as wire:
            wire.send(request('GET', '/hello') * 3)
            self.assertNotIn('connection', wire.response().headers)
            self.assertEqual('close', wire.response().headers['connection'])
            self.assertEqual(b'', wire.rest())

    def test_client_with_too_many_connections_is_told_so(self) -> None:
        server = self.serve(
            options={'wsgiserver.max_connections_per_client': 2}
        )
        with server.connect() as one, server.connect() as two:
            for wire in (one, two):
                wire.send(request('GET', '/hello'))
                self.assertEqual(200, wire.response().status)
            with server.connect() as third:
                self.assertEqual(503, third.response().status)
        harness.eventually(lambda: self.status_of(server) == 200)

    @staticmethod
    def status_of(server: harness.ServerProcess) -> int:
        return server.get('/hello').status

    def test_trickling_body_is_given_up(self) -> None:
        server = self.serve(options={'wsgiserver.min_body_rate': 10**9})
        with server.connect() as wire:
            wire.socket.settimeout(40)
            wire.send(request('POST', '/echo', 'Content-Length: 5'))
            self.assertEqual(408, wire.response().status)


class TestProxyProtocol(launched.LaunchedTest):
    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [(name, {'transport': name}) for name in harness.TRANSPORTS],
    )
    transport: str

    def start(self, *peers: str) -> harness.ServerProcess:
        options: dict[str, object] = {'wsgiserver.proxy_protocol': True}
        if peers:
            options['wsgiserver.proxy_protocol_peers'] = list(peers)
        server = harness.ServerProcess(
            self.backend, self.transport, options=options
        )
        self.addCleanup(server.stop)
        return server

    def client_of(self, server: harness.ServerProcess, header: bytes) -> str:
        """Send a PROXY header; returns whom the application sees."""
        with server.connect(ahead=header) as wire:
            wire.send(request('GET', '/environ'))
            environ = json.loads(wire.response().body)
        return f'{environ["REMOTE_ADDR"]} {environ["REMOTE_PORT"]}'

    def test_client_of_version_1_is_seen(self) -> None:
        line = b'PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n'
        self.assertEqual('192.0.2.1 1234', self.client_of(self.start(), line))

    def test_client_of_version_2_is_seen(self) -> None:
        header = (
            b'\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24'
            + socket.inet_pton(socket.AF_INET6, '2001:db8::1')
            + socket.inet_pton(socket.AF_INET6, '2001:db8::2')
            + b'\x04\xd2\0\x50'
        )
        self.assertEqual(
            '2001:db8::1 1234', self.client_of(self.start(), header)
        )

    def test_header_is_required(self) -> None:
        server = self.start()
        if self.transport == 'tls':
            self.assertRaises(OSError, server.connect)
            return
        with server.connect() as wire:
            wire.send(request('GET', '/hello'))
            self.assertEqual(400, wire.response().status)

    def test_header_of_a_stranger_is_refused(self) -> None:
        server = self.start('192.0.2.0/24')
        line = b'PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n'
        if self.transport == 'unix':
            # Who may open the file is trusted.
            self.assertEqual('192.0.2.1 1234', self.client_of(server, line))
        elif self.transport == 'tls':
            self.assertRaises(OSError, server.connect, ahead=line)
        else:
            with server.connect(ahead=line) as wire:
                self.assertEqual(400, wire.response().status)
