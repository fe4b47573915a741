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

"""From a request's path to the WSGI application that serves it."""

from collections.abc import Iterable
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import routes
import routes.middleware
import webob
import webob.exc


class Request(webob.Request):
    """The request of an API; a name to derive from.

    The interface is ``oslo_service.wsgi.Request``.
    """


class Router:
    """A WSGI application that hands each request to a controller.

    The interface is ``oslo_service.wsgi.Router``. A route names its
    controller, any WSGI application::

        mapper = routes.Mapper()
        mapper.connect(None, '/images', controller=images, action='index')
        mapper.connect(None, '/v2/{path_info:.*}', controller=api)
        router = Router(mapper)

    The controller finds the route's variables, the action among them, in
    ``wsgiorg.routing_args`` of the environ, and an URL generator in
    ``routes.url``. A variable named ``path_info`` becomes the path, and what
    is ahead of it goes to SCRIPT_NAME. A request that no route matches
    gets 404.

    Unlike upstream's, this one leaves ``routes.request_config()`` alone:
    that thread-local object costs as much as the rest of the routing, and
    green threads can come to share it. So ``routes.url_for`` knows of no
    request; the generator in ``routes.url`` does.

    :param mapper: the routes. ``routes`` compiles them when the first
        request is matched, and knows of none that is connected after that.
    """

    def __init__(self, mapper: routes.Mapper) -> None:
        self.map = mapper
        self._router: WSGIApplication = routes.middleware.RoutesMiddleware(
            self._dispatch, self.map, singleton=False
        )

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Hand a request to the controller of the first route it matches.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body, as the controller returned it.
        """
        return self._router(environ, start_response)

    @staticmethod
    def _dispatch(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        _generator, match = environ['wsgiorg.routing_args']
        if not match:
            return webob.exc.HTTPNotFound()(environ, start_response)
        controller: WSGIApplication = match['controller']
        return controller(environ, start_response)
