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


"""Request heads that have to be refused: what is sent, and the answer."""

from wsgiserver.tests.functional import harness

#: What hides behind each of them. It would note that it ran.
SMUGGLED = harness.request('GET', '/stream')

Case = tuple[int, bytes]


def lines(*parts: bytes) -> bytes:
    """Write a head of these lines."""
    return b'\r\n'.join((*parts, b'', b''))


def get(*fields: bytes, target: bytes = b'/stream') -> bytes:
    """Write a GET request that would note that it ran."""
    return lines(b'GET %b HTTP/1.1' % target, b'Host: a', *fields)


def post(*fields: bytes, body: bytes = b'hello') -> bytes:
    """Write a POST request with a body."""
    head = lines(b'POST /stream HTTP/1.1', b'Host: a', *fields)
    return head + body


def of_length(*values: bytes) -> bytes:
    """Write a POST request with these Content-Length fields."""
    return post(*(b'Content-Length: ' + value for value in values))


def of_coding(*values: bytes) -> bytes:
    """Write a POST request with these Transfer-Encoding fields."""
    fields = [b'Transfer-Encoding: ' + value for value in values]
    return post(*fields, body=b'0\r\n\r\n')


def first(line: bytes) -> bytes:
    """Write a request with this request line."""
    return lines(line, b'Host: a')


def of_host(*values: bytes) -> bytes:
    """Write a GET request with these Host fields."""
    fields = [b'Host: ' + value for value in values]
    return lines(b'GET /stream HTTP/1.1', *fields)


LENGTHS: dict[str, Case] = {
    name: (400, of_length(*values))
    for name, values in {
        'plus': (b'+5',),
        'minus': (b'-5',),
        'minus_zero': (b'-0',),
        'underscore': (b'5_0',),
        'space_within': (b'5 0',),
        'tab_within': (b'5\t0',),
        'list_of_equals': (b'5, 5',),
        'list_of_different': (b'5, 6',),
        'list_with_an_empty_element': (b'5,',),
        'equal_duplicates': (b'5', b'5'),
        'different_duplicates': (b'5', b'6'),
        'a_duplicate_of_zero': (b'0', b'5'),
        'an_empty_duplicate': (b'5', b''),
        'empty': (b'',),
        'hexadecimal': (b'0x5',),
        'hexadecimal_digit': (b'a',),
        'octal': (b'0o5',),
        'fraction': (b'5.0',),
        'exponent': (b'5e0',),
        'word': (b'five',),
        'quoted': (b'"5"',),
        'parameter': (b'5;q=1',),
        'superscript_digit': (b'\xb2',),
        'arabic_digit': ('\u0665'.encode(),),
        'fullwidth_digit': ('\uff15'.encode(),),
        'vertical_tab_ahead': (b'\x0b5',),
        'vertical_tab_behind': (b'5\x0b',),
        'form_feed': (b'5\x0c',),
        'no_break_space': (b'\xa05',),
        'next_line': (b'5\x85',),
        'nul': (b'5\x00',),
        'nineteen_digits': (b'9' * 19,),
        'two_to_the_63': (b'9223372036854775808',),
        'two_to_the_64': (b'18446744073709551616',),
        'two_to_the_64_and_5': (b'18446744073709551621',),
        'a_thousand_digits': (b'0' * 1000 + b'5',),
    }.items()
}

CODINGS: dict[str, Case] = {
    'length_first': (
        400,
        post(b'Content-Length: 5', b'Transfer-Encoding: chunked'),
    ),
    'length_last': (
        400,
        post(b'Transfer-Encoding: chunked', b'Content-Length: 5'),
    ),
    'length_that_hides_a_request': (
        400,
        post(
            *(b'Content-Length: 6', b'Transfer-Encoding: chunked'),
            body=b'0\r\n\r\nG',
        ),
    ),
    'chunks_that_hide_a_request': (
        400,
        post(
            *(b'Content-Length: 4', b'Transfer-Encoding: chunked'),
            body=b'%x\r\n%b\r\n0\r\n\r\n' % (len(SMUGGLED), SMUGGLED),
        ),
    ),
    'in_http_1_0': (
        400,
        lines(b'POST /stream HTTP/1.0', b'Transfer-Encoding: chunked'),
    ),
    'in_http_1_0_with_a_length': (
        400,
        lines(
            *(b'POST /stream HTTP/1.0', b'Content-Length: 5'),
            b'Transfer-Encoding: chunked',
        ),
    ),
    'folded_value': (
        400,
        post(b'Transfer-Encoding:\r\n chunked', body=b'0\r\n\r\n'),
    ),
    'folded_behind_another': (
        400,
        post(b'X: y', b' Transfer-Encoding: chunked', b'Content-Length: 5'),
    ),
    'space_before_the_colon': (
        400,
        post(b'Transfer-Encoding : chunked', b'Content-Length: 5'),
    ),
    'tab_before_the_colon': (
        400,
        post(b'Transfer-Encoding\t: chunked', b'Content-Length: 5'),
    ),
    'vertical_tab_before_the_colon': (
        400,
        post(b'Transfer-Encoding\x0b: chunked', b'Content-Length: 5'),
    ),
    'vertical_tab_ahead_of_the_name': (
        400,
        post(b'\x0bTransfer-Encoding: chunked', b'Content-Length: 5'),
    ),
    'behind_a_bare_lf': (
        400,
        post(b'X: y\nTransfer-Encoding: chunked', b'Content-Length: 5'),
    ),
    'behind_a_bare_cr': (
        400,
        post(b'X: y\rTransfer-Encoding: chunked', b'Content-Length: 5'),
    ),
    'nul_in_the_name': (
        400,
        post(b'Transfer-Encoding\x00: chunked', b'Content-Length: 5'),
    ),
} | {
    name: (status, of_coding(*values))
    for name, (status, values) in {
        'repeated_line': (400, (b'chunked', b'chunked')),
        'repeated_in_a_list': (400, (b'chunked, chunked',)),
        'identity_on_a_second_line': (400, (b'chunked', b'identity')),
        'identity_on_a_first_line': (501, (b'identity', b'chunked')),
        'ends_in_identity': (400, (b'chunked, identity',)),
        'ends_in_gzip': (400, (b'chunked, gzip',)),
        'identity': (400, (b'identity',)),
        'gzip': (400, (b'gzip',)),
        'gzip_ahead': (501, (b'gzip, chunked',)),
        'identity_ahead': (501, (b'identity, chunked',)),
        'empty': (400, (b'',)),
        'empty_element_behind': (400, (b'chunked,',)),
        'empty_element_ahead': (501, (b',chunked',)),
        'another_word': (400, (b'xchunked',)),
        'a_longer_word': (400, (b'chunkedx',)),
        'two_words': (400, (b'x chunked',)),
        'space_within': (400, (b'chun ked',)),
        'quoted': (400, (b'"chunked"',)),
        'parameter': (400, (b'chunked;q=1',)),
        'tab_alone': (400, (b'\t',)),
        'vertical_tab_ahead': (400, (b'\x0bchunked',)),
        'vertical_tab_behind': (400, (b'chunked\x0b',)),
        'form_feed_ahead': (400, (b'\x0cchunked',)),
        'nul_behind': (400, (b'chunked\x00',)),
        'no_break_space_ahead': (400, (b'\xa0chunked',)),
        'next_line_behind': (400, (b'chunked\x85',)),
        'kelvin_sign': (400, ('chun\u212aed'.encode(),)),
        'long_s': (400, ('chunked\u017f'.encode(),)),
    }.items()
}

HOSTS: dict[str, Case] = {
    name: (400, of_host(*values))
    for name, values in {
        'missing': (),
        'repeated': (b'a', b'a'),
        'two_different': (b'a', b'b'),
        'empty': (b'',),
        'list': (b'a, b',),
        'space_within': (b'a b',),
        'userinfo': (b'user@a',),
        'path': (b'a/b',),
        'query': (b'a?b',),
        'fragment': (b'a#b',),
        'backslash': (b'a\\b',),
        'scheme': (b'http://a',),
        'port_of_letters': (b'a:b',),
        'port_of_six_digits': (b'a:123456',),
        'two_ports': (b'a:1:2',),
        'port_alone': (b':80',),
        'open_bracket': (b'[::1',),
        'no_ip_literal': (b'[xyz]',),
        'behind_a_bracket': (b'[::1]a',),
        'non_ascii': (b'\xe9',),
        'angle_brackets': (b'<a>',),
        'quotes': (b'"a"',),
        'control': (b'a\x01',),
        'nul': (b'a\x00b',),
    }.items()
} | {
    'missing_from_an_absolute_target': (
        400,
        lines(b'GET http://a/stream HTTP/1.1'),
    ),
    'repeated_beside_an_absolute_target': (
        400,
        lines(b'GET http://a/stream HTTP/1.1', b'Host: a', b'Host: a'),
    ),
    'repeated_in_http_1_0': (
        400,
        lines(b'GET /stream HTTP/1.0', b'Host: a', b'Host: b'),
    ),
    'invalid_in_http_1_0': (400, lines(b'GET /stream HTTP/1.0', b'Host: a/')),
}
