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

"""A check tells of a client that has left, whatever it has sent."""

import select
import socket

from wsgiserver._engine import disconnect_check
from wsgiserver.tests import base


class DisconnectCheckTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        with socket.create_server(('127.0.0.1', 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            self.addCleanup(self.client.close)
            self.ours, _address = listener.accept()
        self.addCleanup(self.ours.close)
        self.has_left = disconnect_check.DisconnectCheck(
            self.ours, select.poll
        )

    def wait(self) -> None:
        """Wait until the end of the connection is there."""
        poller = select.poll()
        poller.register(self.ours, select.POLLRDHUP)
        self.assertNotEqual([], poller.poll(10000))

    def test_one_that_is_there_has_not(self) -> None:
        self.assertFalse(self.has_left())
        self.client.sendall(b'GET / HTTP/1.1\r\n')
        self.ours.recv(1)
        self.assertFalse(self.has_left())

    def test_one_that_has_closed_has(self) -> None:
        self.client.close()
        self.wait()
        self.assertTrue(self.has_left())

    def test_what_it_has_sent_before_stays_to_be_read(self) -> None:
        self.client.sendall(b'GET / HTTP/1.1\r\n')
        self.client.shutdown(socket.SHUT_WR)
        self.wait()
        self.assertTrue(self.has_left())
        self.assertEqual(b'GET / HTTP/1.1\r\n', self.ours.recv(99))

    def test_one_that_was_reset_has(self) -> None:
        self.ours.sendall(b'x')
        self.client.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0'
        )
        self.client.close()
        self.wait()
        self.assertTrue(self.has_left())

    def test_a_connection_that_is_closed_has_no_client(self) -> None:
        self.ours.close()
        self.assertTrue(self.has_left())
