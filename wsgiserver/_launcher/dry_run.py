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

"""Dry run: a reset, tried in a process before it is applied anywhere.

Only so does everything stay as it was if a part of it is unusable: neither
the values of oslo.config nor the imports of an application can be undone.
"""

from __future__ import annotations

from collections.abc import Sequence
import signal
import time

from oslo_config import cfg

from wsgiserver._i18n import _
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_process
from wsgiserver._service import protocols
from wsgiserver import exceptions


class DryRun:
    """Dry run of a reset, in a process of its own.

    :param conf: the configuration.
    :param services: what is to be reset.
    :param pipes: the launcher's ends of the pipes to its workers.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        services: Sequence[protocols.Service],
        pipes: Sequence[launcher_pipe.PipeEnd],
    ) -> None:
        self._process = worker_process.ChildProcess(
            # Also where workers are spawned: a process that was can't read
            # the configuration files.
            'fork',
            worker_main.dry_run,
            lambda pipe: worker_main.Assignment(0, conf, services, pipe),
            pipes,
        )
        # How much of its time was lost, in seconds.
        self._lost = 0.0

    @property
    def pipe(self) -> launcher_pipe.PipeEnd:
        """Pipe to its process."""
        return self._process.pipe

    def is_over(self) -> bool:
        """Whether the outcome is known.

        :raises ResetError: if the reset can't be applied.
        """
        # First, for a message may come between the two.
        status = self._process.status
        for message in self.pipe.receive():
            problem = message['problem']
            self.abandon()
            if problem is not None:
                raise exceptions.ResetError(problem)
            return True
        if status is not None:
            self.abandon()
            raise exceptions.ResetError(
                _('the process that tried it ended with status %d') % status
            )
        age = time.monotonic() - self._process.began - self._lost
        if age > worker_main.DRY_RUN_TIME:
            self.abandon()
            raise exceptions.ResetError(
                _('to try it took more than %d s') % worker_main.DRY_RUN_TIME
            )
        return False

    def discount_pause(self, lost: float) -> None:
        """Extend its time by a pause of this process, in seconds."""
        self._lost += lost

    def abandon(self) -> None:
        """Kill its process, whatever that does."""
        self._process.kill(signal.SIGKILL)
        self._process.join()
        self._process.close()
