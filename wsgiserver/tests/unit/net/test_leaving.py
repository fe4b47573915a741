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

"""A process stops listening, and others go on doing so."""

import os
import socket

from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver.tests.unit.net import helpers


class LeaveTestCase(helpers.SocketsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(self.folder(), 'socket')

    def on_file(self) -> listening_sockets.ListeningSockets:
        return self.listen(listen_addresses.UnixAddress(self.path))

    def shared(
        self, sockets: listening_sockets.ListeningSockets
    ) -> socket.socket:
        """Have a socket as another process would have it."""
        copy = sockets.sockets[0].dup()
        self.addCleanup(copy.close)
        return copy

    def test_the_others_can_be_reached(self) -> None:
        for listen_address in (
            listen_addresses.TcpAddress('127.0.0.1', 0),
            listen_addresses.UnixAddress(self.path),
            listen_addresses.UnixAddress(f'@{self.path}'),
        ):
            sockets = self.listen(listen_address)
            copy = self.shared(sockets)
            sockets.leave()
            self.assertFalse(sockets.is_open)
            self.assert_answers(copy)

    def test_a_port_is_given_up(self) -> None:
        sockets = self.listen(listen_addresses.TcpAddress('127.0.0.1', 0))
        address = sockets.sockets[0].getsockname()
        sockets.leave()
        self.assertRaises(
            ConnectionRefusedError, self.plain().connect, address
        )

    def test_a_socket_of_the_caller_stays_open(self) -> None:
        sock = self.bound()
        sockets = self.listen(listen_addresses.GivenSocket(sock))
        sockets.leave()
        self.assertFalse(sockets.is_open)
        self.assert_answers(sock)

    def test_a_file_stays_until_it_is_closed(self) -> None:
        sockets = self.on_file()
        for _turn in range(2):
            sockets.leave()
            self.assertTrue(os.path.exists(self.path))
        for _turn in range(2):
            sockets.close()
            self.assertFalse(os.path.exists(self.path))

    def test_a_file_stays_until_the_end_of_the_process(self) -> None:
        there = helpers.run(
            'import os\n'
            'from wsgiserver._net import listen_addresses\n'
            'from wsgiserver._net import listening_sockets\n'
            'from wsgiserver.tests.unit.net import helpers\n'
            f'addresses = [listen_addresses.UnixAddress({self.path!r})]\n'
            'sockets = listening_sockets.ListeningSockets(\n'
            '    addresses, 1, helpers.unchanged\n'
            ')\n'
            'sockets.open()\n'
            'sockets.leave()\n'
            f'print(os.path.exists({self.path!r}))\n'
        )
        self.assertEqual('True', there)
        self.assertFalse(os.path.exists(self.path))

    def test_a_file_of_who_listens_there_since_is_left_alone(self) -> None:
        sockets = self.on_file()
        inode = os.lstat(self.path).st_ino
        sockets.leave()
        # It is stale, and so replaced; the inode could be used again.
        since = self.on_file()
        self.assertNotEqual(inode, os.lstat(self.path).st_ino)
        sockets.close()
        self.assert_answers(since.sockets[0])

    def test_a_file_that_was_replaced_before_is_left_alone(self) -> None:
        sockets = self.on_file()
        for leave_it in (False, True):
            os.unlink(self.path)
            if leave_it:
                with open(self.path, 'x', encoding='ascii') as file:
                    file.write('precious')
            sockets.leave()
            sockets.close()
            self.assertEqual(leave_it, os.path.exists(self.path))
            if not leave_it:
                sockets.open()

    def test_it_can_be_opened_again(self) -> None:
        sockets = self.on_file()
        sockets.leave()
        sockets.open()
        self.assert_answers(sockets.sockets[0])
        sockets.close()
        self.assertFalse(os.path.exists(self.path))

    def test_no_descriptor_is_left_behind(self) -> None:
        sockets = self.on_file()
        sockets.close()
        before = os.listdir('/proc/self/fd')
        for _turn in range(3):
            sockets.open()
            sockets.leave()
        sockets.close()
        self.assertEqual(before, os.listdir('/proc/self/fd'))

    def test_one_that_was_closed_has_nothing_to_leave(self) -> None:
        sockets = self.on_file()
        sockets.close()
        sockets.leave()
        self.assertFalse(os.path.exists(self.path))
