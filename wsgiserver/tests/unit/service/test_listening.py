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


"""Where a server is to listen, from its arguments and options."""

import os
import socket
from wsgiref import util

import fixtures
import webob

from wsgiserver._net import listen_addresses
from wsgiserver._service import listening
from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


class PlacesCase(base.TestCase):
    def how(
        self,
        dual_stack: bool | None = None,
        mode: int | None = None,
        owner: str | None = None,
        **options: object,
    ) -> listening.SocketSettings:
        conf = fakes.configuration(**options)
        return listening.SocketSettings(
            conf.wsgiserver, dual_stack, mode, owner
        )

    def plain(self, family: int = socket.AF_INET) -> socket.socket:
        sock = socket.socket(family)
        self.addCleanup(sock.close)
        return sock


class TestHow(PlacesCase):
    def test_without_arguments_the_options_count(self) -> None:
        socket_settings = self.how(socket_mode='0640', socket_owner='nobody')
        self.assertEqual(0o640, socket_settings.mode)
        self.assertEqual('nobody', socket_settings.owner)
        self.assertTrue(socket_settings.dual_stack)

    def test_arguments_have_the_last_word(self) -> None:
        conf = fakes.configuration(
            socket_mode='0640', socket_owner='nobody', dual_stack=True
        )
        socket_settings = listening.SocketSettings(
            conf.wsgiserver, False, 0o600, 'root:root'
        )
        self.assertEqual(0o600, socket_settings.mode)
        self.assertEqual('root:root', socket_settings.owner)
        self.assertFalse(socket_settings.dual_stack)

    def test_a_mode_of_nothing_at_all_is_one(self) -> None:
        self.assertEqual(0, self.how(mode=0, socket_mode='0640').mode)

    def test_by_default_a_socket_is_left_as_it_is(self) -> None:
        socket_settings = self.how()
        self.assertIsNone(socket_settings.mode)
        self.assertIsNone(socket_settings.owner)
        self.assertTrue(socket_settings.dual_stack)


class TestListen(PlacesCase):
    def test_texts_and_sockets_can_be_mixed(self) -> None:
        sock = self.plain()
        sock.bind(('127.0.0.1', 0))
        self.assertEqual(
            [
                listen_addresses.TcpAddress('127.0.0.1', 80, dual_stack=True),
                listen_addresses.GivenSocket(sock),
                listen_addresses.UnixAddress('/x/socket', 0o600, 'nobody'),
                listen_addresses.SystemdSockets('admin'),
            ],
            listening.of_listen(
                ['127.0.0.1:80', sock, 'unix:/x/socket', 'systemd:admin'],
                self.how(None, 0o600, 'nobody'),
            ),
        )

    def test_whether_both_families_are_meant_is_handed_on(self) -> None:
        (place,) = listening.of_listen(['[::]:80'], self.how(False))
        self.assertEqual(
            listen_addresses.TcpAddress('::', 80, dual_stack=False), place
        )

    def test_what_can_not_be_read_is_named(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput,
            listening.of_listen,
            ['127.0.0.1:80', 'nowhere'],
            self.how(),
        )
        self.assertIn('nowhere', str(error))


class TestHost(PlacesCase):
    def test_a_host_and_a_port_are_a_place(self) -> None:
        for family, expected in (
            (None, None),
            (0, None),
            (socket.AF_INET6, socket.AF_INET6),
        ):
            self.assertEqual(
                listen_addresses.TcpAddress('a.example', 80, expected, True),
                listening.of_host('a.example', 80, family, None, self.how()),
            )

    def test_a_family_of_unix_takes_the_path(self) -> None:
        self.assertEqual(
            listen_addresses.UnixAddress('/x', 0o600, None),
            listening.of_host(
                '0.0.0.0', 0, socket.AF_UNIX, '/x', self.how(mode=0o600)
            ),
        )

    def test_a_path_needs_the_family(self) -> None:
        for path in (None, ''):
            error = self.assertRaises(
                exceptions.InvalidInput,
                listening.of_host,
                *('0.0.0.0', 0, socket.AF_UNIX, path, self.how()),
            )
            self.assertIn('socket_file', str(error))

    def test_another_family_is_named(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput,
            listening.of_host,
            *('0.0.0.0', 0, socket.AF_PACKET, None, self.how()),
        )
        self.assertIn(str(socket.AF_PACKET), str(error))


class TestAddress(PlacesCase):
    def test_that_of_tcp_is_a_host_and_a_port(self) -> None:
        for family, host in (
            (socket.AF_INET, '127.0.0.1'),
            (socket.AF_INET6, '::1'),
        ):
            sock = self.plain(family)
            sock.bind((host, 0))
            self.assertEqual(
                (host, sock.getsockname()[1]), listening.address(sock)
            )

    def test_that_of_a_unix_socket_is_a_path(self) -> None:
        sock = self.plain(socket.AF_UNIX)
        folder = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(folder, 's')
        sock.bind(path)
        self.assertEqual((path, None), listening.address(sock))

    def test_that_of_an_abstract_socket_begins_as_people_write_it(
        self,
    ) -> None:
        sock = self.plain(socket.AF_UNIX)
        sock.bind(f'\0wsgiserver-{os.getpid()}')
        self.assertEqual(
            (f'@wsgiserver-{os.getpid()}', None), listening.address(sock)
        )


class TestEnviron(PlacesCase):
    def test_it_names_the_server(self) -> None:
        sock = self.plain()
        sock.bind(('127.0.0.1', 0))
        environ = listening.environ(sock, uses_tls=False)
        self.assertEqual('127.0.0.1', environ['SERVER_NAME'])
        self.assertEqual(str(sock.getsockname()[1]), environ['SERVER_PORT'])
        self.assertEqual('http', environ['wsgi.url_scheme'])

    def test_an_ipv6_address_stands_in_brackets(self) -> None:
        sock = self.plain(socket.AF_INET6)
        sock.bind(('::1', 0))
        port = sock.getsockname()[1]
        environ = listening.environ(sock, uses_tls=False)
        self.assertEqual('[::1]', environ['SERVER_NAME'])
        environ['REQUEST_METHOD'], environ['PATH_INFO'] = 'GET', '/a'
        url = f'http://[::1]:{port}/a'
        self.assertEqual(url, util.request_uri(environ))
        self.assertEqual(url, webob.Request(environ).url)
        # That of the socket stays what other programs understand.
        self.assertEqual(('::1', port), listening.address(sock))

    def test_an_ipv6_address_has_no_zone(self) -> None:
        class LinkLocal(socket.socket):
            def getsockname(self) -> object:
                return ('fe80::1%eth0', 80, 0, 2)

        with LinkLocal(socket.AF_INET6) as sock:
            environ = listening.environ(sock, uses_tls=False)
        self.assertEqual('[fe80::1]', environ['SERVER_NAME'])

    def test_that_of_a_unix_socket_has_the_port_of_the_scheme(self) -> None:
        sock = self.plain(socket.AF_UNIX)
        sock.bind('')
        for uses_tls, scheme, port in (
            (False, 'http', '80'),
            (True, 'https', '443'),
        ):
            environ = listening.environ(sock, uses_tls)
            self.assertEqual('localhost', environ['SERVER_NAME'])
            self.assertEqual(port, environ['SERVER_PORT'])
            self.assertEqual(scheme, environ['wsgi.url_scheme'])
