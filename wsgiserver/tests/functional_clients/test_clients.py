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

import functools
import hashlib

import testscenarios

from wsgiserver.tests import base as tests_base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional_clients import base
from wsgiserver.tests.functional_clients import programs
from wsgiserver.tests.functional_clients import python_clients
from wsgiserver.tests.functional_clients import service

PASTE = (
    '[app:main]\n'
    'paste.app_factory = wsgiserver.tests.functional_clients.service:factory\n'
)

CLIENTS = {
    'requests': python_clients.Requests,
    'urllib3': python_clients.Urllib3,
    'httpx': python_clients.Httpx,
    'aiohttp': python_clients.Aiohttp,
    'curl': programs.Curl,
    'node': programs.Node,
}

WHOLE = b''.join(base.BLOCKS)


class TestClients(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, tests_base.TestCase
):
    """What clients do, each of them in its own way."""

    scenarios = [
        (
            f'{name},{backend},{transport}',
            {'kind': kind, 'backend': backend, 'transport': transport},
        )
        for name, kind in CLIENTS.items()
        for backend in harness.BACKENDS
        for transport in ('tcp', 'tls')
    ]
    kind: type[base.Client]
    backend: str
    transport: str

    def setUp(self) -> None:
        super().setUp()
        server = _shared(self.backend, self.transport)
        scheme = 'https' if self.transport == 'tls' else 'http'
        self.client = self.kind(
            f'{scheme}://127.0.0.1:{server.address}', server.certificate.ca
        )
        self.scheme = scheme

    def test_a_connection_is_kept(self) -> None:
        first, second = self.client.get_twice()
        self.assertEqual(first, second)
        self.assertRegex(first, rf'^[0-9]+ {self.scheme}$')

    def test_a_body_in_chunks_arrives(self) -> None:
        digest = hashlib.sha256(WHOLE).hexdigest()
        self.assertEqual(f'chunked {digest}', self.client.upload())

    def test_a_body_arrives_that_waits_for_its_100(self) -> None:
        digest = hashlib.sha256(WHOLE).hexdigest()
        self.assertEqual(
            f'{len(WHOLE)} {digest}', self.client.upload_expecting()
        )

    def test_a_part_is_sent_as_the_application_says(self) -> None:
        expected = base.Part(
            206,
            f'bytes 300-309/{len(service.CONTENT)}',
            service.CONTENT[300:310],
        )
        self.assertEqual(expected, self.client.get_part())


@functools.cache
def _shared(backend: str, transport: str) -> harness.ServerProcess:
    return harness.kept(harness.ServerProcess(backend, transport, paste=PASTE))
