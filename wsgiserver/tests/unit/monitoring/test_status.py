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

"""The page, and its figures as JSON."""

import base64
import hashlib
import re

from wsgiserver import monitoring
from wsgiserver.tests.unit.monitoring import apps
from wsgiserver import version


class StatusTestCase(apps.MonitoringTestCase):
    app = monitoring.StatusApp

    def test_a_browser_gets_the_page(self) -> None:
        accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
        for given in ({}, {'HTTP_ACCEPT': accept}):
            response = self.ask(**given)
            self.assertEqual('text/html', response.content_type)
            self.assertTrue(response.text.startswith('<!DOCTYPE html>'))

    def test_programs_get_json(self) -> None:
        for path, accept in (
            *(('/?format=json', '*/*'), ('/', 'application/json')),
            ('/?format=json', 'text/html'),
        ):
            response = self.ask(path, HTTP_ACCEPT=accept)
            self.assertEqual('application/json', response.content_type)
            found = response.json
            self.assertEqual('some "server"\\', found['server'])
            self.assertEqual(version.version_string(), found['version'])
            self.assertEqual(1, found['total']['requests']['2xx'])
            self.assertEqual(3, found['workers'][0]['connections']['idle'])

    def test_the_page_loads_nothing_from_elsewhere(self) -> None:
        page = self.ask().text
        for pattern in (r'\ssrc\s*=', r'@import', r'url\(', r'<link\b'):
            self.assertIsNone(re.search(pattern, page), pattern)
        # The licence and the namespaces are all that it names.
        hosts = set(re.findall(r'https?://([^/\s"\'<)]+)', page))
        self.assertEqual({'www.apache.org', 'www.w3.org'}, hosts)

    def test_the_page_may_use_no_more_than_it_has(self) -> None:
        response = self.ask()
        policy = response.headers['Content-Security-Policy']
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn('unsafe', policy)
        for name in ('script', 'style'):
            [content] = re.findall(
                f'<{name}>(.*?)</{name}>', response.text, re.DOTALL
            )
            digest = hashlib.sha256(content.encode()).digest()
            expected = base64.b64encode(digest).decode()
            self.assertIn(f"{name}-src 'sha256-{expected}'", policy)

    def test_the_page_puts_no_text_of_others_into_its_source(self) -> None:
        page = self.ask().text
        self.assertNotIn('innerHTML', page)
        self.assertNotIn('some &quot;server', page)
