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

"""Subject of a client's certificate, as applications are told it."""

from __future__ import annotations

from collections.abc import Mapping
import itertools
import re
from typing import Any

# ssl gives the long names that OpenSSL has for the types; these are the short
# ones of those that have one. RFC 4514, section 3, has the first nine.
_SHORT = {
    'commonName': 'CN',
    'localityName': 'L',
    'stateOrProvinceName': 'ST',
    'organizationName': 'O',
    'organizationalUnitName': 'OU',
    'countryName': 'C',
    'streetAddress': 'street',
    'domainComponent': 'DC',
    'userId': 'UID',
    'givenName': 'GN',
    'jurisdictionCountryName': 'jurisdictionC',
    'jurisdictionLocalityName': 'jurisdictionL',
    'jurisdictionStateOrProvinceName': 'jurisdictionST',
    'rfc822Mailbox': 'mail',
    'surname': 'SN',
}

# RFC 4514, section 2.4. Control characters need not be escaped but for NUL;
# they are, since such a name ends up in logs.
_SPECIAL = re.compile(r'[\x00-\x1f\x7f]|["+,;<>\\]|\A[ #]| \Z')

# A distinguished name: the relative ones, the most general first. ssl has
# bytes for a bit string, and text for all else.
_Name = tuple[tuple[tuple[str, str | bytes], ...], ...]


def environ(certificate: Mapping[str, Any]) -> dict[str, str]:
    """Environ keys about the subject of a certificate.

    The names are those of Apache's mod_ssl, and so are the values: RFC 4514,
    with the names of types that OpenSSL has. A type without a short name has
    its long one, such as ``emailAddress``, and one that OpenSSL doesn't know
    has its number. The value is text even then, where the RFC wants it as it
    was encoded: ``1.2.3.4=foo`` for ``1.2.3.4=#0C03666F6F``. A bit string is
    ``#`` and its bits in hexadecimal, likewise without their encoding.

    :param certificate: what ``SSLObject.getpeercert()`` says of the
        certificate of the client, which has been verified.
    :returns: SSL_CLIENT_S_DN, SSL_CLIENT_I_DN, SSL_CLIENT_M_SERIAL and, if
        the subject has a common name, SSL_CLIENT_S_DN_CN, as PEP 3333 wants
        strings to be: UTF-8, decoded as Latin-1.
    :raises ValueError: if ssl cut the serial number short.
    """
    found = {
        'SSL_CLIENT_S_DN': _write(certificate['subject']),
        'SSL_CLIENT_I_DN': _write(certificate['issuer']),
        'SSL_CLIENT_M_SERIAL': _serial(certificate['serialNumber']),
    }
    name = _common_name(certificate['subject'])
    if name is not None:
        found['SSL_CLIENT_S_DN_CN'] = name
    return {key: found[key].encode().decode('latin-1') for key in found}


def _write(name: _Name) -> str:
    # OpenSSL turns the order around within a relative name, too. It means
    # nothing there, but names are compared as strings.
    return ','.join(
        '+'.join(
            f'{_SHORT.get(kind, kind)}={_escape(value)}'
            for kind, value in reversed(relative)
        )
        for relative in reversed(name)
    )


def _escape(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return '#' + value.hex().upper()
    return _SPECIAL.sub(_escape_character, value)


def _escape_character(match: re.Match[str]) -> str:
    char = match[0]
    if char < ' ' or char == '\x7f':
        return f'\\{ord(char):02X}'
    return '\\' + char


def _common_name(name: _Name) -> str | None:
    """First common name that is text; None without one."""
    for kind, value in itertools.chain.from_iterable(name):
        if kind == 'commonName' and isinstance(value, str):
            return value
    return None


def _serial(digits: str) -> str:
    # OpenSSL breaks the line after 35 bytes, and ssl reads one line. RFC 5280,
    # section 4.1.2.2, allows for 20.
    if digits.endswith('\n'):
        raise ValueError('the serial number is longer than 35 bytes')
    return digits
