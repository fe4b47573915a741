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

"""How many connections wait, as the kernel tells."""

import os
import socket
from typing import Any

import fixtures

from wsgiserver._metrics import backlog
from wsgiserver.tests import base


class BacklogTestCase(base.TestCase):
    def listening(self, family: int, address: Any) -> socket.socket:
        sock = socket.socket(family)
        self.addCleanup(sock.close)
        sock.bind(address)
        sock.listen(7)
        return sock

    def connect(self, sock: socket.socket, times: int) -> None:
        for _turn in range(times):
            client = socket.socket(sock.family)
            self.addCleanup(client.close)
            client.connect(sock.getsockname())

    def check(self, sock: socket.socket) -> None:
        self.assertEqual((0, 7), backlog.backlog(sock))
        self.connect(sock, 3)
        self.assertEqual((3, 7), backlog.backlog(sock))
        sock.accept()[0].close()
        self.assertEqual((2, 7), backlog.backlog(sock))

    def test_tcp(self) -> None:
        self.check(self.listening(socket.AF_INET, ('127.0.0.1', 0)))

    def test_ipv6(self) -> None:
        self.check(self.listening(socket.AF_INET6, ('::1', 0)))

    def test_unix_socket(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(folder, 'a.sock')
        self.check(self.listening(socket.AF_UNIX, path))

    def test_abstract_socket(self) -> None:
        name = f'\0wsgiserver-tests-{os.getpid()}'
        self.check(self.listening(socket.AF_UNIX, name))

    def test_what_the_kernel_does_not_tell_is_unknown(self) -> None:
        sock = self.listening(socket.AF_INET, ('127.0.0.1', 0))
        sock.close()
        self.assertIsNone(backlog.backlog(sock))
        self.assertEqual(
            [('gone', None, None)], backlog.of_all([('gone', sock)])
        )

    def test_a_kernel_without_diagnostics_tells_nothing(self) -> None:
        def no_socket(*args: object) -> socket.socket:
            raise OSError('Protocol not supported')

        sock = self.listening(socket.AF_UNIX, f'\0wsgiserver-{os.getpid()}')
        self.useFixture(fixtures.MonkeyPatch('socket.socket', no_socket))
        self.assertIsNone(backlog.backlog(sock))
