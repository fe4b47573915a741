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
"""PROXY protocol: who the client of a load balancer is.

Versions 1 and 2 of the specification that HAProxy publishes
(proxy-protocol.txt). A header stands ahead of all else on a connection, of
TLS as well.
"""

import dataclasses
import ipaddress
import re
import socket
import struct

from wsgiserver._http import errors

# Section 2.1: "PROXY", then up to 107 bytes with the CRLF.
_V1_START = b'PROXY '
_V1_LONGEST = 107
_V1 = re.compile(
    rb'PROXY (TCP4|TCP6) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) '
    rb'([0-9]{1,5}) ([0-9]{1,5})'
)

# Section 2.2: the signature, version and command, family, length.
_V2_START = b'\r\n\r\n\x00\r\nQUIT\n'
_V2_FIXED = struct.Struct('!12sBBH')
_LOCAL, _PROXY = 0x20, 0x21
_TCP4, _TCP6 = 0x11, 0x21
_ADDRESSES = {_TCP4: (socket.AF_INET, 4), _TCP6: (socket.AF_INET6, 16)}

#: The longest version 2 header in bytes, addresses and TLVs included; the
#: specification bids senders stay below it, to fit into the first segment.
_V2_LONGEST = 536


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """A PROXY header."""

    #: The client's address and port; None if the connection is the proxy's
    #: own, such as a health check, or not one of TCP.
    client: tuple[str, str] | None
    #: The bytes behind the header.
    rest: bytes


def parse(data: bytes) -> Header | None:
    """Parse the header at the beginning of a connection.

    :param data: everything that has arrived.
    :returns: the header, or None while it is incomplete.
    :raises BadRequest: if there is none, or a malformed one.
    """
    if _begins(data, _V2_START):
        return _parse_v2(data)
    if _begins(data, _V1_START):
        return _parse_v1(data)
    raise errors.BadRequest('a PROXY header is required')


def _begins(data: bytes, start: bytes) -> bool:
    return data[: len(start)] == start[: len(data)]


def _parse_v1(data: bytes) -> Header | None:
    line, end, rest = data.partition(b'\r\n')
    # The CR of its end may be there without the LF.
    if len(line.removesuffix(b'\r')) + 2 > _V1_LONGEST:
        raise errors.BadRequest('the PROXY line is too long')
    if not end:
        return None
    if line == b'PROXY UNKNOWN' or line.startswith(b'PROXY UNKNOWN '):
        return Header(None, rest)
    match = _V1.fullmatch(line)
    if match is None:
        raise errors.BadRequest('malformed PROXY line')
    family, source, target, port, target_port = match.groups()
    _address(family, target)
    _port(target_port)
    return Header((_address(family, source), _port(port)), rest)


def _address(family: bytes, text: bytes) -> str:
    try:
        address = ipaddress.ip_address(text.decode('ascii'))
    except ValueError as error:
        raise errors.BadRequest('malformed PROXY address') from error
    if address.version != int(family[-1:]):
        # "4" or "6" of TCP4 and TCP6, as a version number.
        raise errors.BadRequest('malformed PROXY address')
    return str(address)


def _port(text: bytes) -> str:
    port = int(text)
    if port > 65535:
        raise errors.BadRequest('malformed PROXY port')
    return str(port)


def _parse_v2(data: bytes) -> Header | None:
    if len(data) < _V2_FIXED.size:
        return None
    _start, command, family, length = _V2_FIXED.unpack_from(data)
    if command not in (_LOCAL, _PROXY):
        raise errors.BadRequest('unknown PROXY version or command')
    if _V2_FIXED.size + length > _V2_LONGEST:
        raise errors.BadRequest('the PROXY header is too long')
    end = _V2_FIXED.size + length
    if len(data) < end:
        return None
    rest = data[end:]
    if command == _LOCAL or family not in _ADDRESSES:
        return Header(None, rest)
    kind, size = _ADDRESSES[family]
    if length < 2 * size + 4:
        raise errors.BadRequest('malformed PROXY header')
    source = data[_V2_FIXED.size :][:size]
    (port,) = struct.unpack_from('!H', data, _V2_FIXED.size + 2 * size)
    return Header((socket.inet_ntop(kind, source), str(port)), rest)
