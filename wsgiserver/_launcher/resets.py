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

"""Resets in place: dry run, application here, and a roll over the workers."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import logging

from oslo_config import cfg

from wsgiserver._config import settings as config_settings
from wsgiserver._launcher import changes
from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import dry_run
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import worker_pool
from wsgiserver._log import write_failures
from wsgiserver._service import protocols
from wsgiserver import exceptions
from wsgiserver import server

LOG = logging.getLogger('wsgiserver.launcher')


class Resets:
    """Resets of a launcher, one at a time.

    :param conf: the configuration.
    :param pools: the worker pools.
    :param snapshot: what spawned workers have in place of files.
    :param pipes: tells the launcher's ends of all pipes there are.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        pools: Sequence[worker_pool.WorkerPool],
        snapshot: config_snapshot.ConfigSnapshot | None,
        pipes: Callable[[], list[launcher_pipe.PipeEnd]],
    ) -> None:
        self._conf = conf
        self._snapshot = snapshot
        self._pools = pools
        self._all_pipes = pipes
        self._is_requested = False
        self._is_rolling = False
        self._dry_run: dry_run.DryRun | None = None
        #: How many resets were applied.
        self.generation = 0

    def request(self) -> None:
        """Request a reset, for once the one under way is done."""
        self._is_requested = True

    @property
    def is_under_way(self) -> bool:
        """Whether a reset is requested, or not finished."""
        return (
            self._is_requested or self._is_rolling or self._dry_run is not None
        )

    def pipes(self) -> list[launcher_pipe.PipeEnd]:
        """The launcher's end of the pipe to a dry run, if there is one."""
        return [self._dry_run.pipe] if self._dry_run else []

    def discount_pause(self, lost: float) -> None:
        """Extend its time by a pause of this process, in seconds."""
        if self._dry_run is not None:
            self._dry_run.discount_pause(lost)

    def abandon(self) -> None:
        """Abandon all resets, for the service ends."""
        self._is_requested = self._is_rolling = False
        if self._dry_run is not None:
            self._dry_run.abandon()
            self._dry_run = None

    def advance(self) -> None:
        """Advance the reset under way, as far as that goes without waiting."""
        if self._dry_run is not None:
            self._listen(self._dry_run)
        if self._is_rolling:
            # All of them, each at its own pace.
            rolled = [pool.roll(self.generation) for pool in self._pools]
            self._is_rolling = not all(rolled)
            if not self._is_rolling:
                self._conclude()
        if self._is_requested and not (self._is_rolling or self._dry_run):
            self._is_requested = False
            LOG.info('Reading everything anew')
            self._begin()

    def _conclude(self) -> None:
        refused = sum(pool.refused for pool in self._pools)
        if refused:
            LOG.error('%d workers go on as before; they said why', refused)
        else:
            LOG.info('Everything was read anew')

    def _begin(self) -> None:
        with write_failures.Caught(OSError) as caught:
            self._dry_run = dry_run.DryRun(
                self._conf, self._services(), self._all_pipes()
            )
        if caught.problem is not None:
            self._fail(caught.problem)

    def _fail(self, problem: str) -> None:
        for service in self._services():
            if isinstance(service, server.Server):
                service.refuse_reset()
        LOG.error('Everything stays as it was: %s', problem)

    def _services(self) -> list[protocols.Service]:
        return [s for pool in self._pools for s in pool.services]

    def _listen(self, attempt: dry_run.DryRun) -> None:
        with write_failures.Caught(exceptions.ResetError) as caught:
            if not attempt.is_over():
                return
            self._dry_run = None
            # Workers that are made from now on have it from here.
            changes.apply(self._conf, self._services())
            if self._snapshot is not None:
                self._snapshot.write(
                    changes.configurations(self._conf, self._services())
                )
        if caught.problem is not None:
            self._dry_run = None
            self._fail(caught.problem)
            return
        self.generation += 1
        self._is_rolling = True
        settings = config_settings.LauncherSettings.from_conf(self._conf)
        for pool in self._pools:
            pool.follow(settings)
