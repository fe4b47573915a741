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

"""The certificate of a server, and its key."""

import ssl
import traceback

from cryptography.hazmat.primitives import serialization
import trustme

from wsgiserver._net import tls_context
from wsgiserver.tests.unit.net import tls_peer

_PASSWORD = 'the secret of the key'


def _encrypt(
    key: trustme.Blob,
    password: str = _PASSWORD,
    form: serialization.PrivateFormat = serialization.PrivateFormat.PKCS8,
) -> bytes:
    loaded = serialization.load_pem_private_key(key.bytes(), None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        form,
        serialization.BestAvailableEncryption(password.encode()),
    )


class EncryptedKeyTestCase(tls_peer.TLSTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.encrypted = self.file(
            'encrypted.pem', _encrypt(tls_peer.SERVER.private_key_pem)
        )

    def test_a_key_is_decrypted(self) -> None:
        old = serialization.PrivateFormat.TraditionalOpenSSL
        for key_file in (
            self.encrypted,
            self.file(
                'old.pem', _encrypt(tls_peer.SERVER.private_key_pem, form=old)
            ),
        ):
            tls_context.context(
                self.conf(key_file=key_file, tls_key_password=_PASSWORD)
            )

    def test_a_password_is_text_of_any_script(self) -> None:
        key_file = self.file(
            'key.pem', _encrypt(tls_peer.SERVER.private_key_pem, 'clé№')
        )
        tls_context.context(
            self.conf(key_file=key_file, tls_key_password='clé№')
        )

    def test_a_key_in_the_clear_needs_no_password(self) -> None:
        tls_context.context(self.conf(tls_key_password=_PASSWORD))

    def test_nobody_is_asked_for_the_password(self) -> None:
        for password in (None, ''):
            self.assertEqual(
                f'The key_file {self.encrypted} of [ssl] is encrypted: set '
                '[wsgiserver]/tls_key_password',
                self.refusal(
                    key_file=self.encrypted, tls_key_password=password
                ),
            )

    def test_a_wrong_password_is_refused(self) -> None:
        self.assertIn(
            f"The key_file {self.encrypted} of [ssl] can't be decrypted with "
            '[wsgiserver]/tls_key_password: ',
            self.refusal(key_file=self.encrypted, tls_key_password='wrong'),
        )

    def test_what_can_not_be_a_password_is_refused(self) -> None:
        for password in ('x' * 1025, 'x\udc80'):
            self.assertEqual(
                '[wsgiserver]/tls_key_password, for the key_file '
                f'{self.encrypted} of [ssl], has to be text of 1024 bytes at '
                'most',
                self.refusal(
                    key_file=self.encrypted, tls_key_password=password
                ),
            )

    def test_the_password_is_told_to_nobody(self) -> None:
        mismatch = self.file(
            'other.pem', _encrypt(tls_peer.CLIENT.private_key_pem, 'hush-hush')
        )
        for password, key_file in (
            ('hush', self.encrypted),
            ('hush' * 300, self.encrypted),
            ('hush\udc80', self.encrypted),
            ('hush-hush', mismatch),
        ):
            conf = self.conf(key_file=key_file, tls_key_password=password)
            error = self.assertRaises(RuntimeError, tls_context.context, conf)
            told = ''.join(traceback.format_exception(error))
            self.assertIn(key_file, told)
            self.assertNotIn('hush', told)


class UnusableTestCase(tls_peer.TLSTestCase):
    def test_a_key_of_another_certificate_is_refused(self) -> None:
        rsa = tls_peer.CA.issue_cert('x', key_type=trustme.KeyType.RSA)
        for other in (
            tls_peer.CLIENT.private_key_pem.bytes(),
            rsa.private_key_pem.bytes(),
            _encrypt(tls_peer.CLIENT.private_key_pem),
        ):
            key_file = self.file('other.pem', other)
            self.assertEqual(
                f'The key in key_file {key_file} of [ssl] is not that of the '
                f'certificate in cert_file {self.cert_file}',
                self.refusal(key_file=key_file, tls_key_password=_PASSWORD),
            )

    def test_a_cert_file_without_a_certificate_is_named(self) -> None:
        whole = tls_peer.SERVER.cert_chain_pems[0].bytes()
        for content in (b'', b'garbage', whole[:300]):
            path = self.file('broken.pem', content)
            self.assertIn(
                f'The cert_file {path} of [ssl] holds no usable certificate',
                self.refusal(cert_file=path),
            )

    def test_a_key_file_without_a_key_is_named(self) -> None:
        whole = tls_peer.SERVER.private_key_pem.bytes()
        for content in (b'', b'garbage', whole[:100]):
            path = self.file('broken.pem', content)
            self.assertIn(
                f'The key_file {path} of [ssl] holds no usable key',
                self.refusal(key_file=path),
            )

    def test_a_ca_file_without_a_certificate_is_named(self) -> None:
        path = self.file('broken.pem', b'garbage')
        self.assertIn(
            f'The ca_file {path} of [ssl] holds no usable certificate',
            self.refusal(ca_file=path),
        )

    def test_a_key_that_is_too_weak_is_said_to_be(self) -> None:
        said = self.refusal(ciphers='ECDHE@SECLEVEL=5')
        self.assertIn('KEY_TOO_SMALL', said)
        self.assertIn(self.cert_file, said)
        self.assertIn(self.key_file, said)


class ChainTestCase(tls_peer.StreamTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.leaf = tls_peer.CA.create_child_ca().issue_cert('server.example')
        self.key_file = self.file('leaf.key', self.leaf.private_key_pem)

    def test_a_client_that_knows_the_root_alone_connects(self) -> None:
        chain = self.leaf.cert_chain_pems
        self.assertEqual(2, len(chain))
        stream, client = self.connected(
            cert_file=self.file('chain.pem', *chain), key_file=self.key_file
        )
        stream.send(b'hello')
        self.assertEqual(b'hello', client.read())

    def test_without_the_chain_it_does_not(self) -> None:
        stream, client = self.pair(
            cert_file=self.file('leaf.pem', self.leaf.cert_chain_pems[0]),
            key_file=self.key_file,
        )
        self.assertRaises(
            ssl.SSLCertVerificationError, self.shake, stream, client
        )

    def test_certificate_and_key_may_be_in_one_file(self) -> None:
        path = self.file(
            'all.pem', self.leaf.private_key_pem, *self.leaf.cert_chain_pems
        )
        self.connected(cert_file=path, key_file=path)
