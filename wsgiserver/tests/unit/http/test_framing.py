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

"""Where a request ends: Content-Length, Transfer-Encoding, Upgrade."""

from typing import Any

from wsgiserver.tests.unit.http import cases
from wsgiserver.tests.unit.http import wire

_BAD = '400 Bad Request'

_HELLO = b'5\r\nhello\r\n0\r\n\r\n'
_DECOY = b'0\r\n\r\n' + wire.BEHIND


def old(*fields: bytes) -> bytes:
    """Make the head of a POST request of HTTP/1.0."""
    return wire.head_of(b'POST / HTTP/1.0', b'Host: a', *fields)


def case(
    name: str, head: bytes, body: bytes = b'', content: bytes = b''
) -> tuple[str, dict[str, Any]]:
    """Make a scenario of a head, a body as sent, and its content."""
    return name.replace(' ', '_'), {'stream': head + body, 'content': content}


class AcceptedBodyTestCase(cases.Accepted):
    content: bytes

    scenarios = [
        case('no length', wire.post()),
        case('length 0', wire.post(b'Content-Length: 0')),
        case('length 1', wire.post(b'Content-Length: 1'), b'\x00', b'\x00'),
        case(
            'length with zeros ahead',
            wire.post(b'Content-Length: 0005'),
            b'hello',
            b'hello',
        ),
        case(
            'length with spaces around',
            wire.post(b'Content-Length: \t 5 \t'),
            b'hello',
            b'hello',
        ),
        case(
            'length in capitals',
            wire.post(b'CONTENT-LENGTH:5'),
            b'hello',
            b'hello',
        ),
        case(
            'length of a get',
            wire.get(b'Content-Length: 5'),
            b'hello',
            b'hello',
        ),
        case(
            'length in http 1.0', old(b'Content-Length: 5'), b'hello', b'hello'
        ),
        case(
            'a body that looks like a request',
            wire.post(b'Content-Length: %d' % len(wire.BEHIND)),
            wire.BEHIND,
            wire.BEHIND,
        ),
        case(
            'a body of line ends',
            wire.post(b'Content-Length: 8'),
            b'\r\n\r\n\n\n\r\r',
            b'\r\n\r\n\n\n\r\r',
        ),
        case(
            'chunked',
            wire.post(b'Transfer-Encoding: chunked'),
            _HELLO,
            b'hello',
        ),
        case(
            'chunked in mixed case',
            wire.post(b'transfer-ENCODING: ChunkeD'),
            _HELLO,
            b'hello',
        ),
        case(
            'chunked with a tab ahead and a space behind',
            wire.post(b'Transfer-Encoding: \t chunked '),
            _HELLO,
            b'hello',
        ),
        *(
            case(
                f'chunked with {blanks!r} behind',
                wire.post(b'Transfer-Encoding: chunked' + blanks, b'A: b\t'),
                _HELLO,
                b'hello',
            )
            for blanks in (b'\t', b'  ', b' \t', b'\t \t ', b'\t' * 1000)
        ),
        case(
            'chunked and empty',
            wire.post(b'Transfer-Encoding: chunked'),
            b'0\r\n\r\n',
        ),
        case(
            'chunked get',
            wire.get(b'Transfer-Encoding: chunked'),
            _HELLO,
            b'hello',
        ),
        case(
            'a chunk that looks like the end and a request',
            wire.post(b'Transfer-Encoding: chunked'),
            b'%x\r\n' % len(_DECOY) + _DECOY + b'\r\n0\r\n\r\n',
            _DECOY,
        ),
        case(
            'an underscored transfer encoding',
            wire.post(b'Transfer_Encoding: chunked', b'Content-Length: 5'),
            b'hello',
            b'hello',
        ),
        case(
            'an underscored length',
            wire.post(b'Content_Length: 9', b'Content-Length: 5'),
            b'hello',
            b'hello',
        ),
        case(
            'upgrade to h2c with a length',
            wire.post(
                b'Connection: Upgrade, HTTP2-Settings',
                b'Upgrade: h2c',
                b'HTTP2-Settings: AAMAAABkAAQAAP__',
                b'Content-Length: 5',
            ),
            b'hello',
            b'hello',
        ),
        case(
            'upgrade to h2c with chunks',
            wire.post(
                b'Connection: Upgrade',
                b'Upgrade: h2c',
                b'Transfer-Encoding: chunked',
            ),
            _HELLO,
            b'hello',
        ),
        case(
            'upgrade to websocket',
            wire.get(b'Connection: upgrade', b'Upgrade: websocket'),
        ),
        case(
            'upgrade in http 1.0',
            old(b'Connection: upgrade', b'Upgrade: x', b'Content-Length: 5'),
            b'hello',
            b'hello',
        ),
        case(
            'expectation with a length',
            wire.post(b'Expect: 100-continue', b'Content-Length: 5'),
            b'hello',
            b'hello',
        ),
        case(
            'connection close with a length',
            wire.post(b'Connection: close', b'Content-Length: 5'),
            b'hello',
            b'hello',
        ),
    ]

    def check_message(self, message: wire.Message) -> None:
        super().check_message(message)
        self.assertEqual(self.content, message.content)


LENGTH = cases.refusals(
    _BAD,
    {
        f'length {value!r}': wire.post(
            b'Content-Length: ' + value.encode('utf-8')
        )
        + b'hello'
        for value in (
            '',
            '+5',
            '-5',
            '-0',
            '5_0',
            '_5',
            '5 0',
            '5\t0',
            '5,5',
            '5, 5',
            '5,',
            ',5',
            '5;',
            '5.0',
            '5e0',
            '0x5',
            '0b1',
            'a',
            '"5"',
            '\u0665',
            '\uff15',
            '\xb2',
            '5\x0b',
            '\x0b5',
            '5\x0c',
            '1' * 19,
            '0' * 18 + '5',
            str(2**64),
            str(2**64 + 5),
            str(2**32) * 3,
            '9' * 500,
        )
    }
    | {
        'the same length twice': wire.post(
            b'Content-Length: 5', b'Content-Length: 5'
        ),
        'two lengths': wire.post(b'Content-Length: 5', b'Content-Length: 6'),
        'two lengths in two cases': wire.post(
            b'content-length: 5', b'Content-Length: 6'
        ),
        'an empty length and another': wire.post(
            b'Content-Length:', b'Content-Length: 5'
        ),
        'a length and an empty one': wire.post(
            b'Content-Length: 5', b'Content-Length:'
        ),
        'a folded length': wire.post(b'Content-Length:', b' 5'),
        'a length folded in two': wire.post(b'Content-Length: 5', b' 0'),
        'a space before the colon of a length': wire.post(
            b'Content-Length : 5'
        ),
        'two lengths in http 1.0': old(
            b'Content-Length: 5', b'Content-Length: 5'
        ),
        'two lengths apart': wire.post(
            b'Content-Length: 5', b'A: b', b'Content-Length: 0'
        ),
    },
)

CODING = cases.refusals(
    _BAD,
    {
        'a length before chunked': wire.post(
            b'Content-Length: 5', b'Transfer-Encoding: chunked'
        )
        + _HELLO,
        'a length behind chunked': wire.post(
            b'Transfer-Encoding: chunked', b'Content-Length: 5'
        )
        + _HELLO,
        'length 0 beside chunked': wire.post(
            b'Transfer-Encoding: chunked', b'Content-Length: 0'
        )
        + _HELLO,
        'a length beside an empty coding': wire.post(
            b'Transfer-Encoding:', b'Content-Length: 5'
        ),
        'a length beside identity': wire.post(
            b'Transfer-Encoding: identity', b'Content-Length: 5'
        ),
        'chunked in http 1.0': old(b'Transfer-Encoding: chunked') + _HELLO,
        'identity in http 1.0': old(b'Transfer-Encoding: identity'),
        'a space before the colon of a coding': wire.post(
            b'Transfer-Encoding : chunked'
        ),
        'a folded coding': wire.post(b'Transfer-Encoding:', b' chunked'),
        'a coding folded in two': wire.post(
            b'Transfer-Encoding: chun', b' ked'
        ),
        'a vertical tab before chunked': wire.post(
            b'Transfer-Encoding: \x0bchunked'
        ),
        'a vertical tab behind chunked': wire.post(
            b'Transfer-Encoding: chunked\x0b'
        ),
        'a form feed before chunked': wire.post(
            b'Transfer-Encoding: \x0cchunked'
        ),
        'tabs alone': wire.post(b'Transfer-Encoding: \t\t'),
        'a fold behind a tab': wire.post(
            b'Transfer-Encoding: chunked\t', b' '
        ),
        'a tab behind chunked and a length': wire.post(
            b'Transfer-Encoding: chunked\t', b'Content-Length: 5'
        ),
        'a tab behind chunked and a bad field': wire.post(
            b'Transfer-Encoding: chunked\t', b'A\x00: b'
        ),
        'a nul behind chunked': wire.post(b'Transfer-Encoding: chunked\x00'),
        'a cr behind chunked': wire.post(b'Transfer-Encoding: chunked\r'),
        'a lf before a coding': wire.post(b'A: b\nTransfer-Encoding: chunked'),
        'a cr before a coding': wire.post(b'A: b\rTransfer-Encoding: chunked'),
    },
)


class RefusedFramingTestCase(cases.Refused):
    scenarios = LENGTH + CODING


class RefusedCodingTestCase(cases.Refused):
    """Codings that are neither ``chunked`` nor malformed by themselves.

    RFC 9112 allows 400 for those that don't end in chunked (section 6.3)
    and asks for 501 where a coding is unknown (section 6.1).
    """

    scenarios = [
        (repr(value).replace(' ', '_'), {'value': value})
        for value in (
            '',
            'identity',
            'gzip',
            'gzip, chunked',
            'chunked, gzip',
            'chunked, identity',
            'chunked, chunked',
            'chunked,',
            ',chunked',
            'xchunked',
            'x-chunked',
            'chunkedx',
            'chunke',
            'chun ked',
            'chunked;q=1',
            '"chunked"',
            'chunked\xa0',
            '\xefchunked',
            'chunked\r\nTransfer-Encoding: chunked',
            'chunked\r\nTransfer-Encoding: identity',
            'identity\r\nTransfer-Encoding: chunked',
            'chunked\r\ntransfer-encoding:',
            '\r\nTransfer-Encoding: chunked',
        )
    ]

    value: str

    def setUp(self) -> None:
        super().setUp()
        field = b'Transfer-Encoding: ' + self.value.encode('latin-1')
        self.stream = wire.post(field) + _HELLO
        reader = wire.read([self.stream])
        assert reader.refused is not None
        self.status = reader.refused

    def test_it_is_refused_as_bad_or_as_unknown(self) -> None:
        self.assertIn(self.status, (_BAD, '501 Not Implemented'))
