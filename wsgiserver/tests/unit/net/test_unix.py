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

"""UNIX sockets."""

import contextlib
import errno
import fcntl
import gc
import grp
import os
import pwd
import signal
import socket
import stat
import threading
from typing import Any

import fixtures

from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver import exceptions
from wsgiserver.tests.unit.net import helpers

# unix(7): 108 bytes, one of them null.
_LONGEST = 107


class UnixTestCase(helpers.SocketsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(self.folder(), 'socket')

    def _listen(
        self, mode: int | None = None, backlog: int = 16
    ) -> listening_sockets.ListeningSockets:
        return self.listen(
            listen_addresses.UnixAddress(self.path, mode), backlog=backlog
        )

    def _leave_stale(self) -> None:
        sock = self.plain(socket.AF_UNIX)
        sock.bind(self.path)
        sock.listen()
        sock.close()

    def _on(self, name: str, call: Any) -> None:
        """Have a call be made before a function of the module os is."""
        real = getattr(os, name)

        def both(*arguments: Any, **options: Any) -> Any:
            call()
            return real(*arguments, **options)

        self.useFixture(fixtures.MonkeyPatch(f'os.{name}', both))


class ListenTestCase(UnixTestCase):
    def test_a_socket_can_be_connected_to(self) -> None:
        sockets = self._listen()
        self.assertEqual([f'unix:{self.path}'], sockets.names())
        self.assertEqual(self.path, sockets.sockets[0].getsockname())
        self.assert_answers(sockets.sockets[0])

    def test_a_relative_path_is_one_of_the_folder_that_it_was(self) -> None:
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(os.path.dirname(self.path))
        sockets = self.listen(listen_addresses.UnixAddress('socket'))
        self.assert_answers(sockets.sockets[0])
        os.chdir('/')
        sockets.close()
        self.assertFalse(os.path.exists(self.path))

    def test_options_of_tcp_are_not_set(self) -> None:
        seen: list[socket.socket] = []

        def set_options(sock: socket.socket) -> socket.socket:
            seen.append(sock)
            return sock

        self.listen(
            listen_addresses.UnixAddress(self.path), set_options=set_options
        )
        self.assertEqual([], seen)

    def test_a_path_that_can_not_be_made_is_an_error_that_names_it(
        self,
    ) -> None:
        for path in (self.path + '/no/such', '/' + 'a' * 200):
            error = self.assert_fails(listen_addresses.UnixAddress(path))
            self.assertIn(path, str(error))

    def test_a_path_has_as_many_bytes_as_the_system_takes(self) -> None:
        folder = os.path.dirname(self.path) + '/'
        name = 'ä' * ((_LONGEST - len(folder)) // 2)
        name = name.ljust(_LONGEST - len(folder) - len(name), 'a')
        longest = folder + name
        self.assertEqual(_LONGEST, len(longest.encode()))
        sockets = self.listen(listen_addresses.UnixAddress(longest))
        self.assert_answers(sockets.sockets[0])
        error = self.assert_fails(listen_addresses.UnixAddress(longest + 'a'))
        self.assertEqual(errno.ENAMETOOLONG, error.errno)
        self.assertIn('108 bytes, and can have 107', str(error))

    def test_a_failure_to_listen_leaves_no_file(self) -> None:
        self._on('chmod', lambda: os.stat('/nonexistent'))
        self.assert_fails(listen_addresses.UnixAddress(self.path, 0o600))
        self.assertFalse(os.path.exists(self.path))


class ModeTestCase(UnixTestCase):
    def _mode(self) -> int:
        return stat.S_IMODE(os.stat(self.path).st_mode)

    def test_its_file_has_the_mode(self) -> None:
        for mode in (0o600, 0o660, 0o666, 0):
            sockets = self._listen(mode)
            self.assertEqual(mode, self._mode(), oct(mode))
            sockets.close()

    def test_without_a_mode_the_umask_says_it(self) -> None:
        self._listen()
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(0o777 & ~mask, self._mode())

    def test_nobody_can_connect_before_the_file_has_the_mode(self) -> None:
        errors = []

        def connect() -> None:
            with socket.socket(socket.AF_UNIX) as client:
                errors.append(client.connect_ex(self.path))

        self._on('chmod', connect)
        self._listen(0o600)
        self.assertEqual([errno.ECONNREFUSED], errors)

    def test_a_link_in_its_place_is_not_followed(self) -> None:
        # Who can write to the folder could have the mode of any file changed.
        other = self.path + '.other'
        open(other, 'x').close()
        os.chmod(other, 0o400)

        def replace() -> None:
            os.unlink(self.path)
            os.symlink(other, self.path)

        self._on('chmod', replace)
        self._listen(0o666)
        self.assertEqual(0o400, stat.S_IMODE(os.stat(other).st_mode))

    def test_a_link_to_another_socket_is_not_followed(self) -> None:
        other = self.plain(socket.AF_UNIX)
        other.bind(self.path + '.other')
        os.chmod(self.path + '.other', 0o600)

        def replace() -> None:
            if os.path.exists(self.path):
                os.unlink(self.path)
                os.symlink(self.path + '.other', self.path)

        self._on('open', replace)
        self.assert_fails(listen_addresses.UnixAddress(self.path, 0o666))
        mode = stat.S_IMODE(os.stat(self.path + '.other').st_mode)
        self.assertEqual(0o600, mode)


class OwnerTestCase(UnixTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.uid, self.gid = os.geteuid(), os.getegid()
        # root can give files away, all others to their groups.
        groups = [12345] if not self.uid else os.getgroups()
        self.other_gid = next((g for g in groups if g != self.gid), self.gid)

    def _owner(self, owner: str, mode: int | None = None) -> tuple[int, int]:
        sockets = self.listen(
            listen_addresses.UnixAddress(self.path, mode, owner)
        )
        status = os.stat(self.path)
        if mode is not None:
            self.assertEqual(mode, stat.S_IMODE(status.st_mode))
        self.assert_answers(sockets.sockets[0])
        sockets.close()
        return status.st_uid, status.st_gid

    def test_its_file_has_the_user(self) -> None:
        user = pwd.getpwuid(self.uid).pw_name
        for owner in (user, str(self.uid), f'{user}:'):
            self.assertEqual((self.uid, self.gid), self._owner(owner))

    def test_its_file_has_the_group(self) -> None:
        group = grp.getgrgid(self.gid).gr_name
        self.assertEqual((self.uid, self.gid), self._owner(f':{group}'))
        self.assertEqual(
            (self.uid, self.other_gid), self._owner(f':{self.other_gid}')
        )

    def test_its_file_has_the_user_and_the_group(self) -> None:
        user = pwd.getpwuid(self.uid).pw_name
        group = grp.getgrgid(self.gid).gr_name
        self.assertEqual((self.uid, self.gid), self._owner(f'{user}:{group}'))
        self.assertEqual(
            (self.uid, self.other_gid),
            self._owner(f'{self.uid}:{self.other_gid}', 0o660),
        )

    def test_without_an_owner_it_has_who_made_it(self) -> None:
        self.assertEqual((self.uid, self.gid), self._owner(''))

    def test_the_highest_number_is_one(self) -> None:
        seen: list[Any] = []
        self.useFixture(
            fixtures.MonkeyPatch('os.chown', lambda *call: seen.append(call))
        )
        self._owner('4294967294:4294967294')
        self.assertEqual([(4294967294, 4294967294)], [c[1:] for c in seen])

    def test_who_does_not_exist_is_an_error_that_says_so(self) -> None:
        for owner, why in (
            ('no.such', 'there is no user no.such'),
            (':no.such', 'there is no group no.such'),
            ('0:no.such', 'there is no group no.such'),
            # (uid_t) -1 would leave it as it is.
            ('4294967295', 'there is no user 4294967295'),
            ('99999999999', 'there is no user 99999999999'),
            ('-1', 'there is no user -1'),
            ('a:b:c', 'there is no user a'),
        ):
            error = self.assert_fails(
                listen_addresses.UnixAddress(self.path, None, owner)
            )
            self.assertIn(self.path, str(error))
            self.assertIn(why, str(error))
            self.assertFalse(os.path.exists(self.path))

    def test_a_file_that_can_not_be_given_away_is_an_error(self) -> None:
        def refuse(*arguments: Any) -> None:
            raise PermissionError(errno.EPERM, 'Operation not permitted')

        self.useFixture(fixtures.MonkeyPatch('os.chown', refuse))
        error = self.assert_fails(
            listen_addresses.UnixAddress(self.path, None, '0')
        )
        self.assertEqual(errno.EPERM, error.errno)
        self.assertIn('owner can not be set', str(error))
        self.assertFalse(os.path.exists(self.path))

    def test_nobody_can_connect_before_the_file_has_the_owner(self) -> None:
        errors = []

        def connect() -> None:
            with socket.socket(socket.AF_UNIX) as client:
                errors.append(client.connect_ex(self.path))

        self._on('chown', connect)
        self._owner(str(self.uid))
        self.assertEqual(errno.ECONNREFUSED, errors[0])


class StaleTestCase(UnixTestCase):
    def test_a_stale_file_is_replaced(self) -> None:
        self._leave_stale()
        self.assertTrue(os.path.exists(self.path))
        self.assert_answers(self._listen().sockets[0])

    def test_a_socket_in_use_is_left_alone(self) -> None:
        first = self._listen()
        error = self.assert_fails(listen_addresses.UnixAddress(self.path))
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertEqual(
            f'Could not listen on unix:{self.path}: Address already in use',
            str(error),
        )
        # It has met the one that looked whether somebody listens.
        first.sockets[0].accept()[0].close()
        self.assert_answers(first.sockets[0])

    def test_a_socket_in_use_that_is_overrun_is_left_alone(self) -> None:
        # Connecting to it would wait until somebody is accepted.
        self._listen(backlog=1)
        while True:
            client = self.plain(socket.AF_UNIX)
            client.setblocking(False)
            try:
                client.connect(self.path)
            except BlockingIOError:
                break
        caught: list[Exception] = []

        def listen() -> None:
            try:
                self.make(listen_addresses.UnixAddress(self.path)).open()
            except Exception as error:
                caught.append(error)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        thread.join(5)
        self.assertEqual(
            [exceptions.ListenError], [type(error) for error in caught]
        )

    def test_a_socket_of_another_kind_in_use_is_left_alone(self) -> None:
        other = self.plain(socket.AF_UNIX, socket.SOCK_DGRAM)
        other.bind(self.path)
        self.assert_fails(listen_addresses.UnixAddress(self.path))
        self.plain(socket.AF_UNIX, socket.SOCK_DGRAM).connect(self.path)

    def test_a_file_that_is_no_socket_is_left_alone(self) -> None:
        with open(self.path, 'w', encoding='ascii') as file:
            file.write('precious')
        error = self.assert_fails(listen_addresses.UnixAddress(self.path))
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertIn('no socket', str(error))
        with open(self.path, encoding='ascii') as file:
            self.assertEqual('precious', file.read())

    def test_a_link_is_left_alone(self) -> None:
        self._leave_stale()
        os.rename(self.path, self.path + '.stale')
        for target in (self.path + '.stale', '/nonexistent'):
            os.symlink(target, self.path)
            self.assert_fails(listen_addresses.UnixAddress(self.path))
            self.assertEqual(target, os.readlink(self.path))
            os.unlink(self.path)
        self.assertTrue(os.path.exists(self.path + '.stale'))

    def test_a_folder_is_left_alone(self) -> None:
        os.mkdir(self.path)
        self.assert_fails(listen_addresses.UnixAddress(self.path))
        self.assertTrue(os.path.isdir(self.path))


class StartersTestCase(UnixTestCase):
    """Several servers that start at the same time."""

    def _race(self) -> list[listening_sockets.ListeningSockets]:
        barrier = threading.Barrier(8)
        winners = []

        def start() -> None:
            sockets = self.make(listen_addresses.UnixAddress(self.path, 0o600))
            barrier.wait()
            with contextlib.suppress(exceptions.ListenError):
                sockets.open()
                winners.append(sockets)

        threads = [threading.Thread(target=start) for _turn in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return winners

    def test_one_of_them_gets_the_socket(self) -> None:
        for turn in range(20):
            if turn % 2:
                self._leave_stale()
            winners = self._race()
            self.assertEqual(1, len(winners))
            sock = winners[0].sockets[0]
            sock.setblocking(False)
            # The others looked whether somebody listens.
            with contextlib.suppress(BlockingIOError):
                while True:
                    sock.accept()[0].close()
            sock.setblocking(True)
            self.assert_answers(sock)
            winners[0].close()

    def _lock(self) -> int:
        folder = os.open(os.path.dirname(self.path), os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return folder

    def test_the_others_wait_until_the_first_listens(self) -> None:
        tried = []

        def try_lock() -> None:
            tried.append(self.assertRaises(BlockingIOError, self._lock))

        self._on('chmod', try_lock)
        self._listen(0o600)
        self.assertEqual(1, len(tried))
        self._lock()

    def test_a_failure_lets_the_others_go_on(self) -> None:
        open(self.path, 'x').close()
        self.assert_fails(listen_addresses.UnixAddress(self.path))
        self._lock()

    def test_a_folder_that_stays_locked_is_listened_in(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._net.unix._PATIENCE', 0.01)
        )
        self._lock()
        self.assert_answers(self._listen().sockets[0])

    def test_the_lock_is_not_left_to_a_process_forked_meanwhile(self) -> None:
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)

        def fork() -> None:
            pid = os.fork()
            if not pid:
                with contextlib.suppress(BaseException):
                    os.read(read, 1)
                os._exit(0)
            self.addCleanup(os.waitpid, pid, 0)
            self.addCleanup(os.write, write, b'x')

        self._on('chmod', fork)
        self._listen(0o600)
        self._lock()


class UnlinkTestCase(UnixTestCase):
    def test_its_file_is_removed_when_it_is_closed(self) -> None:
        sockets = self._listen()
        self.assertTrue(os.path.exists(self.path))
        sockets.close()
        self.assertFalse(os.path.exists(self.path))
        sockets.close()

    def test_its_file_is_removed_when_it_is_forgotten(self) -> None:
        sockets = listening_sockets.ListeningSockets(
            [listen_addresses.UnixAddress(self.path)], 1, helpers.unchanged
        )
        sockets.open()
        del sockets
        gc.collect()
        self.assertFalse(os.path.exists(self.path))

    def test_its_file_is_removed_at_the_end_of_the_process(self) -> None:
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
            f'print(os.path.exists({self.path!r}))\n'
        )
        self.assertEqual('True', there)
        self.assertFalse(os.path.exists(self.path))

    def test_another_file_of_the_name_is_left_alone(self) -> None:
        sockets = self._listen()
        os.unlink(self.path)
        with open(self.path, 'x', encoding='ascii') as file:
            file.write('precious')
        sockets.close()
        self.assertTrue(os.path.exists(self.path))

    def test_the_file_of_who_listens_there_since_is_left_alone(self) -> None:
        first = self._listen()
        os.unlink(self.path)
        second = self._listen()
        first.close()
        self.assert_answers(second.sockets[0])

    def test_a_file_that_is_gone_is_no_error(self) -> None:
        sockets = self._listen()
        os.unlink(self.path)
        sockets.close()

    def test_a_folder_that_is_gone_is_no_error(self) -> None:
        sockets = self._listen()
        folder = os.path.dirname(self.path)
        os.rename(folder, folder + '.gone')
        sockets.close()
        os.rename(folder + '.gone', folder)

    def test_a_process_that_was_forked_leaves_the_file(self) -> None:
        sockets = self._listen()
        self.fork(sockets.close)
        self.assert_answers(sockets.sockets[0])

    def test_a_signal_handler_can_close_it(self) -> None:
        sockets = self._listen()
        previous = signal.signal(
            signal.SIGUSR1, lambda *arguments: sockets.close()
        )
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)

        # It is closing already.
        self._on('lstat', lambda: signal.raise_signal(signal.SIGUSR1))
        sockets.close()
        self.assertFalse(sockets.is_open)
        self.assertFalse(os.path.exists(self.path))

    def test_it_can_be_listened_on_again(self) -> None:
        sockets = self._listen(0o640)
        sockets.close()
        sockets.open()
        self.assertEqual([f'unix:{self.path}'], sockets.names())
        self.assertEqual(0o640, stat.S_IMODE(os.stat(self.path).st_mode))
        self.assert_answers(sockets.sockets[0])
        sockets.close()
        self.assertFalse(os.path.exists(self.path))


class AbstractTestCase(UnixTestCase):
    def setUp(self) -> None:
        super().setUp()
        # Names are those of the whole machine.
        self.name = self.path.strip('/')

    def test_a_name_can_be_connected_to(self) -> None:
        for first in '@\0':
            sockets = self.listen(
                listen_addresses.UnixAddress(first + self.name)
            )
            sock = sockets.sockets[0]
            self.assertEqual(b'\0' + self.name.encode(), sock.getsockname())
            self.assertEqual([f'unix:@{self.name}'], sockets.names())
            self.assert_answers(sock)
            sockets.close()

    def test_no_file_is_made(self) -> None:
        self.listen(listen_addresses.UnixAddress('@' + self.path))
        self.assertFalse(os.path.exists(self.path))
        self.assertFalse(os.path.exists('@' + self.path))

    def test_a_name_in_use_is_an_error_that_names_it(self) -> None:
        sockets = self.listen(listen_addresses.UnixAddress('@' + self.name))
        error = self.assert_fails(
            listen_addresses.UnixAddress('\0' + self.name)
        )
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertIn(f'unix:@{self.name}', str(error))
        self.assert_answers(sockets.sockets[0])

    def test_a_name_has_as_many_bytes_as_the_system_takes(self) -> None:
        longest = '@' + self.name.ljust(_LONGEST, 'a')
        self.assert_answers(
            self.listen(listen_addresses.UnixAddress(longest)).sockets[0]
        )
        error = self.assert_fails(listen_addresses.UnixAddress(longest + 'a'))
        self.assertEqual(errno.ENAMETOOLONG, error.errno)
        self.assertIn('109 bytes, and can have 108', str(error))

    def test_it_can_be_listened_on_again(self) -> None:
        sockets = self.listen(listen_addresses.UnixAddress('@' + self.name))
        sockets.close()
        sockets.open()
        self.assert_answers(sockets.sockets[0])
