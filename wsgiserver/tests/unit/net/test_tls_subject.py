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

"""What is told about a certificate, and how its names are written."""

from cryptography import x509
from cryptography.x509 import oid
import hypothesis
from hypothesis import strategies

from wsgiserver._net import tls_subject
from wsgiserver.tests import base
from wsgiserver.tests.unit.net import tls_peer

# The same ones each time: a failure can be had again.
_bounded = hypothesis.settings(
    max_examples=200, deadline=None, derandomize=True, database=None
)

_CN = oid.NameOID.COMMON_NAME


def _environ(
    *subject: tuple[str, str | bytes], serial: str = '01'
) -> dict[str, str]:
    """Tell of what ssl says of relative names of one value."""
    relative = tuple((attribute,) for attribute in subject)
    return tls_subject.environ(
        {'subject': relative, 'issuer': (), 'serialNumber': serial}
    )


class _PresentedTestCase(tls_peer.StreamTestCase):
    """The base of the tests with certificates that clients present."""

    def present(self, *subject: list[x509.NameAttribute[str]]) -> str:
        """Present a certificate; returns what the subject is said to be."""
        stream, _client = self.connected(
            self.presenting(*subject), ca_file=self.ca_file
        )
        written = stream.client_environ()['SSL_CLIENT_S_DN']
        return written.encode('latin-1').decode('utf-8')


class EscapeTestCase(base.TestCase):
    """RFC 4514, section 2.4; each as openssl x509 prints it, too."""

    def _check(self, expected: str, text: str) -> None:
        written = _environ(('commonName', text))['SSL_CLIENT_S_DN']
        self.assertEqual(
            f'CN={expected}', written.encode('latin-1').decode('utf-8')
        )

    def test_plain_text_stays_as_it_is(self) -> None:
        for text in ('me', 'a b', "it's (me) = you/me: 100% @ home?", 'a#b'):
            self._check(text, text)

    def test_what_has_a_meaning_is_escaped(self) -> None:
        for char in '",+;<>\\':
            self._check(f'a\\{char}b', f'a{char}b')
            self._check(f'\\{char}\\{char}', char * 2)

    def test_a_number_sign_is_escaped_in_front(self) -> None:
        self._check('\\#1', '#1')
        self._check('\\##', '##')
        # openssl x509 leaves this one alone, against the RFC.
        self._check('\\#', '#')

    def test_spaces_are_escaped_at_the_ends(self) -> None:
        self._check('\\ a', ' a')
        self._check('a\\ ', 'a ')
        self._check('\\  a \\ ', '  a  ')
        self._check('\\ ', ' ')
        self._check('\\ \\ ', '  ')

    def test_control_characters_are_written_in_hexadecimal(self) -> None:
        self._check('a\\00b', 'a\0b')
        self._check('a\\0D\\0Ab', 'a\r\nb')
        self._check('\\1B[0m\\7F', '\x1b[0m\x7f')
        self._check('a\\0A', 'a\n')

    def test_other_scripts_stay_as_they_are(self) -> None:
        for text in ('Zoë', 'Лука', '№ 1', '\U0001f511'):
            self._check(text, text)

    def test_nothing_is_no_text(self) -> None:
        self._check('', '')


class NameTestCase(_PresentedTestCase):
    def test_the_last_part_comes_first(self) -> None:
        self.assertEqual(
            'CN=me,OU=sales\\, north,O=Example,C=DE',
            self.present(
                [x509.NameAttribute(oid.NameOID.COUNTRY_NAME, 'DE')],
                [x509.NameAttribute(oid.NameOID.ORGANIZATION_NAME, 'Example')],
                [
                    x509.NameAttribute(
                        oid.NameOID.ORGANIZATIONAL_UNIT_NAME, 'sales, north'
                    )
                ],
                [x509.NameAttribute(_CN, 'me')],
            ),
        )

    def test_values_of_one_part_are_joined_by_plus(self) -> None:
        # DER puts the shorter type first, and OpenSSL writes it last.
        self.assertEqual(
            'UID=7+CN=me,O=a\\+b',
            self.present(
                [x509.NameAttribute(oid.NameOID.ORGANIZATION_NAME, 'a+b')],
                [
                    x509.NameAttribute(oid.NameOID.USER_ID, '7'),
                    x509.NameAttribute(_CN, 'me'),
                ],
            ),
        )

    def test_types_have_the_names_that_openssl_writes(self) -> None:
        for kind, name in (
            (_CN, 'CN'),
            (oid.NameOID.LOCALITY_NAME, 'L'),
            (oid.NameOID.STATE_OR_PROVINCE_NAME, 'ST'),
            (oid.NameOID.ORGANIZATION_NAME, 'O'),
            (oid.NameOID.ORGANIZATIONAL_UNIT_NAME, 'OU'),
            (oid.NameOID.COUNTRY_NAME, 'C'),
            (oid.NameOID.STREET_ADDRESS, 'street'),
            (oid.NameOID.DOMAIN_COMPONENT, 'DC'),
            (oid.NameOID.USER_ID, 'UID'),
            (oid.NameOID.GIVEN_NAME, 'GN'),
            (oid.NameOID.JURISDICTION_COUNTRY_NAME, 'jurisdictionC'),
            (oid.NameOID.JURISDICTION_LOCALITY_NAME, 'jurisdictionL'),
            (
                oid.NameOID.JURISDICTION_STATE_OR_PROVINCE_NAME,
                'jurisdictionST',
            ),
            (x509.ObjectIdentifier('0.9.2342.19200300.100.1.3'), 'mail'),
            (oid.NameOID.SURNAME, 'SN'),
            # Those without a short name.
            (oid.NameOID.EMAIL_ADDRESS, 'emailAddress'),
            (oid.NameOID.SERIAL_NUMBER, 'serialNumber'),
            (oid.NameOID.TITLE, 'title'),
        ):
            self.assertEqual(
                f'{name}=it', self.present([x509.NameAttribute(kind, 'it')])
            )

    def test_a_type_without_a_name_has_its_number(self) -> None:
        for number in ('1.2.3.4', '2.999.16384'):
            kind = x509.ObjectIdentifier(number)
            self.assertEqual(
                f'{number}=foo\\, bar',
                self.present([x509.NameAttribute(kind, 'foo, bar')]),
            )

    def test_text_is_all_there(self) -> None:
        for text, written in (
            ('Zoë №1', 'Zoë №1'),
            ('a\0b', 'a\\00b'),
            ('x' * 64, 'x' * 64),
        ):
            self.assertEqual(
                f'CN={written}', self.present([x509.NameAttribute(_CN, text)])
            )

    def test_no_name_is_no_text(self) -> None:
        self.assertEqual('', self.present())


class EnvironTestCase(base.TestCase):
    def test_the_issuer_is_written_like_the_subject(self) -> None:
        environ = tls_subject.environ(
            {
                'subject': (),
                'issuer': (
                    (('organizationName', 'a, b'),),
                    (('commonName', 'Zoë'),),
                ),
                'serialNumber': '01',
            }
        )
        self.assertEqual('CN=Zo\xc3\xab,O=a\\, b', environ['SSL_CLIENT_I_DN'])

    def test_a_bit_string_is_hexadecimal(self) -> None:
        environ = _environ(('x500UniqueIdentifier', b'\x0a\x80'))
        self.assertEqual(
            'x500UniqueIdentifier=#0A80', environ['SSL_CLIENT_S_DN']
        )

    def test_the_serial_number_is_hexadecimal(self) -> None:
        for serial in ('00', '0ABCDE', '-01', '7F' * 35):
            self.assertEqual(
                serial, _environ(serial=serial)['SSL_CLIENT_M_SERIAL']
            )

    def test_a_serial_number_that_ssl_cut_short_is_refused(self) -> None:
        self.assertRaises(ValueError, _environ, serial='7F' * 35 + '\\\n')

    def test_without_a_common_name_none_is_told(self) -> None:
        attributes: list[list[tuple[str, str | bytes]]] = [
            [],
            [('organizationName', 'o')],
            # One that is no text.
            [('commonName', b'\x80')],
        ]
        for subject in attributes:
            environ = _environ(*subject)
            self.assertNotIn('SSL_CLIENT_S_DN_CN', environ)
            self.assertIn('SSL_CLIENT_S_DN', environ)

    def test_a_common_name_is_not_escaped(self) -> None:
        environ = _environ(('commonName', '#1, "a"'))
        self.assertEqual('#1, "a"', environ['SSL_CLIENT_S_DN_CN'])
        self.assertEqual('CN=\\#1\\, \\"a\\"', environ['SSL_CLIENT_S_DN'])


_NAMES = {
    'commonName': ('CN', _CN),
    'organizationName': ('O', oid.NameOID.ORGANIZATION_NAME),
    'organizationalUnitName': ('OU', oid.NameOID.ORGANIZATIONAL_UNIT_NAME),
    'title': ('title', oid.NameOID.TITLE),
}


class RoundTripTestCase(base.TestCase):
    @_bounded
    @hypothesis.given(
        strategies.lists(
            strategies.tuples(
                strategies.sampled_from(list(_NAMES)),
                strategies.text(min_size=1, max_size=16),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def test_what_is_written_can_be_read(
        self, values: list[tuple[str, str]]
    ) -> None:
        written = _environ(*values)['SSL_CLIENT_S_DN']
        parsed = x509.Name.from_rfc4514_string(
            written.encode('latin-1').decode('utf-8'), dict(_NAMES.values())
        )
        self.assertEqual(
            [(_NAMES[kind][1], text) for kind, text in values],
            [(part.oid, part.value) for part in parsed],
        )
