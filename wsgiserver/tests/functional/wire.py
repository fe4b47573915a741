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

"""A client that shows every byte."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any
from typing import NamedTuple


class Response(NamedTuple):
    """A response as it was read from the wire."""

    status: int
    headers: dict[str, str]
    body: bytes
    version: str

    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


class Wire:
    """A connection on which nothing is added, merged or repaired."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = b''

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.socket.close()

    def serial(self) -> str:
        """The serial number of the server's certificate."""
        assert isinstance(self.socket, ssl.SSLSocket)
        certificate = self.socket.getpeercert() or {}
        return str(certificate['serialNumber'])

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def finish_sending(self) -> None:
        """Close for writing."""
        self.socket.shutdown(socket.SHUT_WR)

    def finish(self) -> None:
        """Say that nothing more is sent, and in TLS wait for the answer."""
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket = self.socket.unwrap()
        else:
            self.finish_sending()

    def _more(self) -> bool:
        data = self.socket.recv(65536)
        self._buffer += data
        return bool(data)

    def read_until(self, end: bytes) -> bytes:
        """Read up to and with the end."""
        while end not in self._buffer:
            if not self._more():
                raise EOFError(self._buffer)
        head, _end, self._buffer = self._buffer.partition(end)
        return head + end

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes."""
        while len(self._buffer) < size:
            if not self._more():
                raise EOFError(self._buffer)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def rest(self) -> bytes:
        """Read to the end of the stream."""
        while self._more():
            continue
        data, self._buffer = self._buffer, b''
        return data

    def response(self, method: str = 'GET') -> Response:
        """Read one response; its framing has to be one of the three."""
        lines = self.read_until(b'\r\n\r\n').decode('latin-1').split('\r\n')
        version, status, _reason = lines[0].split(' ', 2)
        headers: dict[str, str] = {}
        for line in lines[1:-2]:
            name, _colon, value = line.partition(': ')
            assert name.lower() not in headers, f'twice: {line}'
            headers[name.lower()] = value
        body = self._body(method, int(status), headers)
        return Response(int(status), headers, body, version)

    def _body(
        self, method: str, status: int, headers: dict[str, str]
    ) -> bytes:
        chunked = headers.get('transfer-encoding') == 'chunked'
        assert not (chunked and 'content-length' in headers), headers
        if method == 'HEAD' or status < 200 or status in (204, 304):
            return b''
        if chunked:
            return self._chunks()
        if 'content-length' in headers:
            return self.read(int(headers['content-length']))
        return self.rest()

    def _chunks(self) -> bytes:
        body = b''
        while size := int(self.read_until(b'\r\n'), 16):
            body += self.read(size)
            assert self.read(2) == b'\r\n'
        assert self.read(2) == b'\r\n'
        return body


def request(method: str, path: str, *lines: str, body: bytes = b'') -> bytes:
    """Write an HTTP/1.1 request.

    :param method: the method.
    :param path: the target.
    :param lines: header lines besides Host.
    :param body: what follows the head.
    """
    head = [f'{method} {path} HTTP/1.1', 'Host: localhost', *lines, '', '']
    return '\r\n'.join(head).encode('latin-1') + body
