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

"""Version headers: the header fields of every response about versions."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import functools
from types import TracebackType
from typing import Any
from wsgiref.types import StartResponse

from wsgiserver._versions import reading
from wsgiserver._versions import version_table
from wsgiserver import microversion

_Headers = list[tuple[str, str]]
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
_OptExcInfo = _ExcInfo | tuple[None, None, None]

#: The values of the option ``vary`` that take what requests are read for,
#: and nothing.
_AUTO = 'auto'
_NONE = 'none'

_NAMES = ('version', 'min_version', 'max_version')


def _fields_option(value: str) -> tuple[tuple[str, str], ...]:
    fields = reading.fields(value)
    read = reading.template(*_NAMES)
    return tuple((name, read(template)) for name, template in fields)


@dataclasses.dataclass(frozen=True)
class VersionHeaders:
    """Version headers of responses: options of a filter.

    ``response_headers`` has a field on each line, ``Name: template`` with
    ``{version}``, ``{min_version}`` and ``{max_version}``. ``vary`` has the
    fields to name in Vary; ``auto`` are those that requests are read for,
    and ``none`` is none. With ``expose_headers`` the fields are named in
    Access-Control-Expose-Headers where the response has CORS fields.
    """

    response_headers: tuple[tuple[str, str], ...] = reading.option(
        _fields_option
    )
    vary: tuple[str, ...] = reading.option(
        reading.words_or(_AUTO, _NONE), _AUTO
    )
    expose_headers: bool = reading.option(reading.boolean, 'true')

    @functools.cached_property
    def _bounds(self) -> tuple[tuple[str, str], ...]:
        # Templates that need the microversion say nothing where it isn't
        # known: in the answer to a request for one that there isn't.
        return tuple(
            (name, template)
            for name, template in self.response_headers
            if 'version' not in reading.braces(template)
        )

    @functools.cached_property
    def exposed(self) -> tuple[str, ...]:
        """Fields for scripts to see (CORS)."""
        names = tuple(name for name, _template in self.response_headers)
        return names if self.expose_headers else ()

    def varied(self, read: tuple[str, ...]) -> tuple[str, ...]:
        """Fields to name in Vary.

        :param read: the fields that requests are read for.
        """
        if self.vary == (_AUTO,):
            return read
        return () if self.vary == (_NONE,) else self.vary

    def fields(
        self,
        version: version_table.Version,
        found: microversion.Version | None,
    ) -> _Headers:
        """Version headers of a response.

        :param version: the version of the API, which has microversions.
        :param found: the microversion; None if the one that was asked for
            isn't there.
        """
        templates = self.response_headers
        if found is None:
            templates = self._bounds
        names = {
            'version': found,
            'min_version': version.min_version,
            'max_version': version.max_version,
        }
        return [(name, t.format_map(names)) for name, t in templates]


class HeaderPolicy:
    """Header policy: what the responses to all requests have in common.

    :param version_headers: what responses say.
    :param experimental: the fields that say that something is experimental.
    :param microversions: the fields that are read for a microversion.
    :param selection: the other fields that requests are read for.
    """

    def __init__(
        self,
        version_headers: VersionHeaders,
        experimental: tuple[str, ...],
        microversions: tuple[str, ...],
        selection: tuple[str, ...],
    ) -> None:
        self.version_headers = version_headers
        self.experimental = experimental
        #: The fields to name in Vary, where there are microversions.
        self.vary = version_headers.varied(microversions + selection)
        #: Those to name there in any response.
        self.always_vary = tuple(
            name for name in self.vary if name not in microversions
        )


class Negotiated:
    """Outcome of one negotiation, and the version headers of its response.

    :param header_policy: what responses say.
    :param start_response: as the server gave it.
    """

    __slots__ = (
        '_header_policy',
        '_start',
        'is_started',
        'microversion',
        'version',
    )

    def __init__(
        self, header_policy: HeaderPolicy, start_response: StartResponse
    ) -> None:
        self._header_policy = header_policy
        self._start = start_response
        #: The version of the API; None until there is one.
        self.version: version_table.Version | None = None
        #: The microversion; None until there is one.
        self.microversion: microversion.Version | None = None
        #: Whether the response has begun.
        self.is_started = False

    def start_response(
        self,
        status: str,
        headers: _Headers,
        exc_info: _OptExcInfo | None = None,
    ) -> Callable[[bytes], object]:
        """Begin the response; a ``start_response`` of PEP 3333."""
        self.is_started = True
        return self._start(
            status, self._with_version_headers(headers), exc_info
        )

    def _with_version_headers(self, headers: _Headers) -> _Headers:
        header_policy = self._header_policy
        version = self.version
        if version is not None and version.range is None:
            version = None
        if version is None and not header_policy.always_vary:
            return headers
        values: dict[str, list[str]] = {}
        for name, value in headers:
            values.setdefault(name.lower(), []).append(value)
        extended = list(headers)
        if version is None:
            _append(extended, values, 'Vary', header_policy.always_vary)
            return extended
        # What the application says by itself is left alone.
        extended += [
            f for f in self._fields(version) if f[0].lower() not in values
        ]
        _append(extended, values, 'Vary', header_policy.vary)
        if 'access-control-allow-origin' in values:
            _append(
                extended,
                values,
                'Access-Control-Expose-Headers',
                header_policy.version_headers.exposed,
            )
        return extended

    def _fields(self, version: version_table.Version) -> _Headers:
        found = self.microversion
        fields = self._header_policy.version_headers.fields(version, found)
        if found is not None and found.experimental:
            fields += [(n, 'True') for n in self._header_policy.experimental]
        return fields


def _append(
    headers: _Headers,
    values: dict[str, list[str]],
    name: str,
    added: tuple[str, ...],
) -> None:
    """Add names to a field that is a list of names."""
    there = {
        item.strip().lower()
        for value in values.get(name.lower(), ())
        for item in value.split(',')
    }
    missing = [each for each in added if each.lower() not in there]
    if missing and '*' not in there:
        headers.append((name, ', '.join(missing)))


def environ_fields(
    keys: Iterable[tuple[str, str]],
    version: version_table.Version,
    found: microversion.Version | None,
) -> dict[str, Any]:
    """Environ keys that tell the application its version.

    :param keys: the keys of the environ, each with what it is to have:
        ``major``, ``minor``, ``id`` or ``microversion``.
    :param version: the version of the API.
    :param found: the microversion.
    """
    values = {
        'major': version.major,
        'minor': version.number[1],
        'id': version.id,
        'microversion': found,
    }
    return {key: values[what] for key, what in keys}
