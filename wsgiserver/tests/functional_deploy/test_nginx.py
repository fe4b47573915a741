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

import hashlib
import os
import pathlib
import signal

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import wire
from wsgiserver.tests.functional_deploy import nodes
from wsgiserver.tests.functional_deploy import programs
from wsgiserver.tests.functional_deploy import service

#: What is around the file that ships.
_MAIN = """
daemon off;
worker_processes 1;
user root;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


class TestNginx(nodes.NodeTest):
    """nginx in front of a UNIX socket, with the file that ships for it."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.node('node', 'unix')
        port = programs.free_port()
        folder = pathlib.Path(self.folder)
        (folder / 'conf.d').mkdir()
        (folder / 'conf.d' / 'example.conf').write_text(
            programs.adapted(
                'nginx.conf',
                {
                    '127.0.0.1:8774': f'127.0.0.1:{port}',
                    '/run/example/api.sock': self.server.address,
                },
            )
        )
        path = folder / 'nginx.conf'
        main = _MAIN.format(folder=folder)
        if os.getuid():
            # Only root can be told to be somebody.
            main = main.replace('user root;', '')
        path.write_text(main)
        words = ['nginx', '-c', str(path), '-p', self.folder]
        self.proxy = programs.Program(words, port, self.folder)
        self.addCleanup(self.proxy.__exit__, None, None, None)

    def ask(self, data: bytes) -> wire.Response:
        """Send a request to nginx; returns the response."""
        sock = harness.connected(('127.0.0.1', self.proxy.port))
        with wire.Wire(sock) as connection:
            connection.send(data)
            return connection.response()

    def test_the_client_is_told_in_a_field(self) -> None:
        # A client can't say that it is somebody else.
        field = 'X-Forwarded-For: 192.0.2.1'
        seen = self.ask(wire.request('GET', '/', field)).json()
        self.assertEqual('127.0.0.1', seen['forwarded'])

    def test_a_body_goes_on_in_chunks(self) -> None:
        content = service.BLOCK * 4
        chunks = b'%x\r\n%b\r\n' % (len(service.BLOCK), service.BLOCK)
        request = wire.request(
            'POST',
            '/',
            'Transfer-Encoding: chunked',
            body=chunks * 4 + b'0\r\n\r\n',
        )
        seen = self.ask(request).json()
        self.assertEqual('chunked', seen['framing'])
        digest = hashlib.sha256(content).hexdigest()
        self.assertEqual(digest, seen['digest'])

    def test_a_large_response_arrives(self) -> None:
        response = self.ask(wire.request('GET', '/large'))
        self.assertEqual(service.BLOCK * service.BLOCKS, response.body)

    def test_requests_go_on_after_a_reset(self) -> None:
        self.assertEqual(200, self.ask(wire.request('GET', '/')).status)
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for_log('Everything was read anew')
        self.assertEqual(200, self.ask(wire.request('GET', '/')).status)
        self.assertNotIn('[error]', self.proxy.log())
