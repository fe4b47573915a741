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

"""A relay that knows nothing of half-closed connections."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import Self

from wsgiserver.tests.functional import harness


class Relay:
    """Relays one connection, as some programs in front of servers do.

    It closes both ways once either side has said that it sends nothing more,
    and what is on its way in the other direction is lost.

    :param server: where to.
    """

    def __init__(self, server: harness.Address) -> None:
        self._server = server
        self._listening = socket.create_server(('127.0.0.1', 0))
        self.address: tuple[str, int] = self._listening.getsockname()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._listening.close()
        self._thread.join(harness.PATIENCE)

    def _serve(self) -> None:
        with contextlib.ExitStack() as stack:
            client, _address = self._listening.accept()
            stack.enter_context(client)
            server = stack.enter_context(harness.connected(self._server))
            # Whichever is gone, the other one is to know.
            with contextlib.suppress(OSError):
                self._relay(client, server)

    @staticmethod
    def _relay(client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _mask in selector.select():
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
