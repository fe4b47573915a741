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

"""The filter that shows requests and responses, and hides secrets."""

from collections.abc import Iterator
import contextlib
import io
import logging
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import fixtures

from wsgiserver import exceptions
from wsgiserver.middleware import debug
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes
from wsgiserver.tests.unit import paste_files


def writing_app(
    environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    write = start_response('200 OK', [])
    write(b'written')
    return [b'returned']


class DebugTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))

    def _fetch(self, app: WSGIApplication, path: str = '/', **kw: Any) -> str:
        environ = fakes.environ_of(path, **kw)
        body = debug.Debug(app)(environ, fakes.Start())
        for _piece in body:
            pass
        return str(self.log.output)

    def test_the_request_is_shown(self) -> None:
        output = self._fetch(fakes.App(), '/there?a=b')
        self.assertIn("'PATH_INFO': '/there'", output)
        self.assertIn("'QUERY_STRING': 'a=b'", output)
        self.assertIn("'wsgi.multithread': False", output)
        self.assertIn("'wsgi.input': <BytesIO>", output)

    def test_the_response_is_shown(self) -> None:
        output = self._fetch(fakes.App())
        self.assertIn("response '200 OK'\n    'X-App': 'yes'", output)
        self.assertIn("5 bytes of the body: b'hello'\n", output)
        self.assertIn('end of the body', output)

    def test_requests_are_told_apart(self) -> None:
        app = debug.Debug(fakes.App())
        for _turn in range(2):
            app(fakes.environ_of(), fakes.Start())
        self.assertIn('request 1: response', self.log.output)
        self.assertIn('request 2: response', self.log.output)

    def test_secrets_are_masked(self) -> None:
        names = (
            'X-Auth-Token',
            'X-Service-Token',
            'X-Subject-Token',
            'X-Storage-Token',
            'Authorization',
            'Proxy-Authorization',
            'Cookie',
        )
        output = self._fetch(
            fakes.App(), headers=dict.fromkeys(names, 'geheim')
        )
        self.assertNotIn('geheim', output)
        self.assertIn("'HTTP_X_AUTH_TOKEN': ***", output)

    def test_secrets_in_a_query_are_masked(self) -> None:
        output = self._fetch(
            fakes.App(), '/?a=b&token=geheim&temp_url_sig=geheim&c=d'
        )
        self.assertNotIn('geheim', output)
        self.assertIn("'a=b&token=***&temp_url_sig=***&c=d'", output)

    def test_secrets_of_the_response_are_masked(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response(
                '201 Created',
                [('Set-Cookie', 'geheim'), ('X-Subject-Token', 'geheim')],
            )
            return []

        output = self._fetch(app)
        self.assertNotIn('geheim', output)
        self.assertIn("'Set-Cookie': ***", output)

    def test_objects_in_the_environ_are_named_only(self) -> None:
        output = self._fetch(
            fakes.App(), environ={'own.context': {'key': 'geheim'}}
        )
        self.assertIn("'own.context': <dict>", output)
        self.assertNotIn('geheim', output)

    def test_what_a_client_sends_makes_no_line_of_its_own(self) -> None:
        output = self._fetch(fakes.App(), environ={'PATH_INFO': '/\nfake'})
        self.assertIn(r"'/\nfake'", output)

    def test_a_long_piece_is_shown_in_part(self) -> None:
        app = debug.Debug(fakes.App([b'abcdef', b'abc']), max_body='3')
        list(app(fakes.environ_of(), fakes.Start()))
        self.assertIn("6 bytes of the body: b'abc' and more", self.log.output)
        self.assertIn("3 bytes of the body: b'abc'\n", self.log.output)

    def test_the_body_passes_piece_by_piece(self) -> None:
        pieces = fakes.Pieces(b'one', b'two')
        body: Any = debug.Debug(fakes.App(pieces))(
            fakes.environ_of(), fakes.Start()
        )
        self.assertEqual(0, pieces.taken)
        self.assertEqual(b'one', next(iter(body)))
        self.assertEqual(1, pieces.taken)
        body.close()
        self.assertEqual(1, pieces.closed)

    def test_a_body_without_close_can_be_closed(self) -> None:
        body: Any = debug.Debug(fakes.App())(fakes.environ_of(), fakes.Start())
        body.close()

    def test_a_generator_starts_its_response_late(self) -> None:
        start = fakes.Start()
        body = debug.Debug(fakes.generator_app)(fakes.environ_of(), start)
        self.assertEqual([], start.calls)
        self.assertEqual([b'one', b'two'], list(body))
        self.assertEqual('200 OK', start.status)

    def test_what_is_written_is_shown(self) -> None:
        start = fakes.Start()
        list(debug.Debug(writing_app)(fakes.environ_of(), start))
        self.assertEqual([b'written'], start.written)
        self.assertIn("7 bytes of the body: b'written'", self.log.output)
        self.assertIn("8 bytes of the body: b'returned'", self.log.output)

    def test_errors_of_the_application_pass_upwards(self) -> None:
        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterator[bytes]:
            start_response('200 OK', [])
            yield b'one'
            raise LookupError('broken')

        self.assertRaises(LookupError, self._fetch, app)

    def test_standard_output_is_an_option(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as stdout:
            debug.Debug(fakes.App(), to='stdout')(
                fakes.environ_of('/there'), fakes.Start()
            )
        self.assertIn("'PATH_INFO': '/there'", stdout.getvalue())
        self.assertEqual('', self.log.output)


class OptionsTestCase(paste_files.LoaderCase):
    def _load(self, *options: str) -> Any:
        return self.load(
            '\n'.join(
                (
                    '[pipeline:main]',
                    'pipeline = debug app',
                    '[app:app]',
                    'use = egg:os-wsgiserver#hello',
                    '[filter:debug]',
                    'use = egg:os-wsgiserver#debug',
                    *options,
                )
            )
        )

    def test_a_paste_file_may_name_it(self) -> None:
        made = self._load('max_body = 10', 'to = stdout')
        self.assertIsInstance(made, debug.Debug)

    def test_a_wrong_value_is_refused(self) -> None:
        for option, value in (
            ('to', 'file'),
            ('max_body', '-1'),
            ('max_body', 'all'),
        ):
            error = self.assertRaises(
                exceptions.PasteLoadError, self._load, f'{option} = {value}'
            )
            self.assertIn(
                f"option {option}: option '{option}' of Debug: it is ",
                str(error),
            )
