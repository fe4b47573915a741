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

"""Base class of listeners: what all kinds of listen addresses share."""

from __future__ import annotations

import abc
import errno
from multiprocessing import reduction
import os
import socket
from typing import Any

from wsgiserver._i18n import _
from wsgiserver import exceptions


class Listener(abc.ABC):
    """Base class of listeners: one address, with one socket or several.

    It is pickled with its sockets, for the start method spawn.
    """

    def __init__(self) -> None:
        #: Those open, in order.
        self.sockets: list[socket.socket] = []

    @abc.abstractmethod
    def open(self, backlog: int) -> None:
        """Listen, on all of its sockets or none.

        :param backlog: how many connections may wait.
        :raises ListenError: if that fails.
        """

    def close(self) -> None:
        """Stop listening, in this process. A signal handler may call it."""
        sockets, self.sockets = self.sockets, []
        for sock in sockets:
            sock.close()

    def leave(self) -> None:
        """Close the sockets; other processes go on listening on theirs.

        :meth:`close` does the rest, if there is any. A signal handler may
        call it.
        """
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {'sockets': pack(self.sockets)}


class _Handle:
    """Handle of a socket, which becomes one again where it is unpickled.

    multiprocessing pickles the class that socket.socket was when it was
    imported, and so may or may not know the one of eventlet.

    :param sock: the socket; it has to stay open until the process that it
        is pickled for has started.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def __reduce__(self) -> tuple[Any, ...]:
        sock = self._socket
        handle = reduction.DupFd(sock.fileno())
        # The enums, too, are others once eventlet has patched socket.
        return _unpack, (handle, int(sock.family), int(sock.type), sock.proto)


def pack(sockets: list[socket.socket]) -> list[_Handle]:
    """Handles of sockets, which are pickled in their place."""
    return [_Handle(sock) for sock in sockets]


def _unpack(handle: Any, family: int, kind: int, proto: int) -> socket.socket:
    fileno = handle.detach()
    # What this process runs, in turn, is not to keep the port.
    os.set_inheritable(fileno, False)
    return socket.socket(family, kind, proto, fileno)


def failure(
    listen_address: object, cause: OSError, address: str | None = None
) -> exceptions.ListenError:
    """Error of an address that can't be listened on.

    :param listen_address: the address, as its str() writes it.
    :param cause: what the system said.
    :param address: the one at fault, where a host has several.
    :returns: the error, one line that names the address and the cause.
    """
    where = str(listen_address)
    if address not in (None, where):
        where = f'{where} ({address})'
    return exceptions.ListenError(
        cause.errno or errno.EINVAL,
        _('Could not listen on %(address)s: %(error)s')
        % {'address': where, 'error': cause.strerror or cause},
    )
