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

"""The base class of a filter in a paste pipeline."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import functools
import inspect
import types
from typing import Any
from typing import ClassVar
from typing import Self
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from oslo_config import cfg
import webob
import webob.exc

from wsgiserver._paste import arguments as paste_arguments
from wsgiserver.middleware import _captured_response
from wsgiserver.middleware import _project

# Where the filters of one pipeline keep the request that they share.
_SHARED_REQUEST = 'wsgiserver.middleware.request'


class Middleware:
    """A WSGI filter that looks at requests, at responses, or at both.

    A subclass overrides :meth:`process_request`, :meth:`process_response`
    or both; or :meth:`__call__`, for instance with ``webob.dec.wsgify``.
    Which hooks a class has is found out when the class is made: a class
    without any passes the call on, and one that has
    :meth:`process_request` alone never touches the response. So a hook is
    to be a method of the class, not an attribute of an instance.

    The interface is the one that glance, heat, cinder, nova and
    oslo.middleware have in their base classes.

    :param application: the next WSGI application in the pipeline.
    :param conf: for a subclass in the style of oslo.middleware: the options
        of its section in one dict, or a ConfigOpts. With
        ``oslo_config_project`` among the options, that project's
        configuration is read at once.
    :raises InvalidOption: if it can't be read.
    """

    #: The class of the request that the hooks are given.
    request_class: ClassVar[type[webob.Request]] = webob.Request

    #: The options that the constructor was given as ``conf``.
    conf: Any = types.MappingProxyType({})

    #: The configuration of the project that ``oslo_config_project`` names,
    #: else the ConfigOpts that was given as ``conf``, else the global one.
    oslo_conf: cfg.ConfigOpts = cfg.CONF

    _has_hooks: ClassVar[bool] = False
    _sees_response: ClassVar[bool] = False
    _sees_both: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        hook = cls.process_response
        cls._sees_response = hook is not Middleware.process_response
        cls._sees_both = 'request' in inspect.signature(hook).parameters
        cls._has_hooks = (
            cls._sees_response
            or cls.process_request is not Middleware.process_request
        )

    def __init__(
        self,
        application: WSGIApplication,
        conf: Mapping[str, Any] | cfg.ConfigOpts | None = None,
    ) -> None:
        self.application = application
        if isinstance(conf, cfg.ConfigOpts):
            self.oslo_conf = conf
        elif conf is not None:
            self.conf = conf
            self.oslo_conf = _project.read(type(self).__name__, conf)

    @classmethod
    def factory(
        cls, global_conf: Mapping[str, Any] | None, **local_conf: Any
    ) -> Callable[[WSGIApplication], Self]:
        """Make a filter for PasteDeploy; a ``paste.filter_factory``.

        The constructor is called with the application and with what its
        signature asks for: ``conf``, the global and the local options in
        one dict; any other parameter, the local option of that name. A
        constructor of ``*args, **kwargs`` gets every local option, to hand
        on as it likes. ``oslo_config_project``, ``oslo_config_program`` and
        ``oslo_config_file`` may stand in any section.

        :param global_conf: the [DEFAULT] section of the paste file.
        :param local_conf: the options of the filter's own section.
        :returns: a callable that wraps an application in this class.
        :raises InvalidOption: if the constructor has no parameter for a
            local option, or needs one that is not there.
        """
        arguments = paste_arguments.for_constructor(
            cls, global_conf, local_conf, Middleware, _project.KEYS
        )
        return functools.partial(cls, **arguments)

    def _conf_get(self, key: str, group: str = 'oslo_middleware') -> Any:
        """Look up an option of oslo.config, as oslo.middleware has it.

        :param key: the name of an option registered in :attr:`oslo_conf`;
            a value in :attr:`conf` overrides it there.
        :param group: its group.
        :returns: the value.
        :raises InvalidOption: if the value is none of the option's type.
        """
        return _project.value_of(
            type(self).__name__, self.oslo_conf, self.conf, key, group
        )

    def process_request(self, req: webob.Request) -> WSGIApplication | None:
        """Look at a request before the application does.

        :param req: the request; the filters of a pipeline share it.
        :returns: None to go on; or a response, or any other WSGI
            application, to answer in the application's place.
        :raises webob.exc.HTTPException: to answer with that.
        """
        return None

    def process_response(
        self, response: webob.Response
    ) -> WSGIApplication | None:
        """Look at the application's response before it is sent.

        An override may have a second parameter, named ``request``. The
        body is not read yet: ``response.app_iter`` is the application's
        own, or gives its pieces one by one. The hook is not asked about
        what :meth:`process_request` answered.

        :param response: the response, its ``request`` set.
        :returns: the response, or any WSGI application that replaces it;
            None is the response as well.
        :raises webob.exc.HTTPException: to answer with that.
        """
        return response

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Serve one request, as PEP 3333 has it.

        A ``webob.exc`` that a hook raises becomes the response, and so does
        one that leaves the application; all other errors pass upwards.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body; the caller closes it.
        """
        try:
            if self._has_hooks:
                return self._call_hooks(environ, start_response)
            return self.application(environ, start_response)
        except webob.exc.HTTPException as exc:
            return exc(environ, start_response)

    def _call_hooks(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        shared = environ.get(_SHARED_REQUEST)
        # A copied environ comes with a request that shows the original.
        if type(shared) is self.request_class and shared.environ is environ:
            return self._filter(shared, start_response)
        environ[_SHARED_REQUEST] = req = self.request_class(environ)
        try:
            return self._filter(req, start_response)
        finally:
            # The two refer to each other, and so would stay in memory,
            # the request's body with them, until the garbage collector ran.
            environ.pop(_SHARED_REQUEST, None)

    def _filter(
        self, req: webob.Request, start_response: StartResponse
    ) -> Iterable[bytes]:
        answer = self.process_request(req)
        if answer is not None:
            if not callable(answer):
                raise self._unusable('process_request', answer)
            return answer(req.environ, start_response)
        if req.is_body_seekable:
            # The hook read the body, and WebOb kept it for the next reader.
            req.environ['wsgi.input'].seek(0)
        if not self._sees_response:
            return self.application(req.environ, start_response)
        return self._filter_response(req, start_response)

    def _filter_response(
        self, req: webob.Request, start_response: StartResponse
    ) -> Iterable[bytes]:
        captured = _captured_response.CapturedResponse(
            self.application, req.environ
        )
        try:
            answer = self._ask_response_hook(captured, req)
            return captured.release(answer(req.environ, start_response))
        except BaseException:
            captured.close()
            raise

    def _ask_response_hook(
        self, captured: _captured_response.CapturedResponse, req: webob.Request
    ) -> WSGIApplication:
        response = req.ResponseClass(
            status=captured.status,
            headerlist=captured.headers,
            app_iter=captured.app_iter,
        )
        response.request = req
        hook: Callable[..., WSGIApplication | None] = self.process_response
        if self._sees_both:
            answer = hook(response, request=req)
        else:
            answer = hook(response)
        if answer is None or answer is response:
            return response
        if not callable(answer):
            raise self._unusable('process_response', answer)
        return answer

    def _unusable(self, hook: str, answer: object) -> TypeError:
        return TypeError(
            f'{type(self).__name__}.{hook} returned {type(answer).__name__},'
            ' which is no WSGI application'
        )
