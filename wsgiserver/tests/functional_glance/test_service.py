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

"""Glance as a service: its versions, its pipelines, and its end."""

import contextlib
import os
import sqlite3
import subprocess
import sys

from keystoneauth1 import discover
from keystoneauth1 import session
import testscenarios

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional_glance import base
from wsgiserver.tests.functional_glance import deployment


class TestVersions(base.GlanceTest):
    def test_root_offers_a_choice(self) -> None:
        response = self.call('GET', '/')
        self.assertEqual(300, response.status_code)
        versions = response.json()['versions']
        current = [v for v in versions if v['status'] == 'CURRENT']
        self.assertEqual(1, len(current))
        self.assertEqual(
            f'{self.glance.url}/v2/', current[0]['links'][0]['href']
        )

    def test_versions_are_listed(self) -> None:
        response = self.call('GET', '/versions')
        self.assertEqual(200, response.status_code)
        self.assertEqual(self.call('GET', '/').json(), response.json())

    def test_unknown_version_is_offered_the_choice(self) -> None:
        self.assertEqual(300, self.call('GET', '/v9/images').status_code)

    def test_version_can_be_asked_for_by_media_type(self) -> None:
        media_type = 'application/vnd.openstack.images-v2.0'
        response = self.call('GET', '/schemas', headers={'Accept': media_type})
        self.assertEqual(404, response.status_code)
        response = self.call(
            'GET', '/schemas/image', headers={'Accept': media_type}
        )
        self.assertEqual('image', response.json()['name'])

    def test_keystoneauth_discovers_the_api(self) -> None:
        client = session.Session()
        self.addCleanup(client.session.close)
        found = discover.Discover(client, self.glance.url)
        self.assertEqual(f'{self.glance.url}/v2/', found.url_for('2.9'))

    def test_health_is_checked_beside_the_api(self) -> None:
        self.assertEqual(200, self.call('GET', '/healthcheck').status_code)


class TestRequests(base.GlanceTest):
    def test_head_is_a_get_without_a_body(self) -> None:
        with self.glance.connect() as wire:
            wire.send(harness.request('GET', '/versions'))
            got = wire.response()
            wire.send(harness.request('HEAD', '/versions'))
            headed = wire.response('HEAD')
            wire.send(harness.request('HEAD', '/healthcheck'))
            self.assertEqual(204, wire.response('HEAD').status)
        self.assertEqual(200, headed.status)
        self.assertEqual(
            got.headers['content-length'], headed.headers['content-length']
        )

    def test_head_of_an_image_is_not_allowed(self) -> None:
        image = self.store(b'image')
        path = f'/v2/images/{image}/file'
        with self.glance.connect() as wire:
            wire.send(harness.request('HEAD', path))
            headed = wire.response('HEAD')
            self.assertEqual(405, headed.status)
            self.assertEqual('GET, PUT', headed.headers['allow'])
            wire.send(harness.request('GET', path))
            self.assertEqual(b'image', wire.response().body)

    def test_long_tokens_and_urls_are_taken(self) -> None:
        response = self.call(
            'GET',
            '/v2/images?name=' + 7500 * 'n',
            headers={'X-Auth-Token': 16000 * 't'},
        )
        self.assertEqual(200, response.status_code)
        self.assertEqual([], response.json()['images'])

    def test_names_beyond_ascii_are_found(self) -> None:
        name = 'Müßiggang ☃'
        image = self.create(name=name)
        response = self.call('GET', '/v2/images', params={'name': name})
        found = [each['id'] for each in response.json()['images']]
        self.assertIn(image, found)
        self.assertEqual(404, self.call('GET', '/v2/images/ü☃').status_code)

    def test_chunked_document_is_read(self) -> None:
        response = self.call(
            'POST',
            '/v2/images',
            data=iter([b'{"name"', b': "in ', b'pieces"}']),
            headers={'Content-Type': 'application/json'},
        )
        self.assertEqual(201, response.status_code)
        self.assertEqual('in pieces', response.json()['name'])


class TestCachingPipeline(base.GlanceTest):
    """Another flavour of the paste file.

    On its way into the cache, an image has no length for the server.
    """

    def deploy(self) -> deployment.Deployment:
        flavor = {'paste_deploy': {'flavor': 'caching'}}
        return self.deploy_own(workers=1, options=flavor)

    def test_image_comes_from_the_store_and_then_from_the_cache(self) -> None:
        data = base.content(2 * base.MIB + 1)
        image = self.store(data)
        path = os.path.join(self.glance.folder, 'cache', image)
        self.assertFalse(os.path.exists(path))
        first = self.download(image)
        self.assertEqual('chunked', first.headers['Transfer-Encoding'])
        self.assertEqual(base.digest(data), base.digest(first.content))
        harness.eventually(lambda: os.path.exists(path))
        self.assert_holds(image, data)


class TestEnd(base.GlanceTest):
    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [(f'{count} workers', {'workers': count}) for count in (1, 2)],
    )
    workers: int

    def deploy(self) -> deployment.Deployment:
        return self.deploy_own(workers=self.workers)

    def test_sigterm_lets_transfers_finish(self) -> None:
        data = base.content(30 * base.MIB)
        image, other = self.store(data), self.create()
        path = f'/v2/images/{image}/file'
        downloading = self.call('GET', path, stream=True)
        length = f'Content-Length: {len(data)}'
        uploading = self.begin_upload(other, length)
        self.glance.terminate()
        # What the buffers of the sockets don't hold is sent only now.
        got = downloading.content
        self.assertEqual(base.digest(data), base.digest(got))
        uploading.send(data)
        response = uploading.response()
        self.assertEqual(204, response.status)
        self.assertEqual('close', response.headers['connection'])
        uploading.socket.close()
        self.assertEqual(0, self.glance.process.wait(harness.PATIENCE))
        self.assertEqual(len(data), self.glance.stored()[other])
        self.assertEqual('active', self.status(other))

    def status(self, image: str) -> str:
        """Look an image up in the database of a Glance that has ended."""
        path = os.path.join(self.glance.folder, 'glance.sqlite')
        with contextlib.closing(sqlite3.connect(path)) as database:
            (status,) = database.execute(
                'SELECT status FROM images WHERE id = ?', (image,)
            ).fetchone()
        return str(status)


class TestBareFile(base.GlanceTest):
    """Glance's factories need Glance's configuration."""

    def test_failure_is_told_in_one_line(self) -> None:
        command = os.path.join(os.path.dirname(sys.executable), 'wsgiserver')
        arguments = [deployment.PASTE_FILE, '--app-name=glance-api']
        done = subprocess.run(
            [command, f'--backend={self.backend}', *arguments],
            capture_output=True,
            text=True,
        )
        self.assertEqual(1, done.returncode)
        line = done.stderr.splitlines()[-1]
        self.assertIn(f'wsgiserver: {deployment.PASTE_FILE}, ', line)
        self.assertNotIn('Traceback', done.stderr)
