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

"""Request heads that are in order, and what is read from them."""

from typing import Any

from wsgiserver._http import errors
from wsgiserver._http import head
from wsgiserver.tests import base
from wsgiserver.tests.unit.http import cases
from wsgiserver.tests.unit.http import wire

_TOKEN = (
    b"!#$%&'*+-.^_`|~0123456789"
    b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
)


def case(
    name: str, stream: bytes, content: bytes = b'', **expected: Any
) -> tuple[str, dict[str, Any]]:
    """Make a scenario.

    :param name: what is special about the request.
    :param stream: its bytes.
    :param content: its body.
    :param expected: what is expected of the head's attributes, where it
        differs from those of a plain GET.
    """
    return name.replace(' ', '_'), {
        'stream': stream,
        'content': content,
        'expected': expected,
    }


def line(request_line: bytes, *fields: bytes) -> bytes:
    """Make a head of a request line, a Host and more fields."""
    return wire.head_of(request_line, b'Host: a', *fields)


REQUEST_LINES = [
    case('plain', wire.get()),
    case(
        'http 1.0', line(b'GET / HTTP/1.0'), is_http11=False, keep_alive=False
    ),
    case(
        'http 1.0 without host',
        wire.head_of(b'GET / HTTP/1.0'),
        is_http11=False,
        keep_alive=False,
        host=None,
        fields=[],
    ),
    case('an empty line ahead', b'\r\n' + wire.get()),
    case('a query', line(b'GET /a?b=c&d HTTP/1.1'), uri='/a?b=c&d'),
    case('two slashes', line(b'GET //a//b HTTP/1.1'), uri='//a//b'),
    case(
        'odd characters in the target',
        line(b'GET /"<>[]{}|\\^`%zz?? HTTP/1.1'),
        uri='/"<>[]{}|\\^`%zz??',
    ),
    case(
        'absolute form',
        line(b'GET http://b:1/c?d HTTP/1.1'),
        uri='http://b:1/c?d',
    ),
    case(
        'asterisk form',
        line(b'OPTIONS * HTTP/1.1'),
        method='OPTIONS',
        uri='*',
    ),
]

METHODS = [
    case(f'method {name}', line(b'%s / HTTP/1.1' % name.encode()), method=name)
    for name in sorted(head.METHODS.values())
]

HOSTS = [
    case(
        f'host {value.decode()}',
        wire.head_of(b'GET / HTTP/1.1', b'Host: ' + value),
        host=value,
        fields=[(b'Host', value)],
    )
    for value in (
        b'images.example.org',
        b'127.0.0.1:9292',
        b'[2001:db8::1]',
        b'[::1]:9292',
        b'[fe80::1%eth0]:9292',
        b'[fe80::1%25en0.7]',
        b'a:',
        b'a:65535',
        b'x_y~z',
        b'%41',
        b"!$&'()*+,;=",
    )
]

FIELDS = [
    case(
        f'field {name}',
        wire.get(raw),
        fields=[(b'Host', b'a'), field],
    )
    for name, raw, field in (
        ('without space', b'X:y', (b'X', b'y')),
        ('with spaces and tabs around', b'X: \t y \t', (b'X', b'y')),
        ('with spaces and tabs inside', b'X: a \t b', (b'X', b'a \t b')),
        ('without value', b'X:', (b'X', b'')),
        ('of spaces', b'X: \t ', (b'X', b'')),
        ('with colons', b'X:: a:b', (b'X', b': a:b')),
        (
            'of non-ascii bytes',
            b'X: ' + bytes(range(0x80, 0x100)),
            (b'X', bytes(range(0x80, 0x100))),
        ),
        (
            'of all visible characters',
            b'X: ' + bytes(range(0x21, 0x7F)),
            (b'X', bytes(range(0x21, 0x7F))),
        ),
        ('named by every token character', _TOKEN + b': y', (_TOKEN, b'y')),
        ('with underscores', b'A_B: c', (b'A_B', b'c')),
        ('named in capitals', b'ACCEPT: c', (b'ACCEPT', b'c')),
        ('of http2 upgrade', b'HTTP2-Settings: c', (b'HTTP2-Settings', b'c')),
    )
] + [
    case(
        'fields in their order',
        wire.get(b'B: 1', b'A: 2', b'b: 3', b'A:', b'B: 4'),
        fields=[
            (b'Host', b'a'),
            (b'B', b'1'),
            (b'A', b'2'),
            (b'b', b'3'),
            (b'A', b''),
            (b'B', b'4'),
        ],
    ),
    case(
        'the same content type twice',
        wire.get(b'Content-Type: a', b'B: 1', b'content-type: a'),
        fields=[
            (b'Host', b'a'),
            (b'Content-Type', b'a'),
            (b'B', b'1'),
            (b'content-type', b'a'),
        ],
    ),
    case(
        'an empty content type twice',
        wire.get(b'Content-Type:', b'content-type: '),
        fields=[
            (b'Host', b'a'),
            (b'Content-Type', b''),
            (b'content-type', b''),
        ],
    ),
    case(
        'two user agents',
        wire.get(b'User-Agent: a', b'User-Agent: b'),
        fields=[
            (b'Host', b'a'),
            (b'User-Agent', b'a'),
            (b'User-Agent', b'b'),
        ],
    ),
    *(
        case(f'expect {value!r}', wire.get(b'Expect:' + value))
        for value in (b'', b' ', b'\t', b',', b' , ,\t')
    ),
    case('two empty expect', wire.get(b'Expect:', b'Expect: ')),
    case(
        'host not first', wire.head_of(b'GET / HTTP/1.1', b'A: b', b'HoSt: a')
    ),
]


class AcceptedHeadTestCase(cases.Accepted):
    scenarios = REQUEST_LINES + METHODS + HOSTS + FIELDS

    content: bytes
    expected: dict[str, Any]

    def check_message(self, message: wire.Message) -> None:
        super().check_message(message)
        self.assertEqual(self.content, message.content)
        read = message.head
        expected = {
            'method': 'GET',
            'uri': '/',
            'is_http11': True,
            'keep_alive': True,
            'expects_continue': False,
            'host': b'a',
            'body_length': 0,
        } | self.expected
        for name, value in expected.items():
            holder = read if hasattr(read, name) else read.framing
            self.assertEqual(value, getattr(holder, name), name)


class HeadParserTestCase(base.TestCase):
    def test_a_parser_has_not_started_before_the_first_byte(self) -> None:
        self.assertFalse(head.HeadParser(wire.Limits()).started)

    def test_a_parser_has_started_within_a_head(self) -> None:
        parser = head.HeadParser(wire.Limits())
        for byte in wire.byte_by_byte(wire.get())[:-1]:
            self.assertIsNone(parser.feed(byte))
            self.assertTrue(parser.started)

    def test_a_parser_has_not_started_behind_a_head(self) -> None:
        for pieces in wire.cuts(wire.get()):
            parser = head.HeadParser(wire.Limits())
            for piece in pieces:
                parser.feed(piece)
            self.assertFalse(parser.started)

    def test_an_empty_line_alone_starts_no_head(self) -> None:
        # A client may send one behind a body, and then nothing for long.
        for pieces in ([b'\r\n'], [b'\r', b'\n']):
            parser = head.HeadParser(wire.Limits())
            for piece in pieces:
                self.assertIsNone(parser.feed(piece))
            self.assertFalse(parser.started)

    def test_bytes_behind_a_head_are_returned_untouched(self) -> None:
        behind = bytes(range(256)) * 300
        for start in range(1, len(wire.get())):
            parser = head.HeadParser(wire.Limits())
            parser.feed(wire.get()[:start])
            taken = parser.feed(wire.get()[start:] + behind)
            assert taken is not None
            self.assertEqual(behind, taken[1])

    def test_a_parser_reads_one_head_after_the_other(self) -> None:
        parser = head.HeadParser(wire.Limits())
        rest = wire.get() + wire.post() + wire.BEHIND
        methods = []
        while rest:
            taken = parser.feed(rest)
            assert taken is not None
            request, rest = taken
            methods.append(request.method)
        self.assertEqual(['GET', 'POST', 'GET'], methods)

    def test_a_bad_request_line_is_refused_before_its_fields(self) -> None:
        for ahead in (b'', b'\r\n'):
            for line, kind in (
                (b'GET /', errors.BadRequest),
                (b'GET / HTTP/1.1 x', errors.BadRequest),
                (b'GET / HTTP/2.0', errors.VersionNotSupported),
                (b'BREW / HTTP/1.1', errors.NotImplementedByServer),
                (b'GET /%s HTTP/1.1' % (b'a' * 8192), errors.URITooLong),
            ):
                parser = head.HeadParser(wire.Limits())
                # Be it the first request of a connection or not.
                parser.feed(wire.get()[:20])
                parser.feed(wire.get()[20:])
                self.assertRaises(kind, parser.feed, ahead + line + b'\r\n')

    def test_the_request_line_is_given_back_as_text(self) -> None:
        for text in ('GET /a?b HTTP/1.1', 'PUT http://b/ HTTP/1.0'):
            stream = wire.head_of(text.encode(), b'Host: a')
            self.assertEqual(
                text, head.parse(stream, wire.Limits()).request_line
            )
