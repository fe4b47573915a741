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
"""TLS while a server runs: silent clients, new files, client certificates."""

import signal
import ssl
from typing import Any

import fixtures

from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import load

request = harness.request


class TestSilentClients(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def test_others_are_served_as_before(self) -> None:
        server = self.serve('tls', server={'pool_size': 4})
        for _turn in range(200):
            self.connect(server, tls=False)
        with load.Load(server.connect, 4) as clients:
            harness.eventually(lambda: clients.answered > 200)
        self.assertEqual([], clients.failures)
        self.assertLess(clients.slowest, 1)
        for _turn in range(20):
            self.assertEqual(200, server.get('/hello').status)


class CertificateTest(launched.LaunchedTest):
    def serials(self, server: harness.ServerProcess) -> set[str]:
        """See the certificates that new connections get."""
        found = set()
        for _turn in range(8):
            with server.connect() as wire:
                found.add(wire.serial())
        return found

    def wait_for(self, server: harness.ServerProcess) -> None:
        """Wait until every worker has the certificate of now."""
        serial = server.certificate.serial
        harness.eventually(lambda: self.serials(server) == {serial})

    def break_certificate(self, server: harness.ServerProcess) -> None:
        server.write('cert', 'this is no certificate\n')


class TestReplaced(CertificateTest):
    scenarios = launched.OWN

    def test_no_request_fails(self) -> None:
        server = self.serve('tls', workers=2)
        with (
            load.Load(server.connect, 8) as lasting,
            load.Load(server.connect, 4, lasting=False) as coming,
        ):
            server.replace_certificate()
            server.process.send_signal(signal.SIGHUP)
            self.wait_for(server)
            self.break_certificate(server)
            server.process.send_signal(signal.SIGHUP)
            server.wait_for_log(' ERROR ')
            self.wait_for(server)
        self.assertEqual([], lasting.failures)
        self.assertEqual([], coming.failures)


class TestReloadOnChange(CertificateTest):
    scenarios = launched.EVERYWHERE

    def serving(self) -> harness.ServerProcess:
        return self.serve(
            'tls',
            workers=2,
            options={'wsgiserver.tls_reload_on_change': True},
        )

    def test_new_files_are_loaded(self) -> None:
        server = self.serving()
        wire = self.connect(server)
        server.replace_certificate()
        self.wait_for(server)
        wire.send(request('GET', '/hello'))
        self.assertEqual(200, wire.response().status)

    def test_broken_file_is_told_and_the_old_one_stays(self) -> None:
        server = self.serving()
        self.break_certificate(server)
        server.wait_for_log(' ERROR ')
        self.wait_for(server)
        server.replace_certificate()
        self.wait_for(server)


class TestClientCertificates(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def serving(self, asked: str | None) -> harness.ServerProcess:
        authority = certificates.authority()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.client = authority.issue(
            self.folder, 'client.example', common_name='A client, of some sort'
        )
        return self.serve_asking(asked)

    def serve_asking(self, asked: str | None) -> harness.ServerProcess:
        options = {
            'wsgiserver.tls_client_certificates': asked,
            'ssl.ca_file': self.client.ca,
        }
        return self.launch(
            'tls', options={k: v for k, v in options.items() if v}
        )

    def presenting(self) -> ssl.SSLContext:
        context = certificates.authority().trusting()
        context.load_cert_chain(self.client.cert, self.client.key)
        return context

    def environ(
        self, server: harness.ServerProcess, **way: Any
    ) -> dict[str, str]:
        environ: dict[str, str] = server.get('/environ', **way).json()
        return environ

    def check_subject(self, environ: dict[str, str]) -> None:
        self.assertEqual('SUCCESS', environ['SSL_CLIENT_VERIFY'])
        self.assertEqual(
            'A client, of some sort', environ['SSL_CLIENT_S_DN_CN']
        )
        self.assertIn(
            'CN=A client\\, of some sort', environ['SSL_CLIENT_S_DN']
        )

    def check_refused(self, server: harness.ServerProcess) -> None:
        # In TLS 1.3, the client has finished before it is refused.
        self.assertRaises((OSError, EOFError), server.get, '/environ')

    def test_off(self) -> None:
        server = self.serving('off')
        environ = self.environ(server, tls=self.presenting())
        self.assertNotIn('SSL_CLIENT_S_DN', environ)

    def test_optional(self) -> None:
        server = self.serving('optional')
        self.check_subject(self.environ(server, tls=self.presenting()))
        environ = self.environ(server)
        self.assertEqual('NONE', environ['SSL_CLIENT_VERIFY'])
        self.assertNotIn('SSL_CLIENT_S_DN', environ)

    def test_required(self) -> None:
        server = self.serving('required')
        self.check_subject(self.environ(server, tls=self.presenting()))
        self.check_refused(server)

    def test_authority_alone_means_required(self) -> None:
        server = self.serving(None)
        self.check_subject(self.environ(server, tls=self.presenting()))
        self.check_refused(server)

    def test_stranger_is_refused(self) -> None:
        server = self.serving('optional')
        # The workers may be about to read what the other folder has.
        elsewhere = self.useFixture(fixtures.TempDir()).path
        self.client = certificates.Authority().issue(elsewhere, 'stranger')
        self.assertRaises(
            (OSError, EOFError),
            server.get,
            '/environ',
            tls=self.presenting(),
        )
        self.assertEqual(200, server.get('/hello').status)

    def test_client_cannot_claim_a_subject(self) -> None:
        server = self.serving('optional')
        with server.connect() as wire:
            wire.send(request('GET', '/environ', 'SSL-CLIENT-S-DN: CN=root'))
            environ = wire.response().json()
        self.assertNotIn('SSL_CLIENT_S_DN', environ)


class TestEncryptedKey(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def files(self) -> certificates.Issued:
        return certificates.authority().issue(
            self.useFixture(fixtures.TempDir()).path, password=b'secret word'
        )

    def options(self, password: str) -> dict[str, str]:
        files = self.files()
        return {
            'ssl.cert_file': files.cert,
            'ssl.key_file': files.key,
            'wsgiserver.tls_key_password': password,
        }

    def test_key_is_read_with_the_password(self) -> None:
        server = self.serve('tls', options=self.options('secret word'))
        self.assertEqual(200, server.get('/hello').status)

    def test_wrong_password_is_told_and_not_shown(self) -> None:
        error = self.assertRaises(
            harness.NotServing,
            self.launch,
            'tls',
            options=self.options('another word'),
        )
        log = str(error)
        self.assertIn('key_file', log)
        self.assertNotIn('another word', log)
