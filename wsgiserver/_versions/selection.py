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

"""Selection of the version that a request is for."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import enum
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from wsgiserver._versions import media_types
from wsgiserver._versions import microversions as versions_microversions
from wsgiserver._versions import reading
from wsgiserver._versions import version_table
from wsgiserver import microversion

#: What the option ``environ_keys`` can have told to the application.
_TOLD = ('major', 'minor', 'id', 'microversion')


@dataclasses.dataclass(frozen=True)
class Selection:
    """Ways to choose a version, and to go on: options of a filter.

    See the user guide, *Versions*, for what each option means.
    """

    selectors: tuple[str, ...] = reading.option(
        reading.choices('path', 'media_type', 'parameter', 'header'),
        'media_type path',
    )
    media_type: str = reading.option(reading.text)
    path_handling: str = reading.option(
        reading.choice('keep', 'pop', 'major'), 'major'
    )
    default_version: str = reading.option(reading.text)
    document_version: str = reading.option(reading.text)
    environ_keys: tuple[tuple[str, str], ...] = reading.option(
        reading.pairs(*_TOLD), 'api.version=major'
    )
    pass_types: tuple[str, ...] = reading.option(reading.media_types)

    @property
    def read_headers(self) -> tuple[str, ...]:
        """The header fields, but those of microversions, that are read."""
        headers = []
        if 'parameter' in self.selectors:
            headers += ['Accept', 'Content-Type']
        elif 'media_type' in self.selectors and self.media_type:
            headers += ['Accept']
        return tuple(headers)


class Kind(enum.Enum):
    """Kind of what a request is for."""

    #: A version, by what the client says or by default.
    VERSION = enum.auto()
    #: ``/``, the root of the API.
    ROOT = enum.auto()
    #: ``/versions``.
    VERSIONS = enum.auto()
    #: A version that there isn't.
    UNKNOWN = enum.auto()
    #: No version at all.
    NONE = enum.auto()


class Choice(NamedTuple):
    """Choice of a version: what was found of a request.

    :param kind: what it is for.
    :param version: the version, where it is for one.
    :param by_path: whether the first segment of the path is the version.
    """

    kind: Kind
    version: version_table.Version | None = None
    by_path: bool = False


_Selector = Callable[[WSGIEnvironment], Choice | None]

_UNKNOWN = Choice(Kind.UNKNOWN)


class Chooser:
    """Chooser of the version that a request is for.

    :param selection: how.
    :param microversions: how microversions are asked for.
    :param table: the versions that there are.
    :param default: the version of a path that names none; None without.
    :param lists_versions: whether ``/versions`` is a list.
    """

    def __init__(
        self,
        selection: Selection,
        microversions: versions_microversions.Microversions,
        table: version_table.VersionTable,
        default: version_table.Version | None,
        lists_versions: bool,
    ) -> None:
        self._table = table
        self._prefix = selection.media_type
        self._microversions = microversions
        self._lists_versions = lists_versions
        by_name: dict[str, _Selector] = {
            'path': self._by_path,
            'media_type': self._by_media_type,
            'parameter': self._by_parameter,
            'header': self._by_header,
        }
        self._selectors = [by_name[name] for name in selection.selectors]
        self._default = default

    def choose(self, environ: WSGIEnvironment) -> Choice:
        """Choose the version.

        :param environ: the environ of the request.
        :returns: what was found.
        """
        segment = split(environ.get('PATH_INFO', ''))[0]
        if segment == 'versions' and self._lists_versions:
            return Choice(Kind.VERSIONS)
        for select in self._selectors:
            choice = select(environ)
            if choice is not None:
                return choice
        if not segment:
            return Choice(Kind.ROOT)
        if self._default is not None:
            return Choice(Kind.VERSION, self._default)
        return Choice(Kind.NONE)

    def _by_path(self, environ: WSGIEnvironment) -> Choice | None:
        segment = split(environ.get('PATH_INFO', ''))[0]
        if not segment:
            return Choice(Kind.ROOT)
        version = self._table.find(segment)
        if version is not None:
            return Choice(Kind.VERSION, version, by_path=True)
        if version_table.LOOKS_LIKE_ONE.fullmatch(segment):
            return _UNKNOWN
        return None

    def _by_media_type(self, environ: WSGIEnvironment) -> Choice | None:
        found = version_in_accept(environ, self._prefix)
        return None if found is None else self._named(found)

    def _by_parameter(self, environ: WSGIEnvironment) -> Choice | None:
        version = media_types.version(environ)
        return None if version is None else self._named(f'v{version}')

    def _named(self, name: str) -> Choice:
        version = self._table.find(name)
        return Choice(Kind.VERSION, version) if version else _UNKNOWN

    def _by_header(self, environ: WSGIEnvironment) -> Choice | None:
        asked = self._microversions.asked(environ)
        if asked is None:
            return None
        wanted = None
        if asked != microversion.LATEST:
            try:
                wanted = microversion.Version.parse(asked)
            except ValueError:
                # Refused with the microversions of the newest.
                wanted = None
        version = self._table.with_microversion(wanted)
        return Choice(Kind.VERSION, version) if version else None


def split(path: str) -> tuple[str, str]:
    """First segment of a path, split off.

    :param path: the path; slashes ahead of it don't count.
    :returns: the segment, and the rest with its slash.
    """
    segment, slash, rest = path.lstrip('/').partition('/')
    return segment, slash + rest


def version_in_accept(environ: WSGIEnvironment, prefix: str) -> str | None:
    """Version that the ``Accept`` header names.

    The first media type counts, and its parameters don't. A header that is no
    list of media types names no version, and so is no error.

    :param environ: the environ of the request.
    :param prefix: how a media type that names a version begins.
    :returns: the version; None where the media type isn't one of those.
    """
    if not prefix:
        return None
    accept: str = environ.get('HTTP_ACCEPT', '')
    if not accept:
        return None
    prefix = prefix.lower()
    first = accept.partition(',')[0].partition(';')[0].strip().lower()
    if not first.startswith(prefix):
        return None
    return first.removeprefix(prefix)
