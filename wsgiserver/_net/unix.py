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

"""Listener on a UNIX socket, whose file is right before the first client."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import errno
import fcntl
import grp
import os
import pwd
import re
import socket
import stat
import time
from typing import Any
from typing import NamedTuple
import weakref

from wsgiserver._i18n import _
from wsgiserver._net import listen_addresses
from wsgiserver._net import listener

# unix(7): what sun_path holds. A path ends with a null byte, and an abstract
# name begins with one.
_NAME_SIZE = 108

# How long another server may take to start, in seconds; it takes less than a
# millisecond. Whoever holds the lock for longer has other uses for it.
_PATIENCE = 2.0

# Users and groups by number; (uid_t) -1 is what leaves an owner as it is.
_NUMBER = re.compile(r'[0-9]{1,10}')
_MOST_ID = 2**32 - 2


class SocketFile(NamedTuple):
    """File of a socket.

    :param path: where it is, from the root.
    :param device: the file system it is on.
    :param inode: which file it is; as long as its socket is open in any
        process, no other file gets the number.
    :param pid: the process that made it.
    """

    path: str
    device: int
    inode: int
    pid: int


class UnixListener(listener.Listener):
    """Listener on a UNIX socket.

    :param listen_address: the path, its mode and its owner.
    """

    def __init__(self, listen_address: listen_addresses.UnixAddress) -> None:
        super().__init__()
        self._listen_address = listen_address
        self._unlink: weakref.finalize[..., Any] | None = None
        # The file, while the sockets are left to other processes.
        self._inode_fd: int | None = None

    def open(self, backlog: int) -> None:
        """Listen on the socket; its file is made anew."""
        self.close()
        listen_address = self._listen_address
        try:
            _check_length(listen_address)
            ids = _owner(listen_address.owner or '')
            with contextlib.ExitStack() as undo:
                sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                undo.callback(sock.close)
                if listen_address.is_abstract:
                    sock.bind('\0' + listen_address.path[1:])
                    sock.listen(backlog)
                else:
                    self._listen(sock, backlog, ids, undo)
                self.sockets = [sock]
                undo.pop_all()
        except OSError as error:
            raise listener.failure(listen_address, error) from error

    def _listen(
        self,
        sock: socket.socket,
        backlog: int,
        ids: tuple[int, int],
        undo: contextlib.ExitStack,
    ) -> None:
        path, mode = self._listen_address.path, self._listen_address.mode
        with _start_lock(path):
            _remove_stale(path)
            sock.bind(path)
            # Nobody can connect before listen().
            with _pinned(path) as (name, status):
                file = SocketFile(
                    os.path.abspath(path),
                    status.st_dev,
                    status.st_ino,
                    os.getpid(),
                )
                self._unlink = weakref.finalize(self, unlink, file)
                undo.callback(self._unlink)
                # The owner comes first: to change it may clear bits of mode.
                _set_owner(name, *ids)
                if mode is not None:
                    os.chmod(name, mode)
            sock.listen(backlog)

    def close(self) -> None:
        """Stop listening; the process that made the file removes it."""
        # As long as the socket is open, the inode tells whether it's ours.
        if self._unlink is not None:
            self._unlink()
        if self._inode_fd is not None:
            inode_fd, self._inode_fd = self._inode_fd, None
            os.close(inode_fd)
        super().close()

    def leave(self) -> None:
        """Close the sockets; the file stays."""
        if self.sockets:
            self._keep_inode()
        super().close()

    def _keep_inode(self) -> None:
        """Keep the inode of the file, so that it can be told later on.

        Once no process has the socket open, only this keeps it from being
        that of another server's file.
        """
        found = self._unlink and self._unlink.peek()
        if self._unlink is None or not found:
            return
        file: SocketFile = found[2][0]
        try:
            self._inode_fd = os.open(file.path, os.O_PATH | os.O_NOFOLLOW)
            status = os.fstat(self._inode_fd)
        except OSError:
            self._unlink.detach()
            return
        if (status.st_dev, status.st_ino) != (file.device, file.inode):
            self._unlink.detach()

    def __getstate__(self) -> dict[str, Any]:
        # The file belongs to the process that made it.
        return super().__getstate__() | {'_unlink': None, '_inode_fd': None}


def unlink(file: SocketFile) -> None:
    """Remove the file of a socket, in the process that made it.

    Another file of its name is left alone, and so is one that can't be
    removed: it is stale, and replaced by who listens there next.

    :param file: the file.
    """
    if os.getpid() != file.pid:
        return
    with contextlib.suppress(OSError):
        status = os.lstat(file.path)
        if (status.st_dev, status.st_ino) == (file.device, file.inode):
            os.unlink(file.path)


@contextlib.contextmanager
def _pinned(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Context manager that holds a socket's file, to change what it is.

    A path may be made to lead to another file, /etc/shadow for one, by those
    who can write to the folder. A file that is open stays the same.

    :returns: a name of it that stays, and its status.
    """
    fileno = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    try:
        status = os.fstat(fileno)
        if not stat.S_ISSOCK(status.st_mode):
            raise OSError(errno.EEXIST, _('another file has taken its place'))
        # chmod() has no other way to take such a descriptor (open(2)).
        yield f'/proc/self/fd/{fileno}', status
    finally:
        os.close(fileno)


def _set_owner(name: str, uid: int, gid: int) -> None:
    if (uid, gid) == (-1, -1):
        return
    try:
        os.chown(name, uid, gid)
    except OSError as error:
        raise OSError(
            error.errno,
            _('its owner can not be set: %s') % error.strerror,
        ) from error


def _check_length(listen_address: listen_addresses.UnixAddress) -> None:
    size = len(os.fsencode(listen_address.path))
    most = _NAME_SIZE if listen_address.is_abstract else _NAME_SIZE - 1
    if size > most:
        raise OSError(
            errno.ENAMETOOLONG,
            _('its name has %(size)d bytes, and can have %(most)d at most')
            % {'size': size, 'most': most},
        )


def _owner(text: str) -> tuple[int, int]:
    """User and group ids of user:group; -1 for what is to stay."""
    user, _colon, group = text.partition(':')
    return (
        _id(user, lambda: pwd.getpwnam(user).pw_uid, _('user')),
        _id(group, lambda: grp.getgrnam(group).gr_gid, _('group')),
    )


def _id(name: str, look_up: Callable[[], int], kind: str) -> int:
    if not name:
        return -1
    try:
        return look_up()
    except KeyError as error:
        # As with chown(1), a number is one that nobody has for a name.
        if _NUMBER.fullmatch(name) and int(name) <= _MOST_ID:
            return int(name)
        raise OSError(
            errno.EINVAL,
            _('there is no %(kind)s %(name)s') % {'kind': kind, 'name': name},
        ) from error


@contextlib.contextmanager
def _start_lock(path: str) -> Iterator[None]:
    """Lock on a folder, in which one server at a time starts to listen.

    Between bind() and listen() a file looks stale to another server that
    starts, and so does a new one to who has looked at the stale one before.
    The lock is on the folder: a lock file would have to stay behind, and a
    socket that is bound elsewhere and moved here would tell its clients the
    wrong name. The system releases it if this process dies.

    Where there is no such lock to be had, because the folder can't be read or
    somebody else keeps it, the risk is smaller than that of not starting.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            fileno = os.open(
                os.path.dirname(path) or '.', os.O_RDONLY | os.O_DIRECTORY
            )
            stack.callback(os.close, fileno)
            _lock(fileno)
            # A process that was forked meanwhile has the descriptor, too.
            stack.callback(fcntl.flock, fileno, fcntl.LOCK_UN)
        yield


def _lock(fileno: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(fileno, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
        time.sleep(0.002)


def _remove_stale(path: str) -> None:
    """Remove a socket that nobody listens on; bind() fails on all others."""
    try:
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise OSError(
            errno.EADDRINUSE, _('there is a file, and it is no socket')
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        except (BlockingIOError, FileNotFoundError):
            # Somebody listens whose backlog is full, or removed it just now:
            # bind() is to tell.
            return
