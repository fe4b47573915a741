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


"""Request lines, names and values that have to be refused."""

from wsgiserver.tests.functional import framing_cases

Case = framing_cases.Case
get = framing_cases.get
lines = framing_cases.lines
first = framing_cases.first

REQUEST_LINES: dict[str, Case] = {
    name: (status, first(line))
    for name, (status, line) in {
        'http_0_9': (400, b'GET /stream'),
        'http_0_9_with_a_space': (400, b'GET /stream '),
        'no_target': (400, b'GET HTTP/1.1'),
        'empty_target': (400, b'GET  HTTP/1.1'),
        'method_alone': (400, b'GET'),
        'two_spaces_ahead_of_the_target': (400, b'GET  /stream HTTP/1.1'),
        'two_spaces_behind_the_target': (400, b'GET /stream  HTTP/1.1'),
        'space_ahead': (400, b' GET /stream HTTP/1.1'),
        'space_behind': (400, b'GET /stream HTTP/1.1 '),
        'tab_behind': (400, b'GET /stream HTTP/1.1\t'),
        'tab_ahead_of_the_target': (400, b'GET\t/stream HTTP/1.1'),
        'tab_behind_the_target': (400, b'GET /stream\tHTTP/1.1'),
        'vertical_tab': (400, b'GET /stream\x0bHTTP/1.1'),
        'four_words': (400, b'GET /stream HTTP/1.1 HTTP/1.1'),
        'space_in_the_target': (400, b'GET /a b HTTP/1.1'),
        'bare_cr_in_the_target': (400, b'GET /stream\rX HTTP/1.1'),
        'nul_in_the_target': (400, b'GET /stream\x00 HTTP/1.1'),
        'nul_in_the_method': (400, b'GE\x00T /stream HTTP/1.1'),
        'fragment': (400, b'GET /stream#a HTTP/1.1'),
        'control_in_the_target': (400, b'GET /stream\x01 HTTP/1.1'),
        'delete_in_the_target': (400, b'GET /stream\x7f HTTP/1.1'),
        'non_ascii_target': (400, b'GET /stream\xe9 HTTP/1.1'),
        'relative_target': (400, b'GET stream HTTP/1.1'),
        'query_alone': (400, b'GET ?stream HTTP/1.1'),
        'asterisk_with_get': (400, b'GET * HTTP/1.1'),
        'asterisk_and_more': (400, b'OPTIONS *a HTTP/1.1'),
        'authority_with_get': (400, b'GET a:80 HTTP/1.1'),
        'authority_with_connect': (501, b'CONNECT a:80 HTTP/1.1'),
        'absolute_without_authority': (400, b'GET http:///stream HTTP/1.1'),
        'absolute_with_nothing': (400, b'GET http:// HTTP/1.1'),
        'absolute_with_userinfo': (400, b'GET http://u:p@a/stream HTTP/1.1'),
        'absolute_with_a_bad_port': (400, b'GET http://a:b/stream HTTP/1.1'),
        'absolute_with_a_fragment': (400, b'GET http://a/stream#b HTTP/1.1'),
        'absolute_of_another_scheme': (400, b'GET ftp://a/stream HTTP/1.1'),
        'absolute_without_slashes': (400, b'GET http:stream HTTP/1.1'),
        'absolute_with_a_backslash': (400, b'GET http://a\\b/ HTTP/1.1'),
        'http_1_2': (505, b'GET /stream HTTP/1.2'),
        'http_2_0': (505, b'GET /stream HTTP/2.0'),
        'http_3_0': (505, b'GET /stream HTTP/3.0'),
        'http_0_9_by_name': (505, b'GET /stream HTTP/0.9'),
        'version_of_one_digit': (400, b'GET /stream HTTP/1'),
        'version_of_three_digits': (400, b'GET /stream HTTP/1.10'),
        'version_with_a_zero_ahead': (400, b'GET /stream HTTP/01.1'),
        'version_with_a_sign': (400, b'GET /stream HTTP/+1.1'),
        'version_with_an_arabic_digit': (
            400,
            'GET /stream HTTP/1.\u0661'.encode(),
        ),
        'version_with_a_comma': (400, b'GET /stream HTTP/1,1'),
        'version_in_lower_case': (400, b'GET /stream http/1.1'),
        'https_for_a_version': (400, b'GET /stream HTTPS/1.1'),
        'rtsp': (400, b'OPTIONS /stream RTSP/1.0'),
        'icecast': (400, b'GET /stream ICE/1.0'),
        'lower_case_method': (501, b'get /stream HTTP/1.1'),
        'unknown_method': (501, b'BREW /stream HTTP/1.1'),
        'longer_method': (501, b'GETS /stream HTTP/1.1'),
        'method_of_icecast': (501, b'SOURCE /stream HTTP/1.1'),
        'method_of_rtsp': (501, b'DESCRIBE /stream HTTP/1.1'),
        'method_with_a_slash': (400, b'GE/T /stream HTTP/1.1'),
        'method_with_a_colon': (400, b'GET: /stream HTTP/1.1'),
        'method_in_brackets': (400, b'<GET> /stream HTTP/1.1'),
        'method_in_quotes': (400, b'"GET" /stream HTTP/1.1'),
        'non_ascii_method': (400, b'G\xc9T /stream HTTP/1.1'),
        'empty_method': (400, b' /stream HTTP/1.1'),
        'field_in_place_of_it': (400, b'Host: b'),
        'long_target': (414, b'GET /' + b'a' * 8192 + b' HTTP/1.1'),
        'long_method': (501, b'A' * 200 + b' / HTTP/1.1'),
    }.items()
} | {
    'http_2_preface': (505, b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    'lf_ahead': (400, b'\n' + get()),
    'cr_ahead': (400, b'\r' + get()),
    'two_empty_lines_ahead': (400, b'\r\n\r\n' + get()),
    'nul_ahead': (400, b'\x00' + get()),
    'hello_of_tls': (400, b'\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'),
    'hello_of_ssl_2': (400, b'\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10'),
    'proxy_line_that_nobody_asked_for': (
        400,
        b'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n' + get(),
    ),
    'proxy_header_that_nobody_asked_for': (
        400,
        b'\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00' + get(),
    ),
}

# What RFC 9110, section 5.6.2 leaves out of tokens.
_NO_TOKENS = '"(),/;<=>?@[\\]{}'

NAMES: dict[str, Case] = {
    name: (400, get(line))
    for name, line in {
        'empty': b': v',
        'no_colon': b'name',
        'space_before_the_colon': b'X-A : v',
        'tab_before_the_colon': b'X-A\t: v',
        'space_within': b'X A: v',
        'space_ahead': b' X-A: v',
        'tab_ahead': b'\tX-A: v',
        'nul': b'X\x00A: v',
        'control': b'X\x01A: v',
        'delete': b'X\x7fA: v',
        'non_ascii': b'X-\xc9: v',
        'vertical_tab': b'X\x0b: v',
        'bare_cr': b'X\rA: v',
        'bare_lf': b'X\nA: v',
    }.items()
} | {
    f'with_{hex(ord(character))}': (400, get(f'X{character}A: v'.encode()))
    for character in _NO_TOKENS
}

VALUES: dict[str, Case] = {
    name: (400, get(line))
    for name, line in {
        'nul': b'X: a\x00b',
        'nul_alone': b'X: \x00',
        'bare_cr': b'X: a\rb',
        'bare_cr_at_the_end': b'X: a\r',
        'bare_lf': b'X: a\nb',
        'control': b'X: a\x01b',
        'escape': b'X: a\x1bb',
        'delete': b'X: a\x7fb',
        'vertical_tab': b'X: a\x0bb',
        'form_feed': b'X: a\x0cb',
        'file_separator': b'X: a\x1cContent-Length: 5',
        'folded_with_a_space': b'X: a\r\n b',
        'folded_with_a_tab': b'X: a\r\n\tb',
        'folded_with_nothing': b'X: a\r\n ',
        'folded_framing': b'X: a\r\n Content-Length: 5',
    }.items()
} | {
    'lf_for_all_lines': (400, get().replace(b'\r\n', b'\n')),
    'cr_for_all_lines': (400, get().replace(b'\r\n', b'\r') + b'\r\n\r\n'),
    'lf_behind_the_request_line': (
        400,
        b'GET /stream HTTP/1.1\nHost: a\r\n\r\n',
    ),
    'lf_for_the_empty_line': (400, get()[:-2] + b'\n'),
    'cr_for_the_empty_line': (400, get()[:-2] + b'\r\r\n'),
    'lf_and_cr': (400, b'GET /stream HTTP/1.1\n\rHost: a\n\r\n\r'),
    'two_crs': (400, b'GET /stream HTTP/1.1\r\r\nHost: a\r\n\r\n'),
    'long_value': (431, get(b'X: ' + b'a' * 16385)),
    'long_name': (431, get(b'X' * 257 + b': a')),
    'many_fields': (431, get(*[b'X: y'] * 100)),
    'many_long_fields': (431, get(*[b'X: ' + b'a' * 16000] * 5)),
    'two_content_types': (400, get(b'Content-Type: a', b'Content-Type: b')),
    'two_credentials': (400, get(b'Authorization: a', b'Authorization: b')),
    'unknown_expectation': (417, get(b'Expect: more')),
    'another_expectation_as_well': (417, get(b'Expect: 100-continue, more')),
}
