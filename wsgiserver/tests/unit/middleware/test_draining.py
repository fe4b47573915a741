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

"""The answer of a server that ends to those who check its health."""

import json
from typing import Any

from oslo_middleware import healthcheck
import webob

from wsgiserver import middleware
from wsgiserver.tests import base


def healthy(environ: dict[str, Any], start: Any) -> list[bytes]:
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'OK']


class Unhealthy(healthcheck.Healthcheck):
    """What oslo.middleware says where the one of its backends says no."""

    def __init__(self, path: str) -> None:
        super().__init__(
            None, {'backends': 'disable_by_file', 'disable_by_file_path': path}
        )


class DrainingTestCase(base.TestCase):
    def answer(
        self,
        is_draining: bool | None,
        method: str = 'GET',
        accept: str | None = None,
        app: Any = None,
    ) -> webob.Response:
        request = webob.Request.blank('/healthcheck', method=method)
        if accept is not None:
            request.accept = accept
        if is_draining is not None:
            request.environ['wsgiserver.draining'] = lambda: is_draining
        filtered = middleware.DrainingFilter.factory({})(app or healthy)
        return request.get_response(filtered)

    def test_requests_pass_while_the_server_goes_on(self) -> None:
        response = self.answer(False)
        self.assertEqual((200, b'OK'), (response.status_int, response.body))

    def test_requests_pass_on_another_server(self) -> None:
        self.assertEqual(200, self.answer(None).status_int)

    def test_a_server_that_ends_answers_in_plain_text(self) -> None:
        for accept in (None, '*/*', 'text/*', 'text/plain', 'image/png', ''):
            response = self.answer(True, accept=accept)
            self.assertEqual(503, response.status_int)
            self.assertEqual('text/plain', response.content_type)
            self.assertEqual(b'DRAINING', response.body)

    def test_json_has_the_reason(self) -> None:
        response = self.answer(True, accept='application/json')
        self.assertEqual(503, response.status_int)
        self.assertEqual('application/json', response.content_type)
        self.assertEqual(
            {'detailed': False, 'reasons': ['DRAINING']},
            json.loads(response.body),
        )

    def test_html_has_it_as_well(self) -> None:
        response = self.answer(True, accept='text/html,*/*;q=0.1')
        self.assertEqual(503, response.status_int)
        self.assertEqual('text/html', response.content_type)
        self.assertIn('DRAINING', response.text)

    def test_head_has_no_body(self) -> None:
        response = self.answer(True, method='HEAD', accept='text/html')
        self.assertEqual(503, response.status_int)
        self.assertEqual('text/plain', response.content_type)
        self.assertEqual(b'', response.body)

    def test_the_connection_is_the_business_of_the_server(self) -> None:
        self.assertNotIn('Connection', self.answer(True).headers)

    def test_it_differs_from_the_real_one_by_the_reason_alone(self) -> None:
        real = Unhealthy(__file__)
        for method in ('GET', 'HEAD', 'OPTIONS'):
            for accept in (
                None,
                'text/plain',
                'application/json',
                'application/json;q=0.5, text/plain;q=0.4',
                'image/png',
                '*/*',
            ):
                ours = self.answer(True, method, accept, real)
                theirs = self.answer(False, method, accept, real)
                self.assertEqual(theirs.status_int, ours.status_int)
                self.assertEqual(
                    theirs.headers['Content-Type'],
                    ours.headers['Content-Type'],
                )
                self.assertEqual(
                    theirs.body.replace(b'DISABLED BY FILE', b'DRAINING'),
                    ours.body,
                )

    def test_html_has_the_type_of_the_real_one(self) -> None:
        real = Unhealthy(__file__)
        ours = self.answer(True, accept='text/html', app=real)
        theirs = self.answer(False, accept='text/html', app=real)
        self.assertEqual(
            theirs.headers['Content-Type'], ours.headers['Content-Type']
        )
