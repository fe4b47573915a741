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

"""The TLS context of a server."""

import os
import ssl

from wsgiserver import _tls
from wsgiserver.tests.unit import tls_peer


class CheckTestCase(tls_peer.TLSTestCase):
    def test_files_that_are_there_are_in_order(self) -> None:
        _tls.check(self.conf())
        _tls.check(self.conf(ca_file=self.ca_file))

    def test_a_missing_file_is_named_with_its_option(self) -> None:
        for option in ('cert_file', 'key_file', 'ca_file'):
            path = os.path.join(self.dir, 'nosuch')
            error = self.assertRaises(
                RuntimeError, _tls.check, self.conf(**{option: path})
            )
            self.assertIn(f'Unable to find {option} : {path}', str(error))

    def test_a_directory_is_no_file(self) -> None:
        self.assertRaises(
            RuntimeError, _tls.check, self.conf(cert_file=self.dir)
        )

    def test_certificate_and_key_are_both_needed(self) -> None:
        for values in (
            {'cert_file': None},
            {'key_file': None},
            {'key_file': ''},
            {'cert_file': None, 'key_file': None},
        ):
            error = self.assertRaises(
                RuntimeError, _tls.check, self.conf(**values)
            )
            self.assertIn(
                'When running server in SSL mode, you must specify both',
                str(error),
            )


class ContextTestCase(tls_peer.TLSTestCase):
    def test_old_versions_are_off(self) -> None:
        made = _tls.context(self.conf())
        self.assertIs(ssl.TLSVersion.TLSv1_2, made.minimum_version)
        made = _tls.context(self.conf('TLSv1.3'))
        self.assertIs(ssl.TLSVersion.TLSv1_3, made.minimum_version)

    def test_one_version_can_be_pinned(self) -> None:
        for name, version in (
            ('TLSv1_2', ssl.TLSVersion.TLSv1_2),
            ('tlsv1_3', ssl.TLSVersion.TLSv1_3),
            ('TLSv1.2', ssl.TLSVersion.TLSv1_2),
        ):
            for minimum in ('TLSv1.2', 'TLSv1.3'):
                made = _tls.context(self.conf(minimum, version=name))
                self.assertIs(version, made.minimum_version)
                self.assertIs(version, made.maximum_version)

    def test_sslv23_pins_nothing(self) -> None:
        made = _tls.context(self.conf(version='SSLv23'))
        self.assertIs(ssl.TLSVersion.TLSv1_2, made.minimum_version)
        self.assertIs(ssl.TLSVersion.MAXIMUM_SUPPORTED, made.maximum_version)

    def test_a_version_that_nobody_should_speak_is_refused(self) -> None:
        for name in ('SSLv2', 'SSLv3', 'TLSv1', 'TLSv1_1', 'nosuch'):
            error = self.assertRaises(
                RuntimeError, _tls.context, self.conf(version=name)
            )
            self.assertIn(f'Invalid SSL version : {name}', str(error))

    def test_ciphers_are_set(self) -> None:
        made = _tls.context(self.conf(ciphers='ECDHE-RSA-AES256-GCM-SHA384'))
        names = {c['name'] for c in made.get_ciphers()}
        self.assertIn('ECDHE-RSA-AES256-GCM-SHA384', names)
        self.assertNotIn('ECDHE-RSA-AES128-GCM-SHA256', names)

    def test_what_can_not_be_used_is_named(self) -> None:
        garbage = os.path.join(self.dir, 'garbage')
        with open(garbage, 'wb') as file:
            file.write(b'garbage')
        other = self._file('other.pem', tls_peer.CLIENT.private_key_pem)
        for values in (
            {'cert_file': garbage},
            {'key_file': garbage},
            {'key_file': other},
            {'ca_file': garbage},
            {'ciphers': 'nosuch'},
        ):
            error = self.assertRaises(
                RuntimeError, _tls.context, self.conf(**values)
            )
            self.assertNotIn('Traceback', str(error))
            self.assertIn('[ssl]', str(error))

    def test_a_ca_file_demands_certificates_of_clients(self) -> None:
        made = _tls.context(self.conf())
        self.assertIs(ssl.CERT_NONE, made.verify_mode)
        made = _tls.context(self.conf(ca_file=self.ca_file))
        self.assertIs(ssl.CERT_REQUIRED, made.verify_mode)
