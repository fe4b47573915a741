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

"""Media types of a request, and the version that they name."""

from collections.abc import Iterator
import re
from wsgiref.types import WSGIEnvironment

from webob import acceptparse

# What an answer in JSON may be called; browsers prefer what no API has.
_JSON = re.compile(r'\*/\*|application/(\*|json|[^/]+\+json)', re.IGNORECASE)

_PLAIN = 'application/json'

#: A media range, its quality, and its parameters by their lower-case names.
_Range = tuple[str, float, dict[str, str]]


def version(environ: WSGIEnvironment) -> str | None:
    """Parameter ``version`` of the media types of a request.

    It is that of Content-Type, or else that of the best media range of
    Accept. JSON has to fit the best one; it has the highest quality, then the
    fewest wildcards, then it is plain ``application/json``, then the first.

    :param environ: the environ of the request.
    :returns: the version as it is written there; None if none is, and where
        the field can't be parsed.
    """
    content_types = list(_ranges(environ.get('CONTENT_TYPE')))
    if len(content_types) == 1:
        _name, _quality, parameters = content_types[0]
        if parameters.get('version'):
            return parameters['version']
    return _of_accept(environ.get('HTTP_ACCEPT'))


def _of_accept(value: str | None) -> str | None:
    usable = [
        (-quality, name.count('*'), name.lower() != _PLAIN, parameters)
        for name, quality, parameters in _ranges(value)
        if quality > 0 and _JSON.fullmatch(name)
    ]
    if not usable:
        return None
    # min() takes the first of those that are equal.
    *_rank, parameters = min(usable, key=lambda ranked: ranked[:-1])
    return parameters.get('version') or None


def _ranges(value: str | None) -> Iterator[_Range]:
    """Parse a header field of media ranges, such as Accept.

    A media type is a range as well (RFC 9110, section 12.5.1).
    """
    # Nearly all requests name none, and need no parsing.
    if value is None or 'version' not in value.lower():
        return
    header = acceptparse.create_accept_header(value)
    for name, quality, parameters, extensions in header.parsed or ():
        # Those behind q are extensions of Accept, but they are written there.
        pairs = [*parameters, *(e for e in extensions if type(e) is tuple)]
        yield (
            name.partition(';')[0].strip(),
            quality,
            {key.lower(): text for key, text in pairs},
        )
