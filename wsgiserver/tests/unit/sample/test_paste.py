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

"""The paste file of the sample: what it answers to a load balancer."""

import logging
import os
import pathlib

import fixtures
from oslo_config import cfg
import webob

from wsgiserver._paste import loading
from wsgiserver import sample
from wsgiserver.tests import base


class TestHealth(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.WARNING))
        folder = self.useFixture(fixtures.TempDir()).path
        self.file = os.path.join(folder, 'disabled')
        found = pathlib.Path(sample.__file__).with_name('api-paste.ini')
        text = found.read_text(encoding='utf-8')
        self.assertIn('= /run/wsgiserver/disabled\n', text)
        path = os.path.join(folder, 'api-paste.ini')
        with open(path, 'x', encoding='utf-8') as file:
            file.write(text.replace('/run/wsgiserver/disabled', self.file))
        self.app = loading.load_app(path, 'main', cfg.ConfigOpts(), [])

    def get(self, path: str, is_draining: bool = False) -> tuple[int, str]:
        request = webob.Request.blank(path)
        request.environ['wsgiserver.draining'] = lambda: is_draining
        response = request.get_response(self.app)
        return response.status_int, response.text

    def test_a_server_that_goes_on_is_healthy_and_nothing_is_logged(
        self,
    ) -> None:
        self.assertEqual((200, 'OK'), self.get('/healthcheck'))
        self.assertEqual('', self.log.output)

    def test_a_file_takes_it_out(self) -> None:
        with open(self.file, 'x', encoding='ascii'):
            answer = self.get('/healthcheck')
        self.assertEqual((503, 'DISABLED BY FILE'), answer)
        os.unlink(self.file)
        self.assertEqual(200, self.get('/healthcheck')[0])

    def test_its_end_takes_it_out_and_it_serves_on(self) -> None:
        self.assertEqual(
            (503, 'DRAINING'), self.get('/healthcheck', is_draining=True)
        )
        self.assertEqual(200, self.get('/v2/images', is_draining=True)[0])
