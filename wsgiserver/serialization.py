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

"""Request bodies from JSON, and response bodies to JSON."""

from typing import Any

from oslo_serialization import jsonutils
import webob
import webob.exc
from webob import multidict

from wsgiserver._i18n import _

_METHODS_WITH_BODY = frozenset(('PATCH', 'POST', 'PUT'))


class JSONRequestDeserializer:
    """Reads the body of a request.

    The interface is ``glance.common.wsgi.JSONRequestDeserializer``. Unlike
    glance's, it has a limit, which is heat's. A subclass has a method for
    an action whose request is more than a body; it takes the request and
    returns the arguments of the controller's method.

    :param max_body_size: how many bytes a body may have; None means
        :attr:`max_body_size`.
    """

    #: The bytes that a body may have; a class may have a limit of its own.
    max_body_size: int = 1024 * 1024

    def __init__(self, max_body_size: int | None = None) -> None:
        if max_body_size is not None:
            self.max_body_size = max_body_size

    def has_body(self, request: webob.Request) -> bool:
        """Tell whether a request has a body.

        :param request: the request.
        :returns: whether it declares a length, or sends chunks by a method
            that comes with a body.
        """
        encoding = request.headers.get('Transfer-Encoding', '').lower()
        if encoding == 'chunked' and request.method in _METHODS_WITH_BODY:
            # WebOb doesn't know that the end of the chunks is an end.
            request.is_body_readable = True
            return True
        return (request.content_length or 0) > 0

    @staticmethod
    def _sanitizer(obj: dict[str, Any]) -> Any:
        """Look at each object of the body; for a subclass."""
        return obj

    def from_json(self, datastring: bytes | str) -> Any:
        """Read JSON.

        :param datastring: the body.
        :returns: a dict or a list.
        :raises webob.exc.HTTPBadRequest: if it is anything else.
        """
        try:
            data = jsonutils.loads(datastring, object_hook=self._sanitizer)
        # Brackets in brackets take the stack, a few thousand are enough.
        except (ValueError, RecursionError) as error:
            raise webob.exc.HTTPBadRequest(
                explanation=_('Malformed JSON in request body.')
            ) from error
        if not isinstance(data, dict | list):
            raise webob.exc.HTTPBadRequest(
                explanation=_('Unexpected body type. Expected list/dict.')
            )
        return data

    def default(self, request: webob.Request) -> dict[str, Any]:
        """Read a request.

        :param request: the request; its body can be read again.
        :returns: ``body``, if there is one.
        :raises webob.exc.HTTPBadRequest: if it is no JSON.
        :raises webob.exc.HTTPRequestEntityTooLarge: if it is too long.
        """
        if not self.has_body(request):
            return {}
        return {'body': self.from_json(self._read(request))}

    def _read(self, request: webob.Request) -> bytes:
        limit = self.max_body_size
        if (request.content_length or 0) > limit:
            raise self._too_large()
        # Chunks say no length: a byte more than the limit is enough to know.
        pieces, left = [], limit + 1
        source = request.body_file
        while left and (piece := source.read(left)):
            pieces.append(piece)
            left -= len(piece)
        if not left:
            raise self._too_large()
        request.body = b''.join(pieces)
        return request.body

    def _too_large(self) -> webob.exc.HTTPRequestEntityTooLarge:
        return webob.exc.HTTPRequestEntityTooLarge(
            explanation=_('The request body has more than %d bytes.')
            % self.max_body_size
        )


class JSONResponseSerializer:
    """Writes the body of a response.

    The interface is ``glance.common.wsgi.JSONResponseSerializer``. A
    subclass has a method for an action whose response has more than a body;
    it takes the response, and what the controller returned.
    """

    def _sanitizer(self, obj: Any) -> Any:
        """Make something of an object that JSON doesn't know."""
        if hasattr(obj, 'to_dict'):
            return obj.to_dict()
        if isinstance(obj, multidict.MultiDict):
            return obj.mixed()
        return jsonutils.to_primitive(obj)

    def to_json(self, data: Any) -> bytes:
        """Write JSON.

        :param data: any data; ``oslo.serialization`` knows dates, UUIDs and
            more.
        :returns: the JSON, in UTF-8.
        :raises ValueError: if there is no way to write it.
        """
        written: bytes = jsonutils.dump_as_bytes(data, default=self._sanitizer)
        return written

    def default(self, response: webob.Response, result: Any) -> None:
        """Write a response.

        :param response: the response to write to.
        :param result: what the controller returned; None becomes ``null``.
        """
        response.content_type = 'application/json'
        response.body = self.to_json(result)
