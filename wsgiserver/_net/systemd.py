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

"""Listener on sockets that systemd passed when it started the process."""

from __future__ import annotations

import contextlib
import errno
import os
import socket

from wsgiserver._i18n import _
from wsgiserver._net import given_socket
from wsgiserver._net import listen_addresses
from wsgiserver._net import listener

# sd_listen_fds(3): SD_LISTEN_FDS_START.
_FIRST = 3

# More than any process may have open: fs.nr_open.
_MANY = 2**30


class SystemdListener(given_socket.ExternalListener):
    """Listener on sockets that systemd made (sd_listen_fds(3)).

    It has duplicates of them. The descriptors themselves stay open, and the
    environment stays as it is, since other servers in this process may look
    for theirs there. A process that is forked has another pid than the
    environment names; it doesn't look again, but goes by what it inherits
    here, and so does one that this is unpickled in.

    Where it does not listen any more, systemd has clients wait for the next
    start of the service.

    :param listen_address: which of the sockets.
    """

    def __init__(
        self, listen_address: listen_addresses.SystemdSockets
    ) -> None:
        super().__init__()
        self._listen_address = listen_address

    def open(self, backlog: int) -> None:
        """Listen on duplicates of systemd's sockets."""
        try:
            if not self._kept:
                self._kept = _take(self._listen_address.name)
            self._listen(backlog)
        except OSError as error:
            raise listener.failure(self._listen_address, error) from error


def _take(name: str | None) -> list[socket.socket]:
    """Duplicates of the sockets of a name, or of all of them."""
    names = _names()
    for fileno, its in names.items():
        try:
            # None of them is for the programs that this one runs.
            os.set_inheritable(fileno, False)
        except OSError as error:
            raise _unusable(fileno, its, error) from error
    wanted = [n for n, its in names.items() if name is None or its == name]
    if not wanted:
        raise OSError(
            errno.ENOENT,
            _('the sockets that systemd has passed are named otherwise: %s')
            % ', '.join(dict.fromkeys(names.values())),
        )
    with contextlib.ExitStack() as undo:
        taken = []
        for fileno in wanted:
            taken.append(_duplicate(fileno, names[fileno]))
            undo.callback(taken[-1].close)
        undo.pop_all()
    return taken


def _names() -> dict[int, str]:
    """Descriptors that were passed to this process, with names."""
    environ = os.environ
    if environ.get('LISTEN_PID') != str(os.getpid()):
        raise OSError(
            errno.ENOENT,
            _('systemd has passed no sockets to this process (LISTEN_PID)'),
        )
    text = environ.get('LISTEN_FDS', '')
    count = int(text) if text.isascii() and text.isdecimal() else 0
    if not 0 < count < _MANY:
        raise OSError(
            errno.EINVAL, _('LISTEN_FDS is no number of sockets: %r') % text
        )
    names = environ.get('LISTEN_FDNAMES')
    # What sd_listen_fds_with_names(3) says in place of no names.
    listed = ['unknown'] * count if names is None else names.split(':')
    if len(listed) != count:
        raise OSError(
            errno.EINVAL,
            _('LISTEN_FDNAMES has %(names)d names for %(count)d sockets')
            % {'names': len(listed), 'count': count},
        )
    return dict(enumerate(listed, _FIRST))


def _duplicate(fileno: int, name: str) -> socket.socket:
    copy = os.dup(fileno)
    try:
        # With these arguments eventlet's class finds out the family, too.
        sock = socket.socket(-1, -1, -1, copy)
    except OSError as error:
        os.close(copy)
        raise _unusable(fileno, name, error) from error
    reason = listen_addresses.unusable_reason(sock)
    if reason:
        sock.close()
        raise _unusable(fileno, name, OSError(errno.EINVAL, reason))
    return sock


def _unusable(fileno: int, name: str, cause: OSError) -> OSError:
    return OSError(
        cause.errno,
        _('descriptor %(number)d, named %(name)s: %(reason)s')
        % {'number': fileno, 'name': name, 'reason': cause.strerror},
    )
