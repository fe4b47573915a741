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

"""Microversions: the one that a request asks for, and the response's."""

from __future__ import annotations

import dataclasses
import functools
from wsgiref.types import WSGIEnvironment

import microversion_parse
from oslo_utils import strutils

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._versions import reading
from wsgiserver._versions import version_table
from wsgiserver import microversion

#: The API SIG's header field.
STANDARD = 'OpenStack-API-Version'


class Malformed(Exception):
    """A microversion of a form that it can't have.

    :param text: what it asks for.
    """

    def __init__(self, text: str) -> None:
        # It may be as long as a header field may.
        super().__init__(
            _('%r is not a microversion, such as 2.15 or latest') % text[:40]
        )


class OutOfRange(Exception):
    """A microversion that there isn't.

    :param version: the microversion.
    :param low: the lowest one that there is.
    :param high: the highest one.
    """

    def __init__(
        self,
        version: microversion.Version,
        low: microversion.Version,
        high: microversion.Version,
    ) -> None:
        super().__init__(
            _(
                'Version %(version)s is not supported. The lowest is '
                '%(low)s, and the highest is %(high)s.'
            )
            % {'version': version, 'low': low, 'high': high}
        )


def _default_option(value: str) -> str:
    """Default microversion: ``min``, ``max`` or a microversion."""
    word = value.strip()
    if word not in ('min', 'max'):
        microversion.Version.parse(word)
    return word


def header_key(name: str) -> str:
    """Environ key of a header field (PEP 3333)."""
    return 'HTTP_' + name.upper().replace('-', '_')


@dataclasses.dataclass(frozen=True)
class Microversions:
    """Ways to ask for and to tell microversions: options of a filter.

    See the user guide, *Versions*, for what each option means.
    """

    service_type: str = reading.option(reading.token)
    service_aliases: tuple[str, ...] = reading.option(reading.tokens)
    legacy_headers: tuple[str, ...] = reading.option(reading.tokens)
    experimental_header: tuple[str, ...] = reading.option(reading.tokens)
    default_microversion: str = reading.option(_default_option, 'min')
    malformed_microversion: str = reading.option(
        reading.choice('400', '406'), '400'
    )

    @functools.cached_property
    def _keys(self) -> tuple[tuple[str, str], ...]:
        # microversion-parse wants names in lower case.
        standard = (STANDARD,) if self.service_type else ()
        names = standard + self.legacy_headers
        return tuple((name.lower(), header_key(name)) for name in names)

    @functools.cached_property
    def _services(self) -> tuple[str, ...]:
        if not self.service_type:
            return ()
        return self.service_type, *self.service_aliases

    @property
    def are_known(self) -> bool:
        """Whether requests may ask for a microversion at all."""
        return bool(self.service_type or self.legacy_headers)

    @property
    def request_headers(self) -> tuple[str, ...]:
        """The header fields that requests are read for."""
        standard = (STANDARD,) if self.service_type else ()
        return standard + self.legacy_headers + self.experimental_header

    def check(self, version: version_table.Version) -> None:
        """Check that a version of the API has the default microversion.

        :param version: the version.
        :raises OptionError: if it doesn't.
        """
        if version.range is None or not self.are_known:
            return
        low, high = version.range
        found = self._resolve(None, low, high)
        if not low <= found <= high:
            raise _config.OptionError(
                str(OutOfRange(found, low, high)), 'default_microversion'
            )

    def asked(self, environ: WSGIEnvironment) -> str | None:
        """Text of the microversion that a request asks for.

        :param environ: the environ of the request.
        :returns: the text; None where it asks for none, or another
            service's.
        """
        headers = {n: environ[k] for n, k in self._keys if k in environ}
        if not headers:
            return None
        for service in self._services:
            found = microversion_parse.get_version(headers, service)
            if found is not None:
                return found
        return microversion_parse.get_version(headers, '', self.legacy_headers)

    def negotiate(
        self, environ: WSGIEnvironment, version: version_table.Version
    ) -> microversion.Version | None:
        """Microversion of a request.

        :param environ: the environ of the request.
        :param version: the version of the API that it is for.
        :returns: the microversion; None if that version has none.
        :raises Malformed: if the request's is none.
        :raises OutOfRange: if the version of the API doesn't have it.
        """
        if version.range is None or not self.are_known:
            return None
        low, high = version.range
        asked = self.asked(environ)
        found = self._resolve(asked, low, high)
        if not low <= found <= high:
            raise OutOfRange(found, low, high)
        if self._is_experimental(environ):
            found = microversion.Version(*found)
            found.experimental = True
        return found

    def _resolve(
        self,
        asked: str | None,
        low: microversion.Version,
        high: microversion.Version,
    ) -> microversion.Version:
        if asked is None:
            match self.default_microversion:
                case 'min':
                    return low
                case 'max':
                    return high
            asked = self.default_microversion
        if asked == microversion.LATEST:
            return high
        try:
            return microversion.Version.parse(asked)
        except ValueError:
            raise Malformed(asked) from None

    def _is_experimental(self, environ: WSGIEnvironment) -> bool:
        return any(
            strutils.bool_from_string(environ.get(header_key(name), ''))
            for name in self.experimental_header
        )
