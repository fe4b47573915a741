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

"""The router: oslo.service's behaviour, with routes of the tests' own."""

from collections.abc import Iterable
import io
import json
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment

import routes
import webob
import webob.dec

from wsgiserver import routing
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes


def controller(
    environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    """Tell what the router says of a request."""
    _generator, match = environ['wsgiorg.routing_args']
    seen = {name: match[name] for name in match if name != 'controller'}
    seen.update(script=environ['SCRIPT_NAME'], path=environ['PATH_INFO'])
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(seen).encode()]


class RouterTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mapper = routes.Mapper()
        self.router = routing.Router(self.mapper)

    def _connect(self, path: str, **kwargs: Any) -> None:
        self.mapper.connect(None, path, **{'controller': controller, **kwargs})

    def _fetch(self, path: str, **kwargs: Any) -> webob.Response:
        return webob.Request.blank(path, **kwargs).get_response(self.router)

    def test_a_request_gets_to_the_controller_of_its_route(self) -> None:
        self._connect('/images/{id}', action='show')
        self.assertEqual(
            {'action': 'show', 'id': '7', 'script': '', 'path': '/images/7'},
            self._fetch('/images/7').json,
        )

    def test_the_first_route_that_matches_has_it(self) -> None:
        self._connect('/images/detail', action='detail')
        self._connect('/images/{id}', action='show')
        self.assertEqual(
            'detail', self._fetch('/images/detail').json['action']
        )

    def test_no_route_is_404(self) -> None:
        self._connect('/images', action='index')
        for path in ('/', '/image', '/images/7'):
            self.assertEqual(404, self._fetch(path).status_int)

    def test_an_empty_path_is_404(self) -> None:
        self._connect('/images', action='index')
        response = self._fetch('/', environ={'PATH_INFO': ''})
        self.assertEqual(404, response.status_int)

    def test_a_method_that_no_route_has_is_404(self) -> None:
        self._connect(
            '/images', action='index', conditions={'method': ['GET']}
        )
        self.assertEqual(200, self._fetch('/images').status_int)
        response = self._fetch('/images', method='PUT')
        self.assertEqual(404, response.status_int)

    def test_the_rest_of_the_path_may_be_left_to_the_controller(self) -> None:
        self._connect('/v2/{path_info:.*}')
        seen = self._fetch('/v2/a/b', base_url='http://host/image').json
        self.assertEqual(('/image/v2', '/a/b'), (seen['script'], seen['path']))

    def test_a_resource_has_its_actions(self) -> None:
        self.mapper.resource('image', 'images', controller=controller)
        actions = [
            self._fetch(path, method=method).json['action']
            for method, path in (
                ('GET', '/images'),
                ('POST', '/images'),
                ('GET', '/images/7'),
                ('DELETE', '/images/7'),
            )
        ]
        self.assertEqual(['index', 'create', 'show', 'delete'], actions)

    def test_nothing_overrides_the_method(self) -> None:
        for reject_methods in (False, True):
            self.mapper = routes.Mapper()
            self.router = routing.Router(
                self.mapper, reject_methods=reject_methods
            )
            for method in ('GET', 'POST', 'DELETE'):
                self._connect(
                    '/images', action=method, conditions={'method': [method]}
                )
            for method in ('GET', 'POST', 'DELETE'):
                for given in ({}, {'POST': {'_method': 'DELETE'}}):
                    response = self._fetch(
                        '/images?_method=DELETE', method=method, **given
                    )
                    self.assertEqual(method, response.json['action'])

    def test_a_query_does_not_get_a_method_to_a_route(self) -> None:
        for reject_methods, status in ((False, 404), (True, 405)):
            self.mapper = routes.Mapper()
            self.router = routing.Router(
                self.mapper, reject_methods=reject_methods
            )
            self._connect('/a', conditions={'method': ['DELETE']})
            for method in ('GET', 'HEAD', 'POST'):
                response = self._fetch('/a?_method=DELETE', method=method)
                self.assertEqual(status, response.status_int)

    def test_the_body_of_a_form_is_the_controllers_to_read(self) -> None:
        @webob.dec.wsgify
        def reads(req: webob.Request) -> webob.Response:
            return webob.Response(req.body_file.read())

        self._connect('/', controller=reads)
        for kind in (
            'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=b',
            'multipart/form-data',
            '',
        ):
            for body in (b'{"name": "x"}', b'_method=DELETE', b'--b--\r\n'):
                response = self._fetch(
                    '/', method='POST', content_type=kind, body=body
                )
                self.assertEqual(200, response.status_int)
                self.assertEqual(body, response.body)

    def test_the_body_of_what_no_route_matches_is_not_read(self) -> None:
        class Unread(io.BytesIO):
            def read(self, *_size: Any) -> bytes:
                raise AssertionError('it was read')

        self._connect('/a', conditions={'method': ['GET']})
        self.router = routing.Router(self.mapper, reject_methods=True)
        for path, status in (('/b', 404), ('/a', 405)):
            for kind in (
                'application/x-www-form-urlencoded',
                'multipart/form-data; boundary=b',
            ):
                request = webob.Request.blank(
                    path, method='POST', content_type=kind
                )
                request.environ['wsgi.input'] = Unread()
                request.environ['CONTENT_LENGTH'] = '1000000'
                response = request.get_response(self.router)
                self.assertEqual(status, response.status_int)

    def test_a_redirect_is_sent(self) -> None:
        self.mapper.redirect('/old', '/new')
        response = self._fetch('/old')
        self.assertEqual(302, response.status_int)
        self.assertEqual('/new', response.headers['Location'])

    def test_a_url_generator_is_at_hand(self) -> None:
        def links(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            url = environ['routes.url']('image', id='7', qualified=True)
            start_response('200 OK', [])
            return [url.encode()]

        self.mapper.connect('image', '/images/{id}', controller=links)
        response = self._fetch('/images/8', base_url='http://host:1/api')
        self.assertEqual(b'http://host:1/api/images/7', response.body)

    def test_a_controller_may_be_wsgified(self) -> None:
        @webob.dec.wsgify(RequestClass=routing.Request)
        def wsgified(req: routing.Request) -> str:
            return type(req).__name__

        self._connect('/', controller=wsgified)
        self.assertEqual('Request', self._fetch('/').text)

    def test_errors_of_the_controller_pass_upwards(self) -> None:
        def breaks(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            raise LookupError('broken')

        self._connect('/', controller=breaks)
        self.assertRaises(LookupError, self._fetch, '/')

    def test_the_body_is_the_very_object_of_the_controller(self) -> None:
        def streams(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            return body

        body = iter([b'hello'])
        self._connect('/', controller=streams)
        environ = webob.Request.blank('/').environ
        self.assertIs(body, self.router(environ, fakes.Start()))

    def test_a_route_may_be_added_until_the_first_request(self) -> None:
        self._connect('/a')
        self.assertEqual(200, self._fetch('/a').status_int)
        self._connect('/b')
        self.assertEqual(404, self._fetch('/b').status_int)

    def test_a_subclass_may_dispatch_by_itself(self) -> None:
        class Own(routing.Router):
            @staticmethod
            @webob.dec.wsgify
            def _dispatch(  # type: ignore[override]  # as a service has it
                req: webob.Request,
            ) -> str:
                return 'mine'

        self.router = Own(self.mapper)
        self.assertEqual('mine', self._fetch('/').text)
