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

"""The version discovery document: what an API says of its versions."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import http
import json
import re
from typing import Any
import urllib.parse
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver._i18n import _

#: The statuses that the API SIG's guideline for discovery allows.
STATUSES = ('CURRENT', 'SUPPORTED', 'EXPERIMENTAL', 'DEPRECATED')

_NUMBER = '(0|[1-9][0-9]{0,8})'
_VERSION = re.compile(rf'v{_NUMBER}(?:\.{_NUMBER})?')

# What RFC 3986, section 3.3, lets stand in a path as it is.
_PATH_SAFE = "/~!$&'()*+,;=:@"


@dataclasses.dataclass(frozen=True, slots=True)
class Version:
    """One version of an API, as the document lists it.

    :param id: the version as clients write it: ``v2.1``, or ``v2``.
    :param status: one of :data:`STATUSES`.
    """

    id: str
    status: str

    @property
    def number(self) -> tuple[int, int]:
        """The major and the minor version, to compare; ``v2`` is (2, 0)."""
        match = _VERSION.fullmatch(self.id)
        if match is None:
            raise ValueError(_('%r is not a version') % self.id)
        return int(match[1]), int(match[2] or 0)

    @property
    def major(self) -> int:
        """The major version, by which the application has its paths."""
        return self.number[0]

    @property
    def path(self) -> str:
        """Where the version is, from the root of the API: ``v2/``."""
        return f'v{self.major}/'


def parse_table(text: str) -> tuple[Version, ...]:
    """Read a table of versions, as an option has it.

    The table is a list of words, on as many lines as one likes. A word
    such as ``v2.1`` is a version; a status may follow it. Where no version
    is said to be CURRENT, the highest one without a status is, and the
    others without one are SUPPORTED.

    :param text: the table, for instance ``v2.1 v2.0 DEPRECATED``.
    :returns: the versions, in the order in which they stand there.
    :raises ValueError: if a word is neither a version nor the status of
        one, or a version stands there twice; it names the word.
    """
    versions: list[Version] = []
    for word in text.split():
        if _VERSION.fullmatch(word):
            versions.append(Version(word, ''))
        elif word in STATUSES and versions and not versions[-1].status:
            versions[-1] = Version(versions[-1].id, word)
        else:
            raise ValueError(
                _('%r is neither a version nor the status of one') % word
            )
    _refuse_doubles(versions)
    return _with_statuses(versions)


def _refuse_doubles(versions: Iterable[Version]) -> None:
    seen: set[tuple[int, int]] = set()
    for version in versions:
        if version.number in seen:
            raise ValueError(_('%r is there twice') % version.id)
        seen.add(version.number)


def _with_statuses(versions: Sequence[Version]) -> tuple[Version, ...]:
    without = [v for v in versions if not v.status]
    current = None
    if without and not any(v.status == 'CURRENT' for v in versions):
        current = max(without, key=lambda version: version.number)
    return tuple(
        Version(v.id, v.status or ('CURRENT' if v is current else 'SUPPORTED'))
        for v in versions
    )


def build(versions: Iterable[Version], base_url: str) -> dict[str, Any]:
    """Build the document that lists the versions of an API.

    :param versions: the versions, in the order to list them.
    :param base_url: the URL of the API's root; links begin with it.
    :returns: what is to be sent as JSON.
    """
    root = base_url.rstrip('/')
    return {
        'versions': [
            {
                'id': version.id,
                'status': version.status,
                'links': [{'rel': 'self', 'href': f'{root}/{version.path}'}],
            }
            for version in versions
        ]
    }


class VersionsApp:
    """A WSGI application that answers with the version document.

    :param get_versions: called for each document; returns the versions in
        the order to list them. It may depend on the configuration.
    :param public_endpoint: the URL of the API's root as clients see it;
        empty to take it from each request.
    """

    def __init__(
        self,
        get_versions: Callable[[], Iterable[Version]],
        public_endpoint: str = '',
    ) -> None:
        self._get_versions = get_versions
        self._public_endpoint = public_endpoint

    def index(
        self, req: webob.Request, explicit: bool = False
    ) -> webob.Response:
        """Answer a request with the list of versions.

        :param req: the request.
        :param explicit: whether the client asked for just this list, and
            so gets it as 200; otherwise it is told to choose, with 300.
        :returns: the response.
        """
        status = http.HTTPStatus.MULTIPLE_CHOICES
        if explicit:
            status = http.HTTPStatus.OK
        base_url = self._public_endpoint or _root_url(req)
        content = build(self._get_versions(), base_url)
        return webob.Response(
            request=req,
            status=status.value,
            content_type='application/json',
            body=json.dumps(content).encode(),
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Tell the client to choose a version: the list, as 300.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body.
        """
        return self.index(webob.Request(environ))(environ, start_response)


def _root_url(req: webob.Request) -> str:
    # WebOb's application_url fails on a SCRIPT_NAME that isn't UTF-8, and
    # behind a proxy filter that name comes from a header.
    script_name = req.environ.get('SCRIPT_NAME', '').encode('latin-1')
    return req.host_url + urllib.parse.quote(script_name, safe=_PATH_SAFE)
