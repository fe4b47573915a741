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

"""The application that hands each request to the controller of its route."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import Self
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from oslo_utils import strutils
import routes
import routes.middleware
import webob.exc

from wsgiserver._i18n import _
from wsgiserver._paste import arguments as paste_arguments
from wsgiserver.routing import mapper as api_mapper

#: The methods that a resource may have; any other one is 501.
_METHODS = ('DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT')


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

    Glance's behaviour is there where it is asked for. With
    ``reject_methods``, a path that has routes for other methods gets 405
    (Method Not Allowed) with these in ``Allow``, a method that no API has
    gets 501 (Not Implemented), and HEAD goes where GET does. With an
    :class:`~wsgiserver.wsgi.APIMapper`, the empty path is redirected to
    ``/``.

    Unlike upstream's, this one leaves ``routes.request_config()`` alone:
    that thread-local object costs as much as the rest of the routing, and
    green threads can come to share it. So ``routes.url_for`` knows of no
    request; the generator in ``routes.url`` does. And the method of a request
    is its own: ``_method``, in a query or in a form, doesn't override it.

    :param mapper: the routes. ``routes`` compiles them when the first
        request is matched, and knows of none that is connected after that.
    :param reject_methods: whether the method is looked at where no route
        matches.
    """

    def __init__(
        self, mapper: routes.Mapper, *, reject_methods: bool = False
    ) -> None:
        self.map = mapper
        if isinstance(mapper, api_mapper.APIMapper):
            mapper.redirect('', '/')
        self._router = self._routed(
            self._dispatch_or_reject if reject_methods else self._dispatch
        )
        self._head_router = self._routed(self._dispatch_head)

    @classmethod
    def factory(
        cls, global_conf: Mapping[str, Any] | None, **local_conf: Any
    ) -> Self:
        """Make a router for PasteDeploy; a ``paste.app_factory``.

        A subclass connects its routes in its constructor, which is given an
        :class:`~wsgiserver.wsgi.APIMapper` and the options it has parameters
        for, as :meth:`wsgiserver.wsgi.Middleware.factory` has it.

        :param global_conf: the [DEFAULT] section of the paste file.
        :param local_conf: the options of the application's own section.
        :returns: the router.
        :raises InvalidOption: if an option is unknown or has a wrong value.
        """
        arguments = paste_arguments.for_constructor(
            cls, global_conf, local_conf
        )
        if 'reject_methods' in arguments:
            arguments['reject_methods'] = cls._to_bool(
                'reject_methods', arguments['reject_methods']
            )
        return cls(api_mapper.APIMapper(), **arguments)

    @classmethod
    def _to_bool(cls, option: str, value: Any) -> bool:
        try:
            return bool(strutils.bool_from_string(value, strict=True))
        except ValueError as error:
            raise paste_arguments.InvalidOption(
                cls.__name__, option, _('it is neither true nor false')
            ) from error

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Hand a request to the controller of the first route it matches.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body, as the controller returned it.
        """
        return self._router(environ, start_response)

    def _routed(self, app: WSGIApplication) -> WSGIApplication:
        # The override would read a form to its end before any route is
        # matched, and leave nothing of it; and by its query a request would
        # get to another method's route than the one that filters and the log
        # have seen.
        routed: WSGIApplication = routes.middleware.RoutesMiddleware(
            app, self.map, use_method_override=False, singleton=False
        )
        return routed

    @staticmethod
    def _dispatch(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        _generator, match = environ['wsgiorg.routing_args']
        if not match:
            return webob.exc.HTTPNotFound()(environ, start_response)
        controller: WSGIApplication = match['controller']
        return controller(environ, start_response)

    def _dispatch_or_reject(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ['wsgiorg.routing_args'][1]:
            return self._dispatch(environ, start_response)
        if environ['REQUEST_METHOD'] != 'HEAD':
            return self._reject(environ, start_response)
        # Only the routing takes it for GET: it is done over again, since
        # its outcome is more than the route.
        environ['REQUEST_METHOD'] = 'GET'
        try:
            return self._head_router(environ, start_response)
        finally:
            environ['REQUEST_METHOD'] = 'HEAD'

    def _dispatch_head(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ['REQUEST_METHOD'] = 'HEAD'
        if environ['wsgiorg.routing_args'][1]:
            return self._dispatch(environ, start_response)
        return self._reject(environ, start_response)

    def _reject(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        answer: WSGIApplication
        if environ['REQUEST_METHOD'] not in _METHODS:
            # RFC 9110, section 15.6.2: unknown, whatever the resource.
            answer = webob.exc.HTTPNotImplemented()
        elif allowed := self._allowed(environ):
            # RFC 9110, section 15.5.6: Allow has to be there.
            answer = webob.exc.HTTPMethodNotAllowed(
                headers=[('Allow', ', '.join(allowed))]
            )
        else:
            answer = webob.exc.HTTPNotFound()
        return answer(environ, start_response)

    def _allowed(self, environ: WSGIEnvironment) -> list[str]:
        """List the methods that the path has routes for."""
        found = {
            method
            for method in _METHODS
            if self.map.routematch(
                environ={**environ, 'REQUEST_METHOD': method}
            )
        }
        if 'GET' in found:
            found.add('HEAD')
        return sorted(found)
