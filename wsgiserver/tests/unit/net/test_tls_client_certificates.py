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

"""The certificates of clients, and what the application is told of them."""

from collections.abc import Callable
import ssl
from typing import Any

from cryptography import x509
from cryptography.x509 import oid
import fixtures

from wsgiserver._net import tls_context
from wsgiserver.tests.unit.net import tls_peer
from wsgiserver.tests.unit import scenarios

_ISSUER = x509.load_pem_x509_certificate(tls_peer.CA.cert_pem.bytes()).subject


# Both declare run(), with a result that is optional in one of them.
class _CertificatesTestCase(  # type: ignore[misc]
    scenarios.ScenarioTestCase, tls_peer.StreamTestCase
):
    """The base of the tests of either version of TLS."""

    scenarios = [
        ('TLSv1.2', {'version': 'TLSv1.2'}),
        ('TLSv1.3', {'version': 'TLSv1.3'}),
    ]

    version: str
    #: The client that entered last.
    entered: tls_peer.Client

    def client(self, *subject: str) -> ssl.SSLContext:
        """Make a client that has a certificate if it has a name."""
        if not subject:
            return self.client_context()
        return self.presenting(
            *(
                [x509.NameAttribute(oid.NameOID.COMMON_NAME, name)]
                for name in subject
            )
        )

    def stranger(self) -> ssl.SSLContext:
        """Make a client that has a certificate of another authority."""
        made = self.client_context()
        tls_peer.OTHER_CA.issue_cert('stranger.example').configure_cert(made)
        return made

    def enter(
        self, client_tls: ssl.SSLContext, asked: str | None
    ) -> dict[str, str]:
        """Connect to a server that has a ca_file; returns the environ."""
        stream, self.entered = self.connected(
            client_tls,
            version=self.version,
            ca_file=self.ca_file,
            tls_client_certificates=asked,
        )
        return stream.client_environ()

    def refuse(self, client_tls: ssl.SSLContext, asked: str | None) -> None:
        """Try the same, to be refused by the server."""
        stream, client = self.pair(
            client_tls,
            version=self.version,
            ca_file=self.ca_file,
            tls_client_certificates=asked,
        )
        client.handshake()
        self.assertRaises(BlockingIOError, stream.handshake)
        client.fill()
        client.handshake()
        error = self.assertRaises(OSError, stream.handshake)
        self.assertNotIsInstance(error, BlockingIOError)


class ModesTestCase(_CertificatesTestCase):
    def test_nobody_is_asked_without_authorities(self) -> None:
        for asked in (None, 'off'):
            stream, _client = self.connected(
                self.client('me'),
                version=self.version,
                tls_client_certificates=asked,
            )
            self.assertEqual({}, stream.client_environ())

    def test_off_asks_nobody(self) -> None:
        for client in (self.client(), self.client('me'), self.stranger()):
            self.assertEqual({}, self.enter(client, 'off'))

    def test_optional_lets_clients_in_without_a_certificate(self) -> None:
        self.enter(self.client(), 'optional')
        self.enter(self.client('me'), 'optional')

    def test_optional_is_no_leave_for_strangers(self) -> None:
        self.refuse(self.stranger(), 'optional')

    def test_required_lets_nobody_in_without_a_certificate(self) -> None:
        self.enter(self.client('me'), 'required')
        self.refuse(self.client(), 'required')
        self.refuse(self.stranger(), 'required')

    def test_required_is_the_default_with_authorities(self) -> None:
        self.enter(self.client('me'), None)
        self.refuse(self.client(), None)

    def test_a_client_may_send_a_chain(self) -> None:
        leaf = tls_peer.CA.create_child_ca().issue_cert('a@client.example')
        client_tls = self.client()
        leaf.configure_cert(client_tls)
        environ = self.enter(client_tls, 'required')
        self.assertEqual('SUCCESS', environ['SSL_CLIENT_VERIFY'])
        self.assertNotEqual(
            _ISSUER.rfc4514_string(), environ['SSL_CLIENT_I_DN']
        )


class EnvironTestCase(_CertificatesTestCase):
    def _cipher(self) -> str:
        cipher = self.entered.tls.cipher()
        assert cipher is not None
        return cipher[0]

    def test_a_certificate_is_told_of(self) -> None:
        environ = self.enter(self.client('me'), 'required')
        self.assertEqual(
            {
                'SSL_CIPHER': self._cipher(),
                'SSL_PROTOCOL': self.version,
                'SSL_CLIENT_VERIFY': 'SUCCESS',
                'SSL_CLIENT_S_DN': 'CN=me',
                'SSL_CLIENT_S_DN_CN': 'me',
                'SSL_CLIENT_I_DN': _ISSUER.rfc4514_string(),
                'SSL_CLIENT_M_SERIAL': '0ABCDE',
            },
            environ,
        )

    def test_so_is_that_there_is_none(self) -> None:
        environ = self.enter(self.client(), 'optional')
        self.assertEqual(
            {
                'SSL_CIPHER': self._cipher(),
                'SSL_PROTOCOL': self.version,
                'SSL_CLIENT_VERIFY': 'NONE',
            },
            environ,
        )

    def test_strings_are_those_of_wsgi(self) -> None:
        environ = self.enter(self.client('Zoë №1'), 'required')
        for key, expected in (
            ('SSL_CLIENT_S_DN', 'CN=Zoë №1'),
            ('SSL_CLIENT_S_DN_CN', 'Zoë №1'),
        ):
            self.assertEqual(
                expected, environ[key].encode('latin-1').decode('utf-8')
            )

    def test_the_common_name_is_the_first(self) -> None:
        environ = self.enter(self.client('first', 'second'), 'required')
        self.assertEqual('CN=second,CN=first', environ['SSL_CLIENT_S_DN'])
        self.assertEqual('first', environ['SSL_CLIENT_S_DN_CN'])

    def test_a_certificate_that_can_not_be_read_is_an_os_error(self) -> None:
        # Such as one with a number for a name.
        def unreadable(tls: ssl.SSLObject) -> dict[str, str]:
            raise ssl.SSLError('unknown error')

        self._check_unreadable(unreadable, 'unknown error')

    def test_so_is_one_that_can_not_be_told_of(self) -> None:
        def endless(tls: ssl.SSLObject) -> dict[str, object]:
            return {'subject': (), 'issuer': (), 'serialNumber': 'FF\\\n'}

        self._check_unreadable(endless, 'serial number')

    def _check_unreadable(
        self, read: Callable[[ssl.SSLObject], Any], why: str
    ) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('ssl.SSLObject.getpeercert', read)
        )
        error = self.assertRaises(
            ssl.SSLError, self.enter, self.client('me'), 'required'
        )
        self.assertIn('client certificate: ', str(error))
        self.assertIn(why, str(error))


class ResumptionTestCase(_CertificatesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.server_tls = self._worker()
        self.client_tls = self.client('me')

    def _worker(self) -> ssl.SSLContext:
        """Make the context of one of several workers."""
        return tls_context.context(
            self.conf(version=self.version, ca_file=self.ca_file)
        )

    def _visit(
        self,
        server_tls: ssl.SSLContext,
        session: ssl.SSLSession | None = None,
    ) -> tuple[tls_peer.Client, dict[str, str]]:
        stream, client = self.meet(server_tls, self.client_tls, session)
        self.shake(stream, client)
        stream.send(b'hello')
        # The ticket of TLS 1.3 comes ahead of the first bytes.
        self.assertEqual(b'hello', client.read())
        return client, stream.client_environ()

    def test_the_same_worker_goes_on_with_a_session(self) -> None:
        first, environ = self._visit(self.server_tls)
        again, told = self._visit(self.server_tls, first.tls.session)
        self.assertTrue(again.tls.session_reused)
        self.assertEqual('CN=me', told['SSL_CLIENT_S_DN'])
        self.assertEqual(environ, told)

    def test_another_worker_begins_anew(self) -> None:
        first, environ = self._visit(self.server_tls)
        again, told = self._visit(self._worker(), first.tls.session)
        self.assertFalse(again.tls.session_reused)
        self.assertEqual(environ, told)
