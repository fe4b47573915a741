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

"""Which request an error is about."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import fixtures
from oslo_context import context
from oslo_middleware import request_id
import webob

from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes

_GLOBAL = 'req-11111111-2222-3333-4444-555555555555'


def failing(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    """Fail, as applications do."""
    raise LookupError('no such image')


class IdentityTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def handle(self, app: fakes.App, *fields: str, **changes: Any) -> Any:
        """Have a request fail; returns the exchange."""
        return fakes.handle(app, fakes.request(*fields), **changes)

    def identified(self, *fields: str, **changes: Any) -> tuple[str, Any]:
        """The same behind oslo.middleware; returns its id, too."""
        seen: list[str] = []

        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            seen.append(environ['openstack.request_id'])
            return failing(environ, start_response)

        exchange = self.handle(request_id.RequestId(app), *fields, **changes)
        return seen[0], exchange

    def test_the_id_is_in_the_body_and_a_field(self) -> None:
        name, exchange = self.identified()
        answer = exchange.answer
        self.assertEqual(
            '500 Internal Server Error: the application failed\n'
            f'Request id: {name}\n',
            answer.content.decode(),
        )
        self.assertEqual(name, answer.get('x-openstack-request-id'))

    def test_the_id_is_with_the_traceback(self) -> None:
        name, _exchange = self.identified()
        self.assertIn(
            f"The application failed on 'POST /a HTTP/1.1', request id {name}",
            self.log.output,
        )

    def test_the_id_of_the_client_is_there_where_it_was_taken(self) -> None:
        name, exchange = self.identified(f'X-Openstack-Request-Id: {_GLOBAL}')
        self.assertIn(
            f'Request id: {name} {_GLOBAL}\n', exchange.answer.content.decode()
        )
        self.assertIn(f'request id {name} {_GLOBAL}', self.log.output)

    def test_what_oslo_middleware_refuses_is_nowhere(self) -> None:
        _name, exchange = self.identified('X-Openstack-Request-Id: req-forged')
        self.assertNotIn(b'forged', exchange.channel.wire)
        self.assertNotIn('forged', self.log.output)

    def test_a_client_can_not_name_a_request_by_itself(self) -> None:
        exchange = self.handle(failing, f'X-Openstack-Request-Id: {_GLOBAL}')
        self.assertNotIn(_GLOBAL.encode(), exchange.channel.wire)
        self.assertIn('request id -', self.log.output)
        self.assertEqual(
            b'500 Internal Server Error: the application failed\n',
            exchange.answer.content,
        )

    def test_the_context_knows_the_id_as_well(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            store['context'] = context.RequestContext(
                request_id='req-a', overwrite=False
            )
            return failing(environ, start_response)

        store: dict[str, Any] = {}
        exchange = self.handle(app, store=store)
        self.assertEqual(
            'req-a', exchange.answer.get('x-openstack-request-id')
        )

    def test_an_id_that_would_break_the_head_is_no_field(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            environ['openstack.request_id'] = 'req\r\nSet-Cookie: a=b'
            return failing(environ, start_response)

        answer = self.handle(app).answer
        self.assertIsNone(answer.get('x-openstack-request-id'))
        self.assertIsNone(answer.get('set-cookie'))

    def test_what_the_server_answers_for_a_body_has_it_too(self) -> None:
        class Reading:
            def __call__(
                self,
                environ: dict[str, Any],
                start_response: Callable[..., Any],
            ) -> Iterable[bytes]:
                environ['openstack.request_id'] = 'req-b'
                return [webob.Request(environ).body]

        late = exceptions.RequestBodyError('408 Request Timeout', 'too late')
        exchange = fakes.handle(
            Reading(), fakes.request('Content-Length: 5'), b'hell', late
        )
        self.assertEqual(
            b'408 Request Timeout: too late\nRequest id: req-b\n',
            exchange.answer.content,
        )

    def test_a_traceback_for_the_client_has_it(self) -> None:
        name, exchange = self.identified(wsgi_server_debug=True)
        text = exchange.answer.content.decode()
        self.assertIn('LookupError: no such image', text)
        self.assertIn(f'Request id: {name}\n', text)
