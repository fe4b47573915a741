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

"""The request target, in the forms that an origin server meets."""

import re
from urllib import parse

from wsgiserver._http import errors
from wsgiserver._http import framing

_ABSOLUTE = re.compile(rb'(?:http|https)://([^/?]*)(.*)', re.I | re.S)


def split(method: str, target: bytes) -> tuple[str, str, bytes | None]:
    """Take a request target apart (RFC 9112, section 3.2).

    :param method: the request method.
    :param target: the target, as llhttp let it through: ASCII, no spaces.
    :returns: the decoded path and the raw query, both as PEP 3333 wants
        them (bytes as latin-1), and the authority that replaces Host, or
        None where the target has none.
    :raises BadRequest: if the form doesn't fit the method, or the target
        has a fragment.
    """
    authority = None
    if not target.startswith(b'/'):
        if target == b'*' and method == 'OPTIONS':
            # RFC 9112, section 3.2.4: it stands for a URI without a path.
            return '', '', None
        authority, target = _absolute(target)
    text = target.decode('latin-1')
    if '#' in text:
        raise errors.BadRequest('a request target has no fragment')
    path, query = split_origin(text)
    return path, query, authority


def split_origin(target: str) -> tuple[str, str]:
    """Take a target in origin form apart (RFC 9112, section 3.2.1).

    :param target: a path, and a query perhaps; without a fragment.
    :returns: the decoded path and the raw query, see :func:`split`.
    """
    path, _mark, query = target.partition('?')
    if '%' in path:
        path = parse.unquote_to_bytes(path).decode('latin-1')
    return path, query


def _absolute(target: bytes) -> tuple[bytes, bytes]:
    # RFC 9112, section 3.2.2: a server MUST accept the absolute form and
    # MUST ignore the Host field for it.
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise errors.BadRequest('unusable request target')
    authority, rest = match.groups()
    host = framing.checked_host([authority], is_http11=True)
    if not rest.startswith(b'/'):
        rest = b'/' + rest
    return host or authority, rest
