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


"""The inputs of compare_http.py: what two programs may read differently."""

import re
from typing import NamedTuple

#: A request that runs only where a body, or a part of one, is taken for it.
HIDDEN = b'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'


class Case(NamedTuple):
    """An input.

    :param label: what is special in it, as reStructuredText.
    :param sent: the request, without what is sent behind all of them.
    :param shown: what to tell of the request that the application got:
        ``body``, a key of its environ, or nothing.
    """

    label: str
    sent: bytes
    shown: str = ''


def lines(*parts: bytes) -> bytes:
    """Write a head of these lines."""
    return b'\r\n'.join((*parts, b'', b''))


def literal(data: bytes) -> str:
    """Show bytes in reStructuredText, whose literals have no blank ends."""
    text = data.decode('latin-1').encode('unicode_escape').decode()
    text = re.sub('^ | $', r'\\x20', text)
    return f'``{text}``' if text else 'empty'


def _all(*values: bytes) -> str:
    return ' and '.join(map(literal, values)) or 'none'


def _request(label: str, *parts: bytes, shown: str = '') -> Case:
    return Case(label, lines(*parts), shown)


def _field(field: bytes, shown: str = '') -> Case:
    head = (b'GET /first HTTP/1.1', b'Host: a', field)
    return _request(literal(field), *head, shown=shown)


def _line(line: bytes, shown: str = '') -> Case:
    return _request(literal(line), line, b'Host: a', shown=shown)


def _host(*values: bytes) -> Case:
    fields = (b'Host: ' + value for value in values)
    head = (b'GET /first HTTP/1.1', *fields)
    return _request(_all(*values), *head, shown='HTTP_HOST')


def _post(label: str, *fields: bytes, body: bytes) -> Case:
    head = lines(b'POST /first HTTP/1.1', b'Host: a', *fields)
    return Case(label, head + body, 'body')


def _length(*values: bytes) -> Case:
    fields = (b'Content-Length: ' + value for value in values)
    return _post(_all(*values), *fields, body=b'hello')


def _coding(*values: bytes) -> Case:
    fields = (b'Transfer-Encoding: ' + value for value in values)
    return _post(_all(*values), *fields, body=b'5\r\nhello\r\n0\r\n\r\n')


def _disguised(field: bytes) -> Case:
    # Who goes by the length takes the size line for the whole body.
    chunk = b'%x\r\n%b\r\n0\r\n\r\n' % (len(HIDDEN), HIDDEN)
    return _post(literal(field), b'Content-Length: 4', field, body=chunk)


def _chunks(label: str, body: bytes) -> Case:
    return _post(label, b'Transfer-Encoding: chunked', body=body)


def _size(line: bytes) -> Case:
    return _chunks(literal(line), line + b'\r\nhello\r\n0\r\n\r\n')


def _trailer(line: bytes) -> Case:
    return _chunks(literal(line), lines(b'5', b'hello', b'0', line))


_CHUNKED = b'Transfer-Encoding: chunked'
_PLAIN = lines(b'GET /first HTTP/1.1', b'Host: a', b'X: b')

LENGTHS = (
    *map(_length, (b'+5', b'-5', b'0_5', b'5 0', b'5, 5', b'5, 6', b'')),
    *(_length(b'5', b'5'), _length(b'5', b'6'), _length(b'0', b'5')),
    *map(_length, (b'0x5', b'5.0', b'\xb2', '\u0665'.encode(), b'\x0b5')),
    *map(_length, (b'0005', b'18446744073709551621')),
)

CODINGS = (
    _coding(b'chunked', b'chunked'),
    *map(_coding, (b'chunked, chunked', b'chunked, identity', b'identity')),
    *map(_coding, (b'gzip', b'gzip, chunked', b'CHUNKED', b'xchunked', b'')),
    *map(_coding, (b'"chunked"', b'chunked,', b'chunked;a=b', b'\tchunked')),
    *map(_coding, (b'\x0bchunked', b'chunked\x0b', b'\xa0chunked')),
    Case(
        '``chunked`` in HTTP/1.0',
        lines(b'POST /first HTTP/1.0', b'Host: a', _CHUNKED)
        + b'5\r\nhello\r\n0\r\n\r\n',
        'body',
    ),
)

DISGUISES = tuple(
    map(
        _disguised,
        (
            _CHUNKED,
            b'Transfer-Encoding: xchunked',
            b'Transfer-Encoding: \x0bchunked',
            b'Transfer-Encoding: chunked, identity',
            b'Transfer-Encoding : chunked',
            b'Transfer-Encoding\x0b: chunked',
            b'Transfer-Encoding:\r\n chunked',
            b'X: y\r\n Transfer-Encoding: chunked',
            b'X: y\nTransfer-Encoding: chunked',
            b'X: y\rTransfer-Encoding: chunked',
        ),
    )
)

CHUNKS = (
    *map(_size, (b'+5', b'-5', b'0x5', b'0_5', b' 5', b'5 ', b'', b'5\x0b')),
    *map(_size, (b'\xb2', b'g', b'10000000000000005', b'5;', b'5;a="b"')),
    *map(_size, (b'5;a\x01', b'5;a\nb', b'5;a\rb')),
    _chunks(
        'an extension of 100,000 bytes',
        b'5;%b\r\nhello\r\n0\r\n\r\n' % (b'a' * 100_000),
    ),
    _chunks('size line ends with LF', b'5\nhello\r\n0\r\n\r\n'),
    _chunks('data ends with LF', b'5\r\nhello\n0\r\n\r\n'),
    _chunks('data ends with nothing', b'5\r\nhello0\r\n\r\n'),
    _chunks('data longer than its size', b'4\r\nhello\r\n0\r\n\r\n'),
    _chunks('data shorter than its size', b'6\r\nhello\r\n0\r\n\r\n'),
)

TRAILERS = (
    *map(_trailer, (b'X: y', b'no colon', b'X : y', b'X: a\nb', b'X: a\x00')),
    *map(_trailer, (b'Host: b', b'Content-Length: 5', _CHUNKED)),
    _chunks(
        'a request in place of them',
        b'5\r\nhello\r\n0\r\n' + HIDDEN,
    ),
    _chunks(
        '100,000 bytes of them',
        b'5\r\nhello\r\n0\r\n%b\r\n' % (b'X: y\r\n' * 16_667),
    ),
)

LINE_ENDS = (
    Case('LF everywhere', _PLAIN.replace(b'\r\n', b'\n'), 'HTTP_X'),
    _request('LF behind the request line', b'GET /first HTTP/1.1\nHost: a'),
    Case('LF for the empty line', _PLAIN[:-2] + b'\n'),
    Case('CR CR LF for the empty line', _PLAIN[:-2] + b'\r\r\n'),
    *(_field(b'X: a\nX-B: c', 'HTTP_X_B'), _field(b'X: a\rX-B: c', 'HTTP_X')),
    *(_field(b'X: a\r\n b', 'HTTP_X'), _field(b'X: a\r\n\tb', 'HTTP_X')),
    _request('a folded line first', b'GET /first HTTP/1.1', b' X: b'),
    *(Case('CRLF ahead', b'\r\n' + _PLAIN), Case('LF ahead', b'\n' + _PLAIN)),
)

FIELDS = (
    *(_field(b'X : a', 'HTTP_X'), _field(b'X\t: a', 'HTTP_X')),
    *(_field(b': a', 'HTTP_'), _field(b'no colon'), _field(b'X Y: a')),
    *(_field(b'X(Y): a', 'HTTP_X(Y)'), _field(b'X\xe9: a', 'HTTP_X\xc9')),
    *(_field(b'X\x00Y: a'), _field(b'X: a\x00b', 'HTTP_X')),
    *(_field(b'X: a\x01b', 'HTTP_X'), _field(b'X: a\x0bb', 'HTTP_X')),
    _field(b'X: a\x85Y: b', 'HTTP_X'),
    _field(b'X_Y: a', 'HTTP_X_Y'),
    _request(
        '``X-Y: a`` and ``X_Y: b``',
        *(b'GET /first HTTP/1.1', b'Host: a', b'X-Y: a', b'X_Y: b'),
        shown='HTTP_X_Y',
    ),
    _field(b'Content_Length: 5', 'CONTENT_LENGTH'),
    _field(b'Proxy: a', 'HTTP_PROXY'),
)

HOSTS = (
    *(_host(), _host(b'a', b'a'), _host(b'a', b'b'), _host(b'')),
    *map(_host, (b'a b', b'a, b', b'u@a', b'a/b', b'a:b', b'[::1', b'\xe9')),
    _request(
        '``GET http://b/first``',
        *(b'GET http://b/first HTTP/1.1', b'Host: a'),
        shown='HTTP_HOST',
    ),
)

REQUEST_LINES = (
    *map(_line, (b'GET /first', b'GET  /first HTTP/1.1')),
    *map(_line, (b'GET /first  HTTP/1.1', b'GET /first HTTP/1.1 ')),
    *map(_line, (b' GET /first HTTP/1.1', b'GET\t/first HTTP/1.1')),
    *map(_line, (b'GET /first HTTP/1.1 x', b'GET /first?a b HTTP/1.1')),
    *map(_line, (b'GET /first http/1.1', b'GET /first HTTP/1.2')),
    *map(_line, (b'GET /first HTTP/2.0', b'GET /first HTTP/0.9')),
    *map(_line, (b'GET /first HTTP/1.10', b'GET /first HTTP/01.1')),
    *map(_line, (b'GET /first RTSP/1.0', b'get /first HTTP/1.1')),
    *map(_line, (b'BREW /first HTTP/1.1', b'G(T /first HTTP/1.1')),
    *map(_line, (b'GET first HTTP/1.1', b'GET * HTTP/1.1')),
    *map(_line, (b'GET a:80 HTTP/1.1', b'CONNECT a:80 HTTP/1.1')),
    *map(_line, (b'GET http:///first HTTP/1.1', b'GET //first HTTP/1.1')),
    _line(b'GET http://u@a/first HTTP/1.1', 'HTTP_HOST'),
    *(_line(b'GET /first#a HTTP/1.1'), _line(b'GET /first?\xe9 HTTP/1.1')),
    _line(b'GET /first?\x00 HTTP/1.1'),
    Case('the preface of HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
)

#: The inputs by the headings of their tables.
SECTIONS: dict[str, tuple[Case, ...]] = {
    'Content-Length, with the body ``hello``': LENGTHS,
    'Transfer-Encoding, with one chunk, ``hello``': CODINGS,
    'Beside ``Content-Length: 4``, with a request in a chunk': DISGUISES,
    'Chunk sizes': CHUNKS,
    'Trailers': TRAILERS,
    'Line ends': LINE_ENDS,
    'Header fields': FIELDS,
    'Host': HOSTS,
    'Request lines': REQUEST_LINES,
}
