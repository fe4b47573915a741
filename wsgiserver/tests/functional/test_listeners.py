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
"""Where a server listens: addresses, files, names, what it is given."""

import json
import os
import signal
import socket
import stat
import sys
from typing import Any

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

request = harness.request


class ListenerTest(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def listening(self, *listen: str, **given: Any) -> harness.ServerProcess:
        """Have a server that listens at all of these."""
        arguments = {'listen': list(listen), **given.pop('server', {})}
        return self.launch(server=arguments, **given)

    def check(self, server: harness.ServerProcess, **way: Any) -> None:
        self.assertEqual(200, server.get('/hello', **way).status)


class TestAddresses(ListenerTest):
    def test_ipv6(self) -> None:
        server = self.listening('[::1]:0')
        self.assertEqual('::1', server.addresses[0][0][0])
        self.check(server)
        with self.connect(server) as wire:
            wire.send(b'GET /environ HTTP/1.0\r\n\r\n')
            environ = json.loads(wire.response().body)
        self.assertEqual('[::1]', environ['SERVER_NAME'])
        self.assertEqual('::1', environ['REMOTE_ADDR'])

    def test_wildcard_takes_both_families(self) -> None:
        server = self.listening('[::]:0')
        for host in ('::1', '127.0.0.1'):
            self.check(server, to=(host, server.address))

    def test_wildcard_takes_one_family_where_told_so(self) -> None:
        # The port of the other family may be another test's, by chance; so
        # it is taken, which no server that took both families would allow.
        for _turn in range(5):
            server = self.listening('[::]:0', server={'dual_stack': False})
            self.check(server, to=('::1', server.address))
            if self._is_refused(server.address):
                return
        self.fail('the port of the other family was never free')

    def _is_refused(self, port: int) -> bool:
        """Check that nobody answers at a port of IPv4, if it is free."""
        with socket.socket() as taken:
            try:
                taken.bind(('127.0.0.1', port))
            except OSError:
                return False
            self.assertRaises(
                ConnectionRefusedError,
                socket.create_connection,
                ('127.0.0.1', port),
                timeout=harness.PATIENCE,
            )
            return True

    def test_star_takes_both_families(self) -> None:
        server = self.listening('*:0')
        self.assertEqual(2, len(server.addresses[0]))
        for host in ('::1', '127.0.0.1'):
            self.check(server, to=(host, server.address))

    def test_several_places_are_served(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        server = self.listening('127.0.0.1:0', '[::1]:0', f'unix:{path}')
        self.assertEqual(3, len(server.addresses[0]))
        for address in server.addresses[0]:
            self.check(server, to=address)

    def test_all_of_them_are_closed_on_stop(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        server = self.listening('127.0.0.1:0', f'unix:{path}', workers=2)
        self.workers_of(server, 2)
        self.assertEqual(0, server.terminate())
        self.assertFalse(os.path.exists(path))
        self.assertRaises(ConnectionRefusedError, server.connect)


class TestRefused(ListenerTest):
    """What can't be listened on is told when the server is made."""

    scenarios = launched.OWN

    def test_port_in_use_is_one_line(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as taken:
            host, port = taken.getsockname()
            error = self.assertRaises(
                harness.NotServing, self.listening, f'{host}:{port}'
            )
        lines = [
            line for line in str(error).splitlines() if ' INFO ' not in line
        ]
        self.assertEqual(1, len(lines), str(lines))
        self.assertIn(f'{host}:{port}', lines[0])
        self.assertIn('in use', lines[0])

    def test_one_port_in_use_closes_the_others(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            self.assertRaises(
                harness.NotServing,
                self.listening,
                f'unix:{path}',
                f'127.0.0.1:{port}',
            )
        self.assertFalse(os.path.exists(path))

    def test_file_that_is_no_socket_is_left_alone(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        with open(path, 'w') as file:
            file.write('precious')
        self.assertRaises(harness.NotServing, self.listening, f'unix:{path}')
        with open(path) as file:
            self.assertEqual('precious', file.read())


class TestUnixSockets(ListenerTest):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.useFixture(harness.SocketFile()).path

    def test_file_has_its_mode_and_owner(self) -> None:
        user, group = os.getuid(), os.getgid()
        server = self.listening(
            f'unix:{self.path}',
            options={
                'wsgiserver.socket_mode': '0640',
                'wsgiserver.socket_owner': f'{user}:{group}',
            },
        )
        found = os.stat(self.path)
        self.assertEqual(0o640, stat.S_IMODE(found.st_mode))
        self.assertEqual((user, group), (found.st_uid, found.st_gid))
        self.check(server)

    def test_stale_file_is_replaced(self) -> None:
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(self.path)
        self.check(self.listening(f'unix:{self.path}'))

    def test_file_of_a_live_server_is_not(self) -> None:
        server = self.listening(f'unix:{self.path}')
        self.check(server)
        error = self.assertRaises(
            harness.NotServing, self.listening, f'unix:{self.path}'
        )
        self.assertIn(self.path, str(error))
        self.check(server)

    def test_file_goes_at_the_end_and_not_with_a_worker(self) -> None:
        server = self.listening(f'unix:{self.path}', workers=2)
        pids = self.workers_of(server, 2)
        os.kill(min(pids), signal.SIGTERM)
        self.workers_of(server, 1, other_than=pids)
        self.check(server)
        self.assertEqual(0, server.terminate())
        self.assertFalse(os.path.exists(self.path))

    def test_abstract_socket(self) -> None:
        name = f'@wsgiserver-{os.path.basename(os.path.dirname(self.path))}'
        server = self.listening(f'unix:{name}')
        self.assertEqual(name, server.address)
        self.check(server)
        server.terminate()
        self.assertRaises(ConnectionRefusedError, server.connect)


class TestGivenSockets(ListenerTest):
    def test_socket_that_listens(self) -> None:
        self.check(self.launch(given='listening'))

    def test_socket_that_is_bound(self) -> None:
        self.check(self.launch(given='bound'))

    def activated(
        self, *listen: str, names: str = 'public:admin'
    ) -> tuple[harness.ServerProcess, list[Any]]:
        """Have a server with two sockets passed as systemd does."""
        with (
            socket.create_server(('127.0.0.1', 0)) as one,
            socket.create_server(('127.0.0.1', 0)) as other,
        ):
            numbers = [one.fileno(), other.fileno()]
            server = self.listening(
                *listen,
                wrapper=[
                    *(sys.executable, '-m'),
                    'wsgiserver.tests.functional.activate',
                    *(','.join(map(str, numbers)), names),
                ],
                pass_fds=numbers,
            )
            return server, [one.getsockname(), other.getsockname()]

    def test_sockets_of_systemd(self) -> None:
        server, addresses = self.activated('systemd')
        self.assertEqual(addresses, server.addresses[0])
        for address in addresses:
            self.check(server, to=address)

    def test_socket_of_systemd_by_its_name(self) -> None:
        server, addresses = self.activated('systemd:admin')
        self.assertEqual(addresses[1:], server.addresses[0])
        self.check(server)

    def test_name_that_systemd_does_not_know_is_told(self) -> None:
        error = self.assertRaises(
            harness.NotServing, self.activated, 'systemd:internal'
        )
        self.assertIn('internal', str(error))


class TestSeveralServers(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def serving(self) -> harness.ServerProcess:
        """Have a public server with TLS and an admin one without."""
        return self.launch(
            'tls',
            text='public',
            server={'pool_size': 1},
            options={'wsgiserver.max_connections': 50},
            more=[{'text': 'admin', 'arguments': {'pool_size': 2}}],
        )

    def test_each_has_its_application_and_transport(self) -> None:
        server = self.serving()
        admin = server.addresses[1][0]
        self.assertEqual(b'public', server.get('/text').body)
        self.assertEqual(
            b'admin', server.get('/text', to=admin, tls=False).body
        )

    def test_they_share_a_process(self) -> None:
        server = self.serving()
        admin = server.addresses[1][0]
        pids = {
            server.get('/pid').body,
            server.get('/pid', to=admin, tls=False).body,
        }
        # cotyledon has each service in workers of its own.
        expected = 2 if self.id().endswith('(threading,stock)') else 1
        self.assertEqual(expected, len(pids))

    def test_full_pool_of_one_does_not_hold_up_the_other(self) -> None:
        server = self.serving()
        admin = server.addresses[1][0]
        wire = self.hold(server, 1)
        # Its own pool has one place.
        waiting = self.connect(server)
        waiting.send(request('GET', '/hello'))
        self.assertEqual(
            b'admin', server.get('/text', to=admin, tls=False).body
        )
        self.assertEqual(b'slept\n', wire.response().body)
        self.assertEqual(200, waiting.response().status)

    def test_both_drain(self) -> None:
        server = self.serving()
        admin = server.addresses[1][0]
        wires = [self.hold(server), self.connect(server, to=admin, tls=False)]
        wires[1].send(request('GET', '/sleep/1'))
        harness.eventually(lambda: self.count_admin(server) == 1)
        server.process.send_signal(signal.SIGTERM)
        for wire in wires:
            self.assertEqual(b'slept\n', wire.response().body)
            wire.socket.close()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))

    def count_admin(self, server: harness.ServerProcess) -> int:
        to = server.addresses[1][0]
        running: int = server.get('/running', to=to, tls=False).json()[1]
        return running
