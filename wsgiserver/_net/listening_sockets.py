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

"""Listening sockets: all those of one server."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import socket

from wsgiserver._net import given_socket
from wsgiserver._net import listen_addresses
from wsgiserver._net import listener as net_listener
from wsgiserver._net import systemd
from wsgiserver._net import tcp
from wsgiserver._net import unix


class ListeningSockets:
    """Listening sockets of a server: all of its addresses, or none.

    It is pickled with its sockets, for the start method spawn; a copy leaves
    the files of UNIX sockets alone.

    :param addresses: where to listen.
    :param backlog: how many connections may wait, on each socket.
    :param set_options: sets the options of each new TCP socket before it is
        bound, and returns it; connections inherit them.
    """

    def __init__(
        self,
        addresses: Sequence[listen_addresses.ListenAddress],
        backlog: int,
        set_options: tcp.SetOptions,
    ) -> None:
        self._backlog = backlog
        self._listeners = [
            _listener_of(each, set_options)
            for each in listen_addresses.split_families(addresses)
        ]

    @property
    def sockets(self) -> list[socket.socket]:
        """Open sockets, in the order of their addresses."""
        return [s for each in self._listeners for s in each.sockets]

    @property
    def is_open(self) -> bool:
        """Whether it listens, in this process."""
        return bool(self.sockets)

    def names(self) -> list[str]:
        """Addresses of the sockets, as the option ``listen`` writes them."""
        return [listen_addresses.name_of(sock) for sock in self.sockets]

    def open(self) -> None:
        """Open the sockets and listen, unless that is so already.

        After :meth:`close` it takes the same addresses, and the same port
        where the system had chosen one.

        :raises ListenError: if one address can't be listened on.
        """
        if self.is_open:
            return
        with contextlib.ExitStack() as undo:
            for listener in self._listeners:
                listener.open(self._backlog)
                undo.callback(listener.close)
            undo.pop_all()

    def close(self) -> None:
        """Stop listening, in this process.

        The sockets that were handed in stay open: the caller's are the
        caller's, and on those of systemd clients wait for the next server.
        The process that made the file of a UNIX socket removes it. To call
        it twice does no harm, and a signal handler may call it.
        """
        for listener in self._listeners:
            listener.close()

    def leave(self) -> None:
        """Stop listening in this process; others go on doing so.

        The file of a UNIX socket stays, for their clients, until
        :meth:`close` is called or this process ends. A signal handler may
        call it.
        """
        for listener in self._listeners:
            listener.leave()


def _listener_of(
    listen_address: listen_addresses.ListenAddress, set_options: tcp.SetOptions
) -> net_listener.Listener:
    match listen_address:
        case listen_addresses.TcpAddress():
            return tcp.TcpListener(listen_address, set_options)
        case listen_addresses.UnixAddress():
            return unix.UnixListener(listen_address)
        case listen_addresses.SystemdSockets():
            return systemd.SystemdListener(listen_address)
        case listen_addresses.GivenSocket():
            return given_socket.GivenSocketListener(listen_address)
