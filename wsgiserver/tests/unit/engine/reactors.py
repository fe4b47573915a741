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

"""A reactor that does nothing, for tests of what is below the engines."""

from __future__ import annotations

from collections.abc import Callable
import select
import socket

from wsgiserver._engine import refusals
from wsgiserver._wsgi import gateway as wsgi_gateway


class Reactor:
    """Writes down what it is asked for, and waits for nothing.

    :param gateway: runs the requests.
    """

    poller = staticmethod(select.poll)

    def __init__(self, gateway: wsgi_gateway.Gateway) -> None:
        self.gateway = gateway
        self.refusals = refusals.Refusals(self.later)
        self.stopping = False
        self.served = 0
        self.waits: list[float] = []
        #: What :meth:`may_run_pipelined` tells.
        self.goes_on = True
        #: How often :meth:`await_cut` was called.
        self.awaited = 0
        self.parked: list[object] = []
        self.forgotten: list[object] = []

    def later(self, call: Callable[..., None], *args: object) -> None:
        call(*args)

    def share(self, fileno: int) -> None:
        return

    def unwatch(self, fileno: int) -> None:
        return

    def has_room(self) -> bool:
        return True

    def accept_failed(self) -> None:
        return

    def add_connection(
        self, listener: object, sock: socket.socket, address: object
    ) -> None:
        return

    def park(self, connection: object) -> None:
        self.parked.append(connection)

    def forget(self, connection: object) -> None:
        self.forgotten.append(connection)

    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        return False

    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        return False

    def note_wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def may_run_pipelined(self, worker: object) -> bool:
        return self.goes_on

    def await_cut(self) -> None:
        self.awaited += 1
