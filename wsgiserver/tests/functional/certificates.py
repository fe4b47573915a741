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

"""Certificates made for tests, and the files they are in."""

from __future__ import annotations

import functools
import os
import ssl
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography import x509
import trustme


class Issued(NamedTuple):
    """The files of a certificate and its key, and its serial number.

    The number is written as :meth:`ssl.SSLSocket.getpeercert` has it.
    """

    ca: str
    cert: str
    key: str
    serial: str


class Authority:
    """A certificate authority."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def issue(
        self,
        folder: str,
        *names: str,
        common_name: str | None = None,
        password: bytes | None = None,
    ) -> Issued:
        """Make a certificate in the files ca, cert and key of a folder.

        Each file is replaced at once, those of an earlier one included.

        :param folder: where the files are.
        :param names: whom it vouches for; the servers of the tests if none.
        :param common_name: the CN of its subject.
        :param password: what its key is encrypted with.
        """
        made = self._ca.issue_cert(
            *(names or ('127.0.0.1', '::1', 'localhost')),
            common_name=common_name,
        )
        chain = b''.join(pem.bytes() for pem in made.cert_chain_pems)
        key = _encrypted(made.private_key_pem.bytes(), password)
        certificate = x509.load_pem_x509_certificate(chain)
        return Issued(
            replace(folder, 'ca', self._ca.cert_pem.bytes()),
            replace(folder, 'cert', chain),
            replace(folder, 'key', key),
            _written(certificate.serial_number),
        )

    def trusting(self) -> ssl.SSLContext:
        """Make the context of a client that trusts this authority."""
        pem = self._ca.cert_pem.bytes().decode()
        return ssl.create_default_context(cadata=pem)


@functools.cache
def authority() -> Authority:
    """The authority that the tests of this process trust."""
    return Authority()


@functools.cache
def trusting() -> ssl.SSLContext:
    """What clients without a certificate of their own use."""
    return authority().trusting()


def replace(folder: str, name: str, content: bytes) -> str:
    """Put a file where another one may be; nobody sees a part of it."""
    path = os.path.join(folder, name)
    with open(f'{path}.new', 'wb') as file:
        file.write(content)
    os.replace(f'{path}.new', path)
    return path


def _encrypted(pem: bytes, password: bytes | None) -> bytes:
    if password is None:
        return pem
    key = serialization.load_pem_private_key(pem, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )


def _written(number: int) -> str:
    digits = f'{number:X}'
    return digits.zfill(len(digits) + len(digits) % 2)
