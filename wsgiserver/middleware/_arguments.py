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

"""From a filter's section in api-paste.ini to its constructor's arguments."""

from collections.abc import Mapping
import inspect
from typing import Any

from wsgiserver._i18n import _
from wsgiserver import exceptions

_TAKES_KEYWORD = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


class InvalidOption(exceptions.WSGIServerError, ValueError):
    """A filter's section in the paste file has an option it can't work with.

    Raised while the file is loaded. It is a ValueError, as PasteDeploy
    rewrites the message of a TypeError.

    :param owner: the name of the filter's class.
    :param option: the name of the option.
    :param problem: what is wrong with it, in a few words.
    """

    def __init__(self, owner: str, option: str, problem: str) -> None:
        super().__init__(
            _("option '%(option)s' of %(owner)s: %(problem)s")
            % {'option': option, 'owner': owner, 'problem': problem}
        )
        self.owner = owner
        self.option = option
        self.problem = problem


def for_constructor(
    cls: type,
    global_conf: Mapping[str, Any] | None,
    local_conf: Mapping[str, Any],
) -> dict[str, Any]:
    """Choose what a filter's constructor is called with, by its signature.

    The first parameter is the application and not chosen here. A parameter
    named ``conf`` takes the global and the local configuration merged into
    one dict, as oslo.middleware has it. Every other parameter takes the
    local option of its name, as cinder and nova have it, and ``**kwargs``
    the rest. A constructor that takes the application alone gets nothing.

    :param cls: the class of the filter.
    :param global_conf: the file's [DEFAULT] section.
    :param local_conf: the options of the filter's own section.
    :returns: the keyword arguments.
    :raises InvalidOption: if an option has no parameter, or a parameter
        without a default has no option.
    """
    first, *others = inspect.signature(cls).parameters.values()
    named = {p.name: p for p in others if p.kind in _TAKES_KEYWORD}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in (first, *others))
    takes_conf = named.pop('conf', None) is not None
    chosen = {
        option: value
        for option, value in local_conf.items()
        if option in named or takes_any
    }
    if takes_conf:
        chosen['conf'] = {**(global_conf or {}), **local_conf}
    else:
        _refuse_unknown(cls, [o for o in local_conf if o not in chosen])
    _refuse_missing(cls, named, chosen)
    return chosen


def _refuse_unknown(cls: type, options: list[str]) -> None:
    if options:
        raise InvalidOption(
            cls.__name__, options[0], _('there is no such option')
        )


def _refuse_missing(
    cls: type,
    named: Mapping[str, inspect.Parameter],
    chosen: Mapping[str, Any],
) -> None:
    for name, parameter in named.items():
        if parameter.default is parameter.empty and name not in chosen:
            raise InvalidOption(cls.__name__, name, _('it has to be set'))
