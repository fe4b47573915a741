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

"""What the clients talk to."""

from collections.abc import Iterable
import hashlib
from typing import Any

#: What is at /content: as many different bytes as a range can tell apart.
CONTENT = bytes(range(256)) * 8


class Service:
    """An application with something for each of what clients do."""

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        """Answer."""
        path = environ['PATH_INFO']
        if path == '/content':
            return _content(environ, start)
        if path == '/upload':
            text = _upload(environ)
        else:
            # Two requests of one connection come from the same port.
            text = f'{environ["REMOTE_PORT"]} {environ["wsgi.url_scheme"]}'
        start(
            '200 OK',
            [
                ('Content-Type', 'text/plain'),
                ('Content-Length', str(len(text))),
            ],
        )
        return [text.encode()]


def _upload(environ: Any) -> str:
    """Read a body by blocks, and say what it was."""
    digest = hashlib.sha256()
    while block := environ['wsgi.input'].read(65536):
        digest.update(block)
    framing = environ.get('CONTENT_LENGTH') or 'chunked'
    return f'{framing} {digest.hexdigest()}'


def _content(environ: Any, start: Any) -> Iterable[bytes]:
    """Send a part, as an application does that knows of ranges."""
    wanted = environ.get('HTTP_RANGE', '')
    if not wanted:
        start('200 OK', [('Content-Type', 'application/octet-stream')])
        return [CONTENT]
    first, _dash, last = wanted.removeprefix('bytes=').partition('-')
    part = CONTENT[int(first) : int(last) + 1]
    start(
        '206 Partial Content',
        [
            ('Content-Type', 'application/octet-stream'),
            ('Content-Range', f'bytes {first}-{last}/{len(CONTENT)}'),
            ('Content-Length', str(len(part))),
        ],
    )
    return [part]


def factory(global_conf: object) -> Service:
    """Make it for a paste file."""
    return Service()
