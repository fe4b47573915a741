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

"""Metrics of a server: who counts them, and who may read them."""

from __future__ import annotations

from collections.abc import Sequence
import logging
import os
import socket
from typing import Any

from wsgiserver._config import settings as config_settings
from wsgiserver._log import write_failures
from wsgiserver import _metrics

LOG = logging.getLogger('wsgiserver.server')


class ServerMetrics:
    """Metrics of a server, in each of its processes.

    It is made with the server, and with it handed to the processes.

    :param name: the name of the server.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._memory: _metrics.SharedMemory | None = None
        self._slot: _metrics.Slot | None = None
        with write_failures.Caught(OSError) as caught:
            self._memory = _metrics.SharedMemory()
        if caught.problem is not None:
            LOG.warning('%s counts nothing: %s', name, caught.problem)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_slot': None}

    def meter(self, settings: config_settings.Settings) -> _metrics.Meter:
        """Meter of this process.

        :param settings: say whether it counts, and what apart.
        :returns: the meter; it goes on with what it counted before.
        """
        if self._memory is None or not settings.metrics:
            return _metrics.Meter()
        slot = self._slot
        if slot is None or slot.pid != os.getpid():
            # First of all, for to drop one gives back the lock of the other.
            self._slot = slot = None
            self._slot = slot = self._claim(self._memory)
        if slot is None:
            return _metrics.Meter()
        slot.follow(_metrics.Routes(settings.metrics_routes))
        return slot

    def _claim(self, memory: _metrics.SharedMemory) -> _metrics.Slot | None:
        with write_failures.Caught(OSError) as caught:
            return memory.claim()
        LOG.warning('%s counts nothing here: %s', self._name, caught.problem)
        return None

    def statistics(
        self, listeners: Sequence[tuple[str, socket.socket]]
    ) -> _metrics.Statistics | None:
        """Reader of the metrics, for applications.

        :param listeners: names and listening sockets, which may be closed.
        :returns: None where nothing can be counted.
        """
        if self._memory is None:
            return None
        return _metrics.Statistics(self._name, self._memory, listeners)

    def refuse_reset(self) -> None:
        """Count a reset that was refused before any worker was told."""
        if self._memory is not None:
            self._memory.refuse_reset()
