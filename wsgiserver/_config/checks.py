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

"""Checks of options, and the one error that says which is wrong, and where."""

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import re

from oslo_config import cfg

from wsgiserver._i18n import _
from wsgiserver import exceptions

# oslo.config tells both in a sentence of its own.
_SOURCE = re.compile("detail='([^']*)'")
_REASON = re.compile('is not valid: (.*)', re.DOTALL)


def sentence(
    cause: str, source: str | None, section: str | None, *options: str | None
) -> str:
    """One-line error message: where an option is wrong, and why.

    :param cause: what is wrong.
    :param source: the file, or the variable; None or empty where that is
        unknown.
    :param section: the section; None where that is unknown.
    :param options: the options at fault, as far as they are known.
    """
    where = [source] if source else []
    if section:
        where.append(_('section [%s]') % section)
    # The name of an option in a paste file may be empty.
    names = [option or "''" for option in options if option is not None]
    if names:
        text = _('option %s') if len(names) == 1 else _('options %s')
        where.append(text % _(' and ').join(names))
    # A cause may have lines of its own, a syntax error for one.
    cause = ' '.join(cause.split())
    return f'{", ".join(where)}: {cause}' if where else cause


class OptionError(exceptions.InvalidInput, ValueError):
    """A wrong option: its name, its value, or what it doesn't go with.

    It is the one error for that, of a configuration file as well as of a
    section of a paste file. Who finds it may not know where the option is
    from; who does adds that, as :func:`locating`.

    :param cause: what is wrong, in a few words.
    :param option: the option; None if it is no single one.
    :param section: its section; None where that is unknown.
    :param source: where it is from, a file for one; None where that is
        unknown.
    """

    def __init__(
        self,
        cause: str,
        option: str | None = None,
        section: str | None = None,
        source: str | None = None,
    ) -> None:
        super().__init__(sentence(cause, source, section, option))
        # Section and file are ahead of it, and need no more words.
        self.args = (self.reason,)
        self.cause = cause
        self.option = option
        self.section = section
        self.source = source


def error_of(
    conf: cfg.ConfigOpts, group: str | None, option: str, cause: str
) -> OptionError:
    """Error of an option of a configuration.

    :param conf: the configuration.
    :param group: the section; None for ``[DEFAULT]``.
    :param option: the option.
    :param cause: what is wrong.
    """
    return OptionError(
        cause, option, group or 'DEFAULT', source(conf, group, option)
    )


@contextlib.contextmanager
def locating(conf: cfg.ConfigOpts, group: str) -> Iterator[None]:
    """Context manager that gives errors their section and file.

    :param conf: the configuration that has the options.
    :param group: the section with this library's own; the others are in
        ``[DEFAULT]``.
    :raises OptionError: in the place of one that has no section.
    """
    try:
        yield
    except OptionError as error:
        if error.section is not None or error.option is None:
            raise
        own = group if error.option in conf[group] else None
        raise error_of(conf, own, error.option, error.cause) from error


def source(conf: cfg.ConfigOpts, group: str | None, name: str) -> str | None:
    """File, or environment variable, that an option's value is from.

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
    """Check options by reading them: oslo.config checks what is read.

    :param conf: the configuration.
    :param group: the section; None for ``[DEFAULT]``.
    :param names: the options, and the sections to be gone through.
    :raises OptionError: at the first that can't be used.
    :raises NoSuchOptError: if nobody has registered one of them.
    """
    values = conf if group is None else conf[group]
    for name in names:
        try:
            value = values[name]
        except ValueError as error:
            found = _SOURCE.search(str(error))
            reason = _REASON.search(str(error))
            raise OptionError(
                reason[1] if reason else str(error),
                name,
                group or 'DEFAULT',
                found and found[1],
            ) from error
        except cfg.NoSuchOptError as error:
            if name not in values:
                raise
            # oslo.config says that there is no such option as this one.
            raise OptionError(
                _('it refers to an option that is not there'),
                name,
                group or 'DEFAULT',
                ', '.join(conf.config_file or ()),
            ) from error
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            check(conf, name, value)
