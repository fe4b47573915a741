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

"""All that the options of a filter say, and the versions that there are."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
from typing import Any

from wsgiserver._cached_property import cached_property
from wsgiserver._i18n import _
from wsgiserver import _options
from wsgiserver.middleware._versions import _documents
from wsgiserver.middleware._versions import _errors
from wsgiserver.middleware._versions import _microversions
from wsgiserver.middleware._versions import _presets
from wsgiserver.middleware._versions import _reading
from wsgiserver.middleware._versions import _selection
from wsgiserver.middleware._versions import _stamp
from wsgiserver.middleware._versions import _table

#: What makes the versions: a text, ``module:callable`` among them, a
#: function, or the versions themselves.
Source = (
    str
    | Callable[[], str | Iterable[_table.Version]]
    | Iterable[_table.Version]
)

_OUTCOMES = ('list', 'choices', '404', '406', 'pass')


#: The value of the option ``document_methods`` that takes all of them.
ANY_METHOD = 'any'


def _methods_option(value: str) -> tuple[str, ...]:
    methods = _reading.words_or(ANY_METHOD)(value)
    if not methods:
        raise ValueError(_('a document has at least one method'))
    for method in methods:
        # Methods are case-sensitive (RFC 9110, section 9.1).
        if method != ANY_METHOD and method != method.upper():
            raise ValueError(_('%r is not a method') % method)
    return methods


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a request gets that is for no version: options of a filter.

    See the user guide, *Versions*, for what each option means.
    """

    root_status: str = _reading.option(_reading.choice('200', '300'), '300')
    root_location: bool = _reading.option(_reading.boolean, 'false')
    versions_status: str = _reading.option(
        _reading.choice('200', '300', 'none'), '200'
    )
    unknown_version: str = _reading.option(_reading.choice(*_OUTCOMES), 'list')
    no_version: str = _reading.option(_reading.choice(*_OUTCOMES), 'list')
    document_methods: tuple[str, ...] = _reading.option(
        _methods_option, 'GET HEAD'
    )
    catch_exceptions: str = _reading.option(
        _reading.choice('auto', 'true', 'false'), 'auto'
    )


class Policies:
    """The options, read.

    :param options: the options by name, with ``preset`` among them.
    :param versions: makes the versions; called once, when they are needed.
    :raises OptionError: if an option is unknown or can't be read.
    """

    def __init__(
        self,
        options: Mapping[str, str],
        versions: Callable[[], tuple[_table.Version, ...]],
    ) -> None:
        _reading.refuse_unknown(options, {*OPTIONS, 'preset'})
        chosen = {**_preset(options.get('preset', '')), **options}
        self._versions = versions
        self.answers = _reading.read(Answers, chosen)
        self.documents = _reading.read(_documents.Documents, chosen)
        self.errors = _reading.read(_errors.Errors, chosen)
        self.microversions = _reading.read(
            _microversions.Microversions, chosen
        )
        self.selection = _reading.read(_selection.Selection, chosen)
        self.stamps = _reading.read(_stamp.Stamps, chosen)

    def check(self) -> None:
        """See that the options fit the versions.

        :raises OptionError: if one of them doesn't.
        """
        for option in ('default_version', 'document_version'):
            self._named(option)
        for version in self.table.versions:
            self.microversions.check(version)

    @cached_property
    def table(self) -> _table.Table:
        """The versions."""
        documents = self.documents
        versions = self._versions()
        try:
            return _table.Table(
                versions,
                documents.version_path,
                documents.minor_versions_in_path,
            )
        except ValueError as error:
            raise _options.OptionError(str(error), 'version_path') from error

    @cached_property
    def default_version(self) -> _table.Version | None:
        """The version of a path that names none."""
        return self._named('default_version')

    @cached_property
    def document_version(self) -> _table.Version | None:
        """The version whose microversions the documents have, too."""
        return self._named('document_version') or self.default_version

    def _named(self, option: str) -> _table.Version | None:
        name: str = getattr(self.selection, option)
        if not name:
            return None
        # Outside of the block: what is wrong with it is no fault of this one.
        table = self.table
        try:
            return table.named(name)
        except ValueError as error:
            raise _options.OptionError(str(error), option) from error

    @cached_property
    def stamping(self) -> _stamp.Stamping:
        """What responses are told."""
        return _stamp.Stamping(
            self.stamps,
            self.microversions.experimental_header,
            self.microversions.request_headers,
            self.selection.read_headers,
        )

    @cached_property
    def catches(self) -> bool:
        """Whether exceptions of the application are answered here."""
        if self.answers.catch_exceptions == 'auto':
            return bool(self.stamps.response_headers)
        return self.answers.catch_exceptions == 'true'

    @cached_property
    def says_something(self) -> bool:
        """Whether responses get header fields."""
        return bool(self.stamps.response_headers or self.stamping.vary)


_POLICIES: tuple[type[Any], ...] = (
    Answers,
    _documents.Documents,
    _errors.Errors,
    _microversions.Microversions,
    _selection.Selection,
    _stamp.Stamps,
)

#: The names of all options but ``preset`` and ``versions``.
OPTIONS = frozenset(
    name for policy in _POLICIES for name in _reading.known(policy)
)


def versions_of(source: Source) -> tuple[_table.Version, ...]:
    """Make the versions of what names them.

    :param source: see :data:`Source`.
    :returns: the versions, each with its status.
    :raises ValueError: if they can't be read, or made.
    """
    if isinstance(source, str) and _reading.is_callable_name(source):
        source = _reading.load(source)
    if callable(source):
        source = source()
    if isinstance(source, str):
        return _table.parse_table(source)
    return _table.complete(source)


def _preset(name: str) -> Mapping[str, str]:
    if not name:
        return {}
    try:
        return _presets.PRESETS[name]
    except KeyError:
        raise _options.OptionError(
            _('%(name)r is none of %(names)s')
            % {'name': name, 'names': ', '.join(_presets.PRESETS)},
            'preset',
        ) from None
