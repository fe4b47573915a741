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

"""Configuration that a filter's section names, in oslo.middleware's words."""

from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._paste import arguments

#: The options of a section that say whose configuration a filter reads.
KEYS = frozenset(
    ('oslo_config_project', 'oslo_config_program', 'oslo_config_file')
)


def read(owner: str, conf: Mapping[str, Any]) -> cfg.ConfigOpts:
    """Read the configuration that a section names.

    The rules are those of ``oslo_middleware.base.ConfigurableMiddleware``:
    nothing is read unless ``oslo_config_project`` is set.

    :param owner: the name of the filter's class.
    :param conf: the section's options.
    :returns: the configuration; the global one where none is named.
    :raises InvalidOption: if a file is missing or can't be understood.
    """
    if 'oslo_config_project' not in conf:
        return cfg.CONF
    path = conf.get('oslo_config_file')
    opts = cfg.ConfigOpts()
    try:
        with _config.reading(opts):
            opts(
                [],
                project=conf['oslo_config_project'],
                prog=conf.get('oslo_config_program'),
                default_config_files=None if path is None else [path],
                validate_default_values=True,
            )
    except cfg.Error as error:
        option = 'oslo_config_project' if path is None else 'oslo_config_file'
        raise arguments.InvalidOption(owner, option, str(error)) from error
    return opts


def value_of(
    owner: str,
    opts: cfg.ConfigOpts,
    conf: Mapping[str, Any],
    key: str,
    group: str,
) -> Any:
    """Look up an option, which the filter's section may override.

    :param owner: the name of the filter's class.
    :param opts: where the option is registered.
    :param conf: the section's options.
    :param key: the option's name.
    :param group: its group.
    :returns: the value, of the option's type.
    :raises InvalidOption: if it has a value that is none of that type.
    """
    try:
        if key in conf:
            opts.set_override(key, conf[key], group=group)
        return opts[group][key]
    # The first comes from an override, the second from a file.
    except (ValueError, cfg.ConfigFileValueError) as error:
        raise arguments.InvalidOption(owner, key, str(error)) from error
