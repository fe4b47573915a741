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

"""Options with the names, types and defaults of oslo.service's."""

from typing import Any

from oslo_config import cfg


class _SharedOpt(cfg.Opt):
    """An option that oslo.service may register in the same ConfigOpts.

    oslo.config refuses a second registration unless both compare equal.
    Same name and same default mean the same thing to an operator, whichever
    of the two came first: so help texts and deprecations don't count.
    """

    def _key(self) -> tuple[Any, ...]:
        return self.dest, self.default

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, cfg.Opt):
            return NotImplemented
        return self._key() == (other.dest, other.default)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = cfg.Opt.__hash__


class SharedStrOpt(_SharedOpt, cfg.StrOpt):
    """A string that somebody else may register as well."""


class _SharedIntOpt(_SharedOpt, cfg.IntOpt):
    pass


class SharedBoolOpt(_SharedOpt, cfg.BoolOpt):
    """A truth value that somebody else may register as well."""


default_opts: list[cfg.Opt] = [
    SharedStrOpt(
        'api_paste_config',
        mutable=True,
        default='api-paste.ini',
        help='The PasteDeploy file that describes the application. A '
        'relative name is looked for in the configuration directories.',
    ),
    SharedStrOpt(
        'wsgi_log_format',
        mutable=True,
        default='%(client_ip)s "%(request_line)s" status: %(status_code)s'
        '  len: %(body_length)s time: %(wall_seconds).7f',
        help='A Python format string for a line of the access log. It may '
        'use client_ip, date_time, request_line, status_code, body_length '
        '(bytes of the response body), wall_seconds, and the fields that '
        'the page about logging lists.',
    ),
    _SharedIntOpt(
        'tcp_keepidle',
        default=600,
        help='TCP_KEEPIDLE of a connection in seconds: how long it is idle '
        'before the kernel asks whether the peer is still there.',
    ),
    _SharedIntOpt(
        'wsgi_default_pool_size',
        mutable=True,
        default=100,
        help='How many requests one worker process runs at the same time, '
        'each in a green thread or a native thread of its own. Connections '
        'that wait for a request take none of them.',
    ),
    _SharedIntOpt(
        'max_header_line',
        mutable=True,
        default=16384,
        help='The longest value of a header field in bytes. It may have to '
        'grow where tokens are large. A longer one is answered with 431.',
    ),
    SharedBoolOpt(
        'wsgi_keep_alive',
        mutable=True,
        default=True,
        help='If False, every connection is closed after one response.',
    ),
    _SharedIntOpt(
        'client_socket_timeout',
        mutable=True,
        default=900,
        help='How many seconds a client may take to send the next bytes of '
        'a request body or to take the next bytes of a response, and the '
        'upper bound of the time between two requests. 0 waits forever.',
    ),
    SharedBoolOpt(
        'wsgi_server_debug',
        mutable=True,
        default=False,
        help='If True, the traceback of an application that failed is sent '
        'to the client. Never use it where strangers can reach the server.',
    ),
]

ssl_opts: list[cfg.Opt] = [
    SharedStrOpt(
        'ca_file',
        mutable=True,
        help='The CA certificates that a client certificate must be signed '
        'by. If it is set, a client has to present one, unless '
        'tls_client_certificates says otherwise.',
    ),
    SharedStrOpt(
        'cert_file',
        mutable=True,
        help='The certificate chain of the server.',
    ),
    SharedStrOpt(
        'key_file',
        mutable=True,
        help='The private key of the certificate.',
    ),
    SharedStrOpt(
        'version',
        mutable=True,
        help='The one TLS version to speak: TLSv1_2 or TLSv1_3 (SSLv23 '
        'means every version from tls_minimum_version on).',
    ),
    SharedStrOpt(
        'ciphers',
        mutable=True,
        help='The ciphers up to TLS 1.2, in OpenSSL cipher list format.',
    ),
]
