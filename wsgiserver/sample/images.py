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

"""A small images API, in the manner of glance: bodies stream both ways."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import json
import os
import re
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment
from wsgiref import util

import webob
import webob.exc

from wsgiserver.sample import directory
from wsgiserver.sample import store as image_store

#: How many bytes of a body are held at once.
BLOCK = 65536

#: The largest image by default, in bytes: 10 GiB, so that a stranger to the
#: option doesn't fill a disk with one request.
IMAGE_SIZE_CAP = 10 * 1024**3

#: The largest JSON document taken from a client, in bytes.
_MAX_DOCUMENT = 65536

_ID = '(?P<image_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'
_COLLECTION = re.compile('/v2/images/?')
_IMAGE = re.compile(f'/v2/images/{_ID}')
_FILE = re.compile(f'/v2/images/{_ID}/file')

_Handler = Callable[..., webob.Response]


class ImagesAPI:
    """The WSGI application.

    :param store: where the images are.
    :param image_size_cap: the largest image that is taken, in bytes.
    """

    def __init__(
        self,
        store: image_store.ImageStore,
        image_size_cap: int = IMAGE_SIZE_CAP,
    ) -> None:
        self._store = store
        self._image_size_cap = image_size_cap

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = webob.Request(environ)
        try:
            response = self._respond(request)
        except webob.exc.WSGIHTTPException as error:
            response = _error_response(error)
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _respond(self, request: webob.Request) -> webob.Response:
        try:
            handler, arguments = self._route(request)
            return handler(request, **arguments)
        except image_store.ImageNotFound as error:
            raise webob.exc.HTTPNotFound(
                f'There is no image {error}, or it has no data yet.'
            ) from error
        except image_store.ImageConflict as error:
            raise webob.exc.HTTPConflict(
                f'The data of image {error} was uploaded before.'
            ) from error

    def _route(
        self, request: webob.Request
    ) -> tuple[_Handler, dict[str, str]]:
        # webob's path_info would fail where the path isn't UTF-8.
        path = request.environ.get('PATH_INFO', '')
        for pattern, handlers in self._routes():
            found = pattern.fullmatch(path)
            if found:
                method = 'GET' if request.method == 'HEAD' else request.method
                if method not in handlers:
                    raise _method_not_allowed(handlers)
                return handlers[method], found.groupdict()
        raise webob.exc.HTTPNotFound('There is nothing here.')

    def _routes(self) -> Iterator[tuple[re.Pattern[str], dict[str, _Handler]]]:
        yield _COLLECTION, {'GET': self._list, 'POST': self._create}
        yield _IMAGE, {'GET': self._show, 'DELETE': self._delete}
        yield _FILE, {'GET': self._download, 'PUT': self._upload}

    def _list(self, request: webob.Request) -> webob.Response:
        images = [_view(request, image) for image in self._store.list()]
        return _json_response(200, {'images': images})

    def _create(self, request: webob.Request) -> webob.Response:
        image = self._store.create(_read_name(request))
        view = _view(request, image)
        return _json_response(201, view, location=view['self'])

    def _show(self, request: webob.Request, image_id: str) -> webob.Response:
        return _json_response(200, _view(request, self._store.get(image_id)))

    def _delete(self, request: webob.Request, image_id: str) -> webob.Response:
        self._store.delete(image_id)
        return webob.Response(status=204)

    def _upload(self, request: webob.Request, image_id: str) -> webob.Response:
        if (request.content_length or 0) > self._image_size_cap:
            raise _too_large(self._image_size_cap)
        with self._store.upload(image_id) as upload:
            for block in _body_blocks(request):
                if upload.size + len(block) > self._image_size_cap:
                    raise _too_large(self._image_size_cap)
                upload.write(block)
        return webob.Response(status=204)

    def _download(
        self, request: webob.Request, image_id: str
    ) -> webob.Response:
        image, file = self._store.open(image_id)
        # The server's own wrapper lets it use sendfile.
        wrap = request.environ.get('wsgi.file_wrapper', util.FileWrapper)
        return webob.Response(
            app_iter=wrap(file, BLOCK),
            content_type='application/octet-stream',
            content_length=image.size,
            etag=image.sha256,
        )


def app_factory(
    global_conf: dict[str, str] | None,
    store_dir: str | None = None,
    image_size_cap: str | int = IMAGE_SIZE_CAP,
) -> ImagesAPI:
    """Make the application (the entry point ``paste.app_factory``).

    :param global_conf: the ``[DEFAULT]`` section of the paste file, unused.
    :param store_dir: the directory to keep the images in; it is made where
        it is missing. By default that is a temporary directory, shared by
        all worker processes and removed when the service ends.
    :param image_size_cap: the largest image that is taken, in bytes.
    :returns: the application.
    :raises OSError: if the directory can't be made.
    :raises ValueError: if image_size_cap is not a whole number.
    """
    if store_dir:
        os.makedirs(store_dir, mode=0o700, exist_ok=True)
    else:
        store_dir = directory.shared_directory()
    store = image_store.ImageStore(store_dir)
    return ImagesAPI(store, int(image_size_cap))


def _body_blocks(request: webob.Request) -> Iterator[bytes]:
    """Read the request's body a block at a time.

    A server that sets ``wsgi.input_terminated`` ends the stream by itself
    and raises where the body is cut short. With any other server the
    length decides, as PEP 3333 says.
    """
    stream = request.environ['wsgi.input']
    left = request.content_length
    if left is None and not request.environ.get('wsgi.input_terminated'):
        return
    while left is None or left > 0:
        block = stream.read(BLOCK if left is None else min(BLOCK, left))
        if not block:
            break
        if left is not None:
            left -= len(block)
        yield block
    if left:
        raise webob.exc.HTTPBadRequest('The body ended too early.')


def _read_name(request: webob.Request) -> str:
    document = bytearray()
    for block in _body_blocks(request):
        document += block
        if len(document) > _MAX_DOCUMENT:
            raise _too_large(_MAX_DOCUMENT)
    try:
        name = json.loads(document)['name']
    except (ValueError, TypeError, KeyError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise webob.exc.HTTPBadRequest(
            'The body has to be a JSON object with a "name" that is a string.'
        )
    return name


def _view(request: webob.Request, image: image_store.Image) -> dict[str, Any]:
    """View of an image, as clients get to see it."""
    link = f'{request.script_name}/v2/images/{image.id}'
    links = {'self': link, 'file': f'{link}/file'}
    return dataclasses.asdict(image) | links


def _json_response(
    status: int, document: dict[str, Any], location: str | None = None
) -> webob.Response:
    return webob.Response(
        status=status,
        content_type='application/json',
        charset='utf-8',
        text=json.dumps(document) + '\n',
        location=location,
    )


def _error_response(error: webob.exc.WSGIHTTPException) -> webob.Response:
    response = _json_response(
        error.code,
        {
            'error': {
                'code': error.code,
                'title': error.title,
                'message': error.detail,
            }
        },
    )
    if error.allow:
        response.allow = error.allow
    return response


def _method_not_allowed(
    handlers: dict[str, _Handler],
) -> webob.exc.WSGIHTTPException:
    allowed = ['HEAD', *handlers] if 'GET' in handlers else [*handlers]
    return webob.exc.HTTPMethodNotAllowed(
        f'The methods here are {", ".join(sorted(allowed))}.',
        allow=sorted(allowed),
    )


def _too_large(limit: int) -> webob.exc.WSGIHTTPException:
    return webob.exc.HTTPRequestEntityTooLarge(
        f'The body may have {limit} bytes at most.'
    )
