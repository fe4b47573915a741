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

"""What the router does where glance's behaviour is asked for."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import routes
import webob

from wsgiserver import exceptions
from wsgiserver import resource
from wsgiserver import routing
from wsgiserver.tests import base
from wsgiserver.tests.unit import paste_files


def controller(
    environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    """Tell the action and the method."""
    match = environ['wsgiorg.routing_args'][1]
    start_response('200 OK', [('X-Method', environ['REQUEST_METHOD'])])
    return [match.get('action', '').encode()]


class RejectTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.mapper = routes.Mapper()
        self.router = routing.Router(self.mapper, reject_methods=True)
        for path, method, action in (
            ('/images', 'GET', 'index'),
            ('/images', 'POST', 'create'),
            ('/images/{id}', 'DELETE', 'delete'),
        ):
            self.mapper.connect(
                path,
                controller=controller,
                action=action,
                conditions={'method': [method]},
            )

    def _fetch(self, method: str, path: str) -> webob.Response:
        request = webob.Request.blank(path, method=method)
        return request.get_response(self.router)

    def test_a_route_is_found(self) -> None:
        self.assertEqual(b'create', self._fetch('POST', '/images').body)

    def test_a_method_of_other_paths_is_405(self) -> None:
        for method in ('PUT', 'DELETE', 'PATCH', 'OPTIONS'):
            response = self._fetch(method, '/images')
            self.assertEqual(405, response.status_int)
            self.assertEqual('GET, HEAD, POST', response.headers['Allow'])

    def test_each_path_has_methods_of_its_own(self) -> None:
        response = self._fetch('GET', '/images/7')
        self.assertEqual(405, response.status_int)
        self.assertEqual('DELETE', response.headers['Allow'])

    def test_a_method_that_no_api_has_is_501(self) -> None:
        for path in ('/images', '/nothing'):
            self.assertEqual(501, self._fetch('PROPFIND', path).status_int)

    def test_an_unknown_path_is_404(self) -> None:
        for method in ('GET', 'HEAD', 'PUT', 'OPTIONS'):
            self.assertEqual(404, self._fetch(method, '/nothing').status_int)

    def test_head_goes_where_get_does(self) -> None:
        response = self._fetch('HEAD', '/images')
        self.assertEqual(200, response.status_int)
        self.assertEqual('HEAD', response.headers['X-Method'])

    def test_head_without_get_is_405(self) -> None:
        self.assertEqual(405, self._fetch('HEAD', '/images/7').status_int)

    def test_a_route_for_head_comes_first(self) -> None:
        self.mapper.connect(
            '/own',
            controller=controller,
            action='own',
            conditions={'method': ['HEAD']},
        )
        response = self._fetch('HEAD', '/own')
        self.assertEqual(200, response.status_int)

    def test_head_has_the_rest_of_the_path_like_get(self) -> None:
        def shows(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', [('X-Path', environ['PATH_INFO'])])
            return []

        self.mapper.connect(
            '/v2/{path_info:.*}',
            controller=shows,
            conditions={'method': ['GET']},
        )
        self.assertEqual('/a', self._fetch('HEAD', '/v2/a').headers['X-Path'])


class API(routing.Router):
    """Glance's style: the routes are connected in the constructor."""

    def __init__(
        self, mapper: routes.Mapper, name: str = 'main', **kwargs: Any
    ) -> None:
        mapper.connect(
            '/',
            controller=controller,
            action=name,
            conditions={'method': ['GET']},
        )
        super().__init__(mapper, **kwargs)


class Plain(routing.Router):
    def __init__(self, mapper: routes.Mapper) -> None:
        super().__init__(mapper)


class FactoryTestCase(paste_files.LoaderCase):
    def _load(self, name: str, *options: str) -> WSGIApplication:
        factory = f'paste.app_factory = {__name__}:{name}.factory'
        app: WSGIApplication = self.load(
            '\n'.join(('[app:main]', factory, *options))
        )
        return app

    def test_a_paste_file_may_name_it(self) -> None:
        app = self._load('API', 'name = own', 'reject_methods = true')
        get = webob.Request.blank('/')
        self.assertEqual(b'own', get.get_response(app).body)
        put = webob.Request.blank('/', method='PUT')
        self.assertEqual(405, put.get_response(app).status_int)

    def test_false_is_false(self) -> None:
        app = self._load('API', 'reject_methods = false')
        put = webob.Request.blank('/', method='PUT')
        self.assertEqual(404, put.get_response(app).status_int)

    def test_what_is_wrong_is_said(self) -> None:
        for name, option in (
            ('API', 'reject_methods = perhaps'),
            ('Plain', 'colour = red'),
        ):
            error = self.assertRaises(
                exceptions.PasteLoadError, self._load, name, option
            )
            self.assertIn(f'option {option.split()[0]}: ', str(error))


class MethodControllersTestCase(base.TestCase):
    def _fetch(self, owner: object, action: str) -> webob.Response:
        mapper = routes.Mapper()
        mapper.connect(
            '/',
            controller=resource.Resource(owner),
            action=action,
            allowed_methods='GET, POST',
        )
        request = webob.Request.blank('/', method='PUT')
        return request.get_response(routing.Router(mapper))

    def test_reject_is_405(self) -> None:
        for owner in (
            routing.RejectMethodController(),
            routing.DefaultMethodController(),
        ):
            response = self._fetch(owner, 'reject')
            self.assertEqual(405, response.status_int)
            self.assertEqual('GET, POST', response.headers['Allow'])

    def test_options_is_204(self) -> None:
        response = self._fetch(routing.DefaultMethodController(), 'options')
        self.assertEqual(204, response.status_int)
        self.assertEqual('GET, POST', response.headers['Allow'])
