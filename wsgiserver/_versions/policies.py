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

"""Policies of a filter: all of its options, read, and its versions."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
from typing import Any

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._versions.cached_property import cached_property
from wsgiserver._versions import documents as versions_documents
from wsgiserver._versions import errors
from wsgiserver._versions import microversions
from wsgiserver._versions import presets
from wsgiserver._versions import reading
from wsgiserver._versions import selection
from wsgiserver._versions import version_headers
from wsgiserver._versions import version_table

#: What makes the versions: a text, ``module:callable`` among them, a
#: function, or the versions themselves.
Source = (
    str
    | Callable[[], str | Iterable[version_table.Version]]
    | Iterable[version_table.Version]
)

_OUTCOMES = ('list', 'choices', '404', '406', 'pass')


#: The value of the option ``document_methods`` that takes all of them.
ANY_METHOD = 'any'


def _methods_option(value: str) -> tuple[str, ...]:
    methods = reading.words_or(ANY_METHOD)(value)
    if not methods:
        raise ValueError(_('a document has at least one method'))
    for method in methods:
        # Methods are case-sensitive (RFC 9110, section 9.1).
        if method != ANY_METHOD and method != method.upper():
            raise ValueError(_('%r is not a method') % method)
    return methods


@dataclasses.dataclass(frozen=True)
class Answers:
    """Answers to requests for no version: options of a filter.

    See the user guide, *Versions*, for what each option means.
    """

    root_status: str = reading.option(reading.choice('200', '300'), '300')
    root_location: bool = reading.option(reading.boolean, 'false')
    versions_status: str = reading.option(
        reading.choice('200', '300', 'none'), '200'
    )
    unknown_version: str = reading.option(reading.choice(*_OUTCOMES), 'list')
    no_version: str = reading.option(reading.choice(*_OUTCOMES), 'list')
    document_methods: tuple[str, ...] = reading.option(
        _methods_option, 'GET HEAD'
    )
    catch_exceptions: str = reading.option(
        reading.choice('auto', 'true', 'false'), 'auto'
    )


class Policies:
    """Policies of a filter: its options, read.

    :param options: the options by name, with ``preset`` among them.
    :param versions: makes the versions; called once, when they are needed.
    :raises OptionError: if an option is unknown or can't be read.
    """

    def __init__(
        self,
        options: Mapping[str, str],
        versions: Callable[[], tuple[version_table.Version, ...]],
    ) -> None:
        reading.refuse_unknown(options, {*OPTIONS, 'preset'})
        chosen = {**_preset(options.get('preset', '')), **options}
        self._versions = versions
        self.answers = reading.read(Answers, chosen)
        self.documents = reading.read(versions_documents.Documents, chosen)
        self.errors = reading.read(errors.Errors, chosen)
        self.microversions = reading.read(microversions.Microversions, chosen)
        self.selection = reading.read(selection.Selection, chosen)
        self.version_headers = reading.read(
            version_headers.VersionHeaders, chosen
        )

    def check(self) -> None:
        """Check that the options fit the versions.

        :raises OptionError: if one of them doesn't.
        """
        for option in ('default_version', 'document_version'):
            self._named(option)
        for version in self.table.versions:
            self.microversions.check(version)

    @cached_property
    def table(self) -> version_table.VersionTable:
        """Table of the versions."""
        documents = self.documents
        versions = self._versions()
        try:
            return version_table.VersionTable(
                versions,
                documents.version_path,
                documents.minor_versions_in_path,
            )
        except ValueError as error:
            raise _config.OptionError(str(error), 'version_path') from error

    @cached_property
    def default_version(self) -> version_table.Version | None:
        """Default version, of a path that names none."""
        return self._named('default_version')

    @cached_property
    def document_version(self) -> version_table.Version | None:
        """The version whose microversions the documents have, too."""
        return self._named('document_version') or self.default_version

    def _named(self, option: str) -> version_table.Version | None:
        name: str = getattr(self.selection, option)
        if not name:
            return None
        # Outside of the block: what is wrong with it is no fault of this one.
        table = self.table
        try:
            return table.named(name)
        except ValueError as error:
            raise _config.OptionError(str(error), option) from error

    @cached_property
    def header_policy(self) -> version_headers.HeaderPolicy:
        """Policy of the header fields of responses."""
        return version_headers.HeaderPolicy(
            self.version_headers,
            self.microversions.experimental_header,
            self.microversions.request_headers,
            self.selection.read_headers,
        )

    @cached_property
    def catches(self) -> bool:
        """Whether exceptions of the application are answered here."""
        if self.answers.catch_exceptions == 'auto':
            return bool(self.version_headers.response_headers)
        return self.answers.catch_exceptions == 'true'

    @cached_property
    def says_something(self) -> bool:
        """Whether responses get header fields."""
        return bool(
            self.version_headers.response_headers or self.header_policy.vary
        )


_POLICIES: tuple[type[Any], ...] = (
    Answers,
    versions_documents.Documents,
    errors.Errors,
    microversions.Microversions,
    selection.Selection,
    version_headers.VersionHeaders,
)

#: The names of all options but ``preset`` and ``versions``.
OPTIONS = frozenset(
    name for policy in _POLICIES for name in reading.known(policy)
)


def versions_of(source: Source) -> tuple[version_table.Version, ...]:
    """Versions of what names them.

    :param source: see :data:`Source`.
    :returns: the versions, each with its status.
    :raises ValueError: if they can't be read, or made.
    """
    if isinstance(source, str) and reading.is_callable_name(source):
        source = reading.load(source)
    if callable(source):
        source = source()
    if isinstance(source, str):
        return version_table.parse_table(source)
    return version_table.complete(source)


def _preset(name: str) -> Mapping[str, str]:
    if not name:
        return {}
    try:
        return presets.PRESETS[name]
    except KeyError:
        raise _config.OptionError(
            _('%(name)r is none of %(names)s')
            % {'name': name, 'names': ', '.join(presets.PRESETS)},
            'preset',
        ) from None
