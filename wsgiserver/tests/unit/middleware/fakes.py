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

"""What stands in for the two sides of a filter in the tests."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver import middleware


class Start:
    """The server's start_response: keeps what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.written: list[bytes] = []

    def __call__(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: object = None,
        /,
    ) -> Callable[[bytes], object]:
        self.calls.append((status, dict(headers)))
        return self.written.append

    @property
    def status(self) -> str:
        (call,) = self.calls
        return call[0]

    @property
    def headers(self) -> dict[str, str]:
        (call,) = self.calls
        return call[1]


class Pieces:
    """A body that counts what is taken from it, and how often it's closed."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = iter(pieces)
        self.taken = 0
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece

    def close(self) -> None:
        self.closed += 1


class App:
    """An application that answers with a body of its maker's choice."""

    def __init__(
        self, body: Iterable[bytes] = (b'hello',), status: str = '200 OK'
    ) -> None:
        self.body = body
        self.status = status
        self.environs: list[WSGIEnvironment] = []

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.environs.append(environ)
        start_response(self.status, [('X-App', 'yes')])
        return self.body


class Failing:
    """A body that raises at a given point, and counts how often it's closed.

    :param error: what to raise.
    :param early: whether the response is to begin before that.
    """

    def __init__(self, error: BaseException, early: bool) -> None:
        self._error = error
        self._early = early
        self.closed = 0

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self._start = start_response
        return self

    def __iter__(self) -> Iterator[bytes]:
        if self._early:
            self._start('200 OK', [('X-App', 'yes')])
            yield b'one'
        raise self._error

    def close(self) -> None:
        self.closed += 1


def generator_app(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterator[bytes]:
    """An application that starts its response when asked for a piece."""
    start_response('200 OK', [('X-App', 'yes')])
    environ.setdefault('test.pieces', []).append(1)
    yield b'one'
    environ['test.pieces'].append(2)
    yield b'two'


class Empty(middleware.Middleware):
    pass


class Looks(middleware.Middleware):
    """Overrides process_request alone."""

    def process_request(self, req: webob.Request) -> None:
        req.environ.setdefault('test.seen', []).append(req)


class Tags(middleware.Middleware):
    """Overrides process_response alone."""

    def process_response(self, response: webob.Response) -> webob.Response:
        response.headers['X-Tag'] = 'yes'
        return response


def environ_of(path: str = '/', **kwargs: Any) -> WSGIEnvironment:
    environ: WSGIEnvironment = webob.Request.blank(path, **kwargs).environ
    return environ


def fetch(app: WSGIApplication, path: str = '/', **kw: Any) -> webob.Response:
    return webob.Request.blank(path, **kw).get_response(app)
