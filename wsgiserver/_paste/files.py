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

"""Files that make up one paste configuration, and what each one has."""

from collections.abc import Iterator
import configparser
import os

from wsgiserver._i18n import _
from wsgiserver import exceptions

_SUFFIX = '.ini'

#: What editors put ahead of a text, and don't show.
_BYTE_ORDER_MARK = '\ufeff'

#: What is behind the name of a file in that of its directory of drop-ins.
_DIRECTORY = '.d'

_DEFAULT = configparser.DEFAULTSECT


def read(path: str) -> Iterator[tuple[str, str]]:
    """Read the files of a paste configuration.

    Those in the directory of a file, its path and ``.d``, come after it.
    Hidden files there, and those whose names don't end in ``.ini``, are
    left alone: editors and package managers leave such files behind.

    :param path: the path of a file, or of a directory of files.
    :returns: the path and the text of each, in the order that counts: what
        is in the last one overrides.
    :raises PasteLoadError: if there is none in the directory, or one isn't
        text, or has a byte order mark.
    :raises OSError: if one can't be read; the error names it.
    """
    if os.path.isdir(path):
        found = _in_directory(path)
        if not found:
            raise exceptions.PasteLoadError(
                _('%(path)s: the directory has no file *%(suffix)s')
                % {'path': path, 'suffix': _SUFFIX}
            )
    else:
        found = [path]
        if os.path.isdir(path + _DIRECTORY):
            found += _in_directory(path + _DIRECTORY)
    for name in found:
        yield name, _text(name)


def _in_directory(directory: str) -> list[str]:
    names = [
        name
        for name in sorted(os.listdir(directory))
        if name.endswith(_SUFFIX) and not name.startswith('.')
    ]
    paths = [os.path.join(directory, name) for name in names]
    # A link that leads nowhere is to be noticed.
    return [path for path in paths if not os.path.isdir(path)]


def _text(path: str) -> str:
    with open(path, encoding='utf-8') as file:
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise exceptions.PasteLoadError(f'{path}: {error}') from error
    if text.startswith(_BYTE_ORDER_MARK):
        raise exceptions.PasteLoadError(
            _('%s: it begins with a byte order mark') % path
        )
    return text


class Origins:
    """Origins of sections and options: the files that have them.

    :param main: what is named where no other is known.
    """

    def __init__(self, main: str) -> None:
        self._main = main
        self._sections: dict[str, list[str]] = {}
        self._options: dict[tuple[str, str], str] = {}

    def record(self, path: str, text: str) -> None:
        """Record what a file has, and overrides.

        :param path: the file.
        :param text: its text, without errors.
        """
        # Its defaults are a section like others here, and may be there twice.
        parser = configparser.RawConfigParser(default_section='', strict=False)
        # Option names are told apart by their case, as PasteDeploy has it.
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text, path)
        for section in parser.sections():
            self._sections.setdefault(section, []).append(path)
            for option in parser.options(section):
                self._options[section, option] = path

    def options(self, section: str) -> list[str]:
        """Options that a section has itself, and no defaults.

        :param section: the section.
        """
        return [name for where, name in self._options if where == section]

    def of(self, section: str | None, option: str | None) -> str:
        """File that has an option, or else those with the section.

        :param section: the section; None if it isn't known.
        :param option: the option; None if it isn't known.
        :returns: the path; several ones have 'and' between them.
        """
        if section is None:
            return self._main
        if option is not None:
            for where in (section, _DEFAULT):
                if (where, option) in self._options:
                    return self._options[where, option]
        return _(' and ').join(self._sections.get(section, [self._main]))
