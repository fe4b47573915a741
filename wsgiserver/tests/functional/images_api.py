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

"""A small service of the helpers: images that have names."""

from typing import Any

import routes
import webob
import webob.exc

from wsgiserver import wsgi

#: What the paste file of the tests has; the filter takes no options.
PASTE = f"""\
[pipeline:main]
pipeline = tags api
[filter:tags]
paste.filter_factory = {__name__}:Tags.factory
[app:api]
paste.app_factory = {__name__}:API.factory
"""


class Request(wsgi.Request):
    """A request that is answered in one of three languages."""

    def best_match_language(self, languages: Any = None) -> str | None:
        return super().best_match_language(('en_US', 'de', 'pt_BR'))


class Tags(wsgi.Middleware):
    """Marks responses, in the style of glance."""

    def process_response(self, response: webob.Response) -> webob.Response:
        response.headers['X-Tag'] = 'yes'
        return response


class Images:
    """The controller."""

    def index(self, req: Request) -> dict[str, Any]:
        return {'images': [], 'language': req.best_match_language()}

    def create(self, req: Request, body: Any) -> dict[str, Any]:
        return {'created': body}

    def delete(self, req: Request, id: str) -> None:
        raise webob.exc.HTTPNoContent()

    def fail(self, req: Request) -> None:
        raise LookupError('broken')


class API(wsgi.Router):
    """Its routes."""

    def __init__(self, mapper: routes.Mapper) -> None:
        images = wsgi.Resource(
            Images(),
            wsgi.JSONRequestDeserializer(max_body_size=1000),
            request_class=Request,
        )
        for path, method, action in (
            ('/images', 'GET', 'index'),
            ('/images', 'POST', 'create'),
            ('/images/{id}', 'DELETE', 'delete'),
            ('/fail', 'GET', 'fail'),
        ):
            mapper.connect(
                path,
                controller=images,
                action=action,
                conditions={'method': [method]},
            )
        super().__init__(mapper, reject_methods=True)
