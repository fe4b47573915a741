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

"""Listening sockets: made so that the first connection finds them right."""

from __future__ import annotations

from collections.abc import Callable
import errno
import os
import socket
import stat
from typing import Any

from wsgiserver._i18n import _
from wsgiserver import exceptions

#: Sets the options of a new socket, before it is bound.
SetOptions = Callable[[socket.socket], socket.socket]


def listen_tcp(
    host: str,
    port: int,
    family: int | None,
    backlog: int,
    set_options: SetOptions,
) -> socket.socket:
    """Listen on a TCP port.

    :param host: an address or a host name; '' for every IPv4 address.
    :param port: the port; 0 lets the system choose.
    :param family: AF_INET or AF_INET6; None takes the first that the host
        resolves to.
    :param backlog: how many connections may wait.
    :param set_options: sets the options of the socket.
    :returns: the socket, listening.
    :raises ListenError: if the host doesn't resolve or can't be bound to.
    """
    made, kind, protocol, address = _resolve(host, port, family)
    sock = socket.socket(made, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock = set_options(sock)
        sock.bind(address)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise _error(f'{host}:{port}', error) from error
    return sock


def _resolve(
    host: str, port: int, family: int | None
) -> tuple[int, int, int, tuple[Any, ...]]:
    if not 0 <= port <= 65535:
        # The resolver would take it modulo 65536.
        wrong = OSError(errno.EINVAL, 'not a port')
        raise _error(f'{host}:{port}', wrong)
    try:
        found = socket.getaddrinfo(
            host or '0.0.0.0',
            port,
            family or socket.AF_UNSPEC,
            socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except OSError as error:
        raise _error(f'{host}:{port}', error) from error
    except UnicodeError as error:
        # What no resolver can be asked for: an empty label, or a long one.
        unknown = OSError(errno.EINVAL, 'not a host name')
        raise _error(f'{host}:{port}', unknown) from error
    made, kind, protocol, _name, address = found[0]
    return made, kind, protocol, address


def listen_unix(path: str, mode: int | None, backlog: int) -> socket.socket:
    """Listen on a UNIX socket.

    :param path: the file; one that nobody listens on any more is replaced.
    :param mode: its permissions; None leaves them to the umask.
    :param backlog: how many connections may wait.
    :returns: the socket, listening.
    :raises ListenError: if the file is in use or can't be made.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        sock.bind(path)
        # Nobody can connect before listen().
        if mode is not None:
            os.chmod(path, mode)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise _error(path, error) from error
    return sock


def _remove_stale(path: str) -> None:
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            # bind() is to fail on it: it is not ours to remove.
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except BlockingIOError:
            # Somebody listens whose backlog is full; bind() is to fail.
            return


def unlink(path: str, inode: int, pid: int) -> None:
    """Remove the file of a UNIX socket.

    :param path: the file.
    :param inode: its inode; another file of that name is left alone.
    :param pid: the process that made it; others, forked from it, leave it.
    """
    if os.getpid() != pid:
        return
    try:
        if os.stat(path).st_ino == inode:
            os.unlink(path)
    except FileNotFoundError:
        return


def _error(place: str, error: OSError) -> exceptions.ListenError:
    return exceptions.ListenError(
        error.errno or errno.EINVAL,
        _('Could not listen on %(place)s: %(error)s')
        % {'place': place, 'error': error.strerror or error},
    )
