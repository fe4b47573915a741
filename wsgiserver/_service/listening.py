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


"""Listen addresses of a server, from arguments and options."""

from collections.abc import Sequence
import os
import socket
from typing import Any

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._net import listen_addresses
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver import exceptions


class SocketSettings:
    """Settings of sockets: arguments first, and then options.

    :param own: the options of the server.
    :param dual_stack: as for the Server.
    :param mode: as socket_mode for the Server.
    :param owner: as socket_owner for the Server.
    """

    def __init__(
        self,
        own: cfg.ConfigOpts.GroupAttr,
        dual_stack: bool | None,
        mode: int | None,
        owner: str | None,
    ) -> None:
        given = own.socket_mode
        if mode is None and given is not None:
            mode = int(given, 8)
        self.mode = mode
        self.owner = owner or own.socket_owner
        self.dual_stack: bool = (
            own.dual_stack if dual_stack is None else dual_stack
        )


def of_listen(
    listen: Sequence[str | socket.socket], socket_settings: SocketSettings
) -> list[listen_addresses.ListenAddress]:
    """Listen addresses of the argument ``listen``.

    :param listen: texts in the notation of the option, and sockets.
    :param socket_settings: how they are to be made.
    :returns: the addresses, in that order.
    :raises InvalidInput: if one can't be read.
    """
    return [
        listen_addresses.parse(
            item,
            dual_stack=socket_settings.dual_stack,
            mode=socket_settings.mode,
            owner=socket_settings.owner,
        )
        if isinstance(item, str)
        else listen_addresses.GivenSocket(item)
        for item in listen
    ]


def check_option(conf: cfg.ConfigOpts, group: str = _config.GROUP) -> None:
    """Check the option ``listen``: each address of it can be read.

    :param conf: the configuration.
    :param group: the section.
    :raises OptionError: if an address can't be read.
    """
    own = conf[group]
    try:
        of_listen(own.listen, SocketSettings(own, None, None, None))
    except exceptions.InvalidInput as error:
        raise _config.error_of(conf, group, 'listen', error.reason) from error


def of_host(
    host: str,
    port: int,
    family: int | None,
    path: str | None,
    socket_settings: SocketSettings,
) -> listen_addresses.ListenAddress:
    """Listen address of the arguments that oslo.service's server has, too.

    :param host: the host.
    :param port: the port.
    :param family: the socket family.
    :param path: the UNIX socket.
    :param socket_settings: how the socket is to be made.
    :returns: the address.
    :raises InvalidInput: if they don't fit together.
    """
    if family == socket.AF_UNIX:
        if not path:
            raise exceptions.InvalidInput(
                _('socket_file is needed for a UNIX socket')
            )
        return listen_addresses.UnixAddress(
            path, socket_settings.mode, socket_settings.owner
        )
    if family not in (None, 0, socket.AF_INET, socket.AF_INET6):
        raise exceptions.InvalidInput(
            _('unsupported socket family: %s') % family
        )
    return listen_addresses.TcpAddress(
        host, port, family or None, socket_settings.dual_stack
    )


def address(sock: socket.socket) -> tuple[str, int | None]:
    """Address of a listening socket.

    :param sock: the socket.
    :returns: the IP address and the port, or a UNIX socket's path and None;
        an abstract one begins with ``@``.
    """
    name = sock.getsockname()
    if isinstance(name, tuple):
        return name[0], name[1]
    if isinstance(name, bytes):
        # An abstract socket; getsockname() has NUL where people write @.
        return '@' + os.fsdecode(name[1:]), None
    return name, None


def environ(sock: socket.socket, uses_tls: bool) -> dict[str, Any]:
    """Environ keys that all requests of a listener have in common.

    :param sock: the listening socket.
    :param uses_tls: whether TLS is spoken on it.
    """
    host, port = address(sock)
    if port is None:
        host, port = 'localhost', 443 if uses_tls else 80
    elif sock.family == socket.AF_INET6:
        # RFC 3875, section 4.1.14, so that URLs are made of it as they are
        # of a Host. A zone is this node's affair, and of no use to clients.
        host = f'[{host.partition("%")[0]}]'
    return wsgi_environ.base(host, str(port), 'https' if uses_tls else 'http')
