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

"""Version table: the versions of an API, as options or services name them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import functools
import re

from wsgiserver._i18n import _
from wsgiserver import microversion

#: The statuses that the API SIG's guideline for discovery allows.
STATUSES = ('CURRENT', 'SUPPORTED', 'EXPERIMENTAL', 'DEPRECATED')

_NUMBER = '(0|[1-9][0-9]{0,8})'
_VERSION = re.compile(rf'v{_NUMBER}(?:\.{_NUMBER})?')

#: What a client takes for a version, be there one of that name or not.
LOOKS_LIKE_ONE = re.compile(r'v[0-9]+(?:\.[0-9]+)*\.?')

#: The words of a table that say more about a version, and the attributes.
_WORDS = {
    'min': 'min_version',
    'max': 'max_version',
    'updated': 'updated',
    'path': 'path',
    'alias': 'alias',
}


@dataclasses.dataclass(frozen=True)
class Version:
    """One version of an API, as the document lists it.

    :param id: the version as clients write it: ``v2.1``, or ``v2``.
    :param status: one of :data:`STATUSES`; empty for CURRENT if it is the
        highest one without a status and no other is CURRENT, and else for
        SUPPORTED.
    :param min_version: the lowest microversion; empty where there are none.
    :param max_version: the highest one.
    :param updated: when it last changed, as the document is to say it.
    :param path: where it is, from the root of the API: ``v2/``; None takes
        the option ``version_path``. Empty for an API that is at its root.
    :param alias: one more name that it has in a path.
    :raises ValueError: if it can't be read.
    """

    id: str
    status: str = ''
    min_version: str = ''
    max_version: str = ''
    updated: str = ''
    path: str | None = None
    alias: str = ''

    def __post_init__(self) -> None:
        if _VERSION.fullmatch(self.id) is None:
            raise ValueError(_('%r is not a version') % self.id)
        if self.status and self.status not in STATUSES:
            raise ValueError(
                _('%(status)r is not a status: %(statuses)s are')
                % {'status': self.status, 'statuses': ', '.join(STATUSES)}
            )
        if bool(self.min_version) != bool(self.max_version):
            raise ValueError(
                _('%s needs both min and max, or neither') % self.id
            )
        if '/' in self.segment:
            raise ValueError(
                _('%(id)s: %(path)r is more than a segment')
                % {'id': self.id, 'path': self.path}
            )
        if self.range and self.range[0] > self.range[1]:
            raise ValueError(_('%s: min is higher than max') % self.id)

    @functools.cached_property
    def number(self) -> tuple[int, int]:
        """The major and the minor version, to compare; ``v2`` is (2, 0)."""
        match = _VERSION.fullmatch(self.id)
        assert match is not None
        return int(match[1]), int(match[2] or 0)

    @property
    def major(self) -> int:
        """The major version."""
        return self.number[0]

    @functools.cached_property
    def range(
        self,
    ) -> tuple[microversion.Version, microversion.Version] | None:
        """The lowest and the highest microversion; None without any."""
        if not self.max_version:
            return None
        parse = microversion.Version.parse
        return parse(self.min_version), parse(self.max_version)

    @functools.cached_property
    def segment(self) -> str:
        """Path segment: ``v2``; empty at the root."""
        return (self.path or '').strip('/')


def parse_table(text: str) -> tuple[Version, ...]:
    """Parse a table of versions, as an option has it.

    The table is a list of words, on as many lines as one likes. A word
    such as ``v2.1`` is a version. What follows may be its status, and more
    about it: ``min=2.1`` and ``max=2.96``, its range of microversions;
    ``updated=2013-07-23T11:33:21Z``; ``path=v2.1/``; ``alias=v2.0``, one
    more name that it has in a path.

    :param text: the table, for instance ``v2.1 v2.0 DEPRECATED``.
    :returns: the versions, in the order in which they stand there.
    :raises ValueError: if a word is none of that, or a version stands there
        twice; it names the word.
    """
    found: list[dict[str, str]] = []
    for word in text.split():
        name, equals, value = word.partition('=')
        if _VERSION.fullmatch(word):
            found.append({'id': word})
            continue
        key = 'status' if word in STATUSES else _WORDS.get(name, '')
        if not key or not found or (key == 'status') == bool(equals):
            raise ValueError(
                _(
                    '%r is neither a version nor the status of one, nor '
                    'min=, max=, updated=, path= or alias='
                )
                % word
            )
        if key in found[-1]:
            raise ValueError(
                _('%(word)r: %(id)s has that already')
                % {'word': word, 'id': found[-1]['id']}
            )
        found[-1][key] = value if equals else word
    return complete(Version(**attributes) for attributes in found)


def complete(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Versions, each with a status.

    :param versions: the versions.
    :returns: all of them, in that order.
    :raises ValueError: if one is there twice.
    """
    try:
        versions = tuple(versions)
    except TypeError:
        raise ValueError(_('%r are no versions') % (versions,)) from None
    seen: set[tuple[int, int, bool]] = set()
    for version in versions:
        if not isinstance(version, Version):
            raise ValueError(_('%r is not a Version') % (version,))
        # designate has v2 and v2.0, which are not the same.
        key = (*version.number, '.' in version.id)
        if key in seen:
            raise ValueError(_('%r is there twice') % version.id)
        seen.add(key)
    return _with_statuses(versions)


def _with_statuses(versions: Sequence[Version]) -> tuple[Version, ...]:
    without = [v for v in versions if not v.status]
    current = None
    if without and not any(v.status == 'CURRENT' for v in versions):
        current = max(without, key=lambda version: version.number)
    return tuple(
        version
        if version.status
        else dataclasses.replace(
            version, status='CURRENT' if version is current else 'SUPPORTED'
        )
        for version in versions
    )


class VersionTable:
    """Version table: versions, and the names by which clients ask for them.

    :param versions: the versions, each with its status.
    :param path: where one is that doesn't say: a template with ``{major}``,
        ``{minor}`` and ``{id}``.
    :param by_id: whether a version is known by its id, too, and not only by
        its place.
    """

    def __init__(
        self, versions: Iterable[Version], path: str, by_id: bool
    ) -> None:
        self.versions = tuple(_placed(v, path) for v in versions)
        self._by_name: dict[str, Version] = {}
        # Several minor versions have the same path: the current one, or
        # else the highest, stands for it.
        for version in sorted(self.versions, key=_rank):
            self._by_name[version.segment] = version
        for version in self.versions:
            if version.alias:
                self._by_name[version.alias] = version
            if by_id:
                self._by_name[version.id] = version
        self._by_name.pop('', None)

    def find(self, name: str) -> Version | None:
        """Version of a name that a client gave it.

        :param name: such as ``v2``.
        :returns: the version; None if there is none.
        """
        return self._by_name.get(name)

    def named(self, name: str) -> Version:
        """Version of an id or a name, for an option.

        :param name: such as ``v2``.
        :returns: the version.
        :raises ValueError: if there is none.
        """
        for version in self.versions:
            if version.id == name:
                return version
        found = self.find(name)
        if found is None:
            raise ValueError(_('%r is not among the versions') % name)
        return found

    @property
    def current(self) -> Version | None:
        """Version to recommend; None where the table is empty."""
        return max(self.versions, key=_rank, default=None)

    def with_microversion(
        self, wanted: microversion.Version | None
    ) -> Version | None:
        """Version that has a microversion.

        :param wanted: the microversion; None for the newest.
        :returns: the version; if none has it, the one with the highest
            range; None if none has any.
        """
        ranges = [(v.range, v) for v in self.versions if v.range is not None]
        for (low, high), version in ranges:
            if wanted is not None and low <= wanted <= high:
                return version
        if not ranges:
            return None
        return max(ranges, key=lambda each: each[0][1])[1]


def _rank(version: Version) -> tuple[bool, tuple[int, int]]:
    return version.status == 'CURRENT', version.number


def _placed(version: Version, path: str) -> Version:
    if version.path is not None:
        return version
    major, minor = version.number
    return dataclasses.replace(
        version, path=path.format(major=major, minor=minor, id=version.id)
    )
