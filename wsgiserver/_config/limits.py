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

"""Options that limit what a client may take: sizes, times and numbers."""

from oslo_config import cfg

limit_opts: list[cfg.Opt] = [
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
        'the backlog. An idle connection costs 4 KB of '
        'memory at most.',
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
]
