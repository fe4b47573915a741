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

"""oslo.middleware's own filters, as they are, on our base class."""

import importlib.util
from typing import Any

import fixtures
import webob

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes


class OsloClassesTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in ('ConfigurableMiddleware', 'Middleware'):
            self.useFixture(
                fixtures.MonkeyPatch(
                    f'oslo_middleware.base.{name}', middleware.Middleware
                )
            )

    def _make(self, module: str, name: str, **options: str) -> Any:
        """Make a filter of a copy of its module, with our base class."""
        spec = importlib.util.find_spec(f'oslo_middleware.{module}')
        assert spec is not None and spec.loader is not None
        copy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(copy)
        made = getattr(copy, name)
        self.assertTrue(issubclass(made, middleware.Middleware))
        # Of a project of its own: the global configuration stays as it is.
        options['oslo_config_project'] = 'wsgiserver-test'
        return made.factory({}, **options)(fakes.App())

    def _fetch(self, made: Any, **headers: str) -> webob.Response:
        fields = {name.replace('_', '-'): headers[name] for name in headers}
        return fakes.fetch(made, method='POST', body=b'12345', headers=fields)

    def test_cors(self) -> None:
        made = self._make('cors', 'CORS', allowed_origin='http://a')
        response = self._fetch(made, Origin='http://a')
        self.assertEqual(
            'http://a', response.headers['Access-Control-Allow-Origin']
        )
        self.assertNotIn(
            'Access-Control-Allow-Origin',
            self._fetch(made, Origin='http://b').headers,
        )

    def test_the_limit_of_a_body(self) -> None:
        for limit, status in (('5', 200), ('4', 413)):
            made = self._make(
                'sizelimit',
                'RequestBodySizeLimiter',
                max_request_body_size=limit,
            )
            self.assertEqual(status, self._fetch(made).status_int)

    def test_the_request_id(self) -> None:
        response = self._fetch(self._make('request_id', 'RequestId'))
        self.assertIn('x-openstack-request-id', response.headers)

    def test_the_proxys_headers(self) -> None:
        made = self._make(
            'http_proxy_to_wsgi',
            'HTTPProxyToWSGI',
            enable_proxy_headers_parsing='true',
        )
        self._fetch(made, X_Forwarded_Proto='https')
        (environ,) = made.application.environs
        self.assertEqual('https', environ['wsgi.url_scheme'])

    def test_errors_are_caught(self) -> None:
        made = self._make('catch_errors', 'CatchErrors')
        self.assertEqual(200, self._fetch(made).status_int)
