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

"""Where to listen, as text."""

import socket

from wsgiserver._net import listen_addresses
from wsgiserver import exceptions
from wsgiserver.tests.unit.net import helpers


class ParseTestCase(helpers.SocketsTestCase):
    def _assert_refused(self, *texts: str) -> None:
        for text in texts:
            error = self.assertRaises(
                exceptions.InvalidInput, listen_addresses.parse, text
            )
            self.assertIn(repr(text), str(error))

    def test_an_address_and_a_port_are_a_tcp_port(self) -> None:
        self.assertEqual(
            listen_addresses.TcpAddress('0.0.0.0', 80),
            listen_addresses.parse('0.0.0.0:80'),
        )

    def test_a_host_name_and_a_port_are_a_tcp_port(self) -> None:
        for host in ('localhost', 'a-b.example.org', 'a_b', 'bücher.example'):
            self.assertEqual(
                listen_addresses.TcpAddress(host, 80),
                listen_addresses.parse(f'{host}:80'),
            )

    def test_an_ipv6_address_stands_in_brackets(self) -> None:
        for address in ('::', '::1', 'fe80::1%lo', '::ffff:127.0.0.1'):
            self.assertEqual(
                listen_addresses.TcpAddress(address, 80),
                listen_addresses.parse(f'[{address}]:80'),
            )

    def test_brackets_hold_nothing_else(self) -> None:
        self._assert_refused(
            '[127.0.0.1]:80', '[localhost]:80', '[]:80', '[::1', '[::1]80'
        )

    def test_an_ipv6_address_without_brackets_is_refused(self) -> None:
        self._assert_refused('::1:80', '::', '::1')

    def test_a_port_is_a_number_up_to_65535(self) -> None:
        for port in (0, 1, 65535):
            self.assertEqual(
                listen_addresses.TcpAddress('a', port),
                listen_addresses.parse(f'a:{port}'),
            )
        self._assert_refused(
            'a:65536', 'a:100000', 'a:-1', 'a:+1', 'a:', 'a:http', 'a:8 0'
        )
        self._assert_refused('a:\u0668', 'a:1_0', 'a:80\n', 'a')

    def test_a_port_without_a_host_is_refused(self) -> None:
        self._assert_refused(':80', '80', '')

    def test_a_star_and_a_port_are_every_address(self) -> None:
        self.assertEqual(
            listen_addresses.TcpAddress('*', 80),
            listen_addresses.parse('*:80'),
        )

    def test_the_notations_of_other_servers_are_understood(self) -> None:
        for text, meant in (
            ('9000', '*:9000'),
            (':9000', '*:9000'),
            ('/run/x.sock', 'unix:/run/x.sock'),
            ('@x', 'unix:@x'),
            ('::1:80', '[::1]:80'),
            (':::80', '[::]:80'),
        ):
            error = self.assertRaises(
                exceptions.InvalidInput, listen_addresses.parse, text
            )
            self.assertIn(f'{text!r} (did you mean {meant}?)', str(error))
            listen_addresses.parse(meant)
        error = self.assertRaises(
            exceptions.InvalidInput, listen_addresses.parse, 'a'
        )
        self.assertNotIn('did you mean', str(error))

    def test_an_url_is_refused(self) -> None:
        self._assert_refused('http://a:80', 'a:80/', 'u@a:80', 'tcp:a:80')

    def test_white_space_is_refused(self) -> None:
        self._assert_refused(' a:80', 'a :80', 'a:80 ', 'systemd ')

    def test_unix_and_a_path_from_the_root_are_a_file(self) -> None:
        for path in ('/run/x.sock', '/', '/a:b', '/a b'):
            self.assertEqual(
                listen_addresses.UnixAddress(path),
                listen_addresses.parse(f'unix:{path}'),
            )

    def test_unix_and_a_relative_path_are_refused(self) -> None:
        self._assert_refused('unix:x.sock', 'unix:./x', 'unix:', 'unix:80')

    def test_unix_and_an_at_sign_are_an_abstract_socket(self) -> None:
        self.assertEqual(
            listen_addresses.UnixAddress('@name'),
            listen_addresses.parse('unix:@name'),
        )

    def test_a_unix_socket_without_a_name_is_refused(self) -> None:
        self.assertRaises(
            exceptions.InvalidInput, listen_addresses.parse, 'unix:@'
        )

    def test_systemd_stands_for_all_that_it_passes(self) -> None:
        self.assertEqual(
            listen_addresses.SystemdSockets(),
            listen_addresses.parse('systemd'),
        )

    def test_systemd_and_a_name_stand_for_those_of_the_name(self) -> None:
        for name in ('web', 'web.socket', '80'):
            self.assertEqual(
                listen_addresses.SystemdSockets(name),
                listen_addresses.parse(f'systemd:{name}'),
            )

    def test_systemd_and_no_name_are_refused(self) -> None:
        self._assert_refused('systemd:', 'systemd:a:b', 'Systemd')

    def test_an_error_says_what_is_allowed(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, listen_addresses.parse, 'nonsense'
        )
        for allowed in ('host:port', 'unix:/path', 'systemd:NAME'):
            self.assertIn(allowed, str(error))

    def test_the_dual_stack_goes_to_tcp_ports(self) -> None:
        self.assertEqual(
            listen_addresses.TcpAddress('::', 80, dual_stack=False),
            listen_addresses.parse('[::]:80', dual_stack=False, mode=0o600),
        )

    def test_mode_and_owner_go_to_unix_sockets(self) -> None:
        self.assertEqual(
            listen_addresses.UnixAddress('/x', 0o600, 'a:b'),
            listen_addresses.parse('unix:/x', mode=0o600, owner='a:b'),
        )


class UnixTestCase(helpers.SocketsTestCase):
    def test_a_path_that_names_nothing_is_refused(self) -> None:
        for path in ('', '@', '\0', '/a\0b', '@a\0'):
            self.assertRaises(
                exceptions.InvalidInput, listen_addresses.UnixAddress, path
            )

    def test_an_abstract_socket_has_no_mode_and_no_owner(self) -> None:
        # Everybody could connect, whatever was asked for.
        for path in ('@a', '\0a'):
            for mode, owner in ((0o600, None), (0, None), (None, 'root')):
                error = self.assertRaises(
                    exceptions.InvalidInput,
                    listen_addresses.UnixAddress,
                    path,
                    mode,
                    owner,
                )
                self.assertIn('unix:@a', str(error))
            listen_addresses.UnixAddress(path, None, '')


class GivenTestCase(helpers.SocketsTestCase):
    def _assert_refused(self, sock: socket.socket, why: str) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, listen_addresses.GivenSocket, sock
        )
        self.assertIn(why, str(error))

    def test_a_bound_socket_will_do(self) -> None:
        listen_addresses.GivenSocket(self.bound())

    def test_a_socket_of_datagrams_is_refused(self) -> None:
        for family in (socket.AF_INET, socket.AF_UNIX):
            sock = self.plain(family, socket.SOCK_DGRAM)
            self._assert_refused(sock, 'no stream socket')

    def test_a_socket_of_packets_is_refused(self) -> None:
        sock = self.plain(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._assert_refused(sock, 'no stream socket')

    def test_a_socket_of_another_family_is_refused(self) -> None:
        sock = self.plain(socket.AF_NETLINK, socket.SOCK_RAW)
        self._assert_refused(sock, 'no stream socket')

    def test_a_socket_that_is_not_bound_is_refused(self) -> None:
        # The system would choose a port, on every address.
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
            self._assert_refused(self.plain(family), 'not bound')

    def test_a_closed_socket_is_refused(self) -> None:
        sock = self.bound()
        sock.close()
        self._assert_refused(sock, 'closed')
