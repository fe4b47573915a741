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

"""Arguments of a filter's constructor, from its section in api-paste.ini."""

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import difflib
import enum
import inspect
from typing import Any

from wsgiserver import _config
from wsgiserver._i18n import _

_TAKES_KEYWORD = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)

_HANDS_ON = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


class _Base(enum.Enum):
    """Way in which a filter's arguments come to the base class of filters."""

    INHERITED = enum.auto()
    #: By a constructor of ``*args, **kwargs``, which may want some itself.
    CALLED = enum.auto()


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """Parameters of a constructor, besides the application."""

    named: Mapping[str, inspect.Parameter]
    takes_any: bool
    takes_conf: bool
    base_takes: _Base | None = None


class InvalidOption(_config.OptionError):
    """An option in a filter's section that it can't work with.

    Raised while the file is loaded. It is a ValueError, as PasteDeploy
    rewrites the message of a TypeError.

    :param owner: the name of the filter's class.
    :param option: the name of the option.
    :param problem: what is wrong with it, in a few words.
    """

    def __init__(self, owner: str, option: str, problem: str) -> None:
        cause = _("option '%(option)s' of %(owner)s: %(problem)s") % {
            'option': option,
            'owner': owner,
            'problem': problem,
        }
        super().__init__(cause, option)
        # It names the option, where nobody knows the section.
        self.args = (cause,)
        self.owner = owner
        self.option: str = option
        self.problem = problem


def for_constructor(
    cls: type,
    global_conf: Mapping[str, Any] | None,
    local_conf: Mapping[str, Any],
    base: type = object,
    shared: Collection[str] = (),
) -> dict[str, Any]:
    """Arguments for a filter's constructor, chosen by its signature.

    The first parameter is the application and not chosen here. A parameter
    named ``conf`` takes the global and the local configuration merged into
    one dict, as oslo.middleware has it. Every other parameter takes the
    local option of its name, as cinder and nova have it, and ``**kwargs``
    the rest. A constructor that takes the application alone gets nothing.

    :param cls: the class of the filter.
    :param global_conf: the file's [DEFAULT] section.
    :param local_conf: the options of the filter's own section.
    :param base: the class whose own constructor has ``conf`` for the sake of
        subclasses: it takes no options but those that are shared.
    :param shared: the options that may stand in any section.
    :returns: the keyword arguments.
    :raises InvalidOption: if an option has no parameter, or a parameter
        without a default has no option.
    """
    wanted = _wanted(cls, base)
    merged = {**(global_conf or {}), **local_conf}
    options = local_conf
    if wanted.base_takes is not None:
        # oslo.config's own options go to the base in the dict, if at all.
        apart = set(shared) - wanted.named.keys()
        options = {k: v for k, v in local_conf.items() if k not in apart}
    chosen = {
        option: value
        for option, value in options.items()
        if option in wanted.named or wanted.takes_any
    }
    unknown = [o for o in local_conf if o not in chosen and o not in shared]
    if unknown and not wanted.takes_conf:
        problem = no_such_option(unknown[0], wanted.named)
        raise InvalidOption(cls.__name__, unknown[0], problem)
    if wanted.takes_conf or wanted.base_takes is _Base.INHERITED:
        chosen['conf'] = merged
    elif wanted.base_takes is _Base.CALLED and len(options) < len(local_conf):
        chosen['conf'] = merged
    _refuse_missing(cls, wanted.named, chosen)
    return chosen


def _wanted(cls: type, base: type) -> _Wanted:
    named: dict[str, inspect.Parameter] = {}
    owners = (c for c in cls.__mro__ if '__init__' in vars(c))
    for count, owner in enumerate(owners):
        parameters = _parameters(owner)
        if owner is base:
            takes_conf = named.pop('conf', None) is not None
            how = _Base.CALLED if count else _Base.INHERITED
            return _Wanted(named, bool(count), takes_conf, how)
        for parameter in parameters[1:]:
            if parameter.kind in _TAKES_KEYWORD:
                named.setdefault(parameter.name, parameter)
        # One of *args and **kwargs hands them on to the next.
        if not _HANDS_ON <= {p.kind for p in parameters}:
            break
    takes_conf = named.pop('conf', None) is not None
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return _Wanted(named, takes_any, takes_conf)


def _parameters(owner: type) -> list[inspect.Parameter]:
    """Parameters of a class's own constructor, but for self."""
    init = inspect.signature(vars(owner)['__init__'])
    return list(init.parameters.values())[1:]


def no_such_option(option: str, known: Iterable[str]) -> str:
    """Error of an unknown option, with the one that may be meant.

    :param option: its name.
    :param known: the names of those there are.
    :returns: a few words.
    """
    near = difflib.get_close_matches(option, sorted(known), 1)
    if near:
        return _("there is no such option; is '%s' meant?") % near[0]
    return _('there is no such option')


def _refuse_missing(
    cls: type,
    named: Mapping[str, inspect.Parameter],
    chosen: Mapping[str, Any],
) -> None:
    for name, parameter in named.items():
        if parameter.default is parameter.empty and name not in chosen:
            raise InvalidOption(cls.__name__, name, _('it has to be set'))
