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

"""Every option that this library reads, and the one place they are read.

The options of ``[DEFAULT]`` and ``[ssl]`` carry the names, types and
defaults of oslo.service, so that deployed files keep their meaning. What is
new lives in ``[wsgiserver]``.
"""

from typing import Any

from oslo_config import cfg

GROUP = 'wsgiserver'


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


class _SharedStrOpt(_SharedOpt, cfg.StrOpt):
    pass


class _SharedIntOpt(_SharedOpt, cfg.IntOpt):
    pass


class _SharedBoolOpt(_SharedOpt, cfg.BoolOpt):
    pass


default_opts: list[cfg.Opt] = [
    _SharedStrOpt(
        'api_paste_config',
        default='api-paste.ini',
        help='The PasteDeploy file that describes the application. A '
        'relative name is looked for in the configuration directories.',
    ),
    _SharedStrOpt(
        'wsgi_log_format',
        mutable=True,
        default='%(client_ip)s "%(request_line)s" status: %(status_code)s'
        '  len: %(body_length)s time: %(wall_seconds).7f',
        help='A Python format string for a line of the access log. It may '
        'use client_ip, date_time, request_line, status_code, body_length '
        '(bytes of the response body) and wall_seconds.',
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
    _SharedBoolOpt(
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
    _SharedBoolOpt(
        'wsgi_server_debug',
        mutable=True,
        default=False,
        help='If True, the traceback of an application that failed is sent '
        'to the client. Never use it where strangers can reach the server.',
    ),
]

ssl_opts: list[cfg.Opt] = [
    _SharedStrOpt(
        'ca_file',
        help='The CA certificates that a client certificate must be signed '
        'by. If it is set, a client has to present one.',
    ),
    _SharedStrOpt('cert_file', help='The certificate chain of the server.'),
    _SharedStrOpt('key_file', help="The private key of the server's."),
    _SharedStrOpt(
        'version',
        help='The one TLS version to speak: TLSv1_2 or TLSv1_3 (SSLv23 '
        'means every version from tls_minimum_version on).',
    ),
    _SharedStrOpt(
        'ciphers',
        help='The ciphers up to TLS 1.2, in OpenSSL cipher list format.',
    ),
]

server_opts: list[cfg.Opt] = [
    cfg.HostAddressOpt(
        'bind_host',
        default='127.0.0.1',
        deprecated_opts=[
            cfg.DeprecatedOpt('bind_host', group='DEFAULT'),
            cfg.DeprecatedOpt('bind_ip', group='DEFAULT'),
        ],
        help='The address to listen on. The default can be reached from '
        'this machine alone.',
    ),
    cfg.PortOpt(
        'bind_port',
        default=8000,
        deprecated_opts=[cfg.DeprecatedOpt('bind_port', group='DEFAULT')],
        help='The TCP port to listen on; 0 lets the system choose.',
    ),
    cfg.IntOpt(
        'workers',
        min=1,
        deprecated_opts=[cfg.DeprecatedOpt('workers', group='DEFAULT')],
        help='How many worker processes serve. The default is one for each '
        'processor this process may use, at most 8.',
    ),
    cfg.IntOpt(
        'backlog',
        default=4096,
        min=1,
        deprecated_opts=[cfg.DeprecatedOpt('backlog', group='DEFAULT')],
        help='How many connections may wait to be accepted. The kernel caps '
        'it at net.core.somaxconn.',
    ),
    cfg.IntOpt(
        'keep_alive_timeout',
        mutable=True,
        default=75,
        min=0,
        deprecated_opts=[
            cfg.DeprecatedOpt('keepalive_timeout', group='DEFAULT')
        ],
        help='How many seconds a connection may wait for its next request. '
        '75 outlasts the 60 s that load balancers keep theirs, so that they '
        'close first. 0 leaves client_socket_timeout alone in force.',
    ),
    cfg.IntOpt(
        'header_timeout',
        mutable=True,
        default=30,
        min=0,
        help='How many seconds a client may take to send a request head, '
        'from its first byte on. 30 s lets a link of 20 kbit/s send the '
        'largest head allowed. 0 waits forever.',
    ),
    cfg.IntOpt(
        'tls_handshake_timeout',
        mutable=True,
        default=10,
        min=0,
        help='How many seconds a TLS handshake may take. It needs two round '
        'trips, and a waiting one costs no worker. 0 waits forever.',
    ),
    cfg.IntOpt(
        'max_request_line',
        mutable=True,
        default=8192,
        min=128,
        help='The longest request target in bytes; RFC 9110 asks for at '
        'least 8000 in the whole line. A longer one is answered with 414.',
    ),
    cfg.IntOpt(
        'max_header_fields',
        mutable=True,
        default=100,
        min=1,
        help='The most header fields of a request; real clients send fewer '
        'than 40. More are answered with 431.',
    ),
    cfg.IntOpt(
        'max_head_size',
        mutable=True,
        default=65536,
        min=1024,
        help='The largest request head in bytes, request line and all header '
        'fields together: room for two tokens of the largest size next to '
        'the rest. A larger one is answered with 431.',
    ),
    cfg.IntOpt(
        'max_chunk_extensions',
        mutable=True,
        default=65536,
        min=0,
        help='What the chunk extensions of a body may take together, in '
        'bytes: room for the signatures that some storage clients put into '
        'them, and none for a flood. More is answered with 400.',
    ),
    cfg.IntOpt(
        'max_trailer_size',
        mutable=True,
        default=8192,
        min=0,
        help='The largest trailer section of a chunked body in bytes; a '
        'checksum takes 100. A larger one is answered with 400. Trailers '
        'are checked and dropped, never handed to the application.',
    ),
    cfg.IntOpt(
        'min_body_rate',
        mutable=True,
        default=500,
        min=0,
        help='How many bytes of a request body a client must send per '
        'second, on average, of the time that a worker waits for them; the '
        'first 20 seconds are free. A slower one is answered with 408, for '
        'it holds a worker. The default is what the slowest modem can do. '
        '0 leaves client_socket_timeout alone in force.',
    ),
    cfg.IntOpt(
        'max_waiting_requests',
        mutable=True,
        default=1000,
        min=0,
        help='How many running requests of a worker process may wait for '
        'their clients, to send more of a body or to take more of a '
        'response, without taking a place in the pool: slow clients leave '
        'it to the others. On native threads each of them is a thread more, '
        'about 50 KB of memory. Beyond that, a waiting request keeps its '
        'place.',
    ),
    cfg.IntOpt(
        'max_requests_per_connection',
        mutable=True,
        default=0,
        min=0,
        help='After how many requests a connection is closed, so that '
        'clients spread over the workers anew. The default of 0 sets no '
        'limit: a connection that serves is one that need not be made.',
    ),
    cfg.IntOpt(
        'max_request_body_size',
        mutable=True,
        default=0,
        min=0,
        help='The largest request body in bytes. A larger one is answered '
        'with 413, before it is read where its length is declared. The '
        'default of 0 sets no limit here, because images are large and '
        'bodies are never held in memory.',
    ),
    cfg.IntOpt(
        'max_connections',
        mutable=True,
        default=16384,
        min=1,
        help='The most connections that one worker process holds. At the '
        'limit it stops accepting until one is closed; further ones wait in '
        'the backlog. An idle connection costs about 2 KB.',
    ),
    cfg.IntOpt(
        'max_connections_per_client',
        mutable=True,
        default=0,
        min=0,
        help='The most connections that one client address may hold with '
        'one worker process; more are answered with 503, on a TLS port just '
        'closed. The default of 0 sets no limit, for behind a proxy or an '
        'address translator many clients share an address. Peers that speak '
        'the PROXY protocol are not counted.',
    ),
    cfg.BoolOpt(
        'proxy_protocol',
        mutable=True,
        default=False,
        deprecated_opts=[
            cfg.DeprecatedOpt('require_proxy_protocol', group='DEFAULT')
        ],
        help='Whether the peers in proxy_protocol_peers begin each '
        'connection with a PROXY header, version 1 or 2, which then says '
        'who the client is. They must send it, and nobody else may.',
    ),
    cfg.ListOpt(
        'proxy_protocol_peers',
        mutable=True,
        default=['127.0.0.1', '::1'],
        help='The addresses and networks of those peers. Every peer on a '
        'UNIX socket is one.',
    ),
    cfg.StrOpt(
        'server_header',
        mutable=True,
        default='',
        help='The Server field of responses to which the application gave '
        'none. Empty: the field is left out.',
    ),
    cfg.StrOpt(
        'tls_minimum_version',
        default='TLSv1.2',
        choices=['TLSv1.2', 'TLSv1.3'],
        help='The oldest TLS version that is spoken, unless [ssl]/version '
        'pins one.',
    ),
]

GROUPS: list[tuple[str | None, list[cfg.Opt]]] = [
    (None, default_opts),
    ('ssl', ssl_opts),
    (GROUP, server_opts),
]


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register every option of this library.

    :param conf: the ConfigOpts to register in; those that oslo.service
        registered there before stay as they are.
    """
    for group, opts in GROUPS:
        conf.register_opts(opts, group=group)
    _register_service_opts(conf)


def _register_service_opts(conf: cfg.ConfigOpts) -> None:
    # graceful_shutdown_timeout bounds our drain as well as the launcher's.
    from oslo_service import opts as service_opts

    service_opts.register_service_opts(conf)
