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

"""The TLS context of a server, made from its options."""

from __future__ import annotations

import platform
import ssl

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._i18n import _

_VERSIONS = {
    'tlsv1_2': ssl.TLSVersion.TLSv1_2,
    'tlsv1.2': ssl.TLSVersion.TLSv1_2,
    'tlsv1_3': ssl.TLSVersion.TLSv1_3,
    'tlsv1.3': ssl.TLSVersion.TLSv1_3,
}

# Compression gives secrets away by the length of what is sent (CRIME), and a
# renegotiation lets a client have keys computed at no cost of its own. Python
# sets the first and the last of these itself. The server's order of ciphers
# is the operator's. Session tickets stay: keys to read them are made with the
# context, so that each worker process has its own, and so has each reset. A
# ticket that another one gave out leads to a handshake in full.
_OPTIONS = (
    ssl.OP_NO_COMPRESSION
    | ssl.OP_NO_RENEGOTIATION
    | ssl.OP_CIPHER_SERVER_PREFERENCE
)

_VERIFY_MODES = {
    'off': ssl.CERT_NONE,
    'optional': ssl.CERT_OPTIONAL,
    'required': ssl.CERT_REQUIRED,
}

# What OpenSSL says of a key that isn't that of the certificate; the last one
# if not even the algorithms agree.
_MISMATCHES = (
    'KEY_VALUES_MISMATCH',
    'KEY_TYPE_MISMATCH',
    'NO_CERTIFICATE_ASSIGNED',
)


def check(conf: cfg.ConfigOpts, group: str = _config.GROUP) -> None:
    """Check that the files of ``[ssl]`` are named and there.

    :param conf: the configuration.
    :param group: where the options of this library are.
    :raises RuntimeError: if not; the type that oslo_service.sslutils raises.
    """
    files = conf.ssl
    for name in ('cert_file', 'ca_file', 'key_file'):
        path = files[name]
        if path:
            try:
                open(path, 'rb').close()
            except OSError as error:
                raise RuntimeError(
                    _('Unable to find %(name)s : %(path)s (%(error)s)')
                    % {'name': name, 'path': path, 'error': error.strerror}
                ) from error
    if not files.cert_file or not files.key_file:
        raise RuntimeError(
            _(
                'When running server in SSL mode, you must specify both a '
                'cert_file and key_file option value in your configuration '
                'file'
            )
        )
    if not files.ca_file and _verify_mode(conf, group) is not ssl.CERT_NONE:
        raise RuntimeError(
            _(
                '[%(group)s]/tls_client_certificates is %(value)s, which '
                'needs [ssl]/ca_file: the authorities that sign them'
            )
            % {'group': group, 'value': conf[group].tls_client_certificates}
        )


def context(
    conf: cfg.ConfigOpts, group: str = _config.GROUP
) -> ssl.SSLContext:
    """TLS context of a server.

    :param conf: the configuration.
    :param group: where the options of this library are.
    :returns: a context with the certificates loaded.
    :raises RuntimeError: if an option of ``[ssl]`` or one of the group's is
        unusable; the text names it, and the files, in one line.
    """
    check(conf, group)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.options |= _OPTIONS
    _set_versions(made, conf, group)
    # Before the certificates, which have to be up to an @SECLEVEL in there.
    set_ciphers(made, conf, group)
    _load_certificate(made, conf, group)
    _ask_for_certificates(made, conf, group)
    made.set_alpn_protocols(['http/1.1'])
    return made


def _set_versions(
    made: ssl.SSLContext, conf: cfg.ConfigOpts, group: str
) -> None:
    minimum = conf[group].tls_minimum_version
    made.minimum_version = _VERSIONS[minimum.lower()]
    pinned = (conf.ssl.version or 'sslv23').lower()
    if pinned == 'sslv23':
        return
    if pinned not in _VERSIONS:
        raise RuntimeError(_('Invalid SSL version : %s') % conf.ssl.version)
    made.minimum_version = made.maximum_version = _VERSIONS[pinned]


def set_ciphers(
    made: ssl.SSLContext, conf: cfg.ConfigOpts, group: str
) -> None:
    """Set the ciphers up to TLS 1.2, and the cipher suites of TLS 1.3.

    :param made: the context to set them in.
    :param conf: the configuration.
    :param group: where the options of this library are.
    :raises RuntimeError: if OpenSSL doesn't know them, or Python has no way
        to set those of TLS 1.3.
    """
    if conf.ssl.ciphers:
        try:
            made.set_ciphers(conf.ssl.ciphers)
        except ssl.SSLError as error:
            raise _unusable('[ssl]/ciphers', error) from error
    suites = conf[group].tls_ciphersuites
    if not suites:
        return
    option = f'[{group}]/tls_ciphersuites'
    # Python has it from 3.15 on.
    if not hasattr(made, 'set_ciphersuites'):
        raise RuntimeError(
            _(
                "%(option)s can't be set with Python %(version)s: it needs "
                '3.15. The configuration file of OpenSSL can do it: '
                'Ciphersuites in its system_default section'
            )
            % {'option': option, 'version': platform.python_version()}
        )
    try:
        made.set_ciphersuites(suites)
    except ssl.SSLError as error:
        raise _unusable(option, error) from error


def _unusable(option: str, error: Exception) -> RuntimeError:
    return RuntimeError(
        _('%(option)s is unusable: %(error)s')
        % {'option': option, 'error': error}
    )


class _NoPassword(Exception):
    """The key is encrypted, and there is no password."""


class _Password:
    """The password of the key, for OpenSSL to ask for.

    Without it OpenSSL would ask on the terminal.
    """

    def __init__(self, password: str | None) -> None:
        self._password = password
        self.asked = False

    def __call__(self) -> bytes:
        self.asked = True
        if not self._password:
            raise _NoPassword
        return self._password.encode()


def _load_certificate(
    made: ssl.SSLContext, conf: cfg.ConfigOpts, group: str
) -> None:
    files = conf.ssl
    password = _Password(conf[group].tls_key_password)
    names = {
        'cert': files.cert_file,
        'key': files.key_file,
        'option': f'[{group}]/tls_key_password',
    }
    try:
        made.load_cert_chain(files.cert_file, files.key_file, password)
    except _NoPassword:
        text = _('The key_file %(key)s of [ssl] is encrypted: set %(option)s')
        raise RuntimeError(text % names) from None
    except ValueError:
        # The cause is left out, for it may quote the password.
        text = _(
            '%(option)s, for the key_file %(key)s of [ssl], has to be text '
            'of 1024 bytes at most'
        )
        raise RuntimeError(text % names) from None
    except OSError as error:
        text = _diagnosis(error, files.cert_file, password.asked)
        raise RuntimeError(text % {**names, 'error': error}) from error


def _diagnosis(error: OSError, cert_file: str, asked: bool) -> str:
    """Cause of an error for which OpenSSL has but a number."""
    reason = getattr(error, 'reason', None)
    if reason in _MISMATCHES:
        return _(
            'The key in key_file %(key)s of [ssl] is not that of the '
            'certificate in cert_file %(cert)s'
        )
    if asked:
        return _(
            "The key_file %(key)s of [ssl] can't be decrypted with "
            '%(option)s: %(error)s'
        )
    if reason is not None or not isinstance(error, ssl.SSLError):
        return _(
            'The cert_file %(cert)s and the key_file %(key)s of [ssl] are '
            'unusable: %(error)s'
        )
    if _has_certificates(cert_file):
        return _(
            'The key_file %(key)s of [ssl] holds no usable key: %(error)s'
        )
    return _(
        'The cert_file %(cert)s of [ssl] holds no usable certificate: '
        '%(error)s'
    )


def _has_certificates(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except OSError:
        return False
    return True


def _verify_mode(conf: cfg.ConfigOpts, group: str) -> ssl.VerifyMode:
    # oslo.service asks for certificates wherever there is a ca_file.
    default = 'required' if conf.ssl.ca_file else 'off'
    return _VERIFY_MODES[conf[group].tls_client_certificates or default]


def _ask_for_certificates(
    made: ssl.SSLContext, conf: cfg.ConfigOpts, group: str
) -> None:
    made.verify_mode = _verify_mode(conf, group)
    if made.verify_mode is ssl.CERT_NONE:
        return
    try:
        made.load_verify_locations(conf.ssl.ca_file)
    except OSError as error:
        raise RuntimeError(
            _(
                'The ca_file %(path)s of [ssl] holds no usable certificate: '
                '%(error)s'
            )
            % {'path': conf.ssl.ca_file, 'error': error}
        ) from error
