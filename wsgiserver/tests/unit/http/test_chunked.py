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

"""The chunked coding, wherever its bytes are cut."""

from typing import Any

from wsgiserver._http import chunked
from wsgiserver._http import errors
from wsgiserver.tests.unit.http import wire
from wsgiserver.tests.unit import scenarios as unit_scenarios

_END = b'0\r\n\r\n'
_LONGEST = b'5;a=' + b'b' * (chunked.MAX_SIZE_LINE - 4)


def scenarios(streams: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Make scenarios of streams, or of streams and their content."""
    made = []
    for name, given in streams.items():
        stream, content = given if isinstance(given, tuple) else (given, None)
        made.append(
            (name.replace(' ', '_'), {'stream': stream, 'content': content})
        )
    return made


class AcceptedChunksTestCase(unit_scenarios.ScenarioTestCase):
    stream: bytes
    content: bytes

    scenarios = scenarios(
        {
            'empty': (_END, b''),
            'one chunk': (b'5\r\nhello\r\n' + _END, b'hello'),
            'two chunks': (b'3\r\nhel\r\n2\r\nlo\r\n' + _END, b'hello'),
            'one byte': (b'1\r\n\x00\r\n' + _END, b'\x00'),
            'line ends': (b'4\r\n\r\n\r\n\r\n' + _END, b'\r\n\r\n'),
            'the end within': (b'5\r\n' + _END + b'\r\n' + _END, _END),
            'capital digits': (
                b'1A\r\n%s\r\n0\r\n\r\n' % (b'a' * 26),
                b'a' * 26,
            ),
            'small digits': (
                b'1a\r\n%s\r\n0\r\n\r\n' % (b'a' * 26),
                b'a' * 26,
            ),
            'zeros ahead': (b'005\r\nhello\r\n000\r\n\r\n', b'hello'),
            'fifteen digits': (
                b'000000000000005\r\nhello\r\n000000000000000\r\n\r\n',
                b'hello',
            ),
            'extensions': (
                b'5;a\r\nhello\r\n0;b=c;d="e f"\r\n\r\n',
                b'hello',
            ),
            **{
                f'blanks in {line!r}': (
                    line + b'\r\nhello\r\n' + _END,
                    b'hello',
                )
                for line in (
                    b'5 ;a',
                    b'5; a',
                    b'5\t ;\t a',
                    b'5;a =b',
                    b'5;a= b',
                    b'5;a = "b" ;c ; d',
                )
            },
            'quoted quote': (b'5;a="\\"b"\r\nhello\r\n' + _END, b'hello'),
            'a signature': (
                b'5;chunk-signature=%s\r\nhello\r\n0\r\n\r\n' % (b'0f' * 32),
                b'hello',
            ),
            'the longest size line': (
                _LONGEST + b'\r\nhello\r\n' + _END,
                b'hello',
            ),
            'a trailer': (b'0\r\nA: b\r\n\r\n', b''),
            'trailers': (b'5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n', b'hello'),
            'trailer of non-ascii bytes': (b'0\r\nA:\x80\xff\r\n\r\n', b''),
            'a trailer named like a field': (
                b'0\r\nAuthorization: b\r\n\r\n',
                b'',
            ),
        }
    )

    def _check(self, pieces: list[bytes], behind: bytes = b'') -> None:
        content, decoder = wire.decode(pieces)
        self.assertEqual(self.content, content, repr(pieces))
        self.assertTrue(decoder.done)
        self.assertEqual(behind, decoder.rest)

    def test_it_is_decoded_whole(self) -> None:
        self._check([self.stream])

    def test_it_is_decoded_byte_by_byte(self) -> None:
        self._check(wire.byte_by_byte(self.stream))

    def test_it_is_decoded_when_cut_in_two(self) -> None:
        for pieces in wire.cuts(self.stream):
            self._check(pieces)

    def test_what_is_behind_it_is_left_alone(self) -> None:
        for behind in (wire.BEHIND, b'\r\n', b'\x00', _END):
            for pieces in wire.ways(self.stream + behind):
                self._check(pieces, behind)

    def test_it_is_done_with_its_last_byte_and_not_before(self) -> None:
        decoder = wire.decoder()
        for byte in wire.byte_by_byte(self.stream):
            self.assertFalse(decoder.done)
            decoder.feed(byte)
        self.assertTrue(decoder.done)


class RefusedChunksTestCase(unit_scenarios.ScenarioTestCase):
    stream: bytes

    scenarios = (
        scenarios(
            {
                f'size {size!r}': size.encode('latin-1')
                + b'\r\nhello\r\n'
                + _END
                for size in (
                    '',
                    '+5',
                    '-5',
                    '0x5',
                    '5_0',
                    '5h',
                    'g',
                    ' 5',
                    '5 ',
                    '\t5',
                    '5\t',
                    '5 ;',
                    '5;a ',
                    '5\x0b;a',
                    ' 5;a',
                    '5\x0b',
                    '5\x00',
                    '\xb2',
                    '5.',
                    '5,5',
                    '5\n',
                    '5\r',
                    '\n5',
                    '\r5',
                    '0' * 15 + '5',
                    'f' * 16,
                    'f' * 17,
                    '1' + '0' * 16 + '5',
                )
            }
        )
        + scenarios(
            {
                f'extension {text!r}': b'5;'
                + text.encode('latin-1')
                + b'\r\nhello\r\n'
                + _END
                for text in (
                    '',
                    ';a',
                    'a;',
                    ' ',
                    'a ',
                    'a b',
                    'a =',
                    'a= ',
                    'a="b" ',
                    'a = "b" c',
                    '\t',
                    'a=b c',
                    'a=b,c',
                    'a="b',
                    'a=b"',
                    'a="b"c',
                    'a="\\',
                    '"a"',
                    'a(b)',
                    'a={}',
                    '\x80',
                    'a=\x80',
                    'a\x00',
                    'a\x0b',
                    'a\x7f',
                    'a="\x00"',
                    'a="\x1f"',
                    'a\n',
                    'a\nb',
                    'a\rb',
                    'a="\n"',
                    'a="\r"',
                    '\nGET / HTTP/1.1\n',
                )
            }
        )
        + scenarios(
            {
                'lf behind the size': b'5\nhello\r\n' + _END,
                'lf behind an extension': b'5;a\nhello\r\n' + _END,
                'cr behind the size': b'5\rhello\r\n' + _END,
                'lf behind the data': b'5\r\nhello\n' + _END,
                'cr behind the data': b'5\r\nhello\r0\r\n\r\n',
                'nothing behind the data': b'5\r\nhello' + _END,
                'a longer chunk': b'4\r\nhello\r\n' + _END,
                'a shorter chunk': b'6\r\nhello\r\n' + _END,
                'two line ends behind the data': b'5\r\nhello\r\n\r\n' + _END,
                'lf at the end': b'5\r\nhello\r\n0\n\n',
                'lf behind the last chunk': b'0\r\n\n',
                'cr behind the last chunk': b'0\r\n\rA\r\n',
                'data in the last chunk': b'0\r\nhello\r\n\r\n',
                'a request in place of the end': wire.BEHIND,
            }
        )
        + scenarios(
            {
                f'trailer {line!r}': b'0\r\n'
                + line.encode('latin-1')
                + b'\r\n\r\n'
                for line in (
                    'A',
                    ':',
                    ': b',
                    'A : b',
                    'A\t: b',
                    ' A: b',
                    '\tA: b',
                    'A: b\r\n c',
                    'A: \x00',
                    'A: \x0b',
                    'A: \x7f',
                    'A: b\nC: d',
                    'A: b\rC: d',
                    'A: b\r',
                    'A\x00: b',
                    'A B: c',
                    '\xe9: b',
                    'Content-Length: 5',
                    'content-length: 5',
                    'Transfer-Encoding: chunked',
                    'Host: b',
                    'Connection: close',
                    'Expect: 100-continue',
                    'GET / HTTP/1.1',
                )
            }
        )
    )

    def _check(self, pieces: list[bytes]) -> None:
        error = self.assertRaises(errors.BadRequest, wire.decode, pieces)
        self.assertEqual('400 Bad Request', error.status)

    def test_it_is_refused_whole(self) -> None:
        self._check([self.stream])

    def test_it_is_refused_byte_by_byte(self) -> None:
        self._check(wire.byte_by_byte(self.stream))

    def test_it_is_refused_when_cut_in_two(self) -> None:
        for pieces in wire.cuts(self.stream):
            self._check(pieces)

    def test_it_is_refused_with_a_request_behind(self) -> None:
        for pieces in wire.ways(self.stream + wire.BEHIND):
            self._check(pieces)
