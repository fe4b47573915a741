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

"""Diagnosis of a paste file: what is wrong, by the exception it caused."""

from collections.abc import Iterable
from collections.abc import Mapping
import configparser
import dataclasses
from importlib import metadata
import re
import traceback

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver import exceptions

#: The options that say where a factory is.
_FACTORY_OPTION = re.compile(r'use|paste\.\w+_(?:factory|runner)')

#: How PasteDeploy says that an option has to be there.
_MISSING_SETTING = re.compile("missing a '([^']+)' setting")

#: How Python says that a function has no parameter of a name, or already
#: has a value for it, or has none.
_WRONG_ARGUMENT = re.compile("(?:unexpected keyword|for) argument '([^']+)'")
_MISSING_ARGUMENT = re.compile("missing .* argument.*?: '([^']+)'")


class MissingSection(LookupError):
    """A section that is referred to, but that the file doesn't have.

    :param kind: what it would describe, such as 'filter'.
    :param name: the name it is referred to by.
    """

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            _("there is no %(kind)s '%(name)s'") % {'kind': kind, 'name': name}
        )
        self.name = name


class UnknownScheme(LookupError):
    """A URI that names neither a file, nor an egg, nor a function."""


class NotCallable(Exception):
    """A factory, or a filter, that made what nobody can call.

    :param maker: what has made it, for the reader of an error.
    :param made: what it returned.
    :param name: what other sections call the maker by; None where it has a
        section of its own.
    """

    def __init__(self, maker: str, made: object, name: str | None) -> None:
        # Not the value itself, which may be options with passwords.
        found = 'None' if made is None else f"a '{type(made).__name__}' object"
        super().__init__(
            _('%(maker)s returned %(found)s, which is not callable')
            % {'maker': maker, 'found': found}
        )
        self.name = name


#: Errors whose text needs no type name before it.
_SPEAKS_FOR_ITSELF = (
    exceptions.WSGIServerError,
    AttributeError,
    ImportError,
    MissingSection,
    NotCallable,
    OSError,
    UnknownScheme,
)


@dataclasses.dataclass(frozen=True)
class Fault:
    """Fault in a paste file: the file, section and option, and the cause."""

    section: str | None
    option: str | None
    cause: str

    def message(self, path: str) -> str:
        """Error message of one line.

        :param path: the file.
        """
        return _config.sentence(self.cause, path, self.section, self.option)


def diagnose(
    error: BaseException,
    section: str | None = None,
    options: Mapping[str, str] | None = None,
    is_loaded: bool = False,
) -> Fault:
    """Diagnose a failure.

    :param error: what was raised.
    :param section: the section that was being read, if one was.
    :param options: its options.
    :param is_loaded: whether its factory was found and was being called.
    """
    if isinstance(error, configparser.Error) and not is_loaded:
        return _diagnose_syntax(error)
    options = options or {}
    return Fault(
        section,
        _option(error, options, is_loaded),
        _cause(error, is_loaded),
    )


def _diagnose_syntax(error: configparser.Error) -> Fault:
    section = getattr(error, 'section', None)
    option = getattr(error, 'option', None)
    return Fault(section, option, _syntax_cause(error))


def _syntax_cause(error: configparser.Error) -> str:
    match error:
        case configparser.InterpolationMissingOptionError():
            return _('%%(%s)s is not set') % error.reference
        case configparser.InterpolationSyntaxError():
            # PasteDeploy wraps the first of the arguments in more words.
            return str(error.args[2])
        case configparser.InterpolationDepthError():
            return _('the value refers to itself')
        case configparser.DuplicateSectionError():
            return _('line %s: the section is there twice') % error.lineno
        case configparser.DuplicateOptionError():
            return _('line %s: the option is there twice') % error.lineno
        case configparser.MissingSectionHeaderError():
            return _('line %s: there is no section yet') % error.lineno
        case configparser.ParsingError():
            lines = ', '.join(str(lineno) for lineno, _line in error.errors)
            return _('line %s: neither a section nor an option') % lines
    return str(error)


def _option(
    error: BaseException, options: Mapping[str, str], is_loaded: bool
) -> str | None:
    """Option at fault."""
    if isinstance(error, _config.OptionError):
        # With a section, it is one of another file.
        return error.option if error.section is None else None
    option = getattr(error, 'option', None)
    # A factory that reads a file of its own means the options of that one.
    if isinstance(option, str) and not isinstance(error, configparser.Error):
        return option
    if isinstance(error, NotCallable) and error.name is None:
        return _reference(error, options)
    if isinstance(error, MissingSection | NotCallable):
        return _first(k for k, v in options.items() if error.name in v.split())
    if isinstance(error, TypeError) and is_loaded:
        return _argument(error, options)
    return None if is_loaded else _reference(error, options)


def _argument(error: TypeError, options: Mapping[str, str]) -> str | None:
    """Option that a factory doesn't take, or misses."""
    wrong = _WRONG_ARGUMENT.search(str(error))
    if wrong and wrong[1] in options:
        return wrong[1]
    missing = _MISSING_ARGUMENT.search(str(error))
    # The message of a call further down has nothing to do with the file.
    return missing[1] if missing and _is_from_paste(error) else None


def _is_from_paste(error: BaseException) -> bool:
    """Whether PasteDeploy's own call failed, not one inside of it."""
    *_rest, (frame, _lineno) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get('__name__')).startswith('paste.')


def _reference(error: BaseException, options: Mapping[str, str]) -> str | None:
    """Option whose value leads nowhere."""
    missing = _MISSING_SETTING.search(str(error))
    if missing:
        return missing[1]
    if isinstance(error, KeyError):
        return _first(
            key
            for key, value in options.items()
            if key.startswith('get ') and value == error.args[0]
        )
    if isinstance(error, metadata.PackageNotFoundError):
        if error.name in options.get('require', '').split():
            return 'require'
    return _first(filter(_FACTORY_OPTION.fullmatch, options))


def _first(names: Iterable[str]) -> str | None:
    return next(iter(names), None)


def _cause(error: BaseException, is_loaded: bool) -> str:
    match error:
        case RecursionError():
            return _('%s: do sections refer to each other in a circle?') % (
                error
            )
        case SystemExit():
            return _('it ended the process with %r') % error.code
        case _config.OptionError() if error.section is None:
            return error.cause
        case KeyError() if not is_loaded:
            return _('%s is not set in [DEFAULT]') % error
        case _ if isinstance(error, _SPEAKS_FOR_ITSELF):
            return str(error)
        case _ if type(error) is LookupError:
            return str(error)
    return f'{type(error).__name__}: {error}'.removesuffix(': ')
