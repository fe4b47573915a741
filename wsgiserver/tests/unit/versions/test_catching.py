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

"""Applications that fail, and bodies that begin when they are read."""

from collections.abc import Callable
import sys
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import fixtures
import webob
import webob.exc

from wsgiserver import exceptions
from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

OPTIONS = {
    'versions': 'v2.1 min=2.1 max=2.96 v1 DEPRECATED',
    'service_type': 'compute',
    'response_headers': 'OpenStack-API-Version: compute {version}',
}

NAME = 'OpenStack-API-Version'

#: All errors that are not the application's, and pass for the server to see.
SERVERS = (
    exceptions.ClientDisconnected(),
    exceptions.RequestBodyError('413 No', 'too large'),
    exceptions.RequestTimeout(),
)


def make(
    app: WSGIApplication, **options: str
) -> middleware.VersionNegotiationFilter:
    return middleware.VersionNegotiationFilter(app, **{**OPTIONS, **options})


class ErrorTestCase(base.TestCase):
    def _fetch(self, app: WSGIApplication, **options: str) -> webob.Response:
        return fakes.fetch(make(app, **options), '/v2/x')

    def test_an_http_error_that_is_raised_is_the_response(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            raise webob.exc.HTTPConflict('in use')

        response = self._fetch(app)
        self.assertEqual(409, response.status_int)
        self.assertEqual('compute 2.1', response.headers[NAME])

    def test_so_is_one_that_a_lazy_body_raises(self) -> None:
        body = fakes.Failing(webob.exc.HTTPConflict('in use'), early=False)
        response = self._fetch(body)
        self.assertEqual(409, response.status_int)
        self.assertEqual('compute 2.1', response.headers[NAME])
        self.assertIn(b'in use', response.body)
        self.assertEqual(1, body.closed)

    def test_a_failure_is_told_as_an_error_of_the_server(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            raise LookupError('secret')

        lazy = fakes.Failing(LookupError('secret'), early=False)
        for each in (app, lazy):
            response = self._fetch(each)
            self.assertEqual(500, response.status_int)
            self.assertEqual('compute 2.1', response.headers[NAME])
            self.assertEqual(500, response.json['errors'][0]['status'])
            self.assertNotIn('secret', response.text)
        self.assertEqual(1, lazy.closed)

    def test_its_traceback_is_logged_once(self) -> None:
        logger = self.useFixture(
            fixtures.FakeLogger('wsgiserver.middleware.versions')
        )
        self._fetch(fakes.Failing(LookupError('secret'), early=False))
        self.assertEqual(1, logger.output.count('LookupError: secret'))

    def test_a_failure_may_be_left_to_the_server(self) -> None:
        for options in (
            {'catch_exceptions': 'false'},
            {'response_headers': ''},
        ):
            body = fakes.Failing(LookupError(), early=False)
            self.assertRaises(LookupError, self._fetch, body, **options)

    def test_it_may_be_told_where_there_is_nothing_else_to_say(self) -> None:
        response = self._fetch(
            fakes.Failing(LookupError(), early=False),
            response_headers='',
            catch_exceptions='true',
        )
        self.assertEqual(500, response.status_int)

    def test_a_response_that_has_begun_is_left_to_the_server(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [])
            raise LookupError

        body = fakes.Failing(LookupError(), early=True)
        for each in (app, body):
            start = fakes.Start()
            self.assertRaises(
                LookupError,
                lambda each=each, start=start: list(
                    make(each)(fakes.environ_of('/v2/x'), start)
                ),
            )
            self.assertEqual('200 OK', start.status)

    def test_what_the_server_raises_is_left_to_it(self) -> None:
        for error in SERVERS:
            body = fakes.Failing(error, early=False)
            self.assertRaises(type(error), self._fetch, body)

            def app(
                environ: WSGIEnvironment,
                start_response: StartResponse,
                error: BaseException = error,
            ) -> list[bytes]:
                raise error

            self.assertRaises(type(error), self._fetch, app)

    def test_a_response_may_be_replaced_by_the_application(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [])
            try:
                raise LookupError
            except LookupError:
                start_response('500 Oh', [('X-App', 'no')], sys.exc_info())
            return [b'oh']

        seen: list[tuple[Any, ...]] = []

        def start(*args: Any) -> Callable[[bytes], object]:
            seen.append(args)
            return lambda data: None

        list(make(app)(fakes.environ_of('/v2/x'), start))
        self.assertEqual(['200 OK', '500 Oh'], [call[0] for call in seen])
        self.assertIs(LookupError, seen[1][2][0])
        self.assertIn((NAME, 'compute 2.1'), seen[1][1])


class BodyTestCase(base.TestCase):
    def _begin(self, app: WSGIApplication, **options: str) -> Any:
        return make(app, **options)(fakes.environ_of('/v2/x'), fakes.Start())

    def test_the_body_of_the_application_is_handed_on(self) -> None:
        body = fakes.Pieces(b'one')
        self.assertIs(body, self._begin(fakes.App(body)))

    def test_a_body_that_begins_later_is_closed_once(self) -> None:
        for read in (0, 1, 2):
            body = fakes.Failing(LookupError(), early=True)
            answer = self._begin(body)
            pieces = iter(answer)
            for _piece in range(min(read, 1)):
                next(pieces)
            answer.close()
            self.assertEqual(1, body.closed)

    def test_a_body_that_fails_is_closed_once(self) -> None:
        for error in (LookupError(), webob.exc.HTTPGone(), *SERVERS):
            for early in (False, True):
                body = fakes.Failing(error, early)
                answer = self._begin(body)
                try:
                    list(answer)
                except BaseException as raised:
                    self.assertIs(error, raised)
                answer.close()
                self.assertEqual(1, body.closed)

    def test_write_is_the_servers(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [])(b'written')
            return []

        start = fakes.Start()
        list(make(app)(fakes.environ_of('/v2/x'), start))
        self.assertEqual([b'written'], start.written)

    def test_start_response_is_the_servers_where_nothing_is_said(
        self,
    ) -> None:
        seen: list[StartResponse] = []

        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            seen.append(start_response)
            start_response('200 OK', [])
            return []

        start = fakes.Start()
        silent = {'response_headers': '', 'vary': 'none'}
        list(make(app, **silent)(fakes.environ_of('/v2/x'), start))
        self.assertIs(start, seen[0])
