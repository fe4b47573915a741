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

import json
import os
import signal
from typing import Any

from wsgiserver.tests import conditions
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import wire
from wsgiserver.tests.functional_deploy import nodes
from wsgiserver.tests.functional_deploy import programs

#: How often the nodes are checked, in milliseconds. Two checks that fail take
#: a node out, which has to be over within the delay.
_INTERVAL = 100
_DELAY = 2

_NAMES = ('node1', 'node2')


class TestHAProxy(nodes.NodeTest):
    """HAProxy in front of two nodes, with the file that ships for it."""

    def setUp(self) -> None:
        super().setUp()
        self.nodes = {name: self.start_node(name) for name in _NAMES}
        self.proxy = self.start_proxy()
        self.wait_for_nodes(*_NAMES)

    def start_node(self, name: str, port: int = 0) -> harness.ServerProcess:
        """Start a node that is told of the client by the proxy."""
        return self.node(
            name,
            port=port,
            proxy_protocol=True,
            proxy_protocol_peers='127.0.0.1',
            drain_delay=_DELAY,
        )

    def start_proxy(self) -> programs.Program:
        """Start HAProxy, which ends with the test."""
        port = programs.free_port()
        text = programs.adapted(
            'haproxy.cfg',
            {
                '127.0.0.1:8774': f'127.0.0.1:{port}',
                '127.0.0.1:8001': f'127.0.0.1:{self.nodes["node1"].address}',
                '127.0.0.1:8002': f'127.0.0.1:{self.nodes["node2"].address}',
                'inter 1s': f'inter {_INTERVAL}ms',
            },
        )
        path = os.path.join(self.folder, 'haproxy.cfg')
        with open(path, 'w') as file:
            file.write(text)
        words = ['haproxy', '-db', '-f', path]
        proxy = programs.Program(words, port, self.folder)
        self.addCleanup(proxy.__exit__, None, None, None)
        return proxy

    def connect_to_proxy(self) -> wire.Wire:
        """Make a connection."""
        return wire.Wire(harness.connected(('127.0.0.1', self.proxy.port)))

    def ask(self) -> Any:
        """Ask once, on a connection of its own; None if there is no node."""
        with self.connect_to_proxy() as connection:
            connection.send(wire.request('GET', '/', 'Connection: close'))
            response = connection.response()
        return response.json() if response.status == 200 else None

    def wait_for_nodes(self, *names: str) -> None:
        """Wait until these nodes answer, and no others."""

        def there() -> bool:
            seen = [self.ask() for _turn in range(8)]
            return {each and each['node'] for each in seen} == {*names}

        conditions.eventually(there)

    def test_the_client_is_told_in_a_proxy_header(self) -> None:
        with self.connect_to_proxy() as connection:
            host, port = connection.socket.getsockname()
            connection.send(wire.request('GET', '/', 'Connection: close'))
            seen = connection.response().json()
        self.assertEqual([host, str(port)], seen['client'])

    def test_a_node_is_taken_out_by_a_file(self) -> None:
        path = self.disabled('node1')
        with open(path, 'w'):
            self.wait_for_nodes('node2')
        os.unlink(path)
        self.wait_for_nodes('node1', 'node2')

    def test_no_request_fails_while_the_nodes_are_restarted(self) -> None:
        with load.Load(self.connect_to_proxy, 16, '/') as clients:
            for name in _NAMES:
                self.restart(name)
            # Both are in use again.
            self.wait_for_nodes(*_NAMES)
            before = clients.answered
            conditions.eventually(lambda: clients.answered > before + 100)
        self.assertEqual([], clients.failures)
        seen = {json.loads(body)['node'] for body in clients.bodies}
        self.assertEqual({*_NAMES}, seen)

    def restart(self, name: str) -> None:
        """End a node as systemd does, and start it anew at its port."""
        node = self.nodes[name]
        port = node.address
        node.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, node.process.wait(conditions.PATIENCE), node.log())
        (other,) = {*_NAMES} - {name}
        self.wait_for_nodes(other)
        self.nodes[name] = self.start_node(name, port)
        self.wait_for_nodes(*_NAMES)

    def test_a_node_that_dies_is_replaced_by_the_other(self) -> None:
        self.nodes['node1'].process.kill()
        self.wait_for_nodes('node2')
