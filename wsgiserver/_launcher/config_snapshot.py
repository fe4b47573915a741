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

"""Configuration snapshot, for processes that can't read files anew.

A ConfigOpts that was pickled has its values, but no longer what reads files.
So a spawned worker takes the values from its launcher after a reset, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import reduction
import os
import pickle  # noqa: S403 - what is read was written by the launcher
from typing import Any

from oslo_config import cfg


class ConfigSnapshot:
    """Values of configurations, in memory that processes share."""

    def __init__(self) -> None:
        self._fileno = os.memfd_create('wsgiserver-configuration')

    def __getstate__(self) -> object:
        return reduction.DupFd(self._fileno)

    def __setstate__(self, descriptor: Any) -> None:
        self._fileno = descriptor.detach()
        os.set_inheritable(self._fileno, False)

    def write(self, configurations: Sequence[cfg.ConfigOpts]) -> None:
        """Store the values of now; called in the launcher."""
        data = pickle.dumps([conf.export_state() for conf in configurations])
        os.pwrite(self._fileno, data, 0)
        os.ftruncate(self._fileno, len(data))

    def read(self, configurations: Sequence[cfg.ConfigOpts]) -> None:
        """Load the values stored last; called in a worker.

        :param configurations: the same as those that were taken, in order.
        """
        size = os.fstat(self._fileno).st_size
        if not size:
            # There was no reset yet.
            return
        states = pickle.loads(  # noqa: S301 - see above
            os.pread(self._fileno, size, 0)
        )
        for conf, state in zip(configurations, states, strict=True):
            conf.__setstate__(state)

    def close(self) -> None:
        """Close it; idempotent."""
        if self._fileno >= 0:
            os.close(self._fileno)
            self._fileno = -1
