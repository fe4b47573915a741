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

"""Listening sockets."""

import errno
import os
import socket
import stat
import threading

import fixtures

from wsgiserver import _sockets
from wsgiserver import exceptions
from wsgiserver.tests import base


class TCPTestCase(base.TestCase):
    def _listen(
        self, host: str = '127.0.0.1', port: int = 0, family: int | None = None
    ) -> socket.socket:
        sock = _sockets.listen_tcp(host, port, family, 16, lambda made: made)
        self.addCleanup(sock.close)
        return sock

    def test_a_port_can_be_connected_to(self) -> None:
        sock = self._listen()
        address = sock.getsockname()
        self.assertEqual('127.0.0.1', address[0])
        self.assertNotEqual(0, address[1])
        with socket.create_connection(address):
            accepted, _peer = sock.accept()
            accepted.close()

    def test_a_name_is_resolved(self) -> None:
        self.assertIn(
            self._listen('localhost').getsockname()[0], ('127.0.0.1', '::1')
        )
        sock = self._listen('localhost', family=socket.AF_INET)
        self.assertEqual('127.0.0.1', sock.getsockname()[0])

    def test_no_host_means_every_address(self) -> None:
        self.assertEqual('0.0.0.0', self._listen('').getsockname()[0])

    def test_a_port_in_use_is_an_error_that_names_it(self) -> None:
        port = self._listen().getsockname()[1]
        error = self.assertRaises(
            exceptions.ListenError, self._listen, port=port
        )
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertIn(f'127.0.0.1:{port}', str(error))
        self.assertIn('in use', str(error))

    def test_a_port_that_was_just_in_use_can_be_listened_on(self) -> None:
        first = self._listen()
        address = first.getsockname()
        client = socket.create_connection(address)
        self.addCleanup(client.close)
        accepted, _peer = first.accept()
        # The side that closes first keeps the port in TIME_WAIT.
        accepted.close()
        client.recv(1)
        client.close()
        first.close()
        self._listen(port=address[1])

    def test_a_host_that_is_none_is_an_error_that_names_it(self) -> None:
        for host in ('192.0.2.1', 'nosuch.invalid', '300.1.1.1', 'a..b'):
            error = self.assertRaises(
                exceptions.ListenError, self._listen, host
            )
            self.assertIn(host, str(error))

    def test_an_address_of_another_family_is_an_error(self) -> None:
        # Never another family than the one that was asked for.
        self.assertRaises(
            exceptions.ListenError,
            self._listen,
            '127.0.0.1',
            family=socket.AF_INET6,
        )
        self.assertRaises(
            exceptions.ListenError, self._listen, '::1', family=socket.AF_INET
        )

    def test_a_port_that_is_none_is_an_error(self) -> None:
        for port in (65536, 99999, -1):
            self.assertRaises(exceptions.ListenError, self._listen, port=port)

    def test_options_are_set_before_the_socket_is_bound(self) -> None:
        seen = []

        def set_options(sock: socket.socket) -> socket.socket:
            seen.append(sock.getsockname())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock

        sock = _sockets.listen_tcp('127.0.0.1', 0, None, 1, set_options)
        self.addCleanup(sock.close)
        self.assertEqual([('0.0.0.0', 0)], seen)
        self.assertTrue(
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        )

    def test_a_socket_that_can_not_be_bound_is_closed(self) -> None:
        made = []

        def set_options(sock: socket.socket) -> socket.socket:
            made.append(sock)
            raise OSError(errno.EPERM, 'no')

        self.assertRaises(
            exceptions.ListenError,
            _sockets.listen_tcp,
            '127.0.0.1',
            0,
            None,
            1,
            set_options,
        )
        self.assertEqual(-1, made[0].fileno())


class UnixTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'socket'
        )

    def _listen(
        self, mode: int | None = None, backlog: int = 16
    ) -> socket.socket:
        sock = _sockets.listen_unix(self.path, mode, backlog)
        self.addCleanup(sock.close)
        return sock

    def test_a_socket_can_be_connected_to(self) -> None:
        sock = self._listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.path)
            accepted, _peer = sock.accept()
            accepted.close()

    def test_its_file_has_the_mode(self) -> None:
        for mode in (0o600, 0o660, 0o666):
            self._listen(mode).close()
            self.assertEqual(
                mode, stat.S_IMODE(os.stat(self.path).st_mode), oct(mode)
            )

    def test_a_stale_file_is_replaced(self) -> None:
        self._listen().close()
        self.assertTrue(os.path.exists(self.path))
        inode = os.stat(self.path).st_ino
        sock = self._listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.path)
        self.assertNotEqual(-1, sock.fileno())
        self.assertIsNotNone(inode)

    def test_a_socket_in_use_is_left_alone(self) -> None:
        first = self._listen()
        error = self.assertRaises(exceptions.ListenError, self._listen)
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertIn(self.path, str(error))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.path)
        first.accept()[0].close()

    def test_a_socket_in_use_that_is_overrun_is_left_alone(self) -> None:
        # Connecting to it would wait until somebody is accepted.
        self._listen(backlog=0)
        clients = []
        while True:
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.setblocking(False)
            try:
                client.connect(self.path)
            except BlockingIOError:
                break
            clients.append(client)
        caught: list[Exception] = []

        def listen() -> None:
            try:
                _sockets.listen_unix(self.path, None, 1)
            except Exception as error:
                caught.append(error)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        thread.join(5)
        self.assertEqual(
            [exceptions.ListenError], [type(error) for error in caught]
        )

    def test_a_file_that_is_no_socket_is_left_alone(self) -> None:
        with open(self.path, 'w', encoding='ascii') as file:
            file.write('precious')
        self.assertRaises(exceptions.ListenError, self._listen)
        with open(self.path, encoding='ascii') as file:
            self.assertEqual('precious', file.read())

    def test_a_path_that_can_not_be_made_is_an_error_that_names_it(
        self,
    ) -> None:
        for path in (self.path + '/no/such', '/' + 'a' * 200):
            error = self.assertRaises(
                exceptions.ListenError, _sockets.listen_unix, path, None, 1
            )
            self.assertIn(path, str(error))
            self.assertTrue(error.errno)

    def test_unlink_removes_its_own_file_alone(self) -> None:
        self._listen()
        inode = os.stat(self.path).st_ino
        _sockets.unlink(self.path, inode + 1, os.getpid())
        self.assertTrue(os.path.exists(self.path))
        _sockets.unlink(self.path, inode, os.getpid() + 1)
        self.assertTrue(os.path.exists(self.path))
        _sockets.unlink(self.path, inode, os.getpid())
        self.assertFalse(os.path.exists(self.path))
        _sockets.unlink(self.path, inode, os.getpid())
