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

"""Request heads that are refused for their form."""

from wsgiserver._http import framing
from wsgiserver.tests.unit.http import cases
from wsgiserver.tests.unit.http import wire

_BAD = '400 Bad Request'

_NOT_IN_TOKENS = b'"(),/:;<=>?@[\\]{}\x01\x1f\x7f\x80\xff'
_CONTROLS = sorted(set(range(0x20)) - {0x00, 0x09, 0x0A, 0x0D}) + [0x7F]


def line(request_line: bytes) -> bytes:
    """Make a head of a request line and a Host."""
    return wire.head_of(request_line, b'Host: a')


REQUEST_LINE = cases.refusals(
    _BAD,
    {
        'two spaces before the target': line(b'GET  / HTTP/1.1'),
        'two spaces before the version': line(b'GET /  HTTP/1.1'),
        'a space ahead': line(b' GET / HTTP/1.1'),
        'a space behind': line(b'GET / HTTP/1.1 '),
        'a tab ahead': line(b'\tGET / HTTP/1.1'),
        'a tab before the target': line(b'GET\t/ HTTP/1.1'),
        'a tab before the version': line(b'GET /\tHTTP/1.1'),
        'a form feed before the target': line(b'GET\x0c/ HTTP/1.1'),
        'a vertical tab before the version': line(b'GET /\x0bHTTP/1.1'),
        'a carriage return between': line(b'GET\r/ HTTP/1.1'),
        'no method': line(b' / HTTP/1.1'),
        'no target': line(b'GET  HTTP/1.1'),
        'no target and one space': line(b'GET HTTP/1.1'),
        'a method alone': line(b'GET'),
        'http 0.9': b'GET /\r\n\r\n',
        'http 0.9 with a field': line(b'GET /'),
        'a field in place of the line': wire.head_of(b'Host: a'),
        'a second target': line(b'GET / /b HTTP/1.1'),
        'a second version': line(b'GET / HTTP/1.1 HTTP/1.1'),
        'two empty lines ahead': b'\r\n\r\n' + wire.get(),
        'three empty lines ahead': b'\r\n\r\n\r\n' + wire.get(),
        'an empty line of lf ahead': b'\n' + wire.get(),
        'an empty line of cr ahead': b'\r' + wire.get(),
        'an empty line and a space ahead': b'\r\n ' + wire.get(),
        'a tls hello': b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
        + b'a' * 30,
        'an ssh banner': b'SSH-2.0-OpenSSH_9.2\r\n\r\n',
        'a nul': b'\x00',
        'a control character': b'\x16',
        'a byte that is not ascii': b'\xff',
        'a brace': b'{',
        'a quote': b'"',
        'a proxy line': b'PROXY TCP4 1.1.1.1 2.2.2.2 3 4\r\n' + wire.get(),
        'a status line': line(b'HTTP/1.1 200 OK'),
    },
)

VERSION = cases.refusals(
    _BAD,
    {
        f'version {version}': line(b'GET / ' + version.encode('latin-1'))
        for version in (
            'http/1.1',
            'Http/1.1',
            'HTTP/1',
            'HTTP/1.',
            'HTTP/.1',
            'HTTP/11',
            'HTTP/1,1',
            'HTTP/1.10',
            'HTTP/01.1',
            'HTTP/1.1.1',
            'HTTP/+1.1',
            'HTTP/1.1x',
            'HTTP/1.\xb9',
            'HTTP/x.y',
            'HTTP1.1',
            'XHTTP/1.1',
            'HTTPS/1.1',
            'RTSP/1.0',
            'ICE/1.0',
            '1.1',
        )
    },
) + cases.refusals(
    '505 HTTP Version Not Supported',
    {
        f'version {version.decode()}': line(b'GET / ' + version)
        for version in (
            b'HTTP/0.0',
            b'HTTP/0.9',
            b'HTTP/1.2',
            b'HTTP/1.9',
            b'HTTP/2.0',
            b'HTTP/3.0',
            b'HTTP/9.9',
        )
    }
    | {'the preface of http 2': b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'},
)

METHOD = cases.refusals(
    '501 Not Implemented',
    {
        f'method {method.decode()}': line(method + b' / HTTP/1.1')
        for method in (
            b'get',
            b'Get',
            b'GETX',
            b'XGET',
            b'G',
            b'BREW',
            b'CONNECT',
            b'PRI',
            b'SOURCE',
            b'ANNOUNCE',
            b'DESCRIBE',
            b'FLUSH',
            b'GET_PARAMETER',
            b'PAUSE',
            b'PLAY',
            b'RECORD',
            b'REDIRECT',
            b'SET_PARAMETER',
            b'SETUP',
            b'TEARDOWN',
            b"!#$%&'*+-.^_`|~09azAZ",
        )
    }
    | {'authority form': line(b'CONNECT a:443 HTTP/1.1')},
) + cases.refusals(
    _BAD,
    {
        f'method with {byte:02x}': line(b'G%cT / HTTP/1.1' % byte)
        for byte in b'\x00' + _NOT_IN_TOKENS
    },
)

TARGET = cases.refusals(
    _BAD,
    {
        f'target with {byte:02x}': line(b'GET /a%cb HTTP/1.1' % byte)
        for byte in (0x00, 0x09, 0x20, 0x80, 0xC3, 0xFF, *_CONTROLS)
    }
    | {
        f'target {target.decode()}': line(b'GET %s HTTP/1.1' % target)
        for target in (
            b'a',
            b'a/b',
            b'a:80',
            b'?a',
            b'#a',
            b'1://a/',
            b'[::1]',
        )
    },
)

LINES = cases.refusals(
    _BAD,
    {
        'lf behind the request line': b'GET / HTTP/1.1\nHost: a\r\n\r\n',
        'cr behind the request line': b'GET / HTTP/1.1\rHost: a\r\n\r\n',
        'lf behind a field': b'GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n',
        'cr behind a field': b'GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n',
        'cr cr lf': b'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n',
        'lf cr': b'GET / HTTP/1.1\n\rHost: a\n\r\n\r',
        'lf everywhere': b'GET / HTTP/1.1\nHost: a\n\n',
        'lf at the end': b'GET / HTTP/1.1\r\nHost: a\r\n\n',
        'lf at the end of the last field': b'GET / HTTP/1.1\r\nHost: a\n\r\n',
        'cr at the end': b'GET / HTTP/1.1\r\nHost: a\r\n\rA',
        'cr in a value': wire.get(b'B: c\rd'),
        'nul in a value': wire.get(b'B: c\x00d'),
        'nul at the end of a value': wire.get(b'B: c\x00'),
        'nul in a name': wire.get(b'B\x00: c'),
        'folding with a space': wire.get(b'B: c', b' d'),
        'folding with a tab': wire.get(b'B: c', b'\td'),
        'folding of an empty value': wire.get(b'B:', b' c'),
        'folding with spaces alone': wire.get(b'B: c', b'  '),
        'folding of the request line': wire.head_of(
            b'GET / HTTP/1.1', b' B: c', b'Host: a'
        ),
        'folding of host': wire.head_of(b'GET / HTTP/1.1', b'Host:', b' a'),
    }
    | {
        f'value with {byte:02x}': wire.get(b'B: c%cd' % byte)
        for byte in _CONTROLS
    }
    | {
        f'value beginning with {byte:02x}': wire.get(b'B: %cd' % byte)
        for byte in (0x0B, 0x0C, 0x08)
    }
    | {
        f'value ending with {byte:02x}': wire.get(b'B: c%c' % byte)
        for byte in (0x0B, 0x0C, 0x08)
    },
)

NAMES = cases.refusals(
    _BAD,
    {
        f'name with {byte:02x}': wire.get(b'B%cC: d' % byte)
        for byte in set(_NOT_IN_TOKENS) - set(b':')
    }
    | {
        'space in a name': wire.get(b'B C: d'),
        'space before the colon': wire.get(b'B : c'),
        'tab before the colon': wire.get(b'B\t: c'),
        'space before the name': wire.head_of(
            b'GET / HTTP/1.1', b' Host: a', b'B: c'
        ),
        'empty name': wire.get(b': c'),
        'no colon': wire.get(b'B'),
        'a colon alone': wire.get(b':'),
        'space before the colon of host': wire.head_of(
            b'GET / HTTP/1.1', b'Host : a'
        ),
    },
)

HOST = (
    cases.refusals(
        _BAD,
        {
            f'host {value!r}': wire.head_of(
                b'GET / HTTP/1.1', b'Host: ' + value.encode('latin-1')
            )
            for value in (
                '',
                ':80',
                'a b',
                'a\tb',
                'a/',
                'a/b',
                'a?b',
                'a#b',
                'u@a',
                'u:p@a',
                'http://a',
                'a:b',
                'a:-1',
                'a:+1',
                'a: 1',
                'a:123456',
                'a:1:2',
                '::1',
                '[::1',
                '::1]',
                '[]',
                '[g::1]',
                '[::1]a',
                '[::1%]',
                '[::1%eth0',
                '[::1%eth0%1]',
                '[::1%e/0]',
                '[%eth0]',
                'a%b]',
                'a\\b',
                '"a"',
                '<a>',
                '\xe9',
            )
        },
    )
    + cases.refusals(
        _BAD,
        {
            'no host': wire.head_of(b'GET / HTTP/1.1'),
            'no host beside an absolute target': wire.head_of(
                b'GET http://a/ HTTP/1.1'
            ),
            'two hosts that are the same': wire.get(b'Host: a'),
            'two hosts that differ': wire.get(b'host: b'),
            'two hosts in http 1.0': wire.head_of(
                b'GET / HTTP/1.0', b'Host: a', b'Host: a'
            ),
            'a bad host in http 1.0': wire.head_of(
                b'GET / HTTP/1.0', b'Host: a b'
            ),
            'an empty host and another': wire.get(b'Host:'),
        },
    )
    + cases.refusals(
        _BAD,
        {
            f'two values of {name.decode()}': wire.get(
                name + b': a', b'X: y', name.title() + b': b'
            )
            for name in sorted(framing.SINGLETONS)
        },
    )
    + cases.refusals(
        _BAD,
        {
            'an empty value and another': wire.get(
                b'Content-Type:', b'Content-Type: a/b'
            ),
            'a value that differs in its case': wire.get(
                b'Content-Type: a/b', b'Content-Type: a/B'
            ),
        },
    )
    + cases.refusals(
        '417 Expectation Failed',
        {
            'an unknown expectation': wire.get(b'Expect: 200-ok'),
            'two expectations': wire.get(b'Expect: 100-continue, x'),
            'an expectation with parameters': wire.get(
                b'Expect: 100-continue;a=b'
            ),
            'an expectation behind an empty one': wire.get(
                b'Expect:', b'Expect: x'
            ),
        },
    )
)


class RefusedHeadTestCase(cases.Refused):
    scenarios = REQUEST_LINE + VERSION + METHOD + TARGET + LINES + NAMES + HOST
