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

"""Listen addresses, and how the option ``listen`` writes them."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import ipaddress
import re
import socket
from typing import Any

from wsgiserver._i18n import _
from wsgiserver import exceptions

_FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)


#: The host that stands for every address of both families.
WILDCARD = '*'

#: Those that stand for every IPv4 address.
WILDCARD_IPV4 = ('', '0.0.0.0')

#: The one that stands for every IPv6 address.
_WILDCARD_IPV6 = '::'


@dataclasses.dataclass(frozen=True)
class TcpAddress:
    """Listen address: a TCP port.

    :param host: an address, or a host name, which stands for every address
        it resolves to; '' for every IPv4 address, and '*' for every address.
    :param port: the port; 0 lets the system choose.
    :param family: AF_INET or AF_INET6; None takes both.
    :param dual_stack: whether the address ``::`` takes IPv4, too.
    """

    host: str
    port: int
    family: int | None = None
    dual_stack: bool = True

    def __str__(self) -> str:
        return join(self.host or '0.0.0.0', self.port)


@dataclasses.dataclass(frozen=True)
class UnixAddress:
    """Listen address: a UNIX socket.

    :param path: its file; ``@name`` is an abstract socket (unix(7)), and so
        is ``\\0name``.
    :param mode: the permissions of the file; None leaves them to the umask.
    :param owner: ``user``, ``user:group`` or ``:group``, as names or
        numbers; None leaves the file to who runs the server.
    :raises InvalidInput: if that is no name, or an abstract socket, which
        has no file, is to have a mode or an owner.
    """

    path: str
    mode: int | None = None
    owner: str | None = None

    def __post_init__(self) -> None:
        if self.path in ('', '@', '\0') or '\0' in self.path[1:]:
            raise exceptions.InvalidInput(
                _('%r is no name of a UNIX socket') % self.path
            )
        if self.is_abstract and (self.mode is not None or self.owner):
            # Everybody in the network namespace can connect to it, which who
            # asks for 0600 is not to find out later.
            raise exceptions.InvalidInput(
                _('%s has no file that could have a mode or an owner') % self
            )

    @property
    def is_abstract(self) -> bool:
        """Whether it has a name in the kernel, and no file."""
        return self.path[0] in '@\0'

    def __str__(self) -> str:
        return 'unix:' + self.path.replace('\0', '@')


@dataclasses.dataclass(frozen=True)
class SystemdSockets:
    """Listen address: the sockets that systemd passes (sd_listen_fds(3)).

    :param name: takes those of that ``FileDescriptorName=``; None takes all.
    """

    name: str | None = None

    def __str__(self) -> str:
        return 'systemd' if self.name is None else f'systemd:{self.name}'


@dataclasses.dataclass(frozen=True)
class GivenSocket:
    """Listen address: a socket that the caller made, and closes.

    :param socket: a stream socket that is bound; it may listen already.
    :raises InvalidInput: if it is anything else.
    """

    socket: socket.socket

    def __post_init__(self) -> None:
        reason = unusable_reason(self.socket)
        if reason:
            raise exceptions.InvalidInput(
                _('%(socket)r is nothing to listen on: %(reason)s')
                % {'socket': self.socket, 'reason': reason}
            )

    def __str__(self) -> str:
        return name_of(self.socket)


ListenAddress = TcpAddress | UnixAddress | SystemdSockets | GivenSocket


def split_families(addresses: Sequence[ListenAddress]) -> list[ListenAddress]:
    """Addresses in which ``::`` is IPv6 alone, where another has all of IPv4.

    :param addresses: all that one server has.
    """
    ports = {
        address.port
        for address in addresses
        if isinstance(address, TcpAddress) and address.host in WILDCARD_IPV4
    }
    return [
        dataclasses.replace(address, dual_stack=False)
        if isinstance(address, TcpAddress)
        and address.host == _WILDCARD_IPV6
        and address.port in ports
        else address
        for address in addresses
    ]


_TCP = re.compile(
    r'(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^\s:/@\[\]]+)):(?P<port>[0-9]{1,5})'
)
#: What nginx, gunicorn, uWSGI and HAProxy take for a port of every address.
_PORT_ALONE = re.compile(r':?(?P<port>[0-9]{1,5})')

_SYSTEMD = re.compile(r'systemd(?::(?P<name>[^\s:]+))?')


def parse(
    text: str,
    *,
    dual_stack: bool = True,
    mode: int | None = None,
    owner: str | None = None,
) -> ListenAddress:
    """Parse a listen address as the option ``listen`` writes it.

    :param text: ``host:port``, ``*:port``, ``[address]:port``,
        ``unix:/path``, ``unix:@name``, ``systemd`` or ``systemd:NAME``.
    :param dual_stack: see TcpAddress.
    :param mode: see UnixAddress.
    :param owner: see UnixAddress.
    :returns: the address.
    :raises InvalidInput: if the text is anything else.
    """
    activated = _SYSTEMD.fullmatch(text)
    if activated:
        return SystemdSockets(activated['name'])
    # A relative path would depend on where the service was started.
    if text.startswith(('unix:/', 'unix:@')):
        return UnixAddress(text.removeprefix('unix:'), mode, owner)
    address = _TCP.fullmatch(text)
    if address and int(address['port']) <= 65535:
        host = address['host'] or address['v6']
        # "unix:80" is more of a mistake than of a host.
        if host != 'unix' and (address['host'] or _is_v6(host)):
            return TcpAddress(
                host, int(address['port']), dual_stack=dual_stack
            )
    raise exceptions.InvalidInput(
        _(
            'nothing listens on %(text)r%(hint)s: it has to be host:port, '
            '*:port, [address]:port with an IPv6 address, unix:/path, '
            'unix:@name, systemd or systemd:NAME'
        )
        % {'text': text, 'hint': _hint(text)}
    )


def _hint(text: str) -> str:
    """Hint at what is meant, where another server has a notation for it."""
    port = _PORT_ALONE.fullmatch(text)
    if port:
        meant = f'*:{port["port"]}'
    elif text.startswith(('/', '@')):
        meant = f'unix:{text}'
    elif _is_v6(text.rpartition(':')[0]) and text[-1].isdecimal():
        meant = '[{}]:{}'.format(*text.rsplit(':', 1))
    else:
        return ''
    return _(' (did you mean %s?)') % meant


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def unusable_reason(sock: socket.socket) -> str | None:
    """Reason why a socket can't be listened on.

    :param sock: the socket.
    :returns: the reason, for the reader of an error; None if it can.
    """
    if sock.fileno() < 0:
        return _('it is closed')
    if sock.family not in _FAMILIES or sock.type != socket.SOCK_STREAM:
        return _('it is no stream socket of TCP or UNIX')
    name = sock.getsockname()
    if not (name[1] if isinstance(name, tuple) else name):
        return _('it is not bound')
    return None


def name_of(sock: socket.socket) -> str:
    """Address of a listening socket, as the option ``listen`` writes it."""
    name: tuple[Any, ...] | bytes | str = sock.getsockname()
    if isinstance(name, tuple):
        return join(name[0], name[1])
    if isinstance(name, bytes):
        name = name.decode(errors='backslashreplace')
    return 'unix:' + name.replace('\0', '@')


def join(host: str, port: int) -> str:
    """Address and port, written as one."""
    return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'
