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

"""The page that a browser gets in place of a document."""

from typing import Any
from wsgiref.types import WSGIApplication

import webob

from wsgiserver import middleware
from wsgiserver.middleware import document
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

VERSIONS = (
    'v2.1 CURRENT min=2.1 max=2.96 updated=2013-07-23T11:33:21Z '
    'v1.0 DEPRECATED'
)

#: What each browser of these days asks for, more or less.
BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'


def make(**options: Any) -> document.VersionsApp:
    return document.VersionsApp(**{'versions': VERSIONS, **options})


class AcceptTestCase(base.TestCase):
    def _type(self, app: WSGIApplication, accept: str | None) -> str:
        headers = {} if accept is None else {'Accept': accept}
        response = fakes.fetch(app, '/', headers=headers)
        self.assertEqual('Accept', response.headers['Vary'])
        return str(response.content_type)

    def test_a_browser_gets_a_page(self) -> None:
        for accept in (
            BROWSER,
            'text/html',
            'TEXT/HTML',
            'text/html;q=0.9, application/json;q=0.8',
        ):
            self.assertEqual('text/html', self._type(make(), accept), accept)

    def test_all_others_get_json(self) -> None:
        for accept in (
            None,
            '',
            '*/*',
            'text/*',
            'application/json',
            'application/json, text/html',
            'text/html;q=0.5, application/json',
            'text/html;q=0, */*;q=0.1',
            'application/xhtml+xml',
            'image/png',
            'text/html;;;',
            'html',
            '\xff',
        ):
            self.assertEqual(
                'application/json', self._type(make(), accept), str(accept)
            )

    def test_the_page_can_be_switched_off(self) -> None:
        response = fakes.fetch(make(html='false'), '/', accept=BROWSER)
        self.assertEqual('application/json', response.content_type)
        self.assertNotIn('Vary', response.headers)

    def test_other_types_may_be_left_to_the_application(self) -> None:
        app = fakes.App(status='201 Created')
        negotiating = middleware.VersionNegotiationFilter(
            app,
            VERSIONS,
            pass_types='application/json-home',
            version_document='single',
            html='false',
        )
        for path in ('/', '/v2'):
            for accept, passed in (
                ('application/json-home', True),
                ('application/json-home;q=1, */*;q=0.5', True),
                ('application/json, application/json-home;q=0.9', False),
                ('application/json, application/json-home', False),
                ('*/*', False),
                ('', False),
            ):
                response = fakes.fetch(negotiating, path, accept=accept)
                self.assertEqual(passed, response.status_int == 201, accept)
                if not passed:
                    self.assertEqual('Accept', response.headers['Vary'])

    def test_head_has_the_length_of_either(self) -> None:
        for accept in (BROWSER, '*/*'):
            for path in ('/', '/versions', '/v2/'):
                app = make(version_document='single')
                whole = fakes.fetch(app, path, accept=accept)
                head = fakes.fetch(app, path, accept=accept, method='HEAD')
                self.assertEqual(b'', head.body)
                self.assertEqual(len(whole.body), head.content_length)
                self.assertEqual(whole.status, head.status)


class PageTestCase(base.TestCase):
    HOSTILE = '<script>alert("1")</script>&\'{0}{title}%s'

    def _page(self, **options: Any) -> webob.Response:
        return fakes.fetch(
            make(**options), '/', accept=BROWSER, headers={'Host': 'h"><b>x'}
        )

    def test_nothing_of_it_is_taken_for_markup(self) -> None:
        version = document.Version('v2', updated=self.HOSTILE)
        response = self._page(
            versions=[version], name=self.HOSTILE, description=self.HOSTILE
        )
        self.assertEqual('utf-8', response.charset)
        self.assertNotIn('<script', response.text)
        self.assertNotIn('<b>', response.text)
        self.assertNotIn('h">', response.text)
        self.assertEqual(3, response.text.count('&lt;script&gt;'))
        self.assertIn('{0}{title}%s', response.text)

    def test_it_has_the_versions_with_their_ranges(self) -> None:
        text = self._page(fields='version min_version').text
        for each in ('>v2.1</a>', 'CURRENT', '2.1 \N{EN DASH} 2.96', '>v1.0<'):
            self.assertIn(each, text)
        self.assertIn('Microversions', text)
        self.assertNotIn('Microversions', self._page().text)

    def test_any_shape_has_the_same_page(self) -> None:
        pages = {
            self._page(root_document=shape).text
            for shape in ('list', 'values', 'root')
        }
        self.assertEqual(1, len(pages))
