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

"""Every option that this library reads, and the one place they are read.

The options of ``[DEFAULT]`` and ``[ssl]`` carry the names, types and
defaults of oslo.service, so that deployed files keep their meaning. What is
new lives in ``[wsgiserver]``.
"""

import copy

from oslo_config import cfg

from wsgiserver._options import _check
from wsgiserver._options import _files
from wsgiserver._options import _life
from wsgiserver._options import _limits
from wsgiserver._options import _listening
from wsgiserver._options import _observing
from wsgiserver._options import _shared

GROUP = 'wsgiserver'

default_opts: list[cfg.Opt] = _shared.default_opts
ssl_opts: list[cfg.Opt] = _shared.ssl_opts
server_opts: list[cfg.Opt] = [
    *_listening.listening_opts,
    *_limits.limit_opts,
    *_life.life_opts,
    *_observing.observing_opts,
]

OptionError = _check.OptionError
check_values = _check.check
error_of = _check.error_of
locating = _check.locating
sentence = _check.sentence
source = _check.source
reading = _files.reading
SharedBoolOpt = _shared.SharedBoolOpt
SharedStrOpt = _shared.SharedStrOpt

GROUPS: list[tuple[str | None, list[cfg.Opt]]] = [
    (None, default_opts),
    ('ssl', ssl_opts),
    (GROUP, server_opts),
]


def register_opts(conf: cfg.ConfigOpts, group: str = GROUP) -> None:
    """Register every option of this library.

    :param conf: the ConfigOpts to register in; those that oslo.service
        registered there before stay as they are.
    :param group: a further group to have what ``[wsgiserver]`` has.
    """
    for name, opts in GROUPS:
        conf.register_opts(opts, group=name)
    if group != GROUP:
        conf.register_opts(_without_aliases(), group=group)
    _register_service_opts(conf)


def check(conf: cfg.ConfigOpts, group: str = GROUP) -> None:
    """Check the values of this library's options.

    :param conf: the configuration, with the options registered.
    :param group: the section that has those of ``[wsgiserver]``.
    :raises OptionError: an InvalidInput, at the first that can't be used.
    """
    for name, opts in GROUPS:
        place = group if name == GROUP else name
        _check.check(conf, place, [opt.dest for opt in opts])
    # Of oslo.service's own, those that bound our drain.
    _check.check(conf, None, ['graceful_shutdown_timeout', 'log_options'])


def check_all(conf: cfg.ConfigOpts) -> None:
    """Check the values of every option that anybody has registered.

    :param conf: the configuration.
    :raises OptionError: at the first that can't be used.
    """
    _check.check(conf, None, conf)


def _without_aliases() -> list[cfg.Opt]:
    # The older names of other services are those of the one group.
    copies = copy.deepcopy(server_opts)
    for opt in copies:
        opt.deprecated_opts = []
    return copies


def _register_service_opts(conf: cfg.ConfigOpts) -> None:
    # graceful_shutdown_timeout bounds our drain as well as the launcher's.
    from oslo_service import opts as service_opts

    service_opts.register_service_opts(conf)
