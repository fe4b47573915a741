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

"""Sockets that go to another process, and those of eventlet."""

import multiprocessing
import os
import socket
from typing import Any

from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver.tests.unit.net import helpers


class Owner:
    """What has sockets, and sets their options with a method, as a server."""

    def __init__(
        self, addresses: list[listen_addresses.ListenAddress]
    ) -> None:
        self.level = 1
        self.sockets = listening_sockets.ListeningSockets(
            addresses, 16, self.set_options
        )

    def set_options(self, sock: socket.socket) -> socket.socket:
        """Set an option."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, self.level)
        return sock


def _answer_for(owner: Owner) -> None:
    helpers.answer_once(owner.sockets)


def _look(
    sockets: listening_sockets.ListeningSockets, connection: Any
) -> None:
    before = [s.get_inheritable() for s in sockets.sockets]
    connection.send((sockets.is_open, sockets.names(), before))
    sockets.close()
    connection.send(sockets.is_open)


def _reopen(
    sockets: listening_sockets.ListeningSockets, connection: Any
) -> None:
    connection.send(sockets.is_open)
    sockets.open()
    connection.send(sockets.names())
    helpers.answer_once(sockets)


class SpawnTestCase(helpers.SocketsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(self.folder(), 'socket')
        self.addresses: list[listen_addresses.ListenAddress] = [
            listen_addresses.TcpAddress('127.0.0.1', 0, socket.AF_INET),
            listen_addresses.TcpAddress('::1', 0),
            listen_addresses.UnixAddress(self.path),
            listen_addresses.UnixAddress('@' + self.path),
            listen_addresses.GivenSocket(self.bound()),
        ]

    def _spawn(self, target: Any, *arguments: Any) -> Any:
        context = multiprocessing.get_context('spawn')
        ours, theirs = context.Pipe()
        self.addCleanup(ours.close)
        if target in (_look, _reopen):
            arguments = (*arguments, theirs)
        process = context.Process(target=target, args=arguments)
        process.start()
        theirs.close()
        self.addCleanup(process.join)
        self.addCleanup(process.kill)
        return ours

    def _ask(self, addresses: list[Any]) -> list[str]:
        answers = []
        for family, address in addresses:
            with socket.socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(helpers.PATIENCE)
                client.connect(address)
                answers.append(client.recv(1024).decode())
        return answers

    def test_a_spawned_process_accepts_on_them(self) -> None:
        sockets = self.listen(*self.addresses)
        self._spawn(helpers.answer_once, sockets)
        addresses = [(s.family, s.getsockname()) for s in sockets.sockets]
        self.assertEqual(sockets.names(), self._ask(addresses))

    def test_their_owner_goes_with_them(self) -> None:
        owner = Owner(self.addresses)
        owner.sockets.open()
        self.addCleanup(owner.sockets.close)
        sockets = owner.sockets
        self._spawn(_answer_for, owner)
        addresses = [(s.family, s.getsockname()) for s in sockets.sockets]
        self.assertEqual(sockets.names(), self._ask(addresses))

    def test_several_processes_can_have_them(self) -> None:
        sockets = self.listen(*self.addresses)
        for _turn in range(2):
            pipe = self._spawn(_look, sockets)
            is_open, names, inheritable = pipe.recv()
            self.assertTrue(is_open)
            self.assertEqual(sockets.names(), names)
            # What the process runs does not get them.
            self.assertEqual({False}, set(inheritable))
            self.assertFalse(pipe.recv())
            # It closed its own, and left the file to its maker.
            for sock in sockets.sockets:
                self.assert_answers(sock)
        sockets.close()
        self.assertFalse(os.path.exists(self.path))

    def test_those_that_were_closed_open_with_the_same_addresses(self) -> None:
        sockets = self.listen(*self.addresses)
        names = sockets.names()
        addresses = [(s.family, s.getsockname()) for s in sockets.sockets]
        sockets.close()
        pipe = self._spawn(_reopen, sockets)
        self.assertFalse(pipe.recv())
        self.assertEqual(names, pipe.recv())
        self.assertEqual(names, self._ask(addresses))


# What a process with eventlet does; the folder is given.
_PATCHED = """
import multiprocessing
import os
import socket
from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver import exceptions
from wsgiserver.tests.unit.net import helpers
{before}
import eventlet.greenio
assert socket.socket is eventlet.greenio.GreenSocket
given = socket.socket(socket.AF_UNIX)
given.bind('')
sockets = listening_sockets.ListeningSockets(
    [
        listen_addresses.TcpAddress('localhost', 0, socket.AF_INET),
        listen_addresses.TcpAddress('::1', 0),
        listen_addresses.UnixAddress({path!r}, 0o600),
        listen_addresses.GivenSocket(given),
    ],
    16,
    helpers.unchanged,
)
sockets.open()
{code}
"""

# The order in which eventlet patches and multiprocessing is imported.
_LATE = 'import eventlet\neventlet.monkey_patch()\n'
_EARLY = _LATE + _PATCHED


class PatchedTestCase(helpers.SocketsTestCase):
    """Where eventlet has put its socket in place of that of Python."""

    def _run(self, code: str, *, is_early: bool = True) -> str:
        path = os.path.join(self.folder(), 'socket')
        program = _EARLY if is_early else _PATCHED
        before = '' if is_early else _LATE
        return helpers.run(program.format(before=before, path=path, code=code))

    def test_they_accept_clients(self) -> None:
        code = (
            'names = sockets.names()\n'
            'clients = [helpers.connect(s) for s in sockets.sockets]\n'
            'helpers.answer_once(sockets)\n'
            'print(names == [c.recv(99).decode() for c in clients])\n'
        )
        self.assertEqual('True', self._run(code))

    def test_a_spawned_process_accepts_on_them(self) -> None:
        code = (
            'context = multiprocessing.get_context("spawn")\n'
            'process = context.Process(\n'
            '    target=helpers.answer_once, args=(sockets,)\n'
            ')\n'
            'process.start()\n'
            'clients = [helpers.connect(s) for s in sockets.sockets]\n'
            'names = [client.recv(99).decode() for client in clients]\n'
            'print(names == sockets.names())\n'
            'process.join()\n'
        )
        for is_early in (True, False):
            self.assertEqual('True', self._run(code, is_early=is_early))

    def test_they_are_closed_and_opened_again(self) -> None:
        code = (
            'names = sockets.names()\n'
            'sockets.close()\n'
            'assert not sockets.is_open\n'
            'sockets.open()\n'
            'print(names == sockets.names())\n'
        )
        self.assertEqual('True', self._run(code))

    def test_what_can_not_be_listened_on_is_an_error(self) -> None:
        code = (
            "for host in ('a..b', 'a' * 64, '300.1.1.1', '192.0.2.1'):\n"
            '    made = listening_sockets.ListeningSockets(\n'
            '        [listen_addresses.TcpAddress(host, 0)],\n'
            '        1,\n'
            '        helpers.unchanged,\n'
            '    )\n'
            '    try:\n'
            '        made.open()\n'
            '    except exceptions.ListenError as error:\n'
            '        print(host in str(error))\n'
        )
        self.assertEqual(['True'] * 4, self._run(code).splitlines())

    def test_those_of_systemd_have_their_family(self) -> None:
        code = (
            'sock = next(\n'
            '    s for s in sockets.sockets if s.family == socket.AF_INET6\n'
            ')\n'
            'os.dup2(sock.fileno(), 3)\n'
            'os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")\n'
            'os.environ.pop("LISTEN_FDNAMES", None)\n'
            'made = listening_sockets.ListeningSockets(\n'
            '    [listen_addresses.SystemdSockets()], 1, helpers.unchanged\n'
            ')\n'
            'made.open()\n'
            'passed = made.sockets[0]\n'
            'print(type(passed).__name__, passed.family.name, passed.type)\n'
        )
        self.assertEqual('GreenSocket AF_INET6 1', self._run(code))
