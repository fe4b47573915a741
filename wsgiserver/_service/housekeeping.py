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

"""Housekeeping of a worker process: heartbeat, TLS files, request limit."""

from __future__ import annotations

from collections.abc import Callable
import faulthandler
import logging
import math
import random
from typing import TYPE_CHECKING

from wsgiserver._config import settings as config_settings
from wsgiserver._log import write_failures
from wsgiserver._net import tls_files
from wsgiserver._service import specification

if TYPE_CHECKING:
    from wsgiserver._engine import base_engine

LOG = logging.getLogger('wsgiserver.housekeeping')

#: Standard error, whatever sys.stderr is by now.
_STDERR = 2

#: What a heartbeat may take at least, in seconds: it comes once a second.
_SHORTEST = 3

#: The part of max_requests that its jitter is where nobody says.
_JITTER = 10


def request_limit(settings: config_settings.Settings) -> int | None:
    """Number of requests after which this process is to be replaced.

    :param settings: the settings in force.
    :returns: the number, with its jitter; None if there is no limit.
    """
    limit = settings.max_requests
    if limit is None:
        return None
    jitter = settings.max_requests_jitter
    if jitter is None:
        jitter = limit // _JITTER
    # Workers are to differ; nobody gains by guessing it.
    return limit + random.randint(0, jitter)  # noqa: S311


class Housekeeping:
    """Housekeeping of an engine, on whose ticks it is done.

    :param name: what the log calls the server.
    :param spec: what the server is made of.
    :param engine: the engine, not started yet.
    :param settings: the settings that it starts with.
    :param retire: ends this process, which its launcher then replaces; None
        where there is none that would.
    :param is_watched: whether the launcher ends this process when it stands
        still.
    """

    def __init__(
        self,
        name: str,
        spec: specification.ServerSpecification,
        engine: base_engine.Engine,
        settings: config_settings.Settings,
        retire: Callable[[], None] | None,
        is_watched: bool = False,
    ) -> None:
        self._name = name
        self._spec = spec
        self._engine = engine
        self._ends_itself = retire is not None and not is_watched
        self._files = tls_files.FileWatch(spec.conf)
        self._is_armed = False
        self._retire = retire
        self._limit_as_given: tuple[int | None, int | None] = (None, None)
        self.follow(settings)
        engine.on_tick = self._tick
        # The first tick may be what is waited for.
        self._beat(self._heartbeat_timeout)

    def follow(self, settings: config_settings.Settings) -> None:
        """Apply the settings that are in force from now on.

        :param settings: the settings.
        """
        self._heartbeat_timeout = settings.worker_heartbeat_timeout
        self._watches_tls = (
            self._spec.use_ssl and settings.tls_reload_on_change
        )
        given = (settings.max_requests, settings.max_requests_jitter)
        if given != self._limit_as_given:
            self._limit_as_given = given
            self._limit(settings)

    def _limit(self, settings: config_settings.Settings) -> None:
        limit = request_limit(settings)
        if limit is None:
            self._engine.request_limit = math.inf
        elif self._retire is None:
            LOG.warning(
                '%s ignores max_requests: nobody would replace this process',
                self._name,
            )
        else:
            self._engine.request_limit = limit
            self._engine.on_limit = self._retire

    def _tick(self) -> None:
        self._beat(self._heartbeat_timeout)
        if self._watches_tls and self._files.changed():
            self._engine.later(self._replace_tls)

    def _beat(self, timeout: float | None) -> None:
        """Heartbeat: put off the end of this process.

        A thread below Python's counts down, so that it comes whatever holds
        the interpreter: the stacks are written, and the process ends. A pause
        of the process counts as well; only a launcher can know of that.
        """
        if timeout and self._ends_itself:
            faulthandler.dump_traceback_later(
                max(timeout, _SHORTEST), exit=True, file=_STDERR
            )
            self._is_armed = True
        else:
            self.end()

    def end(self) -> None:
        """Cancel the heartbeat, so that this process outlives the engine."""
        if self._is_armed:
            self._is_armed = False
            faulthandler.cancel_dump_traceback_later()

    def _replace_tls(self) -> None:
        tls = None
        with write_failures.Caught(RuntimeError) as caught:
            tls = self._spec.tls()
        if caught.problem is not None:
            LOG.error(
                '%s keeps its certificate: %s', self._name, caught.problem
            )
        if tls is not None:
            self._engine.set_tls(tls)
            LOG.info('%s has loaded its new TLS files', self._name)
