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

"""All the sockets of a server."""

import os
import signal
import socket

from wsgiserver._net import listen_addresses
from wsgiserver import exceptions
from wsgiserver.tests.unit.net import helpers


class SocketsTestCase(helpers.SocketsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(self.folder(), 'socket')
        self.addresses = (
            listen_addresses.TcpAddress('127.0.0.1', 0),
            listen_addresses.UnixAddress(self.path),
            listen_addresses.TcpAddress('::1', 0),
            listen_addresses.GivenSocket(self.bound()),
        )

    def test_making_them_does_nothing(self) -> None:
        sockets = self.make(*self.addresses)
        self.assertFalse(sockets.is_open)
        self.assertEqual([], sockets.sockets)
        self.assertEqual([], sockets.names())
        self.assertFalse(os.path.exists(self.path))

    def test_all_places_are_listened_on_in_order(self) -> None:
        sockets = self.listen(*self.addresses)
        self.assertTrue(sockets.is_open)
        self.assertEqual(
            [socket.AF_INET, socket.AF_UNIX, socket.AF_INET6, socket.AF_INET],
            [sock.family for sock in sockets.sockets],
        )
        for sock in sockets.sockets:
            self.assert_answers(sock)

    def test_they_are_named_as_they_are_written(self) -> None:
        sockets = self.listen(*self.addresses)
        ports = [
            sock.getsockname()[1]
            for sock in sockets.sockets
            if sock.family != socket.AF_UNIX
        ]
        self.assertEqual(
            [
                f'127.0.0.1:{ports[0]}',
                f'unix:{self.path}',
                f'[::1]:{ports[1]}',
                f'127.0.0.1:{ports[2]}',
            ],
            sockets.names(),
        )
        for name in sockets.names():
            listen_addresses.parse(name)

    def test_if_one_place_fails_none_is_listened_on(self) -> None:
        taken = self.bound()
        taken.listen()
        port = taken.getsockname()[1]
        seen = []

        def set_options(sock: socket.socket) -> socket.socket:
            seen.append(sock)
            return sock

        error = self.assert_fails(
            *self.addresses,
            listen_addresses.TcpAddress('127.0.0.1', port),
            set_options=set_options,
        )
        self.assertIn(f'127.0.0.1:{port}', str(error))
        self.assertEqual({-1}, {sock.fileno() for sock in seen})
        self.assertFalse(os.path.exists(self.path))

    def test_they_can_be_opened_after_a_failure(self) -> None:
        taken = self.bound()
        taken.listen()
        port = taken.getsockname()[1]
        sockets = self.make(
            *self.addresses, listen_addresses.TcpAddress('127.0.0.1', port)
        )
        self.assertRaises(exceptions.ListenError, sockets.open)
        taken.close()
        sockets.open()
        for sock in sockets.sockets:
            self.assert_answers(sock)

    def test_an_exception_of_another_kind_closes_them(self) -> None:
        def set_options(sock: socket.socket) -> socket.socket:
            raise SystemExit(1)

        sockets = self.make(
            listen_addresses.UnixAddress(self.path),
            listen_addresses.TcpAddress('127.0.0.1', 0),
            set_options=set_options,
        )
        self.assertRaises(SystemExit, sockets.open)
        self.assertFalse(sockets.is_open)
        self.assertFalse(os.path.exists(self.path))

    def test_opening_them_twice_does_nothing(self) -> None:
        sockets = self.listen(*self.addresses)
        before = sockets.sockets
        sockets.open()
        self.assertEqual(before, sockets.sockets)
        for sock in sockets.sockets:
            self.assert_answers(sock)

    def test_closing_them_closes_what_they_opened(self) -> None:
        sockets = self.listen(*self.addresses)
        before = sockets.sockets
        names = sockets.names()
        sockets.close()
        self.assertFalse(sockets.is_open)
        self.assertEqual([], sockets.sockets)
        self.assertEqual([-1] * 3, [sock.fileno() for sock in before[:3]])
        self.assertRaises(
            ConnectionRefusedError,
            socket.create_connection,
            ('127.0.0.1', int(names[0].rpartition(':')[2])),
        )

    def test_closing_them_twice_or_never_opened_does_nothing(self) -> None:
        sockets = self.make(*self.addresses)
        sockets.close()
        sockets.open()
        sockets.close()
        sockets.close()
        self.assertFalse(sockets.is_open)

    def test_opened_again_they_have_the_same_addresses(self) -> None:
        sockets = self.listen(*self.addresses)
        names = sockets.names()
        for _turn in range(2):
            sockets.close()
            sockets.open()
            self.assertEqual(names, sockets.names())
        for sock in sockets.sockets:
            self.assert_answers(sock)

    def test_an_address_taken_meanwhile_is_an_error(self) -> None:
        sockets = self.listen(self.addresses[0])
        port = sockets.sockets[0].getsockname()[1]
        sockets.close()
        self.bound(port=port).listen()
        error = self.assertRaises(exceptions.ListenError, sockets.open)
        # Not another port than the one that clients know.
        self.assertIn(f'127.0.0.1:{port}', str(error))
        self.assertFalse(sockets.is_open)

    def test_a_process_that_was_forked_closes_its_own_alone(self) -> None:
        sockets = self.listen(*self.addresses)
        self.fork(sockets.close)
        for sock in sockets.sockets:
            self.assert_answers(sock)

    def test_a_signal_handler_can_close_them(self) -> None:
        sockets = self.listen(*self.addresses)
        previous = signal.signal(
            signal.SIGUSR1, lambda *arguments: sockets.close()
        )
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        signal.raise_signal(signal.SIGUSR1)
        self.assertFalse(sockets.is_open)
        sockets.open()
        self.assertTrue(sockets.is_open)
