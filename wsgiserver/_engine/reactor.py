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

"""The engine, as its acceptor and its connections know it."""

from __future__ import annotations

import abc
from collections.abc import Callable
import socket
from typing import Any
from typing import Protocol
from typing import TYPE_CHECKING

from wsgiserver._engine import listener as engine_listener
from wsgiserver._engine import refusals as engine_refusals
from wsgiserver._wsgi import gateway as wsgi_gateway

if TYPE_CHECKING:
    # They are what it calls back, and so are above it.
    from wsgiserver._engine import channel
    from wsgiserver._engine import connection as engine_connection


class Reactor(Protocol):
    """The engine, to those below it: what they may ask it for.

    What is not said to be for the reactor alone, any worker may call.
    """

    #: Runs the requests; a reset puts another one in its place.
    gateway: wsgi_gateway.Gateway
    #: Writes down who was refused.
    refusals: engine_refusals.Refusals
    #: True once the server accepts no more, or is about to.
    stopping: bool
    #: How many requests were begun.
    served: int
    #: Makes a poll object; never a patched one.
    poller: Callable[[], Any]

    def later(self, call: Callable[..., None], *args: object) -> None:
        """Make a call that may wait, such as one that logs."""

    # -- for the acceptor, in the reactor alone ------------------------------

    @abc.abstractmethod
    def share(self, fileno: int) -> None:
        """Watch a descriptor that other processes watch, too.

        The system wakes one of them: the one that has waited the longest.
        """

    @abc.abstractmethod
    def unwatch(self, fileno: int) -> None:
        """Watch a descriptor no more."""

    def has_room(self) -> bool:
        """Tell whether there may be another connection."""

    def accept_failed(self) -> None:
        """Count a connection that was lost."""

    def add_connection(
        self,
        listener: engine_listener.EngineListener,
        sock: socket.socket,
        address: object,
    ) -> None:
        """Add a new connection.

        :param listener: where it was accepted.
        :param sock: its socket.
        :param address: the client's, as accept() told.
        :raises OSError: if nothing comes of it; the socket is still open.
        """

    # -- for connections -----------------------------------------------------

    def park(self, connection: engine_connection.Connection) -> None:
        """Watch the connection; it is in the reactor's hands again."""

    def forget(self, connection: channel.SocketChannel) -> None:
        """Drop the connection; called before its socket is closed."""

    @abc.abstractmethod
    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        """Wait in a worker; False if the time is over.

        It takes no slot of the pool meanwhile.
        """

    @abc.abstractmethod
    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        """Wait in a worker, as above; False if the time is over."""

    def note_wait(self, seconds: float) -> None:
        """Take note that a request has waited for a worker."""

    def may_run_pipelined(self, worker: Any) -> bool:
        """Tell whether a worker may run a pipelined request as well."""

    def await_cut(self) -> None:
        """Wait for who is about to cut a request that was overdue."""
