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

"""An application notices that its client has left."""

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

request = harness.request


class TestClientLeft(launched.LaunchedTest):
    scenarios = harness.EVERYWHERE
    transport: str

    def test_it_stops_working_for_nobody(self) -> None:
        server = self.serve(self.transport)
        wire = self.connect(server)
        wire.send(request('GET', '/until_left'))
        self.wait_for_running(server, 1)
        self.assertEqual([], server.get('/events').json())
        wire.socket.close()
        harness.eventually(lambda: server.get('/events').json() == ['left'])

    def test_a_request_that_waits_behind_it_is_no_end(self) -> None:
        server = self.serve(self.transport)
        wire = self.connect(server)
        wire.send(request('GET', '/until_left') + request('GET', '/hello'))
        self.wait_for_running(server, 1)
        self.assertEqual([], server.get('/events').json())
        wire.socket.close()
        harness.eventually(lambda: server.get('/events').json() == ['left'])
