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

"""Listener on a TCP port, on every address that the host stands for."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import errno
import logging
import socket
from typing import Any

from wsgiserver._i18n import _
from wsgiserver._net import listen_addresses
from wsgiserver._net import listener
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.listener')

#: Sets the options of a new socket, before it is bound.
SetOptions = Callable[[socket.socket], socket.socket]

#: A family, and an address of it as bind() takes it.
_Address = tuple[int, tuple[Any, ...]]

# How often another port is tried where the system chose one that is taken on
# another address of the host, or by a process that was quicker to listen.
_TRIES = 10


class TcpListener(listener.Listener):
    """Listener on a TCP port.

    :param listen_address: the host and the port.
    :param set_options: sets the options of each socket.
    """

    def __init__(
        self,
        listen_address: listen_addresses.TcpAddress,
        set_options: SetOptions,
    ) -> None:
        super().__init__()
        self._listen_address = listen_address
        self._set_options = set_options
        # What it listened on last: the port that the system chose, too.
        self._addresses: list[_Address] = []

    def open(self, backlog: int) -> None:
        """Listen on every address of the host."""
        addresses = self._addresses or _resolve(self._listen_address)
        may_retry = addresses[0][1][1] == 0
        for left in reversed(range(_TRIES)):
            try:
                self.sockets = self._listen(addresses, backlog)
                break
            except exceptions.ListenError as error:
                taken = error.errno == errno.EADDRINUSE
                if not (taken and may_retry and left):
                    raise
        # An enum can't be pickled where eventlet has patched socket.
        self._addresses = [
            (int(sock.family), sock.getsockname()) for sock in self.sockets
        ]

    def _listen(
        self, addresses: list[_Address], backlog: int
    ) -> list[socket.socket]:
        with contextlib.ExitStack() as undo:
            made, missing = self._bind_all(addresses, undo)
            if not made:
                raise missing[0]
            for sock in made:
                try:
                    sock.listen(backlog)
                except OSError as error:
                    raise self._failure(sock.getsockname(), error) from error
            undo.pop_all()
        for failure in missing:
            LOG.info('%s; its other addresses are listened on', failure)
        return made

    def _bind_all(
        self, addresses: list[_Address], undo: contextlib.ExitStack
    ) -> tuple[list[socket.socket], list[exceptions.ListenError]]:
        """Bind to all addresses but those that the machine can't have."""
        made: list[socket.socket] = []
        missing = []
        # Whoever has all of IPv4 already would refuse it to the other.
        only = not self._listen_address.dual_stack or any(
            address[0] in listen_addresses.WILDCARD_IPV4
            for _family, address in addresses
        )
        for family, address in addresses:
            if made:
                # The first has the port that all are to have.
                port = made[0].getsockname()[1]
                address = (address[0], port, *address[2:])
            try:
                made.append(self._bind(family, address, only, undo))
            except OSError as error:
                failure = self._failure(address, error)
                if not _is_missing(family, address, error):
                    raise failure from error
                missing.append(failure)
        return made, missing

    def _bind(
        self,
        family: int,
        address: tuple[Any, ...],
        only: bool,
        undo: contextlib.ExitStack,
    ) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        undo.callback(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # Whatever net.ipv6.bindv6only says. It counts for :: alone: any
            # other address is of IPv6 only (inet6_bind() in Linux).
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        sock = self._set_options(sock)
        undo.callback(sock.close)
        sock.bind(address)
        return sock

    def _failure(
        self, address: tuple[Any, ...], error: OSError
    ) -> exceptions.ListenError:
        where = listen_addresses.join(address[0], address[1])
        return listener.failure(self._listen_address, error, where)


def _resolve(listen_address: listen_addresses.TcpAddress) -> list[_Address]:
    """Addresses of a host, each of them once."""
    if not 0 <= listen_address.port <= 65535:
        # The resolver would take it modulo 65536.
        wrong = OSError(errno.EINVAL, _('not a port'))
        raise listener.failure(listen_address, wrong)
    if listen_address.host == listen_addresses.WILDCARD:
        # No resolver is asked: glibc's knows the star, eventlet's doesn't.
        everywhere: list[_Address] = [
            (socket.AF_INET, ('0.0.0.0', listen_address.port)),
            (socket.AF_INET6, ('::', listen_address.port, 0, 0)),
        ]
        return [a for a in everywhere if listen_address.family in (None, a[0])]
    try:
        found = socket.getaddrinfo(
            listen_address.host or '0.0.0.0',
            listen_address.port,
            listen_address.family or socket.AF_UNSPEC,
            socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
    except OSError as error:
        raise listener.failure(listen_address, error) from error
    except ValueError as error:
        # What no resolver can be asked for: an empty label, or a long one
        # (UnicodeError), or one with a null character.
        unknown = OSError(errno.EINVAL, _('not a host name'))
        raise listener.failure(listen_address, unknown) from error
    return list(dict.fromkeys((entry[0], entry[4]) for entry in found))


def _is_missing(family: int, address: tuple[Any, ...], error: OSError) -> bool:
    """Whether the machine has no IPv6, so that nobody misses this."""
    if family != socket.AF_INET6:
        return False
    if error.errno == errno.EADDRNOTAVAIL:
        return address[0] in ('::', '::1')
    return error.errno == errno.EAFNOSUPPORT
