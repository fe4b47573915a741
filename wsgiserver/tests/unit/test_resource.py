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

"""A controller behind its routes, as glance and heat have it."""

import functools
from typing import Any
from typing import ClassVar

import fixtures
import routes
import webob
import webob.exc

from wsgiserver import resource
from wsgiserver import routing
from wsgiserver import serialization
from wsgiserver.tests import base


def wrapped(method: Any) -> Any:
    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    return call


class Images:
    """A controller."""

    def show(self, req: webob.Request, id: str) -> dict[str, str]:
        return {'id': id, 'class': type(req).__name__}

    def create(self, req: webob.Request, body: Any) -> Any:
        return {'created': body}

    @wrapped
    def update(self, req: webob.Request, body: Any) -> Any:
        return {'updated': body}

    def delete(self, req: webob.Request) -> None:
        return None

    def respond(self, req: webob.Request) -> webob.Response:
        return webob.Response(status=202, body=b'mine')

    def refuse(self, req: webob.Request) -> Any:
        raise webob.exc.HTTPConflict(explanation='taken')

    def hand_back(self, req: webob.Request) -> Any:
        return webob.exc.HTTPGone()

    def fail(self, req: webob.Request) -> Any:
        raise LookupError('broken')

    def mistake(self, req: webob.Request) -> Any:
        raise TypeError('broken')

    def decode(self, req: webob.Request) -> Any:
        return b'\xff'.decode()

    def unwritable(self, req: webob.Request) -> Any:
        return object()

    def _private(self, req: webob.Request) -> Any:
        raise AssertionError('nobody may call it')

    attribute = 'no method'


class ResourceCase(base.TestCase):
    def fetch(
        self,
        action: str | None,
        body: bytes = b'',
        owner: Any = None,
        headers: dict[str, str] | None = None,
        variables: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> webob.Response:
        app = resource.Resource(owner or Images(), **kwargs)
        match = {'controller': app, 'format': None, **(variables or {})}
        if action is not None:
            match['action'] = action
        request = webob.Request.blank(
            '/', method='POST' if body else 'GET', body=body, headers=headers
        )
        request.environ['wsgiorg.routing_args'] = (None, match)
        return request.get_response(app)


class DispatchTestCase(ResourceCase):
    def test_a_route_leads_to_a_method(self) -> None:
        mapper = routes.Mapper()
        mapper.connect(
            '/{id}', controller=resource.Resource(Images()), action='show'
        )
        request = webob.Request.blank('/7')
        response = request.get_response(routing.Router(mapper))
        self.assertEqual({'id': '7', 'class': 'Request'}, response.json)
        self.assertEqual('application/json', response.content_type)

    def test_a_body_is_an_argument(self) -> None:
        self.assertEqual({'created': [1]}, self.fetch('create', b'[1]').json)

    def test_none_is_null(self) -> None:
        response = self.fetch('delete')
        self.assertEqual((200, b'null'), (response.status_int, response.body))

    def test_a_response_is_sent_as_it_is(self) -> None:
        response = self.fetch('respond')
        self.assertEqual((202, b'mine'), (response.status_int, response.body))

    def test_a_webob_exception_is_the_response(self) -> None:
        self.assertEqual(409, self.fetch('refuse').status_int)
        self.assertEqual(410, self.fetch('hand_back').status_int)

    def test_what_a_controller_has_not_is_404(self) -> None:
        for action in ('nothing', 'attribute', '', None, '_private'):
            self.assertEqual(404, self.fetch(action).status_int)
        self.assertEqual(404, self.fetch('__init__').status_int)

    def test_there_may_be_a_default(self) -> None:
        class Catching(Images):
            def default(self, req: webob.Request) -> str:
                return 'default'

        for action in ('nothing', '_private', 'from_json', 'has_body', None):
            response = self.fetch(action, owner=Catching())
            self.assertEqual('default', response.json)

    def test_no_route_is_404(self) -> None:
        app = resource.Resource(Images())
        response = webob.Request.blank('/').get_response(app)
        self.assertEqual(404, response.status_int)

    def test_each_part_may_have_a_method_of_the_action(self) -> None:
        class Reader(serialization.JSONRequestDeserializer):
            def show(self, request: webob.Request) -> dict[str, str]:
                return {'id': 'read'}

        class Writer(serialization.JSONResponseSerializer):
            def show(self, response: webob.Response, result: Any) -> None:
                self.default(response, result)
                response.status_int = 201

        response = self.fetch(
            'show', deserializer=Reader(), serializer=Writer()
        )
        self.assertEqual(201, response.status_int)
        self.assertEqual('read', response.json['id'])

    def test_a_falsy_part_is_used(self) -> None:
        class Falsy(serialization.JSONRequestDeserializer):
            def __len__(self) -> int:
                return 0

        made = Falsy()
        app = resource.Resource(Images(), made)
        self.assertIs(made, app.deserializer)

    def test_the_requests_are_of_the_class_asked_for(self) -> None:
        class Own(routing.Request):
            pass

        response = self.fetch('show', request_class=Own, variables={'id': '7'})
        self.assertEqual('Own', response.json['class'])

    def test_it_may_be_called_with_a_request(self) -> None:
        request = routing.Request.blank('/')
        request.environ['wsgiorg.routing_args'] = (None, {'action': 'respond'})
        response: Any = resource.Resource(Images())(request)
        self.assertEqual(202, response.status_int)


class ErrorsTestCase(ResourceCase):
    def test_a_body_that_is_no_json_is_400(self) -> None:
        self.assertEqual(400, self.fetch('create', b'{').status_int)

    def test_a_body_that_is_too_long_is_413(self) -> None:
        response = self.fetch(
            'create',
            b'[1, 2]',
            deserializer=serialization.JSONRequestDeserializer(5),
        )
        self.assertEqual(413, response.status_int)

    def test_a_body_may_be_refused(self) -> None:
        for reject, status in (('True', 400), (True, 400), ('False', 200)):
            response = self.fetch(
                'create', b'[1]', variables={'body_reject': reject}
            )
            self.assertEqual(status, response.status_int)

    def test_arguments_that_a_method_has_not_are_400(self) -> None:
        self.assertEqual(400, self.fetch('delete', b'[1]').status_int)
        self.assertEqual(400, self.fetch('create').status_int)
        self.assertEqual(400, self.fetch('update').status_int)

    def test_a_type_error_further_down_is_no_400(self) -> None:
        self.assertRaises(TypeError, self.fetch, 'mistake')

    def test_what_can_not_be_decoded_is_400(self) -> None:
        self.assertEqual(400, self.fetch('decode').status_int)

    def test_other_errors_pass_upwards(self) -> None:
        self.assertRaises(LookupError, self.fetch, 'fail')
        self.assertRaises(ValueError, self.fetch, 'unwritable')

    def test_other_errors_are_500_where_it_is_asked_for(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        for action in ('fail', 'unwritable', 'mistake'):
            response = self.fetch(action, catch_errors=True)
            self.assertEqual(500, response.status_int)
            self.assertNotIn(b'broken', response.body)
        self.assertIn("Unexpected error of '/'", log.output)
        self.assertIn('LookupError: broken', log.output)


class Translated(routing.Request):
    i18n_domain: ClassVar[str] = 'own'


class LanguageTestCase(ResourceCase):
    def setUp(self) -> None:
        super().setUp()
        self.asked: list[tuple[Any, str | None]] = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_i18n.get_available_languages', lambda domain: ['de']
            )
        )
        self.useFixture(
            fixtures.MonkeyPatch('oslo_i18n.translate', self._translate)
        )

    def _translate(self, text: str, locale: str | None = None) -> str:
        self.asked.append((text, locale))
        return f'{text}, {locale}'

    def test_an_error_is_in_the_clients_language(self) -> None:
        response = self.fetch(
            'refuse',
            headers={'Accept-Language': 'de-AT', 'Accept': 'text/plain'},
            request_class=Translated,
        )
        self.assertEqual([('taken', 'de')], self.asked)
        self.assertIn('taken, de', response.text)

    def test_no_language_is_that_of_the_system(self) -> None:
        self.fetch('refuse')
        self.assertEqual([('taken', None)], self.asked)

    def test_a_class_that_knows_no_languages_is_left_alone(self) -> None:
        self.fetch('refuse', request_class=webob.Request)
        self.assertEqual([], self.asked)
