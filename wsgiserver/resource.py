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

"""A controller's methods, as one WSGI application."""

from collections.abc import Callable
import inspect
from typing import Any
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import oslo_i18n
from oslo_log import log as logging
from oslo_utils import strutils
import webob
import webob.dec
import webob.exc

from wsgiserver._i18n import _
from wsgiserver.routing import request as api_request
from wsgiserver import serialization

LOG = logging.getLogger('wsgiserver.resource')


class Resource:
    """Calls the method of a controller that a route's ``action`` names.

    The deserializer makes arguments of the request, the controller's method
    takes them beside the route's variables, and the serializer makes a
    response of what that returns. Each of the three may have a method of
    the action's name; else its ``default`` is used::

        mapper.connect(
            '/images/{id}', controller=Resource(Images()), action='show'
        )

    A name that begins with an underscore is never called. A controller
    that has neither the method nor ``default`` gives 404. Arguments that the
    method doesn't take give 400, and so does what can't be decoded. With a
    route's ``body_reject``, a request with a body gets 400. A response that
    the controller returns is sent as it is. A ``webob.exc`` that is raised
    is the response, in the language of ``Accept-Language`` as far as the
    service has lazy translation.

    The interface is that of ``Resource`` in ``glance.common.wsgi`` and
    ``heat.common.wsgi``.

    :param controller: the object with the methods.
    :param deserializer: None means a
        :class:`~wsgiserver.wsgi.JSONRequestDeserializer`.
    :param serializer: None means a
        :class:`~wsgiserver.wsgi.JSONResponseSerializer`.
    :param catch_errors: whether any other error is logged and answered with
        500 here, as in glance; else it passes upwards, as in heat, to a
        filter that knows more or to the server, which does the same.
    :param request_class: what the requests are.
    """

    def __init__(
        self,
        controller: Any,
        deserializer: Any = None,
        serializer: Any = None,
        *,
        catch_errors: bool = False,
        request_class: type[webob.Request] = api_request.Request,
    ) -> None:
        self.controller = controller
        self.deserializer = (
            serialization.JSONRequestDeserializer()
            if deserializer is None
            else deserializer
        )
        self.serializer = (
            serialization.JSONResponseSerializer()
            if serializer is None
            else serializer
        )
        self._catch_errors = catch_errors
        self._request_class = request_class

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> WSGIApplication:
        """Serve one request, as PEP 3333 has it, or a request object.

        :param request: the request.
        :returns: the response.
        """
        if not isinstance(request, self._request_class):
            request = self._request_class(request.environ)
        try:
            return self._serve(request)
        except webob.exc.HTTPException as exc:
            return _translated(request, exc)
        except UnicodeDecodeError:
            return _translated(request, _undecodable())
        except Exception:
            if not self._catch_errors:
                raise
            LOG.exception(
                'Unexpected error of %r', request.environ.get('PATH_INFO')
            )
            return webob.exc.HTTPInternalServerError()

    def _serve(self, request: webob.Request) -> WSGIApplication:
        arguments = self.get_action_args(request.environ)
        action = self._known(arguments.pop('action', None))
        self._check_body(request, arguments.pop('body_reject', None))
        arguments |= self.dispatch(self.deserializer, action, request)
        result = self._call_controller(action, request, arguments)
        if isinstance(result, webob.exc.HTTPException):
            return _translated(request, result)
        if isinstance(result, webob.Response):
            return result
        response = request.ResponseClass(request=request)
        self.dispatch(self.serializer, action, response, result)
        return response

    def dispatch(
        self, obj: Any, action: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Call the method of an action, or ``default``.

        :param obj: the object with the methods.
        :param action: the name of one.
        :returns: what the method returned.
        """
        return _method(obj, action)(*args, **kwargs)

    def get_action_args(self, request_environment: WSGIEnvironment) -> Any:
        """Find the variables of the route.

        :param request_environment: the environ of the request.
        :returns: a dict, without the controller and the format.
        """
        _generator, match = request_environment.get(
            'wsgiorg.routing_args', (None, {})
        )
        return {k: match[k] for k in match or () if k not in _NOT_ARGUMENTS}

    def _known(self, action: Any) -> str:
        """Name the method to call; a route may let the client choose."""
        if isinstance(action, str) and not action.startswith('_'):
            if callable(getattr(self.controller, action, None)):
                return action
        if callable(getattr(self.controller, 'default', None)):
            return 'default'
        raise webob.exc.HTTPNotFound()

    def _check_body(self, request: webob.Request, reject: Any) -> None:
        if strutils.bool_from_string(reject):
            if self.deserializer.has_body(request):
                raise webob.exc.HTTPBadRequest(
                    explanation=_('A body is not expected with this request.')
                )

    def _call_controller(
        self, action: str, request: webob.Request, arguments: dict[str, Any]
    ) -> Any:
        try:
            return self.dispatch(self.controller, action, request, **arguments)
        except TypeError as error:
            method = _method(self.controller, action)
            if _takes(method, request, arguments):
                raise
            path = request.environ.get('PATH_INFO')
            LOG.info('Unusable arguments of %r: %r', path, str(error))
            raise webob.exc.HTTPBadRequest(
                explanation=_(
                    'The server could not comply with the request since it'
                    ' is either malformed or otherwise incorrect.'
                )
            ) from error


#: What a route says to the router, and not to a controller.
_NOT_ARGUMENTS = frozenset(('controller', 'format'))


def _method(obj: Any, action: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(obj, action, None) or obj.default
    return method


def _takes(
    method: Callable[..., Any],
    request: webob.Request,
    arguments: dict[str, Any],
) -> bool:
    """Tell whether a method can be called so; else the client is at fault."""
    try:
        inspect.signature(method).bind(request, **arguments)
    except TypeError:
        return False
    return True


def _undecodable() -> webob.exc.HTTPException:
    return webob.exc.HTTPBadRequest(
        explanation=_(
            'The URL or the request body has characters that can not be'
            ' decoded.'
        )
    )


def _translated(
    request: webob.Request, exc: webob.exc.HTTPException
) -> WSGIApplication:
    """Put an error into the client's language."""
    # A request's class may be of the service's own making.
    best_match = getattr(request, 'best_match_language', None)
    if best_match is not None and isinstance(exc, webob.exc.HTTPError):
        locale = best_match()
        for name in ('explanation', 'detail', 'body_template'):
            text = getattr(exc, name, None)
            if text:
                setattr(exc, name, oslo_i18n.translate(text, locale))
    return exc
