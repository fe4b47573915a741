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

"""Applications behind wsgiref's validator, which knows PEP 3333 well."""

from collections.abc import Callable
from collections.abc import Iterable
import sys
from typing import Any
import warnings
from wsgiref import validate

import testscenarios

from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes


def echo(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer with the request body."""
    stream = environ['wsgi.input']
    body = stream.readline(10) + b''.join(stream) + stream.read(5)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [body]


def stream(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer with what a generator yields."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield b''
    yield environ['PATH_INFO'].encode('latin-1')
    yield environ['wsgi.input'].read(100)


def write(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Write the answer, and complain."""
    environ['wsgi.errors'].write('a line\n')
    start_response('201 Created', [('Content-Type', 'text/plain')])(b'one')
    return [b'two']


def empty(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer with no body."""
    start_response('204 No Content', [])
    return []


def fail(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer with an error, by exc_info."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    try:
        raise LookupError
    except LookupError:
        start_response(
            '503 Broken', [('Content-Type', 'text/plain')], sys.exc_info()
        )
    return [b'broken']


class ValidatorTestCase(unit_scenarios.ScenarioTestCase):
    scenarios = testscenarios.multiply_scenarios(
        [
            (app.__name__, {'app': app, 'status': status, 'content': content})
            for app, status, content in (
                (echo, '200 OK', lambda path, body: body),
                (stream, '200 OK', lambda path, body: path + body),
                (write, '201 Created', lambda path, body: b'onetwo'),
                (empty, '204 No Content', lambda path, body: b''),
                (fail, '503 Broken', lambda path, body: b'broken'),
            )
        ],
        [
            (name, {'request': request, 'path': path, 'body': body})
            for name, request, path, body in (
                ('get', b'GET /a HTTP/1.1\r\nHost: a\r\n\r\n', b'/a', b''),
                ('http_1_0', b'GET /a HTTP/1.0\r\n\r\n', b'/a', b''),
                (
                    'absolute',
                    b'GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n',
                    b'/',
                    b'',
                ),
                (
                    'asterisk',
                    b'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
                    b'',
                    b'',
                ),
                (
                    'sized',
                    b'POST /a HTTP/1.1\r\nHost: a\r\nX: y\r\nx: z\r\n'
                    b'Content-Type: a/b\r\nContent-Length: 11\r\n\r\n'
                    b'hello\nworld',
                    b'/a',
                    b'hello\nworld',
                ),
                (
                    'chunked',
                    b'PUT /a HTTP/1.1\r\nHost: a\r\n'
                    b'Transfer-Encoding: chunked\r\n\r\n'
                    b'6\r\nhello\n\r\n5\r\nworld\r\n0\r\n\r\n',
                    b'/a',
                    b'hello\nworld',
                ),
            )
        ],
    )

    app: fakes.App
    status: str
    content: Callable[[bytes, bytes], bytes]
    request: bytes
    path: bytes
    body: bytes

    def test_it_passes(self) -> None:
        app: Any = validate.validator(self.app)
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            exchange = fakes.handle(app, self.request)
        answer = exchange.answer
        self.assertEqual(self.status, answer.status)
        self.assertEqual(self.content(self.path, self.body), answer.content)

    def test_head_passes(self) -> None:
        request = self.request.replace(b'GET', b'HEAD')
        app: Any = validate.validator(self.app)
        exchange = fakes.handle(app, request)
        self.assertEqual(self.status, exchange.answer.status)
