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


"""Heads that are unusual and in order: what the application sees of them."""

from wsgiserver.tests.functional import framing_cases

Environ = dict[str, str | None]

get = framing_cases.get
lines = framing_cases.lines
first = framing_cases.first


def of(*fields: bytes) -> bytes:
    """Write a GET request whose environ is told."""
    return get(*fields, target=b'/environ')


def to(target: bytes) -> bytes:
    """Write a GET request to a target."""
    return get(target=target)


#: What is sent, and some of the environ's values: None for what isn't there.
ENVIRONS: dict[str, tuple[bytes, Environ]] = {
    'no_space_behind_the_colon': (of(b'X:a'), {'HTTP_X': 'a'}),
    'spaces_and_tabs_around_the_value': (
        of(b'X: \t a b\t '),
        {'HTTP_X': 'a b'},
    ),
    'empty_value': (of(b'X:'), {'HTTP_X': ''}),
    'blank_value': (of(b'X: \t '), {'HTTP_X': ''}),
    'tab_within_the_value': (of(b'X: a\tb'), {'HTTP_X': 'a\tb'}),
    'latin_1_value': (of(b'X: \xe9\xff'), {'HTTP_X': '\xe9\xff'}),
    'utf_8_value': (of('X: \u20ac'.encode()), {'HTTP_X': '\xe2\x82\xac'}),
    'next_line_in_the_value': (
        of(b'X: a\x85Content-Length: 5'),
        {'HTTP_X': 'a\x85Content-Length: 5', 'CONTENT_LENGTH': None},
    ),
    'no_break_space_at_the_end': (of(b'X: a\xa0'), {'HTTP_X': 'a\xa0'}),
    'colon_within_the_value': (of(b'X: a: b'), {'HTTP_X': 'a: b'}),
    'any_case_of_the_name': (of(b'x-SoMe: a'), {'HTTP_X_SOME': 'a'}),
    'repeated_field': (of(b'X: a', b'x: b'), {'HTTP_X': 'a,b'}),
    'repeated_cookie': (
        of(b'Cookie: a=1', b'Cookie: b=2'),
        {'HTTP_COOKIE': 'a=1; b=2'},
    ),
    'every_character_of_a_name': (
        of(b"!#$%&'*+-.^`|~09az: v"),
        {"HTTP_!#$%&'*+_.^`|~09AZ": 'v'},
    ),
    'underscore': (of(b'X_Auth: a'), {'HTTP_X_AUTH': None}),
    'underscore_ahead_of_a_dash': (
        of(b'X_Auth: forged', b'X-Auth: real'),
        {'HTTP_X_AUTH': 'real'},
    ),
    'underscore_behind_a_dash': (
        of(b'X-Auth: real', b'X_Auth: forged'),
        {'HTTP_X_AUTH': 'real'},
    ),
    'underscore_and_dash_in_one': (
        of(b'X-Forwarded_For: forged', b'X-Forwarded-For: real'),
        {'HTTP_X_FORWARDED_FOR': 'real'},
    ),
    'content_length_with_an_underscore': (
        of(b'Content_Length: 5'),
        {'CONTENT_LENGTH': None, 'HTTP_CONTENT_LENGTH': None},
    ),
    'transfer_encoding_with_an_underscore': (
        of(b'Transfer_Encoding: chunked'),
        {'HTTP_TRANSFER_ENCODING': None},
    ),
    'content_type_with_an_underscore': (
        of(b'Content_Type: forged', b'Content-Type: real'),
        {'CONTENT_TYPE': 'real', 'HTTP_CONTENT_TYPE': None},
    ),
    'proxy': (of(b'Proxy: forged'), {'HTTP_PROXY': None}),
    'empty_line_ahead': (b'\r\n' + of(), {'PATH_INFO': '/environ'}),
    'absolute_target': (
        to(b'http://b:81/environ?q'),
        {'HTTP_HOST': 'b:81', 'PATH_INFO': '/environ', 'QUERY_STRING': 'q'},
    ),
    'absolute_target_in_upper_case': (
        to(b'HTTP://B/environ'),
        {'HTTP_HOST': 'B', 'PATH_INFO': '/environ'},
    ),
    'absolute_target_of_https': (
        to(b'https://b/environ'),
        {'HTTP_HOST': 'b', 'PATH_INFO': '/environ'},
    ),
    'absolute_target_in_http_1_0': (
        lines(b'GET http://b/environ HTTP/1.0'),
        {'HTTP_HOST': 'b', 'PATH_INFO': '/environ'},
    ),
    'host_with_a_port': (
        first(b'GET /environ HTTP/1.1').replace(b'Host: a', b'Host: a:80'),
        {'HTTP_HOST': 'a:80'},
    ),
    'host_that_is_an_ipv6_address': (
        first(b'GET /environ HTTP/1.1').replace(b'Host: a', b'Host: [::1]:8'),
        {'HTTP_HOST': '[::1]:8'},
    ),
    'host_with_a_zone': (
        first(b'GET /environ HTTP/1.1').replace(b': a', b': [fe80::1%eth0]:8'),
        {'HTTP_HOST': '[fe80::1%eth0]:8'},
    ),
    'empty_expectation': (of(b'Expect:'), {'HTTP_EXPECT': ''}),
    'the_same_content_type_twice': (
        of(b'Content-Type: a/b', b'content-type: a/b'),
        {'CONTENT_TYPE': 'a/b'},
    ),
    'no_host_in_http_1_0': (
        lines(b'GET /environ HTTP/1.0'),
        {'HTTP_HOST': None, 'SERVER_PROTOCOL': 'HTTP/1.0'},
    ),
    'encoded_slash': (to(b'/environ/a%2Fb'), {'PATH_INFO': '/environ/a/b'}),
    'encoded_line_end': (
        to(b'/environ/%0d%0a'),
        {'PATH_INFO': '/environ/\r\n'},
    ),
    'encoded_nul': (to(b'/environ/%00'), {'PATH_INFO': '/environ/\x00'}),
    'encoded_percent': (to(b'/environ/%252F'), {'PATH_INFO': '/environ/%2F'}),
    'no_encoding_at_all': (to(b'/environ/%zz'), {'PATH_INFO': '/environ/%zz'}),
    'dots': (to(b'/environ/../b'), {'PATH_INFO': '/environ/../b'}),
    'two_slashes': (to(b'/environ//b'), {'PATH_INFO': '/environ//b'}),
    'backslash': (to(b'/environ/\\b'), {'PATH_INFO': '/environ/\\b'}),
    'two_question_marks': (to(b'/environ?a?b'), {'QUERY_STRING': 'a?b'}),
    'empty_query': (to(b'/environ?'), {'QUERY_STRING': ''}),
    'encoded_query': (to(b'/environ?%0a'), {'QUERY_STRING': '%0a'}),
    'expectation_in_http_1_0': (
        lines(b'GET /environ HTTP/1.0', b'Expect: more'),
        {'HTTP_EXPECT': 'more'},
    ),
    'upgrade': (
        of(b'Connection: Upgrade', b'Upgrade: websocket'),
        {'HTTP_UPGRADE': 'websocket'},
    ),
    'length_of_zero': (of(b'Content-Length: 0'), {'PATH_INFO': '/environ'}),
}


def echo(*fields: bytes, body: bytes = b'hello') -> bytes:
    """Write a POST request whose body is told."""
    return lines(b'POST /echo HTTP/1.1', b'Host: a', *fields) + body


_CHUNKS = b'5\r\nhello\r\n0\r\n\r\n'

#: Requests that are followed by another, and the bodies they have.
BODIES: dict[str, tuple[bytes, bytes]] = {
    'zeros_ahead_of_the_length': (echo(b'Content-Length: 0005'), b'hello'),
    'spaces_around_the_length': (echo(b'Content-Length: \t 5\t '), b'hello'),
    'length_in_any_case': (echo(b'cOnTeNt-LeNgTh:5'), b'hello'),
    'length_beside_one_with_an_underscore': (
        echo(b'Content-Length: 5', b'Content_Length: 50'),
        b'hello',
    ),
    'length_beside_a_coding_with_an_underscore': (
        echo(b'Content-Length: 5', b'Transfer_Encoding: chunked'),
        b'hello',
    ),
    'no_length': (echo(body=b''), b''),
    'length_of_zero': (echo(b'Content-Length: 0', body=b''), b''),
    'coding_in_any_case': (
        echo(b'tRaNsFeR-eNcOdInG: cHuNkEd', body=_CHUNKS),
        b'hello',
    ),
    'spaces_around_the_coding': (
        echo(b'Transfer-Encoding: \t chunked  ', body=_CHUNKS),
        b'hello',
    ),
    'tabs_behind_the_coding': (
        echo(b'Transfer-Encoding: chunked\t \t', body=_CHUNKS),
        b'hello',
    ),
    'coding_beside_a_length_with_an_underscore': (
        echo(
            *(b'Transfer-Encoding: chunked', b'Content_Length: 3'),
            body=_CHUNKS,
        ),
        b'hello',
    ),
    'body_of_a_get': (
        echo(b'Content-Length: 5').replace(b'POST', b'GET'),
        b'hello',
    ),
    'body_of_an_upgrade': (
        echo(
            *(b'Connection: Upgrade, HTTP2-Settings', b'Upgrade: h2c'),
            *(b'HTTP2-Settings: AAMAAABk', b'Content-Length: 5'),
        ),
        b'hello',
    ),
    'chunked_body_of_an_upgrade': (
        echo(
            *(b'Connection: Upgrade', b'Upgrade: websocket'),
            b'Transfer-Encoding: chunked',
            body=_CHUNKS,
        ),
        b'hello',
    ),
    'body_that_is_a_request': (
        echo(b'Content-Length: %d' % len(get()), body=get()),
        get(),
    ),
    'body_that_is_a_chunked_one': (
        echo(b'Content-Length: %d' % len(_CHUNKS), body=_CHUNKS),
        _CHUNKS,
    ),
}
