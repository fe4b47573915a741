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

"""The look for a client that has left, for applications that take long."""

from __future__ import annotations

from collections.abc import Callable
import select
import socket
from typing import Any

from wsgiserver._net import tls_stream


class DisconnectCheck:
    """``wsgiserver.client_disconnected``: called, it tells whether that is so.

    The system knows without a byte being read (poll(2), POLLRDHUP), so any
    thread may ask, whatever is on its way. It keeps no connection alive.

    :param stream: the connection's socket, or TLS over it.
    :param poller: makes a poll object; never a patched one.
    """

    __slots__ = ('_stream', '_poller')

    def __init__(
        self,
        stream: socket.socket | tls_stream.Stream,
        poller: Callable[[], Any],
    ) -> None:
        self._stream = stream
        self._poller = poller

    def __call__(self) -> bool:
        """Tell whether the client has closed its end, or is gone."""
        fileno = self._stream.fileno()
        if fileno < 0:
            return True
        poller = self._poller()
        # A reset and an error are told in any case.
        poller.register(fileno, select.POLLRDHUP)
        return bool(poller.poll(0))
