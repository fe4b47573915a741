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


"""Application of a reset: configuration and services, in any process."""

from collections.abc import Iterable
from collections.abc import Sequence
import traceback

from oslo_config import cfg
from oslo_log import log as oslo_log

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._launcher import config_snapshot
from wsgiserver._service import protocols
from wsgiserver import exceptions
from wsgiserver import server


def apply(
    conf: cfg.ConfigOpts,
    services: Sequence[protocols.Service],
    snapshot: config_snapshot.ConfigSnapshot | None = None,
) -> None:
    """Apply a reset: read the files, and have every service follow.

    Options of oslo.log follow by a hook of its own.

    :param conf: the configuration of the launcher.
    :param services: the services; those that are a Server may have another
        configuration.
    :param snapshot: what to take the values from, in place of the files.
    :raises ResetError: if anything is unusable.
    """
    if snapshot is not None:
        snapshot.read(configurations(conf, services))
        set_up_log(conf)
    else:
        for each in configurations(conf, services):
            _mutate(each)
            _check(each)
    _reload(services)


def dry_run(
    conf: cfg.ConfigOpts, services: Sequence[protocols.Service]
) -> None:
    """Apply a reset in a dry run: it fails here if it fails anywhere.

    Every option that anybody has registered is read, those of the service
    among them, which would otherwise be read by its next request.

    :param conf: as for :func:`apply`.
    :param services: as for :func:`apply`.
    :raises ResetError: if anything is unusable.
    """
    found = configurations(conf, services)
    for each in found:
        _mutate(each)
        _check_all(each)
    _reload(services)
    for each in found:
        # What was loaded may have registered more.
        _check_all(each)


def _reload(services: Iterable[protocols.Service]) -> None:
    for service in services:
        if isinstance(service, server.Server):
            service.reload()


def reset_others(services: Iterable[protocols.Service]) -> None:
    """Reset the services that are not servers of this library.

    :param services: all of them.
    """
    for service in services:
        if not isinstance(service, server.Server):
            service.reset()


def configurations(
    conf: cfg.ConfigOpts, services: Iterable[protocols.Service]
) -> list[cfg.ConfigOpts]:
    """Configurations of the services, each once.

    :param conf: that of the launcher, which comes first.
    :param services: the services.
    """
    found = {id(conf): conf}
    for service in services:
        if isinstance(service, server.Server):
            found[id(service.conf)] = service.conf
    return list(found.values())


def _check(conf: cfg.ConfigOpts) -> None:
    try:
        _config.check(conf)
    except _config.OptionError as error:
        raise exceptions.ResetError(str(error)) from error


def _check_all(conf: cfg.ConfigOpts) -> None:
    try:
        _config.check_all(conf)
    except _config.OptionError as error:
        raise exceptions.ResetError(str(error)) from error


def set_up_log(conf: cfg.ConfigOpts) -> None:
    """Set oslo.log up, where its options are registered."""
    if 'use_stderr' in conf:
        oslo_log.setup(conf, conf.project or 'wsgiserver')


def _mutate(conf: cfg.ConfigOpts) -> None:
    try:
        with _config.reading(conf):
            conf.mutate_config_files()
    except SystemExit as error:
        # What oslo.config does about a value that could be on the command
        # line as well, once it has told standard error of it.
        raise exceptions.ResetError(
            _command_line_value(conf, error)
        ) from error
    except (
        cfg.Error,
        oslo_log.LogConfigError,
        ValueError,
        OSError,
    ) as error:
        cause = ' '.join(str(error).split())
        raise exceptions.ResetError(cause) from error


def _command_line_value(conf: cfg.ConfigOpts, error: SystemExit) -> str:
    """Error for the option that oslo.config told standard error alone."""
    files = ', '.join([*conf.config_file, *conf.config_dir])
    for frame, _lineno in traceback.walk_tb(error.__traceback__):
        opt, group = map(frame.f_locals.get, ('opt', 'group'))
        if isinstance(opt, cfg.Opt):
            problem = error.__context__ or error
            section = group.name if group else 'DEFAULT'
            return str(
                _config.OptionError(str(problem), opt.dest, section, files)
            )
    return _('a value in one of %s is unusable') % files
