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

from wsgiserver._config import checks
from wsgiserver._config import files
from wsgiserver._config import life
from wsgiserver._config import limits
from wsgiserver._config import listening
from wsgiserver._config import observing
from wsgiserver._config import shared

GROUP = 'wsgiserver'

default_opts: list[cfg.Opt] = shared.default_opts
ssl_opts: list[cfg.Opt] = shared.ssl_opts
server_opts: list[cfg.Opt] = [
    *listening.listening_opts,
    *limits.limit_opts,
    *life.life_opts,
    *observing.observing_opts,
]

OptionError = checks.OptionError
check_values = checks.check
error_of = checks.error_of
locating = checks.locating
sentence = checks.sentence
source = checks.source
reading = files.reading
SharedBoolOpt = shared.SharedBoolOpt
SharedStrOpt = shared.SharedStrOpt

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
        section = group if name == GROUP else name
        checks.check(conf, section, [opt.dest for opt in opts])
    # Of oslo.service's own, those that bound our drain.
    checks.check(conf, None, ['graceful_shutdown_timeout', 'log_options'])


def check_all(conf: cfg.ConfigOpts) -> None:
    """Check every option that anybody has registered.

    :param conf: the configuration.
    :raises OptionError: at the first that can't be used.
    """
    checks.check(conf, None, conf)


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
