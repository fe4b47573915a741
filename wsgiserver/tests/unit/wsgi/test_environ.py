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

"""The environ that an application gets for a request."""

from typing import Any

from wsgiserver._wsgi import environ
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes

_SHARED = fakes.base_environ()


def build(*lines: bytes) -> dict[str, Any]:
    """Make the environ of a request of these lines."""
    head, _rest = fakes.head_of(b'\r\n'.join(lines) + b'\r\n\r\n')
    channel = fakes.Channel()
    channel.peer = ('192.0.2.1', '7')
    return environ.build(_SHARED, head, channel)


def build_get(*fields: bytes) -> dict[str, Any]:
    """Make the environ of a GET with these fields beside Host."""
    return build(b'GET / HTTP/1.1', b'Host: a', *fields)


class EnvironTestCase(base.TestCase):
    def test_it_has_what_pep_3333_demands(self) -> None:
        made = build(b'POST /a%20b?c=%20 HTTP/1.1', b'Host: d:1')
        expected = {
            'REQUEST_METHOD': 'POST',
            'SCRIPT_NAME': '',
            'PATH_INFO': '/a b',
            'QUERY_STRING': 'c=%20',
            'SERVER_NAME': '127.0.0.1',
            'SERVER_PORT': '8000',
            'SERVER_PROTOCOL': 'HTTP/1.1',
            'HTTP_HOST': 'd:1',
            'wsgi.version': (1, 0),
            'wsgi.url_scheme': 'http',
            'wsgi.multithread': True,
            'wsgi.multiprocess': True,
            'wsgi.run_once': False,
            'wsgi.input_terminated': True,
        }
        self.assertEqual(expected, {key: made[key] for key in expected})
        self.assertNotIn('CONTENT_TYPE', made)
        self.assertNotIn('CONTENT_LENGTH', made)

    def test_the_protocol_is_that_of_the_request(self) -> None:
        made = build(b'GET / HTTP/1.0')
        self.assertEqual('HTTP/1.0', made['SERVER_PROTOCOL'])
        self.assertNotIn('HTTP_HOST', made)

    def test_a_path_is_bytes_as_latin_1(self) -> None:
        made = build(b'GET /%C3%A9 HTTP/1.1', b'Host: a')
        self.assertEqual('/\xc3\xa9', made['PATH_INFO'])

    def test_an_absolute_target_replaces_host(self) -> None:
        made = build(b'GET http://b:1/c?d HTTP/1.1', b'Host: a')
        self.assertEqual('b:1', made['HTTP_HOST'])
        self.assertEqual('/c', made['PATH_INFO'])
        self.assertEqual('d', made['QUERY_STRING'])
        made = build(b'GET https://b/ HTTP/1.0')
        self.assertEqual('b', made['HTTP_HOST'])
        self.assertEqual('http', made['wsgi.url_scheme'])

    def test_fields_become_variables(self) -> None:
        made = build_get(
            b'X-Auth-Token: b',
            b'accept:c',
            b'X-1.2: d',
            b'X-Latin: \xe9\xff',
            b'X-Empty:',
        )
        self.assertEqual('b', made['HTTP_X_AUTH_TOKEN'])
        self.assertEqual('c', made['HTTP_ACCEPT'])
        self.assertEqual('d', made['HTTP_X_1.2'])
        self.assertEqual('\xe9\xff', made['HTTP_X_LATIN'])
        self.assertEqual('', made['HTTP_X_EMPTY'])

    def test_the_content_type_has_no_prefix(self) -> None:
        made = build_get(b'content-TYPE: text/plain')
        self.assertEqual('text/plain', made['CONTENT_TYPE'])
        self.assertNotIn('HTTP_CONTENT_TYPE', made)

    def test_repeated_fields_are_joined_in_their_order(self) -> None:
        made = build_get(
            b'X: a', b'Cookie: a=b', b'x: b', b'cookie: c=d', b'X:', b'X: c'
        )
        self.assertEqual('a,b,,c', made['HTTP_X'])
        self.assertEqual('a=b; c=d', made['HTTP_COOKIE'])

    def test_a_value_that_is_there_twice_counts_once(self) -> None:
        made = build_get(
            b'Content-Type: a', b'content-type: a', b'RANGE: b', b'Range: b'
        )
        self.assertEqual('a', made['CONTENT_TYPE'])
        self.assertEqual('b', made['HTTP_RANGE'])
        made = build_get(b'Content-Type:', b'Content-Type:')
        self.assertEqual('', made['CONTENT_TYPE'])

    def test_a_field_with_an_underscore_is_left_out(self) -> None:
        for name in (
            b'X_Auth_Token',
            b'X-Auth_Token',
            b'X_Auth-Token',
            b'x_auth_token',
            b'_',
            b'Content_Type',
            b'Content_Length',
        ):
            made = build_get(name + b': evil')
            self.assertNotIn('evil', made.values())
            made = build_get(b'X-Auth-Token: good', name + b': evil')
            self.assertEqual('good', made['HTTP_X_AUTH_TOKEN'])

    def test_proxy_is_left_out(self) -> None:
        for name in (b'Proxy', b'PROXY', b'proxy'):
            self.assertNotIn('HTTP_PROXY', build_get(name + b': evil'))

    def test_no_field_can_set_a_variable_of_the_server(self) -> None:
        names = (
            b'wsgi.input',
            b'wsgi.url-scheme',
            b'REMOTE-ADDR',
            b'SERVER-NAME',
            b'PATH-INFO',
            b'SCRIPT-NAME',
        )
        plain = build_get()
        made = build_get(*(name + b': evil' for name in names))
        # Each request has its own.
        self.assertIs(
            type(plain.pop('wsgi.errors')), type(made['wsgi.errors'])
        )
        for key, value in plain.items():
            self.assertEqual(value, made[key], key)
        self.assertEqual(len(names) + 1, len(made) - len(plain))

    def test_the_length_is_that_of_the_framing(self) -> None:
        made = build_get(b'Content-Length: 005')
        self.assertEqual('5', made['CONTENT_LENGTH'])
        self.assertNotIn('HTTP_CONTENT_LENGTH', made)

    def test_a_length_of_zero_is_told_from_none(self) -> None:
        made = build_get(b'Content-Length: 0')
        self.assertEqual('0', made['CONTENT_LENGTH'])
        self.assertNotIn('CONTENT_LENGTH', build_get())

    def test_a_chunked_body_has_no_length(self) -> None:
        made = build_get(b'Transfer-Encoding: chunked')
        self.assertNotIn('CONTENT_LENGTH', made)
        self.assertEqual('chunked', made['HTTP_TRANSFER_ENCODING'])

    def test_what_requests_share_is_copied(self) -> None:
        shared = fakes.base_environ()
        before = dict(shared)
        head, _rest = fakes.head_of(
            b'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n'
        )
        channel = fakes.Channel()
        environ.build(shared, head, channel)['SCRIPT_NAME'] = '/changed'
        self.assertEqual(before, shared)
        made = environ.build(shared, head, channel)
        self.assertEqual('', made['SCRIPT_NAME'])

    def test_the_target_is_there_as_it_was_sent(self) -> None:
        for target, path in (
            ('/a%2Fb/%c3%A9?x=%20&y', '/a%2Fb/%c3%A9'),
            ('/?', '/'),
            ('http://b/c%20d?e', 'http://b/c%20d'),
        ):
            line = f'GET {target} HTTP/1.1'.encode()
            made = build(line, b'Host: a')
            self.assertEqual(target, made['REQUEST_URI'])
            self.assertEqual(target, made['RAW_URI'])
            self.assertEqual(path, made['RAW_PATH_INFO'])

    def test_a_question_about_the_server_has_no_path(self) -> None:
        # RFC 3875, section 4.1.5: a path is empty or begins with a slash.
        made = build(b'OPTIONS * HTTP/1.1', b'Host: a')
        self.assertEqual('', made['PATH_INFO'])

    def test_every_variable_is_text(self) -> None:
        made = build_get(b'X: y', b'Content-Length: 5')
        for key, value in made.items():
            if '.' not in key:
                self.assertIs(str, type(value), key)
