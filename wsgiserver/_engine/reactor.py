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
"""What a connection wants of the engine that it lives on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wsgiserver._engine import refusals as engine_refusals
from wsgiserver._wsgi import gateway as wsgi_gateway


class Reactor(Protocol):
    """What a connection wants of its engine."""

    gateway: wsgi_gateway.Gateway
    #: Writes down who was refused.
    refusals: engine_refusals.Refusals
    #: True once the server accepts no more, or is about to.
    stopping: bool

    def later(self, call: Callable[..., None], *args: object) -> None:
        """Make a call that may wait, such as one that logs."""

    def wait_readable(self, fileno: int, timeout: float | None) -> bool:
        """Wait in a worker; False if the time is over.

        It takes no slot of the pool meanwhile.
        """

    def wait_writable(self, fileno: int, timeout: float | None) -> bool:
        """Wait in a worker; False if the time is over."""
