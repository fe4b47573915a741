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

"""Readers of options, from the texts of a paste file to their values."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import importlib
import re
import string
from typing import Any
from typing import TypeVar
import urllib.parse

from oslo_utils import strutils

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._paste import arguments
from wsgiserver import microversion

_Policy = TypeVar('_Policy')

#: A header field's name (RFC 9110, section 5.6.2).
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

#: What a header field's value may have (RFC 9110, section 5.5), without what
#: is obsolete.
_FIELD_VALUE = re.compile(r'[\t -~]*')

#: What a URL consists of (RFC 3986, section 2).
_VISIBLE = re.compile(r'[!-~]+')

_CALLABLE = re.compile(r'[A-Za-z_][\w.]*:[A-Za-z_][\w.]*')


def option(read: Callable[[str], Any], default: str = '') -> Any:
    """Option of a policy: a field of its dataclass.

    :param read: makes the value of the text; raises ValueError.
    :param default: the text where the option isn't set.
    """
    return dataclasses.field(metadata={'read': read, 'default': default})


def known(policy: type[Any]) -> set[str]:
    """Names of a policy's options."""
    return {field.name for field in dataclasses.fields(policy)}


def read(policy: type[_Policy], options: Mapping[str, str]) -> _Policy:
    """Policy, read from the options that it has.

    :param policy: its dataclass.
    :param options: the texts by name; those of others are left alone.
    :returns: the policy.
    :raises OptionError: if a value can't be read.
    """
    values = {}
    fields: tuple[dataclasses.Field[Any], ...]
    fields = dataclasses.fields(policy)  # type: ignore[arg-type]  # it is one
    for field in fields:
        text = options.get(field.name, field.metadata['default'])
        try:
            values[field.name] = field.metadata['read'](text)
        except ValueError as error:
            raise _config.OptionError(str(error), field.name) from error
    return policy(**values)


def refuse_unknown(options: Mapping[str, str], names: set[str]) -> None:
    """Refuse options that no policy has.

    :param options: the options that are set.
    :param names: those there are.
    :raises OptionError: at the first that isn't among them.
    """
    for name in options:
        if name not in names:
            raise _config.OptionError(
                arguments.no_such_option(name, names), name
            )


# -- readers ----------------------------------------------------------------


def text(value: str) -> str:
    """Reader of a text on one line."""
    return ' '.join(value.split())


def boolean(value: str) -> bool:
    """Reader of a truth value, as oslo.config has them."""
    return strutils.bool_from_string(value, strict=True)


def choice(*words: str) -> Callable[[str], str]:
    """Reader of one of a few words."""

    def read_word(value: str) -> str:
        word = value.strip()
        if word not in words:
            raise ValueError(
                _('%(word)r is not one of %(words)s')
                % {'word': word, 'words': ', '.join(words)}
            )
        return word

    return read_word


def choices(*words: str) -> Callable[[str], tuple[str, ...]]:
    """Reader of a list of some of a few words."""
    one = choice(*words)
    return lambda value: tuple(one(word) for word in value.split())


def token(value: str) -> str:
    """Reader of the name of a header field, or of a service."""
    word = value.strip()
    if word and not _TOKEN.fullmatch(word):
        raise ValueError(_('%r is not a name') % word)
    return word


def tokens(value: str) -> tuple[str, ...]:
    """Reader of a list of such names."""
    return tuple(token(word) for word in value.split())


def media_types(value: str) -> tuple[str, ...]:
    """Reader of a list of media types."""
    found = tuple(value.split())
    for word in found:
        kinds = word.split('/')
        if len(kinds) != 2 or '*' in word or not all(map(token, kinds)):
            raise ValueError(_('%r is not a media type') % word)
    return found


def words_or(*alone: str) -> Callable[[str], tuple[str, ...]]:
    """Reader of a list of names, or of one word that stands alone."""

    def read_words(value: str) -> tuple[str, ...]:
        found = tokens(value)
        for word in found:
            if word in alone and len(found) > 1:
                raise ValueError(_('%r stands alone') % word)
        return found

    return read_words


def lines(value: str) -> tuple[str, ...]:
    """Reader of a list that has an item on each line."""
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def fields(value: str) -> tuple[tuple[str, str], ...]:
    """Reader of header fields, one on each line: ``Name: template``."""
    found = []
    for line in lines(value):
        name, colon, template = line.partition(':')
        if (
            not colon
            or not _TOKEN.fullmatch(name)
            or not _FIELD_VALUE.fullmatch(template)
        ):
            raise ValueError(_('%r is not Name: value') % line)
        found.append((name, template.strip()))
    return tuple(found)


def template(*names: str) -> Callable[[str], str]:
    """Reader of a template with some of a few names in braces."""

    def read_template(value: str) -> str:
        # Without conversions and formats, which not all values have.
        fields = {f for f in braces(value) if f not in names}
        if fields:
            raise ValueError(
                _('%(value)r may have %(names)s in braces, and nothing else')
                % {'value': value, 'names': ', '.join(names)}
            )
        return value

    return read_template


def braces(value: str) -> set[str]:
    """Names that a template has in braces.

    :raises ValueError: if one of them isn't closed.
    """
    return {
        name + (f'!{conversion}' if conversion else '') + (kind or '')
        for _text, name, kind, conversion in string.Formatter().parse(value)
        if name is not None
    }


def pairs(*words: str) -> Callable[[str], tuple[tuple[str, str], ...]]:
    """Reader of a list of ``name=word`` with one of a few words."""
    one = choice(*words)

    def read_pairs(value: str) -> tuple[tuple[str, str], ...]:
        found = []
        for item in value.split():
            name, equals, word = item.partition('=')
            if not name or not equals:
                raise ValueError(_('%r is not name=what') % item)
            found.append((name, one(word)))
        return tuple(found)

    return read_pairs


def http_url(value: str) -> str:
    """Reader of a URL of http or https; empty for none."""
    value = value.strip()
    if value:
        try:
            parts = urllib.parse.urlsplit(value)
            usable = parts.scheme in ('http', 'https') and bool(parts.netloc)
            usable = usable and _VISIBLE.fullmatch(value) is not None
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(_('%r is not an http or https URL') % value)
    return value


class Since:
    """Word that depends on the microversion: ``values list>=1.1``.

    :param steps: the words, with the lowest microversion of each.
    """

    def __init__(self, steps: list[tuple[tuple[int, int], str]]) -> None:
        self._steps = steps

    def at(self, version: tuple[int, int] | None) -> str:
        """Word for a microversion; None is the lowest."""
        word = self._steps[0][1]
        for low, later in self._steps[1:]:
            if version is not None and version >= low:
                word = later
        return word


def since(*words: str) -> Callable[[str], Since]:
    """Reader of a word that depends on the microversion."""
    one = choice(*words)

    def read_since(value: str) -> Since:
        steps: list[tuple[tuple[int, int], str]] = []
        for item in value.split() or ['']:
            word, _relation, low = item.partition('>=')
            number = microversion.Version.parse(low) if low else (0, 0)
            if bool(steps) != bool(low) or (steps and number < steps[-1][0]):
                raise ValueError(
                    _('%r is not a word, and then ascending word>=X.Y') % value
                )
            steps.append((number, one(word)))
        return Since(steps)

    return read_since


def is_callable_name(value: str) -> bool:
    """Whether a text is ``module:callable``."""
    return _CALLABLE.fullmatch(value.strip()) is not None


def load(name: str) -> Callable[[], Any]:
    """Import a callable.

    :param name: ``module:callable``.
    :returns: the callable.
    :raises ValueError: if it can't be imported, or called.
    """
    module, _colon, path = name.strip().partition(':')
    try:
        found: Any = importlib.import_module(module)
        for attribute in path.split('.'):
            found = getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            _('%(name)s: %(error)s') % {'name': name, 'error': error}
        ) from error
    if not callable(found):
        raise ValueError(_('%s is not callable') % name)
    called: Callable[[], Any] = found
    return called
