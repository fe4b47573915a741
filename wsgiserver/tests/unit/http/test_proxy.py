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

"""The header that a proxy sends ahead of a connection's bytes."""

import socket
import struct
from typing import Any

from wsgiserver._http import errors
from wsgiserver._http import proxy
from wsgiserver.tests.unit.http import wire
from wsgiserver.tests.unit import scenarios as unit_scenarios

_SIGNATURE = b'\r\n\r\n\x00\r\nQUIT\n'


def v2(
    addresses: bytes = b'',
    command: int = 0x21,
    family: int = 0x11,
    length: int | None = None,
) -> bytes:
    """Make a header of version 2."""
    size = len(addresses) if length is None else length
    return _SIGNATURE + struct.pack('!BBH', command, family, size) + addresses


_TCP4 = bytes([192, 0, 2, 7, 127, 0, 0, 1]) + struct.pack('!HH', 40000, 80)
_TCP6 = (
    socket.inet_pton(socket.AF_INET6, '2001:db8::7')
    + socket.inet_pton(socket.AF_INET6, '::1')
    + struct.pack('!HH', 40000, 80)
)


class AcceptedHeaderTestCase(unit_scenarios.ScenarioTestCase):
    header: bytes
    client: tuple[str, str] | None

    scenarios = [
        (name, {'header': header, 'client': client})
        for name, header, client in (
            (
                'v1_tcp4',
                b'PROXY TCP4 192.0.2.7 127.0.0.1 40000 80\r\n',
                ('192.0.2.7', '40000'),
            ),
            (
                'v1_tcp6',
                b'PROXY TCP6 2001:DB8:0::7 ::1 65535 0\r\n',
                ('2001:db8::7', '65535'),
            ),
            ('v1_unknown', b'PROXY UNKNOWN\r\n', None),
            ('v1_unknown_with_more', b'PROXY UNKNOWN ffff:f 1 2\r\n', None),
            (
                'v1_longest',
                b'PROXY UNKNOWN ' + b'x' * (107 - 16) + b'\r\n',
                None,
            ),
            ('v2_tcp4', v2(_TCP4), ('192.0.2.7', '40000')),
            ('v2_tcp6', v2(_TCP6, family=0x21), ('2001:db8::7', '40000')),
            (
                'v2_with_tlvs',
                v2(_TCP4 + b'\x04\x00\x03abc'),
                ('192.0.2.7', '40000'),
            ),
            (
                'v2_longest',
                v2(_TCP4 + bytes(536 - 16 - len(_TCP4))),
                ('192.0.2.7', '40000'),
            ),
            ('v2_local', v2(command=0x20, family=0), None),
            ('v2_local_with_addresses', v2(_TCP4, command=0x20), None),
            ('v2_unspecified', v2(family=0), None),
            ('v2_udp', v2(_TCP4, family=0x12), None),
            ('v2_unix', v2(bytes(216), family=0x31), None),
        )
    ]

    def test_it_is_incomplete_before_its_last_byte(self) -> None:
        for size in range(len(self.header)):
            self.assertIsNone(proxy.parse(self.header[:size]), str(size))

    def test_it_tells_the_client_and_what_is_behind(self) -> None:
        for behind in (b'', b'\r\n', wire.get(), self.header):
            found = proxy.parse(self.header + behind)
            assert found is not None
            self.assertEqual(self.client, found.client)
            self.assertEqual(behind, found.rest)


class RefusedHeaderTestCase(unit_scenarios.ScenarioTestCase):
    header: bytes

    scenarios: list[tuple[str, dict[str, Any]]] = [
        (f'v1_{line!r}', {'header': b'PROXY ' + line + b'\r\n'})
        for line in (
            b'',
            b' ',
            b'TCP4',
            b'TCP4 1.1.1.1 2.2.2.2 3',
            b'TCP4 1.1.1.1 2.2.2.2 3 4 5',
            b'TCP4 1.1.1.1 2.2.2.2 3 4 ',
            b'TCP4  1.1.1.1 2.2.2.2 3 4',
            b'TCP4\t1.1.1.1 2.2.2.2 3 4',
            b'TCP5 1.1.1.1 2.2.2.2 3 4',
            b'tcp4 1.1.1.1 2.2.2.2 3 4',
            b'UDP4 1.1.1.1 2.2.2.2 3 4',
            b'TCP4 ::1 ::1 3 4',
            b'TCP6 1.1.1.1 2.2.2.2 3 4',
            b'TCP4 1.1.1 2.2.2.2 3 4',
            b'TCP4 1.1.1.256 2.2.2.2 3 4',
            b'TCP4 a.b 2.2.2.2 3 4',
            b'TCP6 fe80::1%eth0 ::1 3 4',
            b'TCP4 1.1.1.1 2.2.2.2 65536 4',
            b'TCP4 1.1.1.1 2.2.2.2 -3 4',
            b'TCP4 1.1.1.1 2.2.2.2 +3 4',
            b'TCP4 1.1.1.1 2.2.2.2 3x 4',
            b'TCP4 1.1.1.1 2.2.2.2 3 4\n',
            b'TCP4 1.1.1.1 2.2.2.2 3 4\x00',
            b'TCP4 1.1.1.1 2.2.2.2 003333 4',
            b'TCP4 1.1.1.1 999.2.2.2 3 4',
            b'TCP4 1.1.1.1 2.2.2.2 3 99999',
            b'UNKNOWNX',
            b'unknown',
            b'UNKNOWN ' + b'x' * (107 - 16 + 1),
        )
    ] + [
        ('no_header', {'header': wire.get()}),
        ('lower_case', {'header': b'proxy TCP4 1.1.1.1 2.2.2.2 3 4\r\n'}),
        ('a_line_end_ahead', {'header': b'\r\n' + v2(_TCP4)}),
        ('v1_without_an_end', {'header': b'PROXY UNKNOWN ' + b'x' * 100}),
        ('v2_version_1', {'header': v2(_TCP4, command=0x11)}),
        ('v2_version_3', {'header': v2(_TCP4, command=0x31)}),
        ('v2_unknown_command', {'header': v2(_TCP4, command=0x22)}),
        ('v2_without_addresses', {'header': v2()}),
        ('v2_short_tcp4', {'header': v2(_TCP4[:-1])}),
        ('v2_short_tcp6', {'header': v2(_TCP6[:-1], family=0x21)}),
        (
            'v2_too_long',
            {'header': v2(_TCP4 + bytes(536 - 15 - len(_TCP4)))},
        ),
        ('v2_endless', {'header': v2(_TCP4, length=65535)}),
        ('v2_broken_signature', {'header': b'\r\n\r\n\x00\r\nQUIT\r' + v2()}),
    ]

    def test_it_is_refused_whole_and_in_part(self) -> None:
        for behind in (b'', wire.get()):
            self.assertRaises(
                errors.BadRequest, proxy.parse, self.header + behind
            )

    def test_it_is_refused_byte_by_byte(self) -> None:
        for size in range(len(self.header) + 1):
            try:
                self.assertIsNone(proxy.parse(self.header[:size]))
            except errors.BadRequest:
                return
        self.fail('it was never refused')
