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

"""The other end of a TLS connection, and certificates for both."""

import os
import select
import socket
import ssl
from typing import Any

import fixtures
from oslo_config import cfg
import trustme

from wsgiserver import _options
from wsgiserver import _tls
from wsgiserver.tests import base

# Made once: keys cost more than all of the tests.
CA = trustme.CA()
SERVER = CA.issue_cert('server.example')
CLIENT = CA.issue_cert('client@client.example')
OTHER_CA = trustme.CA()


class TLSTestCase(base.TestCase):
    """The base of the tests: files and configurations."""

    def setUp(self) -> None:
        super().setUp()
        self.dir = self.useFixture(fixtures.TempDir()).path
        self.ca_file = self._file('ca.pem', CA.cert_pem)
        self.cert_file = self._file('cert.pem', *SERVER.cert_chain_pems)
        self.key_file = self._file('key.pem', SERVER.private_key_pem)

    def _file(self, name: str, *blobs: trustme.Blob) -> str:
        path = os.path.join(self.dir, name)
        with open(path, 'wb') as file:
            for blob in blobs:
                file.write(blob.bytes())
        return path

    def conf(self, minimum: str = 'TLSv1.2', **values: Any) -> cfg.ConfigOpts:
        """Make a configuration; certificate and key are there by default."""
        conf = cfg.ConfigOpts()
        _options.register_opts(conf)
        conf([])
        values.setdefault('cert_file', self.cert_file)
        values.setdefault('key_file', self.key_file)
        for name, value in values.items():
            conf.set_override(name, value, 'ssl')
        conf.set_override('tls_minimum_version', minimum, 'wsgiserver')
        return conf

    def client_context(self, **changes: Any) -> ssl.SSLContext:
        """Make the context of a client that trusts the test's CA."""
        made = ssl.create_default_context(cafile=self.ca_file)
        for name, value in changes.items():
            setattr(made, name, value)
        return made


class Client:
    """The other end of a stream; its TLS is in the test's hands."""

    def __init__(self, sock: socket.socket, tls: ssl.SSLContext) -> None:
        self.socket = sock
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = tls.wrap_bio(
            self.incoming, self.outgoing, server_hostname='server.example'
        )

    def flush(self) -> None:
        """Send what is to be sent."""
        self.socket.sendall(self.outgoing.read())

    def fill(self) -> bool:
        """Take what has come; False if nothing has."""
        if not select.select([self.socket], [], [], 0)[0]:
            return False
        data = self.socket.recv(65536)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()
        return True

    def handshake(self) -> bool:
        """Go on with the handshake; True once it is complete."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.flush()
            return False
        self.flush()
        return True

    def read(self, size: int = 1 << 20) -> bytes:
        """Read all that has come."""
        content = b''
        while True:
            try:
                content += self.tls.read(size)
            except ssl.SSLWantReadError:
                if not self.fill():
                    return content


class StreamTestCase(TLSTestCase):
    """The base of the tests that have a stream and its client."""

    def pair(
        self, client_tls: ssl.SSLContext | None = None, **values: Any
    ) -> tuple[_tls.Stream, Client]:
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        ours.setblocking(False)
        stream = _tls.Stream(ours, _tls.context(self.conf(**values)))
        return stream, Client(theirs, client_tls or self.client_context())

    def step(self, stream: _tls.Stream) -> bool:
        try:
            return stream.handshake()
        except BlockingIOError:
            return False

    def shake(self, stream: _tls.Stream, client: Client) -> None:
        client_done = server_done = False
        for _turn in range(10):
            client_done = client_done or client.handshake()
            server_done = server_done or self.step(stream)
            client.fill()
            if client_done and server_done:
                return
        self.fail('the handshake does not end')

    def connected(self, **values: Any) -> tuple[_tls.Stream, Client]:
        stream, client = self.pair(**values)
        self.shake(stream, client)
        return stream, client
