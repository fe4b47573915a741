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

"""Servers in processes of their own, and a client that shows every byte."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from typing import Any
from typing import NamedTuple

import fixtures
import trustme

# Tests have temporary folders of their own; servers outlive them.
_FOLDER = tempfile.gettempdir()

#: How long anything may take that should take no time, in seconds.
PATIENCE = 20.0

BACKENDS = ('eventlet', 'threading')
TRANSPORTS = ('tcp', 'unix', 'tls')

#: For testscenarios: every engine.
ON_BACKENDS = [(name, {'backend': name}) for name in BACKENDS]

#: For testscenarios: every engine on every transport.
EVERYWHERE = [
    (f'{name},{transport}', {'backend': name, 'transport': transport})
    for name in BACKENDS
    for transport in TRANSPORTS
]


class Certificates(NamedTuple):
    """Files of a certificate authority and of a server it vouches for."""

    ca: str
    cert: str
    key: str


@functools.cache
def certificates() -> Certificates:
    """Make the certificates of this test process."""
    folder = tempfile.mkdtemp(prefix='wsgiserver-', dir=_FOLDER)
    atexit.register(shutil.rmtree, folder)
    authority = trustme.CA()
    issued = authority.issue_cert('127.0.0.1', 'localhost')
    made = Certificates(
        *(os.path.join(folder, name) for name in ('ca', 'cert', 'key'))
    )
    authority.cert_pem.write_to_path(made.ca)
    issued.private_key_pem.write_to_path(made.key)
    for pem in issued.cert_chain_pems:
        pem.write_to_path(made.cert, append=True)
    return made


class ServerProcess:
    """A server started by the launcher of oslo.service.

    :param backend: ``eventlet`` or ``threading``.
    :param transport: ``tcp``, ``unix`` or ``tls``.
    :param workers: how many worker processes.
    :param options: what the configuration has other than by default.
    :param server: further arguments of the Server.
    """

    def __init__(
        self,
        backend: str,
        transport: str = 'tcp',
        workers: int = 1,
        options: dict[str, Any] | None = None,
        server: dict[str, Any] | None = None,
    ) -> None:
        self.transport = transport
        self._folder = tempfile.TemporaryDirectory(
            prefix='wsgiserver-', dir=_FOLDER
        )
        self._log = tempfile.TemporaryFile('w+', dir=self._folder.name)
        given: dict[str, Any] = {
            'backend': backend,
            'transport': transport,
            'workers': workers,
            'path': os.path.join(self._folder.name, 'socket'),
            'options': dict(options or {}),
            'server': server or {},
        }
        if transport == 'tls':
            given['options'] |= {
                'ssl.cert_file': certificates().cert,
                'ssl.key_file': certificates().key,
            }
        self.process = subprocess.Popen(
            [
                sys.executable,
                *('-W', 'ignore', '-m', 'wsgiserver.tests.functional.serve'),
                json.dumps(given),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f'no server came up:\n{self.log()}')
        self.address = json.loads(line)

    def log(self) -> str:
        """What the server has logged so far."""
        self._log.flush()
        return os.pread(self._log.fileno(), 1 << 24, 0).decode()

    def connect(self, ahead: bytes = b'') -> Wire:
        """Make a connection.

        :param ahead: what is sent before all else, TLS included.
        """
        if self.transport == 'unix':
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(PATIENCE)
            sock.connect(self.address)
            sock.sendall(ahead)
            return Wire(sock)
        sock = socket.create_connection(('127.0.0.1', self.address), PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(ahead)
        if self.transport == 'tls':
            trusting = ssl.create_default_context(cafile=certificates().ca)
            sock = trusting.wrap_socket(sock, server_hostname='127.0.0.1')
        return Wire(sock)

    def get(self, path: str) -> Response:
        """Make one GET request on a connection of its own."""
        with self.connect() as wire:
            wire.send(request('GET', path, 'Connection: close'))
            return wire.response()

    def wait_for_log(self, text: str) -> str:
        """Wait until the log has a text; returns the log."""
        log: str = eventually(lambda: text in self.log() and self.log())
        return log

    def terminate(self) -> int:
        """Send SIGTERM and wait for the end; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def stop(self) -> None:
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        self._folder.cleanup()


@functools.cache
def shared_server(backend: str, transport: str) -> ServerProcess:
    """The server that the tests of this process share."""
    server = ServerProcess(backend, transport)
    atexit.register(server.stop)
    return server


class SocketFile(fixtures.Fixture):
    """A path for a UNIX socket, short enough to be one."""

    path: str

    def _setUp(self) -> None:
        folder = tempfile.mkdtemp(prefix='wsgiserver-', dir=_FOLDER)
        self.addCleanup(shutil.rmtree, folder)
        self.path = os.path.join(folder, 'socket')


class Response(NamedTuple):
    """A response as it was read from the wire."""

    status: int
    headers: dict[str, str]
    body: bytes
    version: str


class Wire:
    """A connection on which nothing is added, merged or repaired."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = b''

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def finish_sending(self) -> None:
        """Close for writing."""
        self.socket.shutdown(socket.SHUT_WR)

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


def eventually(condition: Any) -> Any:
    """Wait until a condition holds.

    :param condition: called again and again.
    :returns: its first true result.
    """
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError('it never came about')
        time.sleep(0.01)
    return result
