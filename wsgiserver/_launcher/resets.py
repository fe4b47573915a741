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

"""Resets in place: rehearsed, applied here, and rolled over the workers."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import logging

from oslo_config import cfg

from wsgiserver._config import settings as config_settings
from wsgiserver._launcher import changes
from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import dry_run
from wsgiserver._launcher import pipe
from wsgiserver._launcher import worker_pool
from wsgiserver._log import write_failures
from wsgiserver._service import protocols
from wsgiserver import exceptions
from wsgiserver import server

LOG = logging.getLogger('wsgiserver.launcher')


class Resets:
    """The resets of a launcher, one at a time.

    :param conf: the configuration.
    :param crews: the workers.
    :param snapshot: what spawned workers have in place of files.
    :param lines: tells the launcher's ends of all lines there are.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        crews: Sequence[worker_pool.Crew],
        snapshot: config_snapshot.Snapshot | None,
        lines: Callable[[], list[pipe.Line]],
    ) -> None:
        self._conf = conf
        self._snapshot = snapshot
        self._crews = crews
        self._all_lines = lines
        self._is_wanted = False
        self._is_rolling = False
        self._rehearsal: dry_run.Rehearsal | None = None
        #: How many resets were applied.
        self.generation = 0

    def want(self) -> None:
        """Have one, once the one under way is done."""
        self._is_wanted = True

    @property
    def is_under_way(self) -> bool:
        """Whether there is anything left to do."""
        return (
            self._is_wanted or self._is_rolling or self._rehearsal is not None
        )

    def lines(self) -> list[pipe.Line]:
        """The launcher's end of the line to a rehearsal."""
        return [self._rehearsal.line] if self._rehearsal else []

    def excuse(self, lost: float) -> None:
        """Count time anew in which nothing ran, in seconds."""
        if self._rehearsal is not None:
            self._rehearsal.excuse(lost)

    def abandon(self) -> None:
        """Leave it: there is an end to everything."""
        self._is_wanted = self._is_rolling = False
        if self._rehearsal is not None:
            self._rehearsal.abandon()
            self._rehearsal = None

    def advance(self) -> None:
        """Go on with what is under way."""
        if self._rehearsal is not None:
            self._listen(self._rehearsal)
        if self._is_rolling:
            # All of them, each at its own pace.
            rolled = [crew.roll(self.generation) for crew in self._crews]
            self._is_rolling = not all(rolled)
            if not self._is_rolling:
                self._conclude()
        if self._is_wanted and not (self._is_rolling or self._rehearsal):
            self._is_wanted = False
            LOG.info('Reading everything anew')
            self._begin()

    def _conclude(self) -> None:
        refused = sum(crew.refused for crew in self._crews)
        if refused:
            LOG.error('%d workers go on as before; they said why', refused)
        else:
            LOG.info('Everything was read anew')

    def _begin(self) -> None:
        with write_failures.Caught(OSError) as caught:
            self._rehearsal = dry_run.Rehearsal(
                self._conf, self._services(), self._all_lines()
            )
        if caught.problem is not None:
            self._fail(caught.problem)

    def _fail(self, problem: str) -> None:
        for service in self._services():
            if isinstance(service, server.Server):
                service.refuse_reset()
        LOG.error('Everything stays as it was: %s', problem)

    def _services(self) -> list[protocols.Service]:
        return [s for crew in self._crews for s in crew.services]

    def _listen(self, rehearsal: dry_run.Rehearsal) -> None:
        with write_failures.Caught(exceptions.ResetError) as caught:
            if not rehearsal.is_over():
                return
            self._rehearsal = None
            # Workers that are made from now on have it from here.
            changes.apply(self._conf, self._services())
            if self._snapshot is not None:
                self._snapshot.write(
                    changes.configurations(self._conf, self._services())
                )
        if caught.problem is not None:
            self._rehearsal = None
            self._fail(caught.problem)
            return
        self.generation += 1
        self._is_rolling = True
        settings = config_settings.LauncherSettings.from_conf(self._conf)
        for crew in self._crews:
            crew.follow(settings)
