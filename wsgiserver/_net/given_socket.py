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

"""Listener on sockets that somebody else made: the caller, or systemd."""

from __future__ import annotations

import socket
from typing import Any

from wsgiserver._net import listen_addresses
from wsgiserver._net import listener


class ExternalListener(listener.Listener):
    """Base of listeners on sockets that stay open after them."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[socket.socket] = []

    def _listen(self, backlog: int) -> None:
        for sock in self._kept:
            # Who listens already has said how many may wait.
            if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                sock.listen(backlog)
        self.sockets = self._kept[:]

    def close(self) -> None:
        """Stop listening; the sockets stay open."""
        self.sockets = []

    def __getstate__(self) -> dict[str, Any]:
        # multiprocessing can't pass a descriptor twice to one process.
        kept = listener.pack(self._kept)
        sockets = kept[:] if self.sockets else []
        return self.__dict__ | {'_kept': kept, 'sockets': sockets}


class GivenSocketListener(ExternalListener):
    """Listener on a socket that the caller closes.

    :param listen_address: the socket.
    """

    def __init__(self, listen_address: listen_addresses.GivenSocket) -> None:
        super().__init__()
        self._kept = [listen_address.socket]
        self._name = str(listen_address)

    def open(self, backlog: int) -> None:
        """Listen on the caller's socket."""
        try:
            self._listen(backlog)
        except OSError as error:
            raise listener.failure(self._name, error) from error
