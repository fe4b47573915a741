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

"""Sockets that systemd passes."""

import errno
import os
import socket

import fixtures

from wsgiserver._net import listen_addresses
from wsgiserver.tests.unit.net import helpers

# systemd passes descriptors from 3 on: this moves there what the first lines
# name, and then becomes a program that has the process id, as systemd does.
_ACTIVATE = """
import fcntl, os, sys
sources = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in {descriptors}]
for listen_address, source in enumerate(sources, 3):
    os.dup2(source, listen_address, inheritable=True)
for name in ('LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'):
    os.environ.pop(name, None)
os.environ.update({environ})
if 'LISTEN_PID' not in os.environ:
    os.environ['LISTEN_PID'] = str(os.getpid())
os.execv(sys.executable, [sys.executable, '-c', {code!r}])
"""

# What the program begins with; "listen" is what it does.
_PROGRAM = """
import os
import socket
from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver import exceptions
from wsgiserver.tests.unit.net import helpers
def make(text):
    addresses = [listen_addresses.parse(text)]
    return listening_sockets.ListeningSockets(addresses, 16, helpers.unchanged)
def listen(text):
    sockets = make(text)
    try:
        sockets.open()
    except exceptions.ListenError as error:
        print(error)
    else:
        print(*sockets.names())
    return sockets
"""


class SystemdTestCase(helpers.SocketsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = self.bound(), self.bound()
        self.names = []
        for sock in (self.first, self.second):
            sock.listen()
            self.names.append(f'127.0.0.1:{sock.getsockname()[1]}')

    def _run(
        self,
        code: str,
        *sockets: socket.socket,
        names: str | None = 'a:b',
        **environ: str,
    ) -> str:
        """Run a program as systemd does, with sockets."""
        passed = [sock.fileno() for sock in sockets]
        environ.setdefault('LISTEN_FDS', str(len(passed)))
        if names is not None:
            environ.setdefault('LISTEN_FDNAMES', names)
        program = _ACTIVATE.format(
            descriptors=passed, environ=environ, code=_PROGRAM + code
        )
        return helpers.run(program, pass_fds=tuple(passed))

    def test_all_of_them_are_listened_on(self) -> None:
        self.assertEqual(
            ' '.join(self.names),
            self._run("listen('systemd')", self.first, self.second),
        )

    def test_those_of_a_name_are_listened_on(self) -> None:
        code = "listen('systemd:a')\nlisten('systemd:b')"
        self.assertEqual(
            self.names,
            self._run(code, self.first, self.second).splitlines(),
        )

    def test_several_sockets_can_have_one_name(self) -> None:
        code = "listen('systemd:a')"
        self.assertEqual(
            ' '.join(self.names),
            self._run(code, self.first, self.second, names='a:a'),
        )

    def test_sockets_without_names_are_listened_on(self) -> None:
        code = "listen('systemd')\nlisten('systemd:unknown')"
        self.assertEqual(
            self.names[:1] * 2,
            self._run(code, self.first, names=None).splitlines(),
        )

    def test_they_accept_clients(self) -> None:
        unix = self.plain(socket.AF_UNIX)
        path = os.path.join(self.folder(), 'socket')
        unix.bind(path)
        unix.listen()
        clients = [helpers.connect(sock) for sock in (self.first, unix)]
        code = "helpers.answer_once(listen('systemd'))"
        self._run(code, self.first, unix)
        names = []
        for client in clients:
            with client:
                names.append(client.recv(1024).decode())
        self.assertEqual([self.names[0], f'unix:{path}'], names)
        self.assertTrue(os.path.exists(path))

    def test_one_that_only_is_bound_is_listened_on(self) -> None:
        self._run("listen('systemd')", self.bound())
        sock = self.bound()
        self._run("listen('systemd')", sock, names='a')
        self.assert_answers(sock)

    def test_programs_that_are_run_do_not_get_them(self) -> None:
        # Neither those that are listened on nor those that are not.
        code = (
            'before = [os.get_inheritable(fd) for fd in (3, 4)]\n'
            "sockets = make('systemd:a')\n"
            'sockets.open()\n'
            'fds = [3, 4, sockets.sockets[0].fileno()]\n'
            'print(before, [os.get_inheritable(fd) for fd in fds])\n'
        )
        self.assertEqual(
            '[True, True] [False, False, False]',
            self._run(code, self.first, self.second),
        )

    def test_they_stay_open_when_it_is_closed(self) -> None:
        code = (
            "sockets = make('systemd')\n"
            'sockets.open()\n'
            'sockets.close()\n'
            'print(sockets.is_open, sockets.sockets, sockets.names())\n'
            'print(socket.socket(fileno=3).getsockname()[1])\n'
            'sockets.open()\n'
            'helpers.answer_once(sockets)\n'
        )
        with helpers.connect(self.first) as client:
            port = self.first.getsockname()[1]
            self.assertEqual(
                ['False [] []', str(port)],
                self._run(code, self.first, names='a').splitlines(),
            )
            self.assertEqual(self.names[0].encode(), client.recv(1024))

    def test_they_stay_open_when_it_is_forgotten(self) -> None:
        code = "listen('systemd')\nlisten('systemd')"
        self.assertEqual(
            self.names[:1] * 2,
            self._run(code, self.first, names='a').splitlines(),
        )

    def test_the_environment_stays_as_it_is(self) -> None:
        code = (
            'before = dict(os.environ)\n'
            "make('systemd').open()\n"
            'print(before == dict(os.environ))\n'
        )
        self.assertEqual('True', self._run(code, self.first, names='a'))

    def test_a_forked_process_goes_by_what_it_inherits(self) -> None:
        code = (
            "sockets = make('systemd')\n"
            'sockets.open()\n'
            'pid = os.fork()\n'
            'if pid:\n'
            '    os.waitpid(pid, 0)\n'
            'else:\n'
            '    sockets.close()\n'
            '    sockets.open()\n'
            '    print(*sockets.names())\n'
        )
        self.assertEqual(self.names[0], self._run(code, self.first, names='a'))

    def test_a_forked_process_does_not_look_for_itself(self) -> None:
        code = (
            'pid = os.fork()\n'
            'if pid:\n'
            '    os.waitpid(pid, 0)\n'
            'else:\n'
            "    listen('systemd')\n"
        )
        self.assertIn(
            'Could not listen on systemd: systemd has passed no sockets',
            self._run(code, self.first, names='a'),
        )

    def test_sockets_of_another_process_are_none(self) -> None:
        for pid in ('1', '', 'x'):
            self.assertIn(
                'Could not listen on systemd: systemd has passed no sockets',
                self._run(
                    "listen('systemd')", self.first, names='a', LISTEN_PID=pid
                ),
            )

    def test_no_socket_of_the_name_is_an_error_that_lists_names(self) -> None:
        self.assertEqual(
            'Could not listen on systemd:c: the sockets that systemd has '
            'passed are named otherwise: a, b',
            self._run("listen('systemd:c')", self.first, self.second),
        )

    def test_a_number_of_sockets_that_is_none_is_an_error(self) -> None:
        for count in ('0', '', '-1', 'x', '1x', '2147483648'):
            self.assertIn(
                f'LISTEN_FDS is no number of sockets: {count!r}',
                self._run("listen('systemd')", self.first, LISTEN_FDS=count),
            )

    def test_names_for_more_or_less_sockets_are_an_error(self) -> None:
        for names in ('a', 'a:b:c', ''):
            self.assertIn(
                'names for 2 sockets',
                self._run(
                    "listen('systemd')", self.first, self.second, names=names
                ),
            )

    def test_a_descriptor_that_is_closed_is_an_error(self) -> None:
        self.assertIn(
            'descriptor 3, named a: Bad file descriptor',
            self._run("listen('systemd')", LISTEN_FDS='2'),
        )

    def test_a_descriptor_of_no_socket_is_an_error(self) -> None:
        code = (
            "os.dup2(os.open(os.devnull, os.O_RDONLY), 4)\nlisten('systemd')\n"
        )
        self.assertIn(
            'descriptor 4, named b: Socket operation on non-socket',
            self._run(code, self.first, self.second),
        )

    def test_a_socket_of_datagrams_is_an_error(self) -> None:
        other = self.plain(kind=socket.SOCK_DGRAM)
        other.bind(('127.0.0.1', 0))
        code = "listen('systemd')\nlisten('systemd:a')"
        error, name = self._run(code, self.first, other).splitlines()
        self.assertIn('descriptor 4, named b: it is no stream socket', error)
        # Beside it, by name, one can be had.
        self.assertEqual(self.names[0], name)

    def test_the_error_has_a_number(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('LISTEN_PID'))
        error = self.assert_fails(listen_addresses.SystemdSockets())
        self.assertEqual(errno.ENOENT, error.errno)
        self.assertIn('Could not listen on systemd: ', str(error))
        self.assertIn(
            'Could not listen on systemd:web: ',
            str(self.assert_fails(listen_addresses.SystemdSockets('web'))),
        )
