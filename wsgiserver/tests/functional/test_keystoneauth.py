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

"""What keystoneauth1 makes of every preset."""

from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import discover
from keystoneauth1 import noauth
from keystoneauth1 import session as sessions
from keystoneauth1 import token_endpoint
import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import examples
from wsgiserver.tests.functional import services


class ServiceTest(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = examples.EVERYWHERE
    preset: str
    backend: str

    def setUp(self) -> None:
        super().setUp()
        served = examples.shared(self.backend, 'telling')
        self.url = served.url(self.preset)
        self.service = services.SERVICES[self.preset]
        major = self.service.newest[0][0]
        #: What a client asks for that can do with this major version.
        self.wanted: dict[str, Any] = {
            'service_type': self.service.service_type,
            'min_version': f'{major}.0',
            'max_version': f'{major}.latest',
        }

    def session(self, path: str = '') -> sessions.Session:
        """Make a session whose catalog has the service.

        :param path: where its endpoint is.
        """
        catalog = services.Catalog(self.service.service_type, self.url + path)
        return sessions.Session(auth=catalog)

    def assert_is_newest(self, found: discover.EndpointData | None) -> None:
        """Check that an endpoint is that of the newest version."""
        assert found is not None
        number, path, microversions = self.service.newest
        low, high = microversions or (None, None)
        self.assertEqual(self.url + path, found.url)
        self.assertEqual(number, found.api_version)
        self.assertEqual(low, found.min_microversion)
        self.assertEqual(high, found.max_microversion)


class TestDiscovery(ServiceTest):
    def test_discover_finds_the_versions(self) -> None:
        found = discover.Discover(sessions.Session(), self.url)
        self.assertEqual(
            [
                (number, self.url + path, *(microversions or (None, None)))
                for number, path, microversions in self.service.versions
            ],
            [
                (
                    data['version'],
                    data['url'],
                    data['min_microversion'],
                    data['max_microversion'],
                )
                for data in found.version_data(allow_deprecated=True)
            ],
        )

    def test_links_lead_somewhere(self) -> None:
        session = sessions.Session()
        found = discover.Discover(session, self.url)
        for url in {data['url'] for data in found.version_data()}:
            response = session.get(url, headers={'Accept': 'application/json'})
            self.assertEqual(200, response.status_code, url)

    def test_version_is_found_by_its_number(self) -> None:
        found = discover.Discover(sessions.Session(), self.url)
        number, path, _microversions = self.service.newest
        self.assertEqual(self.url + path, found.url_for(number))

    def test_unknown_version_is_not_found(self) -> None:
        found = discover.Discover(sessions.Session(), self.url)
        self.assertIsNone(found.url_for('9'))


class TestEndpoint(ServiceTest):
    def test_session_finds_the_newest_version(self) -> None:
        session = self.session()
        self.assert_is_newest(session.get_endpoint_data(**self.wanted))

    def test_session_finds_no_version_that_there_is_not(self) -> None:
        found = self.session().get_endpoint_data(
            service_type=self.service.service_type,
            min_version='9.0',
            max_version='9.latest',
        )
        self.assertIsNone(found)

    def test_endpoint_may_be_that_of_a_version(self) -> None:
        session = self.session(self.service.newest[1])
        self.assert_is_newest(session.get_endpoint_data(**self.wanted))

    def test_endpoint_may_be_named_without_a_catalog(self) -> None:
        session = sessions.Session(auth=noauth.NoAuth(endpoint=self.url))
        self.assert_is_newest(session.get_endpoint_data())

    def test_endpoint_may_be_named_in_the_place_of_a_catalog(self) -> None:
        session = sessions.Session(auth=token_endpoint.Token('', 'a-token'))
        made = adapter.Adapter(session, endpoint_override=self.url)
        self.assert_is_newest(made.get_endpoint_data())


class TestAdapter(ServiceTest):
    def ask(self, **options: Any) -> dict[str, Any]:
        """Have the application tell what it is told by an Adapter."""
        made = adapter.Adapter(self.session(), **self.wanted, **options)
        told: dict[str, Any] = made.get('/things').json()
        return told

    def test_adapter_finds_the_newest_version(self) -> None:
        made = adapter.Adapter(self.session(), **self.wanted)
        self.assert_is_newest(made.get_endpoint_data())

    def test_request_reaches_the_application_in_that_version(self) -> None:
        told = self.ask()
        path = self.service.newest[1].rstrip('/')
        self.assertEqual(
            f'{path}/things', told['script_name'] + told['path_info']
        )

    def test_default_microversion_is_that_of_the_request(self) -> None:
        asked = self.service.microversion
        told = self.ask(default_microversion=asked)
        expected = asked if self.service.range else None
        self.assertEqual(expected, told['microversion'])

    def test_latest_is_the_highest(self) -> None:
        told = self.ask(default_microversion='latest')
        self.assertEqual(self.bound(1), told['microversion'])

    def test_without_one_it_is_the_lowest(self) -> None:
        self.assertEqual(self.bound(0), self.ask()['microversion'])

    def bound(self, which: int) -> str | None:
        """Tell the lowest microversion, 0, or the highest one, 1."""
        if self.service.range is None:
            return None
        return '{}.{}'.format(*self.service.range[which])
