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

"""A router and a resource behind real sockets, on both engines."""

import json
import os

import fixtures
from oslo_config import cfg
import testscenarios

from wsgiserver import fixture
from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import images_api
from wsgiserver import wsgi

request = harness.request


class TestResources(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = harness.ON_BACKENDS
    backend: str

    def setUp(self) -> None:
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(folder, 'api-paste.ini')
        with open(path, 'w') as file:
            file.write(images_api.PASTE)
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        wsgi.register_opts(conf)
        conf.set_override('api_paste_config', path)
        served = self.useFixture(
            fixture.ServerFixture(conf=conf, engine=self.backend)
        )
        sock = harness.connected(('127.0.0.1', served.port))
        self.addCleanup(sock.close)
        self.wire = harness.Wire(sock)

    def ask(
        self, method: str, path: str, *lines: str, body: bytes = b''
    ) -> harness.Response:
        self.wire.send(request(method, path, *lines, body=body))
        return self.wire.response(method)

    def create(self, body: bytes) -> harness.Response:
        length = f'Content-Length: {len(body)}'
        return self.ask('POST', '/images', length, body=body)

    def create_in_chunks(self, *pieces: bytes) -> harness.Response:
        chunks = [b'%x\r\n%s\r\n' % (len(piece), piece) for piece in pieces]
        return self.ask(
            'POST',
            '/images',
            'Transfer-Encoding: chunked',
            body=b''.join((*chunks, b'0\r\n\r\n')),
        )

    def test_json_goes_there_and_back(self) -> None:
        given = {'name': 'é', 'tags': [1, None, True]}
        body = json.dumps(given).encode()
        for response in (
            self.create(body),
            self.create_in_chunks(body),
            self.create_in_chunks(body[:3], body[3:]),
        ):
            self.assertEqual(200, response.status)
            self.assertEqual({'created': given}, response.json())
            self.assertEqual(
                'application/json', response.headers['content-type']
            )
            self.assertEqual('yes', response.headers['x-tag'])

    def test_json_that_is_said_to_be_a_form_arrives(self) -> None:
        body = b'{"name": "x"}'
        for kind in (
            'application/x-www-form-urlencoded',
            'multipart/form-data',
            'multipart/form-data; boundary=b',
        ):
            response = self.ask(
                'POST',
                '/images?_method=DELETE',
                f'Content-Type: {kind}',
                f'Content-Length: {len(body)}',
                body=body,
            )
            self.assertEqual(200, response.status)
            self.assertEqual({'created': {'name': 'x'}}, response.json())

    def test_a_form_to_nowhere_is_not_asked_for(self) -> None:
        # Who reads a body has the client told to go on first.
        response = self.ask(
            'POST',
            '/nothing',
            'Content-Type: application/x-www-form-urlencoded',
            'Content-Length: 1000000',
            'Expect: 100-continue',
        )
        self.assertEqual(404, response.status)

    def test_what_is_no_json_is_400(self) -> None:
        for response in (
            self.create(b'{'),
            self.create(b'1'),
            self.create_in_chunks(b'[', b'['),
        ):
            self.assertEqual(400, response.status)
            self.assertEqual('yes', response.headers['x-tag'])

    def test_too_much_is_413(self) -> None:
        self.assertEqual(200, self.create(b'[%s]' % (b' ' * 998)).status)
        self.assertEqual(413, self.create(b'[%s]' % (b' ' * 999)).status)

    def test_too_many_chunks_are_413(self) -> None:
        self.assertEqual(413, self.create_in_chunks(b'[', b' ' * 1000).status)

    def test_methods_are_looked_at(self) -> None:
        response = self.ask('PATCH', '/images')
        self.assertEqual(405, response.status)
        self.assertEqual('GET, HEAD, POST', response.headers['allow'])
        self.assertEqual(405, self.ask('GET', '/images/7').status)
        self.assertEqual(501, self.ask('PROPFIND', '/images').status)
        self.assertEqual(404, self.ask('GET', '/nothing').status)
        self.assertEqual(204, self.ask('DELETE', '/images/7').status)

    def test_head_has_the_head_of_get(self) -> None:
        get, head = self.ask('GET', '/images'), self.ask('HEAD', '/images')
        self.assertEqual(200, head.status)
        self.assertEqual(b'', head.body)
        for name in ('content-type', 'content-length', 'x-tag'):
            self.assertEqual(get.headers[name], head.headers[name])

    def test_the_language_is_the_clients(self) -> None:
        for accepted, language in (
            ('pt-BR, de;q=0.5', 'pt_BR'),
            ('de-AT', 'de'),
            ('fr', None),
            (';;=', None),
        ):
            response = self.ask(
                'GET', '/images', f'Accept-Language: {accepted}'
            )
            self.assertEqual(language, response.json()['language'])

    def test_other_errors_are_the_servers_to_answer(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        response = self.ask('GET', '/fail')
        self.assertEqual(500, response.status)
        self.assertNotIn(b'broken', response.body)
        harness.eventually(lambda: 'LookupError: broken' in log.output)
