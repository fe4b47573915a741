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

"""Responses on their way through a filter that looks at them."""

from collections.abc import Iterable
from collections.abc import Iterator
import sys
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment
from wsgiref import validate

import webob

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes


class Late(fakes.Pieces):
    """A body that starts its response when it is asked for an iterator."""

    start_response: StartResponse

    def __iter__(self) -> Iterator[bytes]:
        self.start_response('200 OK', [])
        return super().__iter__()


def fail(start_response: StartResponse) -> None:
    """Start a response from an error, as an application does."""
    try:
        raise LookupError('broken')
    except LookupError:
        start_response('500 Broken', [], sys.exc_info())


class BodyTestCase(base.TestCase):
    def test_the_body_is_the_very_object_of_the_application(self) -> None:
        for body in ([b'hello'], (b'a', b'b'), fakes.Pieces(b'hello')):
            self.assertIs(
                body,
                fakes.Tags(fakes.App(body))(fakes.environ_of(), fakes.Start()),
            )

    def test_a_body_is_not_read_ahead(self) -> None:
        pieces = fakes.Pieces(b'one', b'two')
        body = fakes.Tags(fakes.App(pieces))(fakes.environ_of(), fakes.Start())
        self.assertEqual(0, pieces.taken)
        self.assertEqual(b'one', next(iter(body)))
        self.assertEqual(1, pieces.taken)

    def test_a_generator_is_asked_for_its_first_piece_only(self) -> None:
        environ, start = fakes.environ_of(), fakes.Start()
        body = iter(fakes.Tags(fakes.generator_app)(environ, start))
        self.assertEqual([1], environ['test.pieces'])
        self.assertEqual('yes', start.headers['X-Tag'])
        self.assertEqual([b'one', b'two'], list(body))

    def test_a_generator_that_yields_nothing_has_an_empty_body(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterator[bytes]:
            start_response('204 No Content', [])
            yield from ()

        start = fakes.Start()
        self.assertEqual([], list(fakes.Tags(app)(fakes.environ_of(), start)))
        self.assertEqual('204 No Content', start.status)

    def test_the_hook_sees_a_list_as_it_is(self) -> None:
        class Counts(middleware.Middleware):
            def process_response(
                self, response: webob.Response
            ) -> webob.Response:
                assert isinstance(response.app_iter, list)
                response.headers['X-Count'] = str(len(response.app_iter))
                return response

        response = fakes.fetch(Counts(fakes.App([b'one', b'two'])))
        self.assertEqual('2', response.headers['X-Count'])

    def test_what_a_generator_writes_goes_ahead_of_its_pieces(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterator[bytes]:
            write = start_response('200 OK', [])
            write(b'one')
            yield b'two'

        self.assertEqual(b'onetwo', fakes.fetch(fakes.Tags(app)).body)

    def test_what_is_written_goes_ahead_of_the_body(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            write = start_response('200 OK', [])
            write(b'one')
            write(b'two')
            return fakes.Pieces(b'three')

        response = fakes.fetch(fakes.Tags(app))
        self.assertEqual(b'onetwothree', response.body)
        self.assertEqual('yes', response.headers['X-Tag'])


class CloseTestCase(base.TestCase):
    """However a body is passed on, its close() is called, and once."""

    def _close(self, body: Iterable[bytes]) -> None:
        getattr(body, 'close', lambda: None)()

    def test_it_reaches_a_body_that_is_passed_on(self) -> None:
        for filter_class in (fakes.Empty, fakes.Looks, fakes.Tags):
            pieces = fakes.Pieces(b'hello')
            self._close(
                filter_class(fakes.App(pieces))(
                    fakes.environ_of(), fakes.Start()
                )
            )
            self.assertEqual(1, pieces.closed)

    def test_it_reaches_a_body_that_was_replaced(self) -> None:
        class Replaces(middleware.Middleware):
            def process_response(
                self, response: webob.Response
            ) -> webob.Response:
                return webob.Response(app_iter=new)

        new, pieces = fakes.Pieces(b'new'), fakes.Pieces(b'hello')
        body = Replaces(fakes.App(pieces))(fakes.environ_of(), fakes.Start())
        self.assertEqual([b'new'], list(body))
        self.assertEqual((0, 0), (new.closed, pieces.closed))
        self._close(body)
        self.assertEqual((1, 1), (new.closed, pieces.closed))

    def test_it_is_not_called_again_for_a_body_that_was_read(self) -> None:
        class Reads(middleware.Middleware):
            def process_response(
                self, response: webob.Response
            ) -> webob.Response:
                response.body = response.body.upper()
                return response

        pieces = fakes.Pieces(b'hel', b'lo')
        body = Reads(fakes.App(pieces))(fakes.environ_of(), fakes.Start())
        self.assertEqual([b'HELLO'], list(body))
        self._close(body)
        self.assertEqual(1, pieces.closed)

    def test_it_reaches_an_iterable_that_was_made_to_start(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            late.start_response = start_response
            return late

        late = Late(b'one', b'two')
        body = fakes.Tags(app)(fakes.environ_of(), fakes.Start())
        self.assertEqual([b'one', b'two'], list(body))
        self._close(body)
        self.assertEqual(1, late.closed)

    def test_it_reaches_an_application_that_never_starts(self) -> None:
        pieces = fakes.Pieces(b'one', b'two')
        app = fakes.Tags(lambda *_args: pieces)
        self.assertRaises(
            AssertionError, app, fakes.environ_of(), fakes.Start()
        )
        self.assertEqual(1, pieces.closed)


class StartResponseTestCase(base.TestCase):
    """What an application may say, and when, as PEP 3333 has it."""

    def test_an_error_replaces_the_head_before_it_is_sent(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [])
            fail(start_response)
            return [b'sorry']

        start = fakes.Start()
        body = fakes.Tags(app)(fakes.environ_of(), start)
        self.assertEqual(('500 Broken', [b'sorry']), (start.status, body))

    def test_an_error_is_raised_again_once_the_head_is_sent(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterator[bytes]:
            start_response('200 OK', [])
            yield b'one'
            fail(start_response)

        body = iter(fakes.Tags(app)(fakes.environ_of(), fakes.Start()))
        self.assertEqual(b'one', next(body))
        self.assertRaises(LookupError, next, body)

    def test_a_second_start_is_refused(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [])
            start_response('200 OK', [])
            return []

        self.assertRaises(
            AssertionError, fakes.Tags(app), fakes.environ_of(), fakes.Start()
        )

    def test_pep_3333_is_kept_on_both_sides_of_a_filter(self) -> None:
        @validate.validator
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [b'hello']

        for filter_class in (fakes.Empty, fakes.Looks, fakes.Tags):
            checked = validate.validator(filter_class(app))
            self.assertEqual(b'hello', fakes.fetch(checked).body)
