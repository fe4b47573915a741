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


"""What the servers are given to serve, the same to each of them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import json
import tempfile
import time
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., object]], Iterable[bytes]]

#: The size of a large body, in bytes.
LARGE = 1 << 20

#: The size of a block of one, in bytes: what glanceclient reads at a time.
BLOCK = 1 << 16

#: How long the application that blocks does so, in seconds.
BLOCKED = 0.010

#: How many filters stand in a pipeline.
FILTERS = 6


def hello(environ: Environ, start: Callable[..., object]) -> Iterable[bytes]:
    """Answer at once."""
    start('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '6')])
    return [b'hello\n']


def _document() -> bytes:
    """Make a document as an API has it, of 4 KB."""
    servers: list[dict[str, object]] = []
    while len(json.dumps({'servers': servers})) < 3900:
        servers.append(
            {
                'id': f'{len(servers):032x}',
                'name': f'server-{len(servers)}',
                'links': [{'rel': 'self', 'href': '/v2.1/servers'}],
            }
        )
    return json.dumps({'servers': servers}).ljust(4096).encode()


_DOCUMENT = _document()

_DOCUMENT_FIELDS = [
    ('Content-Type', 'application/json'),
    ('Content-Length', str(len(_DOCUMENT))),
    ('Cache-Control', 'no-cache'),
    ('ETag', '"6cbb6a5b"'),
    ('OpenStack-API-Version', 'compute 2.96'),
    ('X-OpenStack-Nova-API-Version', '2.96'),
    ('Vary', 'OpenStack-API-Version, X-OpenStack-Nova-API-Version'),
    ('X-Openstack-Request-Id', 'req-1d0d9e4c-6a43-4d06-9b6b-0c0b0b6b1b0a'),
    ('X-Compute-Request-Id', 'req-1d0d9e4c-6a43-4d06-9b6b-0c0b0b6b1b0a'),
    ('X-Content-Type-Options', 'nosniff'),
    ('X-Frame-Options', 'DENY'),
    ('Last-Modified', 'Tue, 03 Nov 2026 09:00:00 GMT'),
]


def document(
    environ: Environ, start: Callable[..., object]
) -> Iterable[bytes]:
    """Answer with JSON of 4 KB and twelve header fields."""
    start('200 OK', list(_DOCUMENT_FIELDS))
    return [_DOCUMENT]


def blocking(
    environ: Environ, start: Callable[..., object]
) -> Iterable[bytes]:
    """Wait, as for a database."""
    # Looked up here, for eventlet and gevent put their own in its place.
    time.sleep(BLOCKED)
    return hello(environ, start)


def upload(environ: Environ, start: Callable[..., object]) -> Iterable[bytes]:
    """Read the body block by block, and say how large it was."""
    read = environ['wsgi.input'].read
    left = environ.get('CONTENT_LENGTH')
    total = 0
    if left:
        # Not all servers let an application read beyond the end.
        missing = int(left)
        while missing and (block := read(min(BLOCK, missing))):
            missing -= len(block)
            total += len(block)
    else:
        while block := read(BLOCK):
            total += len(block)
    answer = b'%d\n' % total
    start(
        '200 OK',
        [
            ('Content-Type', 'text/plain'),
            ('Content-Length', str(len(answer))),
        ],
    )
    return [answer]


def stream(environ: Environ, start: Callable[..., object]) -> Iterable[bytes]:
    """Make a large body block by block, of a length not told beforehand.

    The query string names another size, in bytes.
    """
    size = int(environ.get('QUERY_STRING') or LARGE)
    start('200 OK', [('Content-Type', 'application/octet-stream')])
    return _blocks(size)


def _blocks(size: int) -> Iterator[bytes]:
    block = bytes(BLOCK)
    for _turn in range(size // BLOCK):
        yield block


class Download:
    """Sends a large file by ``wsgi.file_wrapper``.

    The file is made in the temporary directory, which is the caller's to
    remove.
    """

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            self._path = file.name
            file.write(bytes(LARGE))

    def __call__(
        self, environ: Environ, start: Callable[..., object]
    ) -> Iterable[bytes]:
        """Answer with the file."""
        start(
            '200 OK',
            [
                ('Content-Type', 'application/octet-stream'),
                ('Content-Length', str(LARGE)),
            ],
        )
        file = open(self._path, 'rb')
        wrapper = environ.get('wsgi.file_wrapper')
        if wrapper is None:
            return iter(lambda: file.read(BLOCK), b'')
        wrapped: Iterable[bytes] = wrapper(file, BLOCK)
        return wrapped


def _piped(kind: str, count: int = FILTERS) -> Application:
    from benchmarks import filters

    app: Application = hello
    for _turn in range(count):
        app = filters.KINDS[kind](app)
    return app


def _negotiated(preset: str, versions: str) -> Application:
    from wsgiserver import middleware

    app: Any = middleware.VersionNegotiationFilter(
        hello, preset=preset, versions=versions
    )
    found: Application = app
    return found


_MAKE: dict[str, Callable[[], Application]] = {
    'hello': lambda: hello,
    'document': lambda: document,
    'blocking': lambda: blocking,
    'upload': lambda: upload,
    'stream': lambda: stream,
    'file': Download,
    'negotiation': lambda: _negotiated(
        'nova', 'v2.0 path=v2/ v2.1 CURRENT min=2.1 max=2.96'
    ),
}


def make(name: str) -> Application:
    """Make an application.

    :param name: its name; those of ``filters.KINDS`` have such filters before
        it, :data:`FILTERS` or as many as a number behind a colon says.
    :raises KeyError: if there is none of this name.
    """
    kind, _colon, count = name.partition(':')
    if kind in _MAKE:
        return _MAKE[kind]()
    return _piped(kind, int(count or FILTERS))
