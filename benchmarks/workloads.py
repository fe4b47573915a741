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


"""The work that is measured by the requests of wrk."""

from __future__ import annotations

import dataclasses

from benchmarks import applications


@dataclasses.dataclass(frozen=True)
class Workload:
    """Requests of one kind, on so many connections."""

    name: str
    #: What it is, for the heading.
    title: str
    application: str
    #: The bytes of a request.
    request: bytes
    #: How long the body of the response is, in bytes.
    length: int
    connections: int = 64
    has_log: bool = False
    has_tls: bool = False
    #: How many requests may run at once; 0 for each server's own.
    pool: int = 0
    #: Whether the client throws the bodies away, for it would be the slower.
    discards: bool = False


def _request(method: str, path: str, *lines: str, body: bytes = b'') -> bytes:
    head = [f'{method} {path} HTTP/1.1', 'Host: localhost', *lines, '', '']
    return '\r\n'.join(head).encode() + body


_GET = _request('GET', '/')

#: What a client of an API sends along.
_API = (
    'User-Agent: python-novaclient',
    'Accept: application/json',
    'Accept-Encoding: gzip, deflate',
    'Connection: keep-alive',
    'X-Auth-Token: gAAAAABm' + 'x' * 180,
)

_HELLO = 6
_LARGE = applications.LARGE
_COUNTED = len(b'%d\n' % _LARGE)
_CHUNK = b'%x\r\n%b\r\n' % (applications.BLOCK, bytes(applications.BLOCK))
_CHUNKS = _CHUNK * (_LARGE // applications.BLOCK) + b'0\r\n\r\n'

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload('get', 'Small GET, 64 connections', 'hello', _GET, _HELLO),
        Workload(
            'get-1000',
            'Small GET, 1,000 connections',
            *('hello', _GET, _HELLO, 1000),
        ),
        Workload(
            'log',
            'Small GET with the access log on',
            *('hello', _GET, _HELLO),
            has_log=True,
        ),
        Workload(
            'close',
            'Small GET, a connection for each',
            'hello',
            _request('GET', '/', 'Connection: close'),
            _HELLO,
        ),
        Workload(
            'tls',
            'Small GET in TLS',
            *('hello', _GET, _HELLO),
            has_tls=True,
        ),
        Workload(
            'json',
            'JSON of 4 KB with 12 fields, asked for with 6',
            'document',
            _request('GET', '/v2.1/servers/detail?limit=20', *_API),
            4096,
        ),
        Workload(
            'blocking',
            'Application that blocks for 10 ms, 16 workers',
            *('blocking', _GET, _HELLO),
            pool=16,
        ),
        Workload(
            'upload',
            'Upload of 1 MiB with a length',
            'upload',
            _request(
                'POST', '/', f'Content-Length: {_LARGE}', body=bytes(_LARGE)
            ),
            *(_COUNTED, 16),
        ),
        Workload(
            'upload-chunked',
            'Upload of 1 MiB in chunks of 64 KiB',
            'upload',
            _request('POST', '/', 'Transfer-Encoding: chunked', body=_CHUNKS),
            *(_COUNTED, 16),
        ),
        Workload(
            'stream',
            'Download of 1 MiB, streamed in blocks of 64 KiB',
            *('stream', _GET, _LARGE, 16),
        ),
        Workload(
            'file',
            'Download of a file of 1 MiB',
            *('file', _GET, _LARGE, 16),
            discards=True,
        ),
        Workload(
            'filters-silent',
            'Six filters that override nothing',
            *('silent', _GET, _HELLO),
        ),
        Workload(
            'filters-both',
            'Six filters with both hooks',
            *('both', _GET, _HELLO),
        ),
        Workload(
            'negotiation',
            'Version negotiation with the preset nova',
            'negotiation',
            _request('GET', '/v2.1/x', 'OpenStack-API-Version: compute 2.40'),
            _HELLO,
        ),
    )
}
