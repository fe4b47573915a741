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

"""The base class of filters: what its hooks see, and what they may do."""

from collections.abc import Iterable
import gc
import os
from typing import Any
from typing import ClassVar
import weakref
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment
from wsgiref import util

import webob
import webob.dec
import webob.exc

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes


class FalsyApp(fakes.App):
    def __len__(self) -> int:
        return 0


class EmptyFilterTestCase(base.TestCase):
    def test_it_passes_everything_on_as_it_is(self) -> None:
        app, start, environ = fakes.App(), fakes.Start(), fakes.environ_of()
        before = dict(environ)

        body = fakes.Empty(app)(environ, start)

        self.assertIs(app.body, body)
        self.assertIs(environ, app.environs[0])
        self.assertEqual(before, environ)
        self.assertEqual('200 OK', start.status)

    def test_it_hands_the_application_the_servers_start_response(self) -> None:
        given: list[object] = []

        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            given.append(start_response)
            return []

        start = fakes.Start()
        fakes.Empty(app)(fakes.environ_of(), start)
        self.assertIs(start, given[0])

    def test_it_makes_no_request_object(self) -> None:
        class Costly(webob.Request):
            def __init__(self, environ: WSGIEnvironment) -> None:
                raise AssertionError('nobody asked for it')

        class Unused(middleware.Middleware):
            request_class: ClassVar[type[webob.Request]] = Costly

        app = fakes.App()
        body = Unused(app)(fakes.environ_of(), fakes.Start())
        self.assertIs(app.body, body)

    def test_it_turns_a_webob_exception_into_the_response(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            raise webob.exc.HTTPConflict()

        self.assertEqual(409, fakes.fetch(fakes.Empty(app)).status_int)

    def test_it_lets_other_errors_pass(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            raise LookupError('broken')

        self.assertRaises(
            LookupError, fakes.Empty(app), fakes.environ_of(), fakes.Start()
        )


class RequestHookTestCase(base.TestCase):
    def test_none_goes_on_to_the_application(self) -> None:
        app, start = fakes.App(), fakes.Start()
        body = fakes.Looks(app)(fakes.environ_of('/there'), start)
        self.assertIs(app.body, body)
        self.assertEqual('/there', app.environs[0]['PATH_INFO'])

    def test_a_response_is_sent_in_the_applications_place(self) -> None:
        class Refuses(middleware.Middleware):
            def process_request(self, req: webob.Request) -> webob.Response:
                return webob.Response(status=202, body=b'mine')

        app = fakes.App()
        response = fakes.fetch(Refuses(app))
        self.assertEqual((202, b'mine'), (response.status_int, response.body))
        self.assertEqual([], app.environs)

    def test_a_falsy_response_is_a_response(self) -> None:
        class Falsy(webob.Response):
            def __len__(self) -> int:
                return 0

        class Refuses(middleware.Middleware):
            def process_request(self, req: webob.Request) -> webob.Response:
                return Falsy(status=202)

        self.assertEqual(202, fakes.fetch(Refuses(fakes.App())).status_int)

    def test_a_falsy_application_is_an_answer(self) -> None:
        class Refuses(middleware.Middleware):
            def process_request(self, req: webob.Request) -> WSGIApplication:
                return FalsyApp(status='202 Accepted')

        self.assertEqual(202, fakes.fetch(Refuses(fakes.App())).status_int)

    def test_what_is_no_application_is_said_to_be_none(self) -> None:
        class Says(middleware.Middleware):
            def process_request(self, req: webob.Request) -> Any:
                return 'no'

        exc = self.assertRaises(
            TypeError, Says(fakes.App()), fakes.environ_of(), fakes.Start()
        )
        self.assertEqual(
            'Says.process_request returned str, which is no WSGI application',
            str(exc),
        )

    def test_any_application_may_answer(self) -> None:
        class Diverts(middleware.Middleware):
            def process_request(self, req: webob.Request) -> WSGIApplication:
                return fakes.App(status='203 Other')

        self.assertEqual(203, fakes.fetch(Diverts(fakes.App())).status_int)

    def test_the_response_hook_is_not_asked_about_an_answer(self) -> None:
        class Answers(fakes.Tags):
            def process_request(self, req: webob.Request) -> WSGIApplication:
                return fakes.App()

        self.assertNotIn('X-Tag', fakes.fetch(Answers(fakes.App())).headers)

    def test_a_webob_exception_becomes_the_response(self) -> None:
        class Refuses(middleware.Middleware):
            def process_request(self, req: webob.Request) -> None:
                raise webob.exc.HTTPForbidden()

        self.assertEqual(403, fakes.fetch(Refuses(fakes.App())).status_int)

    def test_other_errors_pass_upwards(self) -> None:
        class Breaks(middleware.Middleware):
            def process_request(self, req: webob.Request) -> None:
                raise LookupError('broken')

        environ = fakes.environ_of()
        self.assertRaises(
            LookupError, Breaks(fakes.App()), environ, fakes.Start()
        )

    def test_a_body_that_the_hook_read_is_there_for_the_next(self) -> None:
        class Reads(middleware.Middleware):
            def process_request(self, req: webob.Request) -> None:
                req.make_body_seekable()
                req.body_file.read(3)

        read: list[bytes] = []

        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            read.append(environ['wsgi.input'].read())
            start_response('204 No Content', [])
            return []

        fakes.fetch(Reads(app), method='PUT', body=b'content')
        self.assertEqual([b'content'], read)

    def test_a_file_reaches_the_server_under_its_own_type(self) -> None:
        wrapper = util.FileWrapper(open(os.devnull, 'rb'))
        self.addCleanup(wrapper.close)
        body = fakes.Looks(fakes.App(wrapper))(
            fakes.environ_of(), fakes.Start()
        )
        self.assertIs(wrapper, body)


class SharedRequestTestCase(base.TestCase):
    def test_the_filters_of_a_pipeline_share_one_request(self) -> None:
        environ = fakes.environ_of()
        fakes.Looks(fakes.Empty(fakes.Looks(fakes.Looks(fakes.App()))))(
            environ, fakes.Start()
        )
        first, second, third = environ['test.seen']
        self.assertIs(first, second)
        self.assertIs(first, third)

    def test_a_copied_environ_gets_a_request_of_its_own(self) -> None:
        inner = fakes.Looks(fakes.App())
        copies: list[WSGIEnvironment] = []

        def copying(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            copies.append(dict(environ))
            return inner(copies[0], start_response)

        fakes.Looks(copying)(fakes.environ_of(), fakes.Start())
        self.assertIs(copies[0], copies[0]['test.seen'][1].environ)

    def test_a_filter_gets_the_class_of_request_that_it_asks_for(self) -> None:
        class Special(webob.Request):
            pass

        class LooksAtSpecial(fakes.Looks):
            request_class: ClassVar[type[webob.Request]] = Special

        environ = fakes.environ_of()
        fakes.Looks(LooksAtSpecial(fakes.Looks(fakes.App())))(
            environ, fakes.Start()
        )
        self.assertEqual(
            [webob.Request, Special, webob.Request],
            [type(req) for req in environ['test.seen']],
        )

    def test_the_environ_goes_with_the_last_one_who_uses_it(self) -> None:
        class Token:
            pass

        class Quiet(middleware.Middleware):
            def process_request(self, req: webob.Request) -> None:
                return None

        gc.disable()
        self.addCleanup(gc.enable)
        token = Token()
        gone = weakref.ref(token)
        environ = {**fakes.environ_of(), 'test.token': token}
        del token

        for _item in Quiet(lambda *_args: [])(environ, fakes.Start()):
            self.fail('there is no body')
        del environ
        self.assertIsNone(gone())


class ResponseHookTestCase(base.TestCase):
    def test_the_hook_changes_the_head(self) -> None:
        start = fakes.Start()
        body = fakes.Tags(fakes.App())(fakes.environ_of(), start)
        self.assertEqual({'X-App': 'yes', 'X-Tag': 'yes'}, start.headers)
        self.assertEqual([b'hello'], list(body))

    def test_the_response_knows_its_request(self) -> None:
        class Checks(middleware.Middleware):
            def process_request(self, req: webob.Request) -> None:
                req.context = 'mine'

            def process_response(
                self, response: webob.Response
            ) -> webob.Response:
                assert response.request is not None
                response.headers['X-Context'] = response.request.context
                return response

        self.assertEqual(
            'mine', fakes.fetch(Checks(fakes.App())).headers['X-Context']
        )

    def test_the_hook_gets_the_request_if_it_has_a_place_for_it(self) -> None:
        class Both(middleware.Middleware):
            def process_response(
                self,
                response: webob.Response,
                request: webob.Request | None = None,
            ) -> webob.Response:
                assert request is not None
                response.headers['X-Path'] = request.path
                return response

        response = fakes.fetch(Both(fakes.App()), '/there')
        self.assertEqual('/there', response.headers['X-Path'])

    def test_none_stands_for_the_response(self) -> None:
        class Forgets(middleware.Middleware):
            def process_response(self, response: webob.Response) -> None:
                response.headers['X-Tag'] = 'yes'

        response = fakes.fetch(Forgets(fakes.App()))
        self.assertEqual('yes', response.headers['X-Tag'])
        self.assertEqual(b'hello', response.body)

    def test_a_falsy_application_replaces_the_response(self) -> None:
        class Replaces(middleware.Middleware):
            def process_response(
                self, response: webob.Response
            ) -> WSGIApplication:
                return FalsyApp(status='202 Accepted')

        pieces = fakes.Pieces(b'hello')
        response = fakes.fetch(Replaces(fakes.App(pieces)))
        self.assertEqual(202, response.status_int)
        response.app_iter.close()  # type: ignore[attr-defined]  # it has it
        self.assertEqual(1, pieces.closed)

    def test_what_is_no_application_is_said_to_be_none(self) -> None:
        class Says(middleware.Middleware):
            def process_response(self, response: webob.Response) -> Any:
                return ''

        pieces = fakes.Pieces(b'hello')
        exc = self.assertRaises(
            TypeError,
            Says(fakes.App(pieces)),
            fakes.environ_of(),
            fakes.Start(),
        )
        self.assertIn('Says.process_response returned str', str(exc))
        self.assertEqual(1, pieces.closed)

    def test_no_content_type_is_made_up(self) -> None:
        start = fakes.Start()
        fakes.Tags(fakes.App(status='204 No Content'))(
            fakes.environ_of(), start
        )
        self.assertNotIn('Content-Type', start.headers)

    def test_a_webob_exception_becomes_the_response(self) -> None:
        class Refuses(middleware.Middleware):
            def process_response(
                self, response: webob.Response
            ) -> webob.Response:
                raise webob.exc.HTTPNotAcceptable()

        pieces = fakes.Pieces(b'hello')
        self.assertEqual(
            406, fakes.fetch(Refuses(fakes.App(pieces))).status_int
        )
        self.assertEqual((0, 1), (pieces.taken, pieces.closed))

    def test_other_errors_pass_upwards(self) -> None:
        class Breaks(middleware.Middleware):
            def process_response(
                self, response: webob.Response
            ) -> webob.Response:
                raise LookupError('broken')

        pieces = fakes.Pieces(b'hello')
        app = Breaks(fakes.App(pieces))
        self.assertRaises(LookupError, app, fakes.environ_of(), fakes.Start())
        self.assertEqual(1, pieces.closed)

    def test_an_applications_webob_exception_becomes_the_response(
        self,
    ) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [])
            raise webob.exc.HTTPGone()

        start = fakes.Start()
        fakes.Tags(app)(fakes.environ_of(), start)
        self.assertEqual('410 Gone', start.status)

    def test_head_gets_the_headers_without_the_body(self) -> None:
        pieces, start = fakes.Pieces(b'hello'), fakes.Start()
        body = fakes.Tags(fakes.App(pieces))(
            fakes.environ_of(method='HEAD'), start
        )
        self.assertEqual([], list(body))
        self.assertEqual('yes', start.headers['X-Tag'])
        getattr(body, 'close', lambda: None)()
        self.assertEqual((0, 1), (pieces.taken, pieces.closed))


class SubclassTestCase(base.TestCase):
    """Classes written for the base classes of other services."""

    def test_one_that_overrides_call_with_wsgify(self) -> None:
        class Wraps(middleware.Middleware):
            @webob.dec.wsgify
            def __call__(  # type: ignore[override]  # as a service has it
                self, req: webob.Request
            ) -> webob.Response:
                response = req.get_response(self.application)
                response.headers['X-Wrapped'] = 'yes'
                return response

        self.assertEqual(
            'yes', fakes.fetch(Wraps(fakes.App())).headers['X-Wrapped']
        )

    def test_one_that_overrides_call_and_calls_the_hooks(self) -> None:
        class Calls(middleware.Middleware):
            def __call__(
                self, environ: WSGIEnvironment, start_response: StartResponse
            ) -> Iterable[bytes]:
                return super().__call__(environ, start_response)

        class CallsAndTags(Calls, fakes.Tags):
            pass

        self.assertEqual(
            'yes', fakes.fetch(CallsAndTags(fakes.App())).headers['X-Tag']
        )

    def test_one_that_inherits_its_hooks(self) -> None:
        class Child(fakes.Tags):
            pass

        self.assertEqual(
            'yes', fakes.fetch(Child(fakes.App())).headers['X-Tag']
        )

    def test_one_that_sets_the_application_itself(self) -> None:
        class Own(fakes.Tags):
            def __init__(self, app: WSGIApplication) -> None:
                self.application = app

        self.assertEqual('yes', fakes.fetch(Own(fakes.App())).headers['X-Tag'])

    def test_one_that_calls_the_next_application_itself(self) -> None:
        class Sends(middleware.Middleware):
            def process_request(self, req: webob.Request) -> webob.Response:
                response = req.get_response(self.application)
                response.headers['X-Sent'] = 'yes'
                return response

        self.assertEqual(
            'yes',
            fakes.fetch(Sends(fakes.Tags(fakes.App()))).headers['X-Sent'],
        )
