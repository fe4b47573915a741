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

"""TCP ports."""

import errno
import logging
import socket
import struct
from typing import Any

import fixtures

from wsgiserver._net import listen_addresses
from wsgiserver._net import listening_sockets
from wsgiserver.tests.unit.net import helpers


class TCPTestCase(helpers.SocketsTestCase):
    def _listen(
        self, host: str = '127.0.0.1', port: int = 0, family: int | None = None
    ) -> socket.socket:
        return self.listen(
            listen_addresses.TcpAddress(host, port, family)
        ).sockets[0]

    def test_a_port_can_be_connected_to(self) -> None:
        sock = self._listen()
        address = sock.getsockname()
        self.assertEqual('127.0.0.1', address[0])
        self.assertNotEqual(0, address[1])
        self.assert_answers(sock)

    def test_a_name_is_resolved(self) -> None:
        self.assertIn(
            self._listen('localhost').getsockname()[0], ('127.0.0.1', '::1')
        )
        sock = self._listen('localhost', family=socket.AF_INET)
        self.assertEqual('127.0.0.1', sock.getsockname()[0])

    def test_no_host_means_every_address(self) -> None:
        self.assertEqual('0.0.0.0', self._listen('').getsockname()[0])

    def test_a_port_in_use_is_an_error_that_names_it(self) -> None:
        port = self._listen().getsockname()[1]
        error = self.assert_fails(
            listen_addresses.TcpAddress('127.0.0.1', port)
        )
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertEqual(
            f'Could not listen on 127.0.0.1:{port}: Address already in use',
            str(error),
        )

    def test_a_port_that_was_just_in_use_can_be_listened_on(self) -> None:
        sockets = self.listen(listen_addresses.TcpAddress('127.0.0.1', 0))
        address = sockets.sockets[0].getsockname()
        client = socket.create_connection(address)
        self.addCleanup(client.close)
        accepted, _peer = sockets.sockets[0].accept()
        # The side that closes first keeps the port in TIME_WAIT.
        accepted.close()
        client.recv(1)
        client.close()
        sockets.close()
        self._listen(port=address[1])

    def test_a_host_that_is_none_is_an_error_that_names_it(self) -> None:
        long = 'a' * 64
        for host in ('192.0.2.1', 'nosuch.invalid', '300.1.1.1', 'a..b', long):
            error = self.assert_fails(listen_addresses.TcpAddress(host, 0))
            self.assertIn(host, str(error))

    def test_a_host_with_a_null_character_is_an_error(self) -> None:
        self.assert_fails(listen_addresses.TcpAddress('a\0b', 0))

    def test_an_address_of_another_family_is_an_error(self) -> None:
        # Never another family than the one that was asked for.
        self.assert_fails(
            listen_addresses.TcpAddress('127.0.0.1', 0, socket.AF_INET6)
        )
        self.assert_fails(
            listen_addresses.TcpAddress('::1', 0, socket.AF_INET)
        )

    def test_a_port_that_is_none_is_an_error(self) -> None:
        for port in (65536, 99999, -1):
            error = self.assert_fails(
                listen_addresses.TcpAddress('127.0.0.1', port)
            )
            self.assertIn(f'127.0.0.1:{port}: not a port', str(error))

    def test_options_are_set_before_the_socket_is_bound(self) -> None:
        seen = []

        def set_options(sock: socket.socket) -> socket.socket:
            seen.append(sock.getsockname())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock

        listen_address = listen_addresses.TcpAddress('127.0.0.1', 0)
        sock = self.listen(listen_address, set_options=set_options).sockets[0]
        self.assertEqual([('0.0.0.0', 0)], seen)
        self.assertTrue(
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        )

    def test_the_socket_that_setting_the_options_returns_is_used(self) -> None:
        other = self.plain()
        listen_address = listen_addresses.TcpAddress('127.0.0.1', 0)
        sockets = self.listen(listen_address, set_options=lambda sock: other)
        self.assertEqual([other], sockets.sockets)
        self.assert_answers(other)
        sockets.close()
        self.assertEqual(-1, other.fileno())

    def test_the_socket_that_it_returns_is_closed_after_an_error(self) -> None:
        other = self.plain()
        listen_address = listen_addresses.TcpAddress('192.0.2.1', 0)
        self.assert_fails(listen_address, set_options=lambda sock: other)
        self.assertEqual(-1, other.fileno())

    def test_a_socket_that_can_not_be_bound_is_closed(self) -> None:
        made = []

        def set_options(sock: socket.socket) -> socket.socket:
            made.append(sock)
            raise OSError(errno.EPERM, 'no')

        listen_address = listen_addresses.TcpAddress('127.0.0.1', 0)
        self.assert_fails(listen_address, set_options=set_options)
        self.assertEqual(-1, made[0].fileno())

    def test_an_error_in_setting_the_options_closes_the_socket(self) -> None:
        made = []

        def set_options(sock: socket.socket) -> socket.socket:
            made.append(sock)
            raise RuntimeError

        listen_address = listen_addresses.TcpAddress('127.0.0.1', 0)
        sockets = self.make(listen_address, set_options=set_options)
        self.assertRaises(RuntimeError, sockets.open)
        self.assertEqual(-1, made[0].fileno())

    def test_the_backlog_is_that_of_each_socket(self) -> None:
        sockets = self.listen(
            listen_addresses.TcpAddress('127.0.0.1', 0),
            listen_addresses.TcpAddress('::1', 0),
            backlog=7,
        )
        for sock in sockets.sockets:
            # tcp_info of a socket that listens: tcpi_sacked has it.
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
            self.assertEqual((7,), struct.unpack_from('I', info, 28))


class IPv6TestCase(helpers.SocketsTestCase):
    def _only(self, sock: socket.socket) -> int:
        return sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)

    def test_an_address_can_be_connected_to(self) -> None:
        sockets = self.listen(listen_addresses.TcpAddress('::1', 0))
        port = sockets.sockets[0].getsockname()[1]
        self.assertEqual([f'[::1]:{port}'], sockets.names())
        self.assert_answers(sockets.sockets[0])

    def test_a_port_in_use_is_an_error_with_brackets(self) -> None:
        sock = self.listen(listen_addresses.TcpAddress('::1', 0)).sockets[0]
        port = sock.getsockname()[1]
        error = self.assert_fails(listen_addresses.TcpAddress('::1', port))
        self.assertIn(f' [::1]:{port}: Address already in use', str(error))

    def test_every_address_includes_ipv4_with_the_dual_stack(self) -> None:
        sockets = self.listen(
            listen_addresses.TcpAddress('::', 0, dual_stack=True)
        )
        sock = sockets.sockets[0]
        self.assertEqual(0, self._only(sock))
        port = sock.getsockname()[1]
        for host in ('127.0.0.1', '::1'):
            with socket.create_connection((host, port)):
                sock.accept()[0].close()

    def test_every_address_leaves_ipv4_out_without_it(self) -> None:
        sockets = self.listen(
            listen_addresses.TcpAddress('::', 0, dual_stack=False)
        )
        port = sockets.sockets[0].getsockname()[1]
        with socket.create_connection(('::1', port)):
            sockets.sockets[0].accept()[0].close()
        self.assertRaises(
            ConnectionRefusedError,
            socket.create_connection,
            ('127.0.0.1', port),
        )

    def test_every_address_of_both_kinds_goes_without_it(self) -> None:
        sockets = self.listen(listen_addresses.TcpAddress('0.0.0.0', 0))
        port = sockets.sockets[0].getsockname()[1]
        self.listen(listen_addresses.TcpAddress('::', port, dual_stack=False))

    def test_every_address_twice_is_an_error_with_it(self) -> None:
        sockets = self.listen(listen_addresses.TcpAddress('0.0.0.0', 0))
        port = sockets.sockets[0].getsockname()[1]
        error = self.assert_fails(
            listen_addresses.TcpAddress('::', port, dual_stack=True)
        )
        self.assertEqual(errno.EADDRINUSE, error.errno)

    def test_an_ipv4_address_can_be_written_so(self) -> None:
        sockets = self.listen(
            listen_addresses.TcpAddress('::ffff:127.0.0.1', 0)
        )
        port = sockets.sockets[0].getsockname()[1]
        with socket.create_connection(('127.0.0.1', port)):
            sockets.sockets[0].accept()[0].close()

    def test_a_star_is_every_address_of_both_kinds(self) -> None:
        # On a port that is free: one has IPv4, and the other IPv6.
        for dual_stack in (True, False):
            listen_address = listen_addresses.TcpAddress(
                '*', 0, dual_stack=dual_stack
            )
            sockets = self.listen(listen_address)
            port = sockets.sockets[0].getsockname()[1]
            self.assertEqual(
                [f'0.0.0.0:{port}', f'[::]:{port}'], sockets.names()
            )
            for sock, host in zip(
                sockets.sockets, ('127.0.0.1', '::1'), strict=True
            ):
                with socket.create_connection((host, port)):
                    sock.accept()[0].close()
            sockets.close()
            sockets.open()
            self.assertEqual(
                [f'0.0.0.0:{port}', f'[::]:{port}'], sockets.names()
            )

    def test_a_star_of_one_family_is_that_of_it(self) -> None:
        for family, host in (
            (socket.AF_INET, '0.0.0.0'),
            (socket.AF_INET6, '::'),
        ):
            sockets = self.listen(
                listen_addresses.TcpAddress('*', 0, family)
            ).sockets
            self.assertEqual([host], [s.getsockname()[0] for s in sockets])

    def test_a_star_and_a_port_in_use_are_an_error(self) -> None:
        taken = self.listen(listen_addresses.TcpAddress('::1', 0)).sockets[0]
        port = taken.getsockname()[1]
        error = self.assert_fails(listen_addresses.TcpAddress('*', port))
        self.assertEqual(
            f'Could not listen on *:{port} ([::]:{port}): '
            'Address already in use',
            str(error),
        )

    def test_every_address_of_both_kinds_may_be_listed(self) -> None:
        free = self.listen(listen_addresses.TcpAddress('*', 0))
        port = free.sockets[0].getsockname()[1]
        free.close()
        addresses = [
            listen_addresses.TcpAddress('0.0.0.0', port),
            listen_addresses.TcpAddress('::', port),
        ]
        for listed in (addresses, addresses[::-1]):
            sockets = self.listen(*listed)
            self.assertEqual(2, len(sockets.sockets))
            sockets.close()

    def test_another_address_is_of_ipv6_alone(self) -> None:
        for dual_stack in (True, False):
            listen_address = listen_addresses.TcpAddress(
                '::1', 0, dual_stack=dual_stack
            )
            self.assertEqual(
                1, self._only(self.listen(listen_address).sockets[0])
            )


class _Lacking(socket.socket):
    """A socket of a machine that has IPv6, but no address of it."""

    def bind(self, address: Any) -> None:
        if self.family == socket.AF_INET6:
            raise OSError(errno.EADDRNOTAVAIL, 'not available')
        super().bind(address)


def _without_ipv6(family: int, kind: int) -> socket.socket:
    if family == socket.AF_INET6:
        raise OSError(errno.EAFNOSUPPORT, 'not supported')
    return _REAL(family, kind)


_REAL = socket.socket


class NameTestCase(helpers.SocketsTestCase):
    """A host name that stands for several addresses."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))

    def _resolve(self, *addresses: str) -> listen_addresses.TcpAddress:
        self.resolve('many.test', *addresses)
        return listen_addresses.TcpAddress('many.test', 0)

    def _names(
        self, sockets: listening_sockets.ListeningSockets
    ) -> list[tuple[str, int]]:
        return [sock.getsockname()[:2] for sock in sockets.sockets]

    def test_every_address_is_listened_on_with_one_port(self) -> None:
        listen_address = self._resolve('127.0.0.1', '::1', '127.0.0.3')
        sockets = self.listen(listen_address)
        port = sockets.sockets[0].getsockname()[1]
        self.assertEqual(
            [('127.0.0.1', port), ('::1', port), ('127.0.0.3', port)],
            self._names(sockets),
        )
        for sock in sockets.sockets:
            self.assert_answers(sock)

    def test_a_name_may_stand_for_every_address_of_both_kinds(self) -> None:
        sockets = self.listen(self._resolve('0.0.0.0', '::'))
        port = sockets.sockets[0].getsockname()[1]
        self.assertEqual(
            [('0.0.0.0', port), ('::', port)], self._names(sockets)
        )

    def test_an_address_that_comes_twice_is_listened_on_once(self) -> None:
        listen_address = self._resolve('127.0.0.1', '127.0.0.2', '127.0.0.1')
        hosts = [
            host for host, _port in self._names(self.listen(listen_address))
        ]
        self.assertEqual(['127.0.0.1', '127.0.0.2'], hosts)

    def test_a_family_takes_its_addresses_alone(self) -> None:
        self.resolve('many.test', '127.0.0.1', '127.0.0.2')
        listen_address = listen_addresses.TcpAddress(
            'many.test', 0, socket.AF_INET
        )
        self.assertEqual(2, len(self.listen(listen_address).sockets))

    def test_options_are_set_on_every_socket(self) -> None:
        seen = []

        def set_options(sock: socket.socket) -> socket.socket:
            seen.append(sock)
            return sock

        listen_address = self._resolve('127.0.0.1', '::1')
        sockets = self.listen(listen_address, set_options=set_options)
        self.assertEqual(seen, sockets.sockets)

    def test_a_port_in_use_on_one_address_is_an_error(self) -> None:
        self._resolve('127.0.0.1', '127.0.0.2')
        taken = self.bound('127.0.0.2')
        taken.listen()
        port = taken.getsockname()[1]
        error = self.assert_fails(
            listen_addresses.TcpAddress('many.test', port)
        )
        self.assertEqual(
            f'Could not listen on many.test:{port} (127.0.0.2:{port}): '
            'Address already in use',
            str(error),
        )
        # The first address is free again.
        self.listen(listen_addresses.TcpAddress('127.0.0.1', port))

    def test_a_port_that_the_system_chose_is_tried_again(self) -> None:
        first: list[socket.socket] = []
        ports = []

        def set_options(sock: socket.socket) -> socket.socket:
            if len(first) == 1:
                # The port is taken on the second address, the first time.
                ports.append(first[0].getsockname()[1])
                self.bound('127.0.0.2', ports[0]).listen()
            first.append(sock)
            return sock

        listen_address = self._resolve('127.0.0.1', '127.0.0.2')
        sockets = self.listen(listen_address, set_options=set_options)
        port = sockets.sockets[0].getsockname()[1]
        self.assertNotEqual(ports, [port])
        self.assertEqual(
            [('127.0.0.1', port), ('127.0.0.2', port)], self._names(sockets)
        )
        self.assertEqual([-1, -1], [sock.fileno() for sock in first[:2]])

    def test_a_port_that_was_asked_for_is_tried_once(self) -> None:
        made = []

        def set_options(sock: socket.socket) -> socket.socket:
            made.append(sock)
            return sock

        taken = self.bound()
        taken.listen()
        listen_address = listen_addresses.TcpAddress(
            '127.0.0.1', taken.getsockname()[1]
        )
        self.assert_fails(listen_address, set_options=set_options)
        self.assertEqual(1, len(made))

    def test_it_is_not_tried_for_ever(self) -> None:
        made: list[socket.socket] = []

        def set_options(sock: socket.socket) -> socket.socket:
            made.append(sock)
            if len(made) % 2 == 0:
                port = made[-2].getsockname()[1]
                self.bound('127.0.0.2', port).listen()
            return sock

        listen_address = self._resolve('127.0.0.1', '127.0.0.2')
        error = self.assert_fails(listen_address, set_options=set_options)
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertIn('many.test:0 (127.0.0.2:', str(error))
        self.assertEqual({-1}, {sock.fileno() for sock in made})

    def test_an_address_that_is_not_ours_is_an_error(self) -> None:
        for address in ('192.0.2.1', '2001:db8::1'):
            listen_address = self._resolve('127.0.0.1', address)
            error = self.assert_fails(listen_address)
            self.assertEqual(errno.EADDRNOTAVAIL, error.errno)
            self.assertIn(address, str(error))

    def test_ipv6_is_left_out_where_there_is_no_address_of_it(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('socket.socket', _Lacking))
        for address in ('::1', '::'):
            listen_address = self._resolve(address, '127.0.0.1')
            names = self._names(self.listen(listen_address))
            self.assertEqual(['127.0.0.1'], [host for host, _port in names])
            self.assertIn(
                f'many.test:0 ([{address}]:0): not available', self.log.output
            )

    def test_ipv6_is_left_out_where_the_system_has_none(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('socket.socket', _without_ipv6))
        for address in ('::1', '2001:db8::1'):
            listen_address = self._resolve('127.0.0.1', address)
            names = self._names(self.listen(listen_address))
            self.assertEqual(['127.0.0.1'], [host for host, _port in names])
            self.assertIn(f'([{address}]:', self.log.output)

    def test_ipv6_is_not_left_out_where_nothing_else_is(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('socket.socket', _without_ipv6))
        error = self.assert_fails(self._resolve('::1'))
        self.assertEqual(errno.EAFNOSUPPORT, error.errno)
        self.assert_fails(listen_addresses.TcpAddress('::1', 0))
        self.assertEqual('', self.log.output)

    def test_another_address_of_ipv6_is_not_left_out(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('socket.socket', _Lacking))
        error = self.assert_fails(self._resolve('127.0.0.1', '2001:db8::1'))
        self.assertEqual(errno.EADDRNOTAVAIL, error.errno)

    def test_ipv6_that_is_in_use_is_not_left_out(self) -> None:
        self._resolve('127.0.0.1', '::1')
        taken = self.listen(listen_addresses.TcpAddress('::1', 0)).sockets[0]
        port = taken.getsockname()[1]
        error = self.assert_fails(
            listen_addresses.TcpAddress('many.test', port)
        )
        self.assertEqual(errno.EADDRINUSE, error.errno)

    def test_the_same_addresses_are_taken_again(self) -> None:
        sockets = self.listen(self._resolve('127.0.0.1', '127.0.0.2'))
        names = self._names(sockets)
        sockets.close()
        self.resolve('many.test', '127.0.0.3')
        sockets.open()
        self.assertEqual(names, self._names(sockets))
