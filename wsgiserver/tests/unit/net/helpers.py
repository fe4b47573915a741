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

"""What the tests of the sockets share; new processes import it, too."""

from __future__ import annotations

from collections.abc import Callable
import os
import socket
import subprocess
import sys
from typing import Any

import fixtures

from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver import exceptions
from wsgiserver.tests import base

#: How long anything may take that should take no time, in seconds.
PATIENCE = 30


def unchanged(sock: socket.socket) -> socket.socket:
    """Set no options."""
    return sock


def connect(sock: socket.socket) -> socket.socket:
    """Connect to a listening socket, by way of loopback."""
    client = socket.socket(sock.family, socket.SOCK_STREAM)
    client.settimeout(PATIENCE)
    client.connect(sock.getsockname())
    return client


def answer_once(sockets: listening_sockets.ListeningSockets) -> None:
    """Take one client of each socket, tell it the name, and stop."""
    for sock, name in zip(sockets.sockets, sockets.names(), strict=True):
        client, _address = sock.accept()
        client.sendall(name.encode())
        client.close()
    sockets.close()


def run(code: str, *, pass_fds: tuple[int, ...] = ()) -> str:
    """Run Python code in a new process.

    :returns: what it printed.
    """
    done = subprocess.run(
        [sys.executable, '-W', 'ignore::DeprecationWarning', '-c', code],
        pass_fds=pass_fds,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout.strip()


class SocketsTestCase(base.TestCase):
    """A test that listens."""

    def make(
        self,
        *addresses: listen_addresses.ListenAddress,
        backlog: int = 16,
        set_options: Callable[[socket.socket], socket.socket] = unchanged,
    ) -> listening_sockets.ListeningSockets:
        """Make sockets that are closed at the end."""
        sockets = listening_sockets.ListeningSockets(
            addresses, backlog, set_options
        )
        self.addCleanup(sockets.close)
        return sockets

    def listen(
        self, *addresses: listen_addresses.ListenAddress, **arguments: Any
    ) -> listening_sockets.ListeningSockets:
        """Listen, until the end."""
        sockets = self.make(*addresses, **arguments)
        sockets.open()
        return sockets

    def assert_fails(
        self, *addresses: listen_addresses.ListenAddress, **arguments: Any
    ) -> exceptions.ListenError:
        """Assert that the addresses can't be listened on, with one line."""
        sockets = self.make(*addresses, **arguments)
        error = self.assertRaises(exceptions.ListenError, sockets.open)
        self.assertFalse(sockets.is_open)
        self.assertEqual([], sockets.sockets)
        self.assertTrue(error.errno)
        self.assertNotIn('\n', str(error))
        return error

    def assert_answers(self, sock: socket.socket) -> None:
        """Assert that a client of the socket is one that it accepts."""
        with connect(sock) as client:
            accepted, _address = sock.accept()
            with accepted:
                accepted.sendall(b'here')
            self.assertEqual(b'here', client.recv(16))

    def fork(self, call: Callable[[], None]) -> None:
        """Make a call in a forked process, which ends then."""
        pid = os.fork()
        if not pid:
            status = 1
            try:
                call()
                status = 0
            finally:
                os._exit(status)
        self.assertEqual((pid, 0), os.waitpid(pid, 0))

    def plain(
        self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM
    ) -> socket.socket:
        """Make a plain socket that is closed at the end."""
        sock = socket.socket(family, kind)
        self.addCleanup(sock.close)
        return sock

    def bound(self, host: str = '127.0.0.1', port: int = 0) -> socket.socket:
        """Make a TCP socket that is bound, and does not listen."""
        sock = self.plain()
        sock.bind((host, port))
        return sock

    def folder(self) -> str:
        """Make a folder that is removed at the end."""
        path: str = self.useFixture(fixtures.TempDir()).path
        return path

    def resolve(self, name: str, *addresses: str) -> None:
        """Have a name stand for addresses."""
        real = socket.getaddrinfo

        def look_up(host: str, *arguments: Any, **options: Any) -> list[Any]:
            if host != name:
                return real(host, *arguments, **options)
            found = []
            for address in addresses:
                found += real(address, *arguments, **options)
            return found

        self.useFixture(fixtures.MonkeyPatch('socket.getaddrinfo', look_up))
