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

"""A mapper that knows the empty path, behind a router and alone."""

from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment

import routes
import webob

from wsgiserver import routing
from wsgiserver.tests import base


def controller(
    environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    """Tell the action and the method."""
    match = environ['wsgiorg.routing_args'][1]
    start_response('200 OK', [('X-Method', environ['REQUEST_METHOD'])])
    return [match.get('action', '').encode()]


class EmptyPathTestCase(base.TestCase):
    def _fetch(self, mapper: routes.Mapper) -> webob.Response:
        mapper.connect('/', controller=controller, action='root')
        request = webob.Request.blank('/', base_url='http://host/v2')
        request.environ['PATH_INFO'] = ''
        return request.get_response(routing.Router(mapper))

    def test_it_is_redirected_with_a_mapper_for_it(self) -> None:
        response = self._fetch(routing.APIMapper())
        self.assertEqual(302, response.status_int)
        self.assertEqual('/v2/', response.headers['Location'])

    def test_it_is_404_with_any_other_mapper(self) -> None:
        self.assertEqual(404, self._fetch(routes.Mapper()).status_int)

    def test_other_paths_match_as_ever(self) -> None:
        mapper = routing.APIMapper()
        mapper.connect('/a', controller=controller, action='a')
        router = routing.Router(mapper)
        found = mapper.routematch('/a')
        assert found is not None
        self.assertEqual('a', found[0]['action'])
        self.assertIsNone(mapper.routematch('/b'))
        response = webob.Request.blank('/a').get_response(router)
        self.assertEqual(b'a', response.body)
