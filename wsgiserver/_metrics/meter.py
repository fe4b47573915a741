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

"""Meter: the interface by which a server's work is counted."""

from __future__ import annotations

from typing import Protocol


class Head(Protocol):
    """Head of a request, as far as it is counted."""

    method: str
    path: str
    route_prefix: bytes


class Response(Protocol):
    """Response, as far as it is counted."""

    code: int
    sent: int
    first_byte: float | None


class Meter:
    """Meter that counts nothing: of a server without metrics."""

    #: Whether requests are to be told of at all.
    is_on = False

    def request(
        self,
        head: Head,
        received: int,
        response: Response,
        began: float,
        ended: float,
    ) -> None:
        """Count a request, once its response is sent or given up.

        :param head: its head.
        :param received: the bytes of its body that were read.
        :param response: its response.
        :param began: when it began to run, by the monotonic clock.
        :param ended: when it was done.
        """

    def accepted(self) -> None:
        """Count a connection."""

    def accept_failed(self) -> None:
        """Count a connection that could not be accepted."""

    def refused(self, reason: str) -> None:
        """Count a refusal: a request not run, or a connection without one.

        :param reason: one of ``layout.REASONS``.
        """

    def waited(self, seconds: float) -> None:
        """Count a request that waited for a worker.

        :param seconds: for how long.
        """

    def overdue(self) -> None:
        """Count a request that took longer than it may."""

    def reset(self, is_refused: bool) -> None:
        """Count a reset of the server.

        :param is_refused: whether it changed nothing.
        """

    def publish(self, states: list[int], **gauges: float) -> None:
        """Publish the gauges, which is done about once a second.

        :param states: the number of connections in each state.
        :param gauges: their values, by their names in ``layout.GAUGES``.
        """
