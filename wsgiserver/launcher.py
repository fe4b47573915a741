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

"""A launcher of oslo.service on which SIGHUP is a reset in place.

It has the calls of oslo.service's own, for the same services, on both
backends; what becomes of workers and signals is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
import signal

from oslo_config import cfg
from oslo_service.backend import base as service_base

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._launcher import spawning
from wsgiserver._launcher import supervisor
from wsgiserver import exceptions

Service = service_base.ServiceBase


class Launcher:
    """Runs services in worker processes.

    Signals count from the construction on; the processes are made in
    :meth:`wait`.

    ============ =========================================================
    SIGTERM      After ``drain_delay``, in which health checks fail, new
                 connections are refused and running requests finished;
                 ``graceful_shutdown_timeout`` seconds at most in all.
    SIGINT       Everything ends at once.
    SIGHUP       Everything is read anew, as :meth:`restart` describes. In
                 the foreground of a terminal it is the end, as SIGTERM.
    SIGUSR1      Log files are opened anew, in all processes, unless the
                 application handles it.
    ============ =========================================================

    :param conf: the ConfigOpts, which has been called.
    :param start_method: how processes are made: ``'fork'``, or ``'spawn'``,
        for which the services have to be picklable.
    :raises InvalidInput: if there is no such method.
    :raises RuntimeError: in a thread other than the main one, which gets no
        signals.
    """

    def __init__(
        self, conf: cfg.ConfigOpts, start_method: str | None = None
    ) -> None:
        _config.register_opts(conf)
        method = start_method or 'fork'
        if method not in spawning.METHODS:
            raise exceptions.InvalidInput(
                _('start_method must be one of %(known)s, not %(method)s')
                % {'known': ', '.join(spawning.METHODS), 'method': method}
            )
        try:
            self._master = supervisor.Supervisor(conf, method)
        except ValueError as error:
            raise RuntimeError(
                _('a launcher belongs into the main thread')
            ) from error

    def launch_service(
        self,
        service: Service | Sequence[Service],
        workers: int | None = None,
    ) -> None:
        """Have services run in worker processes of their own.

        :param service: a service, or several that run together in each of
            the processes.
        :param workers: how many processes; None for as many as the option
            ``workers`` says, also after a reset.
        :raises InvalidInput: if a service is to be spawned, and can't be
            pickled.
        :raises TypeError: if a service is not a ServiceBase.
        :raises ValueError: if there are to be no processes.
        """
        self._master.add(_checked(service, workers), workers)

    def wait(self) -> int:
        """Run the services until a signal ends them.

        :returns: the exit status: 0 if all workers ended by themselves, 1
            after SIGINT or if some had to be killed.
        """
        return self._master.run()

    def stop(self) -> None:
        """End as on SIGTERM; :meth:`wait` returns then. Never waits.

        Any thread may call it, and a signal handler.
        """
        self._master.post(signal.SIGTERM)

    def restart(self) -> None:
        """Read everything anew, without a connection refused or cut.

        That is the configuration files, as far as the options may change,
        the levels of the log, the TLS files, the ``api-paste.ini`` of
        servers made by :meth:`wsgiserver.wsgi.Server.from_paste`, and the
        number of workers. It is tried in a process of its own first: if any
        of it is unusable, one line at ERROR says so, and everything stays as
        it was. Returns at once; any thread may call it.
        """
        self._master.post(signal.SIGHUP)


def launch(
    conf: cfg.ConfigOpts,
    service: Service | Sequence[Service],
    workers: int | None = None,
    *,
    start_method: str | None = None,
) -> Launcher:
    """Make a launcher for a service, as ``oslo_service.service.launch``.

    :param conf: as for :class:`Launcher`.
    :param service: as for :meth:`Launcher.launch_service`.
    :param workers: as for :meth:`Launcher.launch_service`.
    :param start_method: as for :class:`Launcher`.
    :returns: the launcher, to be waited for.
    """
    services = _checked(service, workers)
    if start_method == 'spawn':
        spawning.check(services)
    launcher = Launcher(conf, start_method)
    launcher.launch_service(service, workers)
    return launcher


def _checked(
    service: Service | Sequence[Service], workers: int | None
) -> list[Service]:
    services: list[Service]
    if isinstance(service, Sequence):
        services = [*service]
    else:
        services = [service]
    for each in services:
        if not isinstance(each, Service):
            raise TypeError(_('%r is not a service of oslo.service') % each)
    if not services:
        raise ValueError(_('there is no service to be launched'))
    if workers is not None and workers < 1:
        raise ValueError(_('the number of workers must be positive'))
    return services
