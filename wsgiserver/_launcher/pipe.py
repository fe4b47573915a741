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


"""Pipe between the launcher's process and one of its workers: JSON."""

from __future__ import annotations

# What both ends use must not be patched: the reactor's thread may not wait.
import _socket
from collections.abc import Iterator
import json
from multiprocessing import reduction
import os
from typing import Any

_SIZE = 65536

# Of a text, in characters; a JSON escape makes twelve bytes of one at most.
_LONGEST = 4000

Message = dict[str, Any]


class PipeEnd:
    """One end of a pipe, which sends and receives messages.

    Its messages are JSON objects, each with a ``kind``; those that don't fit
    are lost, for nobody may wait here. When the process at the other end is
    gone, however it ended, the pipe is closed.

    :param sock: a socket of SOCK_SEQPACKET, which keeps messages apart.
    """

    def __init__(self, sock: _socket.socket) -> None:
        self._take(sock)

    def _take(self, sock: _socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self.is_open = True

    @classmethod
    def pair(cls) -> tuple[PipeEnd, PipeEnd]:
        """Both ends of a new pipe."""
        one, other = _socket.socketpair(
            _socket.AF_UNIX, _socket.SOCK_SEQPACKET
        )
        return cls(one), cls(other)

    def __getstate__(self) -> object:
        return reduction.DupFd(self.fileno())

    def __setstate__(self, descriptor: Any) -> None:
        fileno = descriptor.detach()
        os.set_inheritable(fileno, False)
        self._take(
            _socket.socket(
                _socket.AF_UNIX,
                _socket.SOCK_SEQPACKET,
                fileno=fileno,
            )
        )

    def fileno(self) -> int:
        """The descriptor that can be read when there is a message."""
        return self._socket.fileno()

    def send(self, kind: str, **values: Any) -> None:
        """Send a message; it is lost if nobody reads.

        :param kind: what it is about.
        :param values: what it says.
        """
        for name, value in values.items():
            if isinstance(value, str):
                values[name] = value[:_LONGEST]
        try:
            self._socket.send(json.dumps({'kind': kind, **values}).encode())
        except OSError:
            # The other end is gone, which is noticed where this is read, or
            # it has not read for an hour.
            return

    def receive(self) -> Iterator[Message]:
        """Messages that have arrived."""
        while self.is_open:
            try:
                data = self._socket.recv(_SIZE)
            except BlockingIOError:
                return
            except OSError:
                data = b''
            if data:
                yield json.loads(data)
            else:
                self.is_open = False

    def forsake(self) -> None:
        """Close this end, in a child of the application."""
        self.close()

    def close(self) -> None:
        """Close this end."""
        self.is_open = False
        self._socket.close()
