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

"""The TLS context of a server, but for its certificates."""

import os
import platform
import ssl

from wsgiserver import _config
from wsgiserver._net import tls_context
from wsgiserver.tests.unit.net import tls_peer


class CheckTestCase(tls_peer.TLSTestCase):
    def test_files_that_are_there_are_in_order(self) -> None:
        tls_context.check(self.conf())
        tls_context.check(self.conf(ca_file=self.ca_file))

    def test_a_missing_file_is_named_with_its_option(self) -> None:
        for option in ('cert_file', 'key_file', 'ca_file'):
            path = os.path.join(self.dir, 'nosuch')
            error = self.assertRaises(
                RuntimeError, tls_context.check, self.conf(**{option: path})
            )
            self.assertIn(f'Unable to find {option} : {path}', str(error))

    def test_a_directory_is_no_file(self) -> None:
        self.assertRaises(
            RuntimeError, tls_context.check, self.conf(cert_file=self.dir)
        )

    def test_certificate_and_key_are_both_needed(self) -> None:
        for values in (
            {'cert_file': None},
            {'key_file': None},
            {'key_file': ''},
            {'cert_file': None, 'key_file': None},
        ):
            error = self.assertRaises(
                RuntimeError, tls_context.check, self.conf(**values)
            )
            self.assertIn(
                'When running server in SSL mode, you must specify both',
                str(error),
            )

    def test_client_certificates_need_authorities(self) -> None:
        for value in ('optional', 'required'):
            conf = self.conf(tls_client_certificates=value)
            error = self.assertRaises(RuntimeError, tls_context.check, conf)
            self.assertEqual(
                f'[wsgiserver]/tls_client_certificates is {value}, which '
                'needs [ssl]/ca_file: the authorities that sign them',
                str(error),
            )
        tls_context.check(self.conf(tls_client_certificates='off'))


class VersionsTestCase(tls_peer.TLSTestCase):
    def test_old_versions_are_off(self) -> None:
        made = tls_context.context(self.conf())
        self.assertIs(ssl.TLSVersion.TLSv1_2, made.minimum_version)
        made = tls_context.context(self.conf(tls_minimum_version='TLSv1.3'))
        self.assertIs(ssl.TLSVersion.TLSv1_3, made.minimum_version)

    def test_one_version_can_be_pinned(self) -> None:
        for name, version in (
            ('TLSv1_2', ssl.TLSVersion.TLSv1_2),
            ('tlsv1_3', ssl.TLSVersion.TLSv1_3),
            ('TLSv1.2', ssl.TLSVersion.TLSv1_2),
        ):
            for minimum in ('TLSv1.2', 'TLSv1.3'):
                made = tls_context.context(
                    self.conf(tls_minimum_version=minimum, version=name)
                )
                self.assertIs(version, made.minimum_version)
                self.assertIs(version, made.maximum_version)

    def test_sslv23_pins_nothing(self) -> None:
        made = tls_context.context(self.conf(version='SSLv23'))
        self.assertIs(ssl.TLSVersion.TLSv1_2, made.minimum_version)
        self.assertIs(ssl.TLSVersion.MAXIMUM_SUPPORTED, made.maximum_version)

    def test_a_version_that_nobody_should_speak_is_refused(self) -> None:
        for name in ('SSLv2', 'SSLv3', 'TLSv1', 'TLSv1_1', 'nosuch'):
            self.assertEqual(
                f'Invalid SSL version : {name}', self.refusal(version=name)
            )

    def test_the_options_may_be_in_another_group(self) -> None:
        conf = self.conf(tls_minimum_version='TLSv1.2')
        _config.register_opts(conf, 'admin')
        conf.set_override('tls_minimum_version', 'TLSv1.3', 'admin')
        made = tls_context.context(conf, 'admin')
        self.assertIs(ssl.TLSVersion.TLSv1_3, made.minimum_version)
        conf.set_override('tls_client_certificates', 'required', 'admin')
        error = self.assertRaises(
            RuntimeError, tls_context.check, conf, 'admin'
        )
        self.assertIn('[admin]/tls_client_certificates', str(error))


class _Old(ssl.SSLContext):
    """The context of a Python that can't set the suites of TLS 1.3."""

    set_ciphersuites = property()  # Reading it is an AttributeError.


class _New(ssl.SSLContext):
    """The context of a Python that can."""

    suites = ''

    def set_ciphersuites(self, suites: str) -> None:
        if suites == 'nosuch':
            raise ssl.SSLError('No cipher can be selected.')
        self.suites = suites


class CiphersTestCase(tls_peer.TLSTestCase):
    def test_ciphers_are_set(self) -> None:
        made = tls_context.context(
            self.conf(ciphers='ECDHE-RSA-AES256-GCM-SHA384')
        )
        names = {c['name'] for c in made.get_ciphers()}
        self.assertIn('ECDHE-RSA-AES256-GCM-SHA384', names)
        self.assertNotIn('ECDHE-RSA-AES128-GCM-SHA256', names)

    def test_ciphers_that_do_not_exist_are_refused(self) -> None:
        self.assertIn(
            '[ssl]/ciphers is unusable: ', self.refusal(ciphers='nosuch')
        )

    def test_cipher_suites_are_set_where_python_can(self) -> None:
        made = _New(ssl.PROTOCOL_TLS_SERVER)
        conf = self.conf(tls_ciphersuites='TLS_AES_256_GCM_SHA384')
        tls_context.set_ciphers(made, conf, 'wsgiserver')
        self.assertEqual('TLS_AES_256_GCM_SHA384', made.suites)

    def test_cipher_suites_that_do_not_exist_are_refused(self) -> None:
        error = self.assertRaises(
            RuntimeError,
            tls_context.set_ciphers,
            _New(ssl.PROTOCOL_TLS_SERVER),
            self.conf(tls_ciphersuites='nosuch'),
            'wsgiserver',
        )
        self.assertIn(
            '[wsgiserver]/tls_ciphersuites is unusable: ', str(error)
        )

    def test_cipher_suites_are_never_ignored(self) -> None:
        error = self.assertRaises(
            RuntimeError,
            tls_context.set_ciphers,
            _Old(ssl.PROTOCOL_TLS_SERVER),
            self.conf(tls_ciphersuites='TLS_AES_256_GCM_SHA384'),
            'wsgiserver',
        )
        self.assertEqual(
            "[wsgiserver]/tls_ciphersuites can't be set with Python "
            f'{platform.python_version()}: it needs 3.15. The configuration '
            'file of OpenSSL can do it: Ciphersuites in its system_default '
            'section',
            str(error),
        )

    def test_a_context_is_made_with_the_cipher_suites(self) -> None:
        # Whatever the Python: it can't set these.
        self.assertIn(
            '[wsgiserver]/tls_ciphersuites',
            self.refusal(tls_ciphersuites='nosuch'),
        )

    def test_without_cipher_suites_nothing_is_set(self) -> None:
        for suites in (None, ''):
            tls_context.set_ciphers(
                _Old(ssl.PROTOCOL_TLS_SERVER),
                self.conf(tls_ciphersuites=suites),
                'wsgiserver',
            )


class DefaultsTestCase(tls_peer.TLSTestCase):
    def test_what_is_known_to_be_unsafe_is_off(self) -> None:
        made = tls_context.context(self.conf())
        self.assertTrue(made.options & ssl.OP_NO_COMPRESSION)
        self.assertTrue(made.options & ssl.OP_NO_RENEGOTIATION)

    def test_the_order_of_the_ciphers_is_that_of_the_server(self) -> None:
        made = tls_context.context(self.conf())
        self.assertTrue(made.options & ssl.OP_CIPHER_SERVER_PREFERENCE)
