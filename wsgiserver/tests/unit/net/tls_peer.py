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

import datetime
import os
import select
import socket
import ssl
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography import x509
import fixtures
from oslo_config import cfg
import trustme

from wsgiserver import _config
from wsgiserver._net import tls_context
from wsgiserver._net import tls_stream
from wsgiserver.tests import base

# Made once: keys cost more than all of the tests.
CA = trustme.CA()
SERVER = CA.issue_cert('server.example')
CLIENT = CA.issue_cert('client@client.example')
OTHER_CA = trustme.CA()


def issue(*subject: list[x509.NameAttribute[str]]) -> tuple[bytes, bytes]:
    """Issue a certificate by the test's CA for any subject.

    :param subject: the relative names, each with its attributes.
    :returns: the certificate and its key, as PEM.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    ca = x509.load_pem_x509_certificate(CA.cert_pem.bytes())
    ca_key = serialization.load_pem_private_key(
        CA.private_key_pem.bytes(), None
    )
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(map(x509.RelativeDistinguishedName, subject)))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(0xABCDE)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .sign(ca_key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


class TLSTestCase(base.TestCase):
    """The base of the tests: files and configurations."""

    def setUp(self) -> None:
        super().setUp()
        self.dir = self.useFixture(fixtures.TempDir()).path
        self.ca_file = self.file('ca.pem', CA.cert_pem)
        self.cert_file = self.file('cert.pem', *SERVER.cert_chain_pems)
        self.key_file = self.file('key.pem', SERVER.private_key_pem)

    def file(self, name: str, *contents: trustme.Blob | bytes) -> str:
        """Write a file; returns its path."""
        path = os.path.join(self.dir, name)
        with open(path, 'wb') as file:
            for part in contents:
                file.write(part if isinstance(part, bytes) else part.bytes())
        return path

    def conf(self, **values: Any) -> cfg.ConfigOpts:
        """Make a configuration; certificate and key are there by default.

        :param values: options of [ssl]; of [wsgiserver] if they are named
            tls_something.
        """
        conf = cfg.ConfigOpts()
        _config.register_opts(conf)
        conf([])
        values.setdefault('cert_file', self.cert_file)
        values.setdefault('key_file', self.key_file)
        for name, value in values.items():
            group = 'wsgiserver' if name.startswith('tls_') else 'ssl'
            conf.set_override(name, value, group)
        return conf

    def refusal(self, **values: Any) -> str:
        """Tell why a context can't be made of the options."""
        error = self.assertRaises(
            RuntimeError, tls_context.context, self.conf(**values)
        )
        self.assertNotIn('\n', str(error))
        return str(error)

    def client_context(self, **changes: Any) -> ssl.SSLContext:
        """Make the context of a client that trusts the test's CA."""
        made = ssl.create_default_context(cafile=self.ca_file)
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def presenting(
        self, *subject: list[x509.NameAttribute[str]]
    ) -> ssl.SSLContext:
        """Make the context of a client that the CA gave a certificate.

        :param subject: the relative names, each with its attributes.
        """
        made = self.client_context()
        certificate, key = issue(*subject)
        made.load_cert_chain(
            self.file('client.pem', certificate),
            self.file('client.key', key),
        )
        return made


class Client:
    """The other end of a stream; its TLS is in the test's hands."""

    def __init__(
        self,
        sock: socket.socket,
        tls: ssl.SSLContext,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self.socket = sock
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = tls.wrap_bio(
            self.incoming,
            self.outgoing,
            server_hostname='server.example',
            session=session,
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
    ) -> tuple[tls_stream.Stream, Client]:
        return self.meet(
            tls_context.context(self.conf(**values)),
            client_tls or self.client_context(),
        )

    def meet(
        self,
        server_tls: ssl.SSLContext,
        client_tls: ssl.SSLContext,
        session: ssl.SSLSession | None = None,
    ) -> tuple[tls_stream.Stream, Client]:
        """Connect a client with its stream; nothing is sent yet."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        ours.setblocking(False)
        stream = tls_stream.Stream(ours, server_tls)
        return stream, Client(theirs, client_tls, session)

    def step(self, stream: tls_stream.Stream) -> bool:
        try:
            return stream.handshake()
        except BlockingIOError:
            return False

    def shake(self, stream: tls_stream.Stream, client: Client) -> None:
        client_done = server_done = False
        for _turn in range(10):
            client_done = client_done or client.handshake()
            server_done = server_done or self.step(stream)
            client.fill()
            if client_done and server_done:
                return
        self.fail('the handshake does not end')

    def connected(
        self, client_tls: ssl.SSLContext | None = None, **values: Any
    ) -> tuple[tls_stream.Stream, Client]:
        stream, client = self.pair(client_tls, **values)
        self.shake(stream, client)
        return stream, client
