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

"""The base of the tests that send bytes to a server that all share."""

import json

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness

request = harness.request


class WireTest(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = harness.EVERYWHERE
    backend: str
    transport: str

    def setUp(self) -> None:
        super().setUp()
        self.server = harness.shared_server(self.backend, self.transport)
        self.server.get('/events')
        self.wire = self.server.connect()
        self.addCleanup(self.wire.socket.close)

    def ask(self, method: str, path: str, *lines: str) -> harness.Response:
        self.wire.send(request(method, path, *lines))
        return self.wire.response(method)

    def assert_usable(self) -> None:
        """The connection serves another request, and the right one."""
        self.assertEqual(b'hello\n', self.ask('GET', '/hello').body)

    def assert_closed(self) -> None:
        self.assertEqual(b'', self.wire.rest())

    def assert_ends(self) -> None:
        """It closes once the client has nothing more to send.

        What is refused may be followed by more of a body; the server reads on
        and doesn't close for writing meanwhile.
        """
        self.wire.finish()
        self.assert_closed()

    def events(self) -> list[str]:
        events: list[str] = json.loads(self.server.get('/events').body)
        return events
