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

"""Links of a document: the URLs of versions."""

from __future__ import annotations

import urllib.parse
from wsgiref.types import WSGIEnvironment

import webob

# What RFC 3986, section 3.3, lets stand in a path as it is.
_PATH_SAFE = "/~!$&'()*+,;=:@"


class Links:
    """Links in the answer to one request.

    :param environ: the environ of the request, its path untouched.
    :param public_endpoint: the URL of the API's root as clients see it;
        empty to take it from the request.
    :param is_relative: whether they are relative to what was asked for,
        where there is no public endpoint.
    """

    def __init__(
        self,
        environ: WSGIEnvironment,
        public_endpoint: str,
        is_relative: bool,
    ) -> None:
        self._path = environ.get('PATH_INFO', '')
        name = _quoted(environ.get('SCRIPT_NAME', ''))
        if public_endpoint:
            self._root = public_endpoint.rstrip('/') + '/'
        elif is_relative:
            # RFC 3986, section 5.2.3: what follows the last slash goes.
            self._root = '../' * (self._path.count('/') - 1)
            if name and not self._path:
                self._root = name.rpartition('/')[2] + '/'
        else:
            # WebOb's application_url fails on a SCRIPT_NAME that isn't UTF-8,
            # and behind a proxy filter that name comes from a header.
            host: str = webob.Request(environ).host_url
            self._root = (host + name).rstrip('/') + '/'
        is_here = is_relative and not public_endpoint and not self._path
        self._here = '' if is_here else self._root

    def to(self, path: str) -> str:
        """Link to a path.

        :param path: from the root of the API; empty for the root itself.
        """
        return self._root + path.lstrip('/') if path else self._here

    def to_choice(self, segment: str) -> str:
        """Link to what was asked for, in a version that there is.

        :param segment: what the version is called in a path.
        """
        return self._root + segment + _quoted(self._path)


def _quoted(path: str) -> str:
    return urllib.parse.quote(path.encode('latin-1'), safe=_PATH_SAFE)
