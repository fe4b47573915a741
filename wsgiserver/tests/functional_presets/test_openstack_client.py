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

"""What ``openstack versions show`` makes of the sample, and of each preset."""

from collections.abc import Mapping
import importlib.resources
import json
import os
import subprocess
import sys
from typing import Any

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import examples
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import services
from wsgiserver.tests.functional_presets import identity

_COLUMNS = ('Version', 'Endpoint', 'Min Microversion', 'Max Microversion')

_COMMAND = os.path.join(os.path.dirname(sys.executable), 'openstack')


class TestVersionsShow(  # type: ignore[misc]  # testscenarios has no types
    testscenarios.WithScenarios, base.TestCase
):
    # The command imports all of its plugins.
    TIMEOUT_SCALING_FACTOR = 3

    scenarios = harness.ON_BACKENDS
    backend: str

    def serve(self, paste: str) -> str:
        """Serve a paste file until the test ends; returns its URL."""
        server = harness.ServerProcess(
            self.backend, launcher='own', paste=paste
        )
        self.addCleanup(server.stop)
        return f'http://127.0.0.1:{server.address}'

    def show(
        self, catalog: Mapping[str, str], *arguments: str
    ) -> list[dict[str, Any]]:
        """Run the command.

        :param catalog: the URL of each service, by its type.
        :param arguments: what follows ``versions show``.
        :returns: the rows of the table that it prints.
        """
        url = self.serve(identity.paste_file(catalog))
        own = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
        done = subprocess.run(
            [_COMMAND, 'versions', 'show', '-f', 'json', *arguments],
            env=own
            | {
                'OS_AUTH_TYPE': 'password',
                'OS_AUTH_URL': url,
                'OS_USERNAME': 'somebody',
                'OS_USER_DOMAIN_ID': 'default',
                'OS_PASSWORD': 'anything',
                'OS_PROJECT_NAME': 'something',
                'OS_PROJECT_DOMAIN_ID': 'default',
            },
            capture_output=True,
            text=True,
            timeout=harness.PATIENCE * 3,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows

    def serve_sample(self) -> str:
        """Serve the sample service; returns its URL."""
        folder = importlib.resources.files('wsgiserver.sample')
        return self.serve(folder.joinpath('api-paste.ini').read_text())

    def test_sample_service_has_its_version(self) -> None:
        url = self.serve_sample()
        self.assertEqual(
            [
                {
                    'Region Name': identity.REGION,
                    'Service Type': 'image',
                    'Version': '2.0',
                    'Status': 'CURRENT',
                    'Endpoint': f'{url}/v2/',
                    'Min Microversion': None,
                    'Max Microversion': None,
                }
            ],
            self.show({'image': url}),
        )

    def test_sample_service_is_found_among_others(self) -> None:
        url = self.serve_sample()
        served = examples.shared(self.backend, 'telling')
        catalog = {'compute': served.url('nova'), 'image': url}
        rows = self.show(catalog, '--service', 'image', '--status', 'current')
        self.assertEqual([f'{url}/v2/'], [row['Endpoint'] for row in rows])

    def test_presets_have_their_versions(self) -> None:
        served = examples.shared(self.backend, 'telling')
        catalog = {
            service.service_type: served.url(name)
            for name, service in services.SERVICES.items()
        }
        rows = self.show(catalog)
        for name, service in services.SERVICES.items():
            self.assertEqual(
                [
                    _expected(version, served.url(name))
                    for version in service.versions
                ],
                [
                    [row[column] for column in _COLUMNS]
                    for row in rows
                    if row['Service Type'] == service.service_type
                ],
                name,
            )


def _expected(version: services.Version, url: str) -> list[str | None]:
    number, path, microversions = version
    low, high = microversions or (None, None)
    return [_dotted(number), url + path, _dotted(low), _dotted(high)]


def _dotted(number: tuple[int, int] | None) -> str | None:
    return None if number is None else '{}.{}'.format(*number)
