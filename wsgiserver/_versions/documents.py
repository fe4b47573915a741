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

"""Version discovery documents, which say which versions there are."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
from typing import Any

from wsgiserver._i18n import _
from wsgiserver._versions import links as versions_links
from wsgiserver._versions import reading
from wsgiserver._versions import version_table

#: What an entry may have beside its id, its status and its links.
_FIELDS = (
    'version',
    'max_version',
    'min_version',
    'updated',
    'media_types',
)

#: The shapes of a list.
SHAPES = ('list', 'values', 'root')

#: What the statuses are where they are those of keystone.
_IDENTITY_STATUSES = {
    'CURRENT': 'stable',
    'SUPPORTED': 'stable',
    'EXPERIMENTAL': 'experimental',
    'DEPRECATED': 'deprecated',
}

#: What the type of a media type may have in braces.
_TYPE_NAMES = ('major', 'minor', 'id', 'segment', 'number')


def _links_option(value: str) -> tuple[dict[str, str], ...]:
    """Links of an option, one a line: ``rel URL``, and a media type or not."""
    found = []
    for line in reading.lines(value):
        rel, *rest = line.split()
        if len(rest) not in (1, 2):
            raise ValueError(_('%r is not rel URL [type]') % line)
        link = {'rel': rel, 'href': reading.http_url(rest[0])}
        found.append(link | ({'type': rest[1]} if rest[1:] else {}))
    return tuple(found)


def _media_types_option(value: str) -> tuple[tuple[str, str], ...]:
    """Media types of an option, one a line: the base, and the type."""
    read = reading.template(*_TYPE_NAMES)
    found = []
    for line in reading.lines(value):
        words = line.split()
        if len(words) != 2:
            raise ValueError(_('%r is not a base and a type') % line)
        found.append((words[0], read(words[1])))
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class Documents:
    """Looks of the documents: options of a filter.

    See the user guide, *Versions*, for what each option means.
    """

    version_path: str = reading.option(
        reading.template('major', 'minor', 'id'), 'v{major}/'
    )
    minor_versions_in_path: bool = reading.option(reading.boolean, 'true')
    public_endpoint: str = reading.option(reading.http_url)
    links: str = reading.option(
        reading.choice('absolute', 'relative'), 'absolute'
    )
    root_document: reading.Since = reading.option(
        reading.since(*SHAPES, 'none'), 'list'
    )
    version_document: reading.Since = reading.option(
        reading.since('none', 'single', *SHAPES), 'none'
    )
    entries: reading.Since = reading.option(
        reading.since('sig', 'identity'), 'sig'
    )
    fields: tuple[str, ...] = reading.option(reading.choices(*_FIELDS))
    single_fields: tuple[str, ...] = reading.option(reading.choices(*_FIELDS))
    media_types: tuple[tuple[str, str], ...] = reading.option(
        _media_types_option
    )
    extra_links: tuple[dict[str, str], ...] = reading.option(_links_option)
    single_links: tuple[dict[str, str], ...] = reading.option(_links_option)
    name: str = reading.option(reading.text)
    description: str = reading.option(reading.text)
    default_in_document: bool = reading.option(reading.boolean, 'false')
    html: bool = reading.option(reading.boolean, 'true')

    @property
    def is_relative(self) -> bool:
        """Whether links are relative."""
        return self.links == 'relative'


class Builder:
    """Builder of the document that answers one request.

    :param policy: what documents look like.
    :param links: where versions are.
    :param version: the microversion that the request has; None without any.
    """

    def __init__(
        self,
        policy: Documents,
        links: versions_links.Links,
        version: tuple[int, int] | None = None,
    ) -> None:
        self._policy = policy
        self._links = links
        self._is_identity = policy.entries.at(version) == 'identity'

    def build(
        self,
        shape: str,
        versions: Iterable[version_table.Version],
        default: version_table.Version | None = None,
    ) -> dict[str, Any]:
        """Build a list of versions.

        :param shape: ``list``, ``values``, ``choices``, ``root`` or
            ``single``, which takes the first version alone.
        :param versions: the versions, in the order to list them.
        :param default: the version of a request that names none.
        :returns: what is to be sent as JSON.
        """
        made = [self._of_shape(shape)(version) for version in versions]
        match shape:
            case 'values':
                return {'versions': {'values': made}}
            case 'choices':
                return {'choices': made}
            case 'single':
                return {'version': made[0]}
            case 'root':
                return self._root(made, default)
        return {'versions': made}

    def _of_shape(
        self, shape: str
    ) -> Callable[[version_table.Version], dict[str, Any]]:
        if shape == 'choices':
            return self._choice
        return self._single if shape == 'single' else self._entry

    def _root(
        self, made: list[dict[str, Any]], default: version_table.Version | None
    ) -> dict[str, Any]:
        document: dict[str, Any] = {}
        if self._policy.name:
            document['name'] = self._policy.name
        if self._policy.description:
            document['description'] = self._policy.description
        if self._policy.default_in_document and default is not None:
            document['default_version'] = self._entry(default)
        return document | {'versions': made}

    def self_link(self, version: version_table.Version) -> str:
        """Link to a version.

        :param version: the version.
        """
        return self._links.to(version.path or '')

    def _entry(self, version: version_table.Version) -> dict[str, Any]:
        policy = self._policy
        return self._make(version, policy.fields, policy.extra_links)

    def _single(self, version: version_table.Version) -> dict[str, Any]:
        policy = self._policy
        return self._make(
            version,
            policy.single_fields or policy.fields,
            policy.extra_links + policy.single_links,
        )

    def _make(
        self,
        version: version_table.Version,
        fields: tuple[str, ...],
        extra_links: tuple[dict[str, str], ...],
    ) -> dict[str, Any]:
        status = version.status
        if self._is_identity:
            status = _IDENTITY_STATUSES[status]
            fields = ('updated', 'media_types')
        own = {'rel': 'self', 'href': self.self_link(version)}
        entry: dict[str, Any] = {
            'id': version.id,
            'status': status,
            'links': [own, *extra_links],
        }
        for field in fields:
            self._add(entry, field, version)
        return entry

    def _add(
        self, entry: dict[str, Any], field: str, version: version_table.Version
    ) -> None:
        match field:
            case 'version' | 'max_version':
                # keystoneauth1 takes an empty one for none.
                entry[field] = version.max_version
            case 'min_version':
                entry[field] = version.min_version
            case 'updated' if version.updated:
                entry[field] = version.updated
            case 'media_types' if self._policy.media_types:
                entry['media-types'] = self._media_types(version)

    def _choice(self, version: version_table.Version) -> dict[str, Any]:
        href = self._links.to_choice(version.segment)
        entry: dict[str, Any] = {
            'id': version.id,
            'status': version.status,
            'links': [{'rel': 'self', 'href': href}],
        }
        self._add(entry, 'media_types', version)
        return entry

    def _media_types(
        self, version: version_table.Version
    ) -> list[dict[str, str]]:
        major, minor = version.number
        names = {
            'major': major,
            'minor': minor,
            'id': version.id,
            'segment': version.segment,
            'number': version.segment.removeprefix('v'),
        }
        return [
            {'base': base, 'type': kind.format_map(names)}
            for base, kind in self._policy.media_types
        ]
