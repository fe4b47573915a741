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

"""Values that can't be used, and where they come from."""

from collections.abc import Iterable
import re

from oslo_config import cfg

from wsgiserver._i18n import _
from wsgiserver import exceptions

# oslo.config tells both in a sentence of its own.
_SOURCE = re.compile("detail='([^']*)'")
_REASON = re.compile('is not valid: (.*)', re.DOTALL)


class WrongValue(exceptions.InvalidInput):
    """An option has a value that it can't have.

    :param source: where the value is from, a file for one; None where that
        is unknown.
    :param group: the section.
    :param option: the option.
    :param problem: what is wrong.
    """

    def __init__(
        self, source: str | None, group: str, option: str, problem: str
    ) -> None:
        place = [source] if source else []
        place += [f'section [{group}]', f'option {option}']
        super().__init__(f'{", ".join(place)}: {problem}')
        self.source = source
        self.group = group
        self.option = option
        self.problem = problem


def source(conf: cfg.ConfigOpts, group: str | None, name: str) -> str | None:
    """Find the file, or the variable, that an option's value is from.

    :param conf: the configuration.
    :param group: the section; None for ``[DEFAULT]``.
    :param name: the option.
    :returns: its name; None where no user has set the option.
    """
    found = conf.get_location(name, group)
    if found is None or not found.location.is_user_controlled:
        return None
    return str(found.detail) or None


def check(
    conf: cfg.ConfigOpts, group: str | None, names: Iterable[str]
) -> None:
    """Read options: oslo.config checks a value when it is read.

    :param conf: the configuration.
    :param group: the section; None for ``[DEFAULT]``.
    :param names: the options, and the sections to be gone through.
    :raises WrongValue: at the first that can't be used.
    :raises NoSuchOptError: if nobody has registered one of them.
    """
    values = conf if group is None else conf[group]
    for name in names:
        try:
            value = values[name]
        except ValueError as error:
            found = _SOURCE.search(str(error))
            reason = _REASON.search(str(error))
            raise WrongValue(
                found and found[1],
                group or 'DEFAULT',
                name,
                reason[1] if reason else str(error),
            ) from error
        except cfg.NoSuchOptError as error:
            if name not in values:
                raise
            # oslo.config says that there is no such option as this one.
            raise WrongValue(
                ', '.join(conf.config_file or ()),
                group or 'DEFAULT',
                name,
                _('it refers to an option that is not there'),
            ) from error
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            check(conf, name, value)
