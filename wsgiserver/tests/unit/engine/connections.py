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

"""Connections in the hands of a reactor that does nothing by itself."""

import time
from typing import Any

from wsgiserver._engine import connection as engine_connection
from wsgiserver.tests.unit.engine import reactors
from wsgiserver.tests.unit.net import tls_peer
from wsgiserver.tests.unit.wsgi import fakes

PEER = ('192.0.2.7', '40000')


class ConnectionCase(tls_peer.StreamTestCase):
    """A connection whose client has the records in its hands."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = reactors.Reactor(fakes.gateway_of(self.app))
        self.stream, self.client = self.connected()
        self.connection = engine_connection.Connection(
            self.reactor, self.stream, PEER, fakes.base_environ()
        )
        self.read = b''

    def app(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ['PATH_INFO'] == '/read':
            self.read = environ['wsgi.input'].read()
        start('200 OK', [])
        return [b'ok']

    def send(self, *records: bytes) -> None:
        """Have records arrive, in one piece."""
        for record in records:
            self.client.tls.write(record)
        self.client.flush()

    def turn(self) -> bool:
        """Read until there is a request, or nothing more comes."""
        for _turn in range(10):
            if self.connection.readable():
                return True
        return False

    def serve(self) -> bytes:
        """Have the request run; returns what the client gets."""
        self.connection.run('worker', time.monotonic(), {})
        return self.client.read()
