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

"""Options of listening sockets and of TLS."""

from oslo_config import cfg

listening_opts: list[cfg.Opt] = [
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
        'backlog',
        default=4096,
        min=1,
        deprecated_opts=[cfg.DeprecatedOpt('backlog', group='DEFAULT')],
        help='How many connections may wait to be accepted. The kernel caps '
        'it at net.core.somaxconn.',
    ),
    cfg.ListOpt(
        'listen',
        default=[],
        help='Where to listen, in place of bind_host and bind_port: a list '
        'of host:port, [address]:port, unix:/path of a socket file, '
        'unix:@name of an abstract socket, and systemd or systemd:NAME, '
        'which stand for the sockets that systemd passes, all of them or '
        'those of that FileDescriptorName. A host name stands for every '
        'address it resolves to, and an asterisk in its place for every '
        'address of IPv4 and of IPv6.',
    ),
    cfg.BoolOpt(
        'dual_stack',
        default=True,
        help='Whether the host :: means every IPv4 address as well as every '
        'IPv6 address.',
    ),
    cfg.StrOpt(
        'socket_mode',
        regex='^[0-7]{3,4}$',
        help='The permissions of a UNIX socket file, in octal; 0660 lets its '
        'owner and group connect. The default leaves them to the umask.',
    ),
    cfg.StrOpt(
        'socket_owner',
        help='The owner of a UNIX socket file, as user, user:group or :group. '
        'The default is who runs the service.',
    ),
    cfg.StrOpt(
        'tls_minimum_version',
        mutable=True,
        default='TLSv1.2',
        choices=['TLSv1.2', 'TLSv1.3'],
        help='The oldest TLS version that is spoken, unless [ssl]/version '
        'pins one.',
    ),
    cfg.StrOpt(
        'tls_ciphersuites',
        mutable=True,
        help='The cipher suites of TLS 1.3, separated by colons. The default '
        'is that of OpenSSL. It needs Python 3.15; before that, the OpenSSL '
        'configuration file is where they can be set.',
    ),
    cfg.StrOpt(
        'tls_client_certificates',
        mutable=True,
        choices=['off', 'optional', 'required'],
        help='Whether clients are asked for a certificate signed by one of '
        'the authorities in [ssl]/ca_file. The default is required where '
        'ca_file is set, else off. The application finds the subject in '
        'SSL_CLIENT_S_DN.',
    ),
    cfg.StrOpt(
        'tls_key_password',
        mutable=True,
        secret=True,
        help='The password of an encrypted [ssl]/key_file.',
    ),
    cfg.BoolOpt(
        'tls_reload_on_change',
        mutable=True,
        default=False,
        help='Whether the files of [ssl] are looked at once a second, and '
        'loaded anew when they have changed. Otherwise SIGHUP does that.',
    ),
]
