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

"""Backlogs: how many connections wait to be accepted."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import os
import socket
import struct

# <linux/sock_diag.h> and <linux/unix_diag.h>
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_UDIAG_SHOW_RQLEN = 0x10
_UNIX_DIAG_RQLEN = 4
_ALL = 0xFFFFFFFF

# Of struct tcp_info: eight bytes, then 32-bit numbers, of which a listening
# socket uses tcpi_unacked and tcpi_sacked for its backlog.
_TCP_INFO = '8B24I'
_UNACKED = 12

_HEADER = struct.Struct('=IHHII')
_REQUEST = struct.Struct('=BBHIIIII')
_ANSWER = struct.Struct('=BBBBIII')
_ATTRIBUTE = struct.Struct('=HH')


def backlog(sock: socket.socket) -> tuple[int, int] | None:
    """Backlog of a listening socket, and its limit.

    :param sock: the socket, a TCP or UNIX one.
    :returns: how many connections are in it, and how many fit; None where
        the kernel does not tell.
    """
    with contextlib.suppress(OSError, struct.error):
        if sock.family == socket.AF_UNIX:
            return _of_unix(os.fstat(sock.fileno()).st_ino)
        size = struct.calcsize(_TCP_INFO)
        data = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
        queued, limit = struct.unpack(_TCP_INFO, data)[_UNACKED:][:2]
        return queued, limit
    return None


def _of_unix(inode: int) -> tuple[int, int] | None:
    """Backlog of a UNIX socket, as ``ss -lx`` asks for it (sock_diag(7))."""
    request = _REQUEST.pack(
        socket.AF_UNIX, 0, 0, _ALL, inode, _UDIAG_SHOW_RQLEN, _ALL, _ALL
    )
    size = _HEADER.size + len(request)
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG
    ) as asking:
        # The kernel answers within send().
        asking.setblocking(False)
        asking.send(
            _HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
            + request
        )
        return _answer(asking.recv(4096))


def _answer(data: bytes) -> tuple[int, int] | None:
    size, kind, *_rest = _HEADER.unpack_from(data)
    if kind != _SOCK_DIAG_BY_FAMILY:
        return None
    offset = _HEADER.size + _ANSWER.size
    while offset + _ATTRIBUTE.size <= size:
        length, what = _ATTRIBUTE.unpack_from(data, offset)
        if what == _UNIX_DIAG_RQLEN:
            queued, limit = struct.unpack_from(
                '=II', data, offset + _ATTRIBUTE.size
            )
            return queued, limit
        offset += max((length + 3) & ~3, _ATTRIBUTE.size)
    return None


def of_all(
    listeners: Sequence[tuple[str, socket.socket]],
) -> list[tuple[str, int | None, int | None]]:
    """Backlogs of several sockets.

    :param listeners: names and listening sockets, which may be closed.
    :returns: name, connections that wait, and how many may.
    """
    found = []
    for name, sock in listeners:
        queued, limit = backlog(sock) or (None, None)
        found.append((name, queued, limit))
    return found
