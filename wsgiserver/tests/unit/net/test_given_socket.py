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

"""Sockets that the caller made."""

import errno
import os
import socket

from wsgiserver._net import listen_addresses
from wsgiserver.tests.unit.net import helpers


class GivenTestCase(helpers.SocketsTestCase):
    def test_a_socket_that_is_bound_is_listened_on(self) -> None:
        sock = self.bound()
        sockets = self.listen(listen_addresses.GivenSocket(sock))
        self.assertEqual([sock], sockets.sockets)
        port = sock.getsockname()[1]
        self.assertEqual([f'127.0.0.1:{port}'], sockets.names())
        self.assert_answers(sock)

    def test_a_unix_socket_is_listened_on(self) -> None:
        path = os.path.join(self.folder(), 'socket')
        sock = self.plain(socket.AF_UNIX)
        sock.bind(path)
        sockets = self.listen(listen_addresses.GivenSocket(sock))
        self.assertEqual([f'unix:{path}'], sockets.names())
        self.assert_answers(sock)
        sockets.close()
        # The file is the caller's, too.
        self.assertTrue(os.path.exists(path))

    def test_an_ipv6_socket_is_listened_on(self) -> None:
        sock = self.plain(socket.AF_INET6)
        sock.bind(('::1', 0))
        self.assert_answers(
            self.listen(listen_addresses.GivenSocket(sock)).sockets[0]
        )

    def test_one_that_listens_keeps_its_backlog(self) -> None:
        sock = self.plain(socket.AF_UNIX)
        sock.bind('')
        sock.listen(1)
        self.listen(listen_addresses.GivenSocket(sock), backlog=100)
        for _turn in range(2):
            client = self.plain(socket.AF_UNIX)
            client.connect(sock.getsockname())
        client = self.plain(socket.AF_UNIX)
        client.setblocking(False)
        code = client.connect_ex(sock.getsockname())
        self.assertEqual(errno.EAGAIN, code)

    def test_one_that_does_not_listen_gets_the_backlog(self) -> None:
        sock = self.plain(socket.AF_UNIX)
        sock.bind('')
        self.listen(listen_addresses.GivenSocket(sock), backlog=1)
        codes = []
        for _turn in range(3):
            client = self.plain(socket.AF_UNIX)
            client.setblocking(False)
            codes.append(client.connect_ex(sock.getsockname()))
        # Linux lets one more in than the backlog.
        self.assertEqual([0, 0, errno.EAGAIN], codes)

    def test_options_are_not_set(self) -> None:
        seen: list[socket.socket] = []

        def set_options(sock: socket.socket) -> socket.socket:
            seen.append(sock)
            return sock

        self.listen(
            listen_addresses.GivenSocket(self.bound()), set_options=set_options
        )
        self.assertEqual([], seen)

    def test_it_is_not_closed(self) -> None:
        sock = self.bound()
        sockets = self.listen(listen_addresses.GivenSocket(sock))
        sockets.close()
        self.assertFalse(sockets.is_open)
        self.assertEqual([], sockets.sockets)
        self.assert_answers(sock)

    def test_it_is_not_closed_where_another_place_fails(self) -> None:
        sock = self.bound()
        taken = self.bound()
        taken.listen()
        port = taken.getsockname()[1]
        self.assert_fails(
            listen_addresses.GivenSocket(sock),
            listen_addresses.TcpAddress('127.0.0.1', port),
        )
        self.assertNotEqual(-1, sock.fileno())

    def test_it_can_be_listened_on_again(self) -> None:
        sock = self.bound()
        sockets = self.listen(listen_addresses.GivenSocket(sock))
        sockets.close()
        sockets.open()
        self.assertEqual([sock], sockets.sockets)
        self.assert_answers(sock)

    def test_one_that_is_connected_is_an_error_that_names_it(self) -> None:
        listening = self.bound()
        listening.listen()
        client = helpers.connect(listening)
        self.addCleanup(client.close)
        port = client.getsockname()[1]
        error = self.assert_fails(listen_addresses.GivenSocket(client))
        self.assertIn(f'127.0.0.1:{port}', str(error))

    def test_one_that_the_caller_closed_is_an_error_that_names_it(
        self,
    ) -> None:
        sock = self.bound()
        port = sock.getsockname()[1]
        listen_address = listen_addresses.GivenSocket(sock)
        sockets = self.make(listen_address)
        sock.close()
        self.assertRaises(OSError, sockets.open)
        error = self.assertRaises(OSError, sockets.open)
        self.assertEqual(errno.EBADF, error.errno)
        self.assertIn(f'127.0.0.1:{port}', str(error))
