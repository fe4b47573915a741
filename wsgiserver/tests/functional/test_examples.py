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

"""The examples of paste files, served as they stand."""

import requests
import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import examples
from wsgiserver.tests.functional import harness

#: Where the application of an example is; by preset.
_PATHS = {
    'barbican': '/v1/secrets',
    'cinder': '/v3/volumes',
    'designate': '/v2/zones',
    'glance': '/v2/images',
    'heat': '/v1/stacks',
    'ironic': '/v1/nodes',
    'keystone': '/v3/users',
    'magnum': '/v1/clusters',
    'manila': '/v2/shares',
    'neutron': '/v2.0/networks',
    'nova': '/v2.1/servers',
    'octavia': '/v2/lbaas/loadbalancers',
    'placement': '/resource_providers',
}


class TestExamples(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = examples.EVERYWHERE
    preset: str
    backend: str

    def get(self, path: str) -> requests.Response:
        served = examples.shared(self.backend, 'hello')
        return requests.get(
            served.url(self.preset) + path,
            timeout=harness.PATIENCE,
            allow_redirects=False,
        )

    def test_root_lists_the_versions(self) -> None:
        response = self.get('/')
        self.assertIn(response.status_code, (200, 300))
        self.assertTrue(response.json()['versions'])

    def test_version_leads_to_the_application(self) -> None:
        response = self.get(_PATHS[self.preset])
        self.assertEqual(200, response.status_code)
        self.assertEqual('Hello, world!\n', response.text)
        self.assertIn('x-openstack-request-id', response.headers)

    def test_health_is_told(self) -> None:
        self.assertEqual(200, self.get('/healthcheck').status_code)
