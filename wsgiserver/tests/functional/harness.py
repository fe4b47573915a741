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

"""Servers in processes of their own, and ways to reach them."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from collections.abc import Sequence
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
from typing import Any
from typing import TypeVar

import fixtures

from wsgiserver.tests import conditions
from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import config_files
from wsgiserver.tests.functional import wire

# Tests have temporary folders of their own; servers outlive them.
_FOLDER = tempfile.gettempdir()

PATIENCE = conditions.PATIENCE
eventually = conditions.eventually

BACKENDS = ('eventlet', 'threading')
LAUNCHERS = ('stock', 'own')
TRANSPORTS = ('tcp', 'unix', 'tls')

#: For testscenarios: every engine.
ON_BACKENDS = [(name, {'backend': name}) for name in BACKENDS]

#: For testscenarios: every engine on every transport.
EVERYWHERE = [
    (f'{name},{transport}', {'backend': name, 'transport': transport})
    for name in BACKENDS
    for transport in TRANSPORTS
]

Response = wire.Response
Wire = wire.Wire
request = wire.request

#: A host and a port, or the name of a UNIX socket.
Address = tuple[str, int] | str

Result = TypeVar('Result')

Options = config_files.Options


class ServerProcess:
    """A server under a launcher, in a process of its own.

    :param backend: ``eventlet`` or ``threading``.
    :param transport: ``tcp``, ``unix`` or ``tls``.
    :param workers: how many worker processes.
    :param options: what the configuration has other than by default.
    :param server: further arguments of the Server.
    :param launcher: ``stock`` for that of oslo.service, ``own`` for that of
        this library, ``none`` to have the methods of the Server called by
        :meth:`call`.
    :param start_method: how that makes its workers.
    :param paste: what api-paste.ini has; its application ``main`` is served.
    :param more: further servers in the same processes, as ``services`` has
        them in the module serve.
    :param environment: variables that the process has besides.
    :param descriptors: how many it may have open.
    :param wrapper: a command that becomes the one it is given.
    :param pass_fds: the descriptors that the wrapper needs.
    :param given: all else that a service may have in the module serve.
    """

    def __init__(
        self,
        backend: str,
        transport: str = 'tcp',
        workers: int = 1,
        options: Options | None = None,
        server: dict[str, Any] | None = None,
        *,
        launcher: str = 'stock',
        start_method: str | None = None,
        paste: str | None = None,
        more: Sequence[dict[str, Any]] = (),
        environment: Mapping[str, str] | None = None,
        descriptors: int | None = None,
        wrapper: Sequence[str] = (),
        pass_fds: Sequence[int] = (),
        **given: Any,
    ) -> None:
        self.transport = transport
        self._temporary = tempfile.TemporaryDirectory(
            prefix='wsgiserver-', dir=_FOLDER
        )
        self.folder = self._temporary.name
        self._log = tempfile.TemporaryFile('w+', dir=self.folder)
        self.certificate = certificates.authority().issue(self.folder)
        self.config = os.path.join(self.folder, 'service.conf')
        self.options: dict[str, Any] = {}
        self.configure(self._first_options(options or {}, workers, launcher))
        if paste is not None:
            self.write_paste(paste)
        first = {
            'transport': transport,
            'arguments': server or {},
            'paste': None if paste is None else 'main',
        }
        self._control, theirs = socket.socketpair()
        self._control.settimeout(PATIENCE)
        with theirs:
            self.process = self._start(
                {
                    'backend': backend,
                    'launcher': launcher,
                    'start_method': start_method,
                    'workers': workers,
                    'config': self.config,
                    'descriptors': descriptors,
                    'control': theirs.fileno(),
                    'services': [
                        self._service(spec) for spec in (first | given, *more)
                    ],
                },
                wrapper,
                environment or {},
                [theirs.fileno(), *pass_fds],
            )
        self.addresses = self._read_addresses()

    def _first_options(
        self, options: Options, workers: int, launcher: str
    ) -> Options:
        files = self.certificate
        return {
            **config_files.LOGGING,
            'api_paste_config': os.path.join(self.folder, 'api-paste.ini'),
            'ssl.cert_file': files.cert,
            'ssl.key_file': files.key,
            **({'wsgiserver.workers': workers} if launcher == 'own' else {}),
            **options,
        }

    def _service(self, spec: dict[str, Any]) -> dict[str, Any]:
        usual: dict[str, Any] = {
            'transport': 'tcp',
            'path': os.path.join(self.folder, 'socket'),
            'text': '',
            'paste': None,
            'given': None,
            'slow': False,
            'arguments': {},
        }
        return usual | spec

    def _start(
        self,
        given: dict[str, Any],
        wrapper: Sequence[str],
        environment: Mapping[str, str],
        pass_fds: Sequence[int],
    ) -> subprocess.Popen[str]:
        module = 'wsgiserver.tests.functional.serve'
        return subprocess.Popen(
            [
                *wrapper,
                *(sys.executable, '-W', 'ignore', '-m', module),
                json.dumps(given),
            ],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            pass_fds=pass_fds,
        )

    def _read_addresses(self) -> list[list[Address]]:
        """Wait for the process to say where each server listens."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            log = self.log()
            self.stop()
            raise NotServing(log)
        return [
            [name if isinstance(name, str) else tuple(name) for name in names]
            for names in json.loads(line)
        ]

    @property
    def address(self) -> Any:
        """The port of the first server, or the path of its UNIX socket."""
        first = self.addresses[0][0]
        return first if isinstance(first, str) else first[1]

    # -- what it has read ----------------------------------------------------

    def configure(self, changes: Options) -> None:
        """Change the configuration file; None takes an option out."""
        options = {**self.options, **changes}
        self.options = {k: v for k, v in options.items() if v is not None}
        self.write('service.conf', config_files.text(self.options))

    def write_paste(self, text: str) -> None:
        """Write api-paste.ini."""
        self.write('api-paste.ini', text)

    def write(self, name: str, text: str) -> str:
        """Put a file into the server's folder; returns its path.

        Bytes that are no UTF-8 are written as ``\\udcXX``.
        """
        data = text.encode(errors='surrogateescape')
        return certificates.replace(self.folder, name, data)

    def replace_certificate(self) -> certificates.Issued:
        """Make a new certificate, in the files of the one before."""
        self.certificate = certificates.authority().issue(self.folder)
        return self.certificate

    def call(self, method: str, where: str = 'here') -> str:
        """Have a method of the first server called.

        :param where: ``here``, in the main thread; in a ``thread``; in the
            ``handler`` of a signal; or in the ``background``, whose end is
            not waited for.
        :returns: 'returned', or what was raised.
        """
        self.call_later(method, where)
        return self.answer()

    def call_later(self, method: str, where: str = 'here') -> None:
        """Ask for a call, and don't wait for :meth:`answer`."""
        self._control.sendall(json.dumps([method, where]).encode() + b'\n')

    def answer(self) -> str:
        """Wait for what came of a call."""
        line = b''
        while not line.endswith(b'\n'):
            # Not more than this answer: others may have been asked for.
            more = self._control.recv(1)
            if not more:
                raise EOFError(self.log())
            line += more
        result: str = json.loads(line)
        return result

    # -- what it says --------------------------------------------------------

    def log(self) -> str:
        """What the server has logged so far."""
        self._log.flush()
        return os.pread(self._log.fileno(), 1 << 24, 0).decode()

    def wait_for_log(self, text: str) -> str:
        """Wait until the log has a text; returns the log."""
        try:
            eventually(lambda: text in self.log())
        except AssertionError:
            raise AssertionError(f'no {text!r} in: {self.log()}') from None
        return self.log()

    def connect(
        self,
        ahead: bytes = b'',
        *,
        to: Address | None = None,
        tls: ssl.SSLContext | bool | None = None,
    ) -> wire.Wire:
        """Make a connection.

        :param ahead: what is sent before all else, TLS included.
        :param to: where to; by default to the first server.
        :param tls: whether to speak TLS, and how; by default, if that server
            does, without a certificate.
        """
        address = to or self.addresses[0][0]
        sock = connected(address)
        try:
            sock.sendall(ahead)
            if tls is None:
                tls = self.transport == 'tls'
            if tls:
                context = certificates.trusting() if tls is True else tls
                sock = context.wrap_socket(sock, server_hostname='localhost')
        except BaseException:
            sock.close()
            raise
        return wire.Wire(sock)

    def get(self, path: str, **way: Any) -> wire.Response:
        """Make one GET request on a connection of its own."""
        with self.connect(**way) as connection:
            connection.send(wire.request('GET', path, 'Connection: close'))
            return connection.response()

    def terminate(self) -> int:
        """Send SIGTERM and wait for the end; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def stop(self) -> None:
        """End it, whatever state it is in."""
        self._control.close()
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
        self._temporary.cleanup()


class NotServing(RuntimeError):
    """No server came up; the argument is what it has logged."""


def connected(address: Address) -> socket.socket:
    """Make a plain connection."""
    if isinstance(address, tuple):
        sock = socket.create_connection(address, PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    try:
        sock.connect(address.replace('@', '\0'))
    except BaseException:
        sock.close()
        raise
    return sock


@functools.cache
def shared_server(backend: str, transport: str) -> ServerProcess:
    """The server that the tests of this process share."""
    return kept(ServerProcess(backend, transport))


def kept(server: ServerProcess) -> ServerProcess:
    """Keep a server for all tests of this process; returns it."""
    atexit.register(server.stop)
    return server


class SocketFile(fixtures.Fixture):
    """A path for a UNIX socket, short enough to be one."""

    path: str

    def _setUp(self) -> None:
        folder = tempfile.mkdtemp(prefix='wsgiserver-', dir=_FOLDER)
        self.addCleanup(shutil.rmtree, folder)
        self.path = os.path.join(folder, 'socket')
