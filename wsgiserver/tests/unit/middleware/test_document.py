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

"""The version discovery document, and keystoneauth1 reading it."""

import io
from typing import Any
from wsgiref.types import WSGIApplication

from keystoneauth1 import discover
from keystoneauth1 import session
import requests
from requests import adapters
import webob

from wsgiserver import middleware
from wsgiserver.middleware import document
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

IMAGES = document.parse_table('v2.2 v2.1 v2.0 DEPRECATED')


class WSGIAdapter(adapters.BaseAdapter):
    """Lets requests call an application instead of a server."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        assert request.url is not None
        answer = webob.Request.blank(
            request.url,
            method=request.method or 'GET',
            headers={k: str(v) for k, v in request.headers.items()},
        ).get_response(self._app)
        response = requests.Response()
        response.status_code = answer.status_int
        response.headers.update(dict(answer.headers))
        response.raw = io.BytesIO(answer.body)
        response.url = request.url
        return response

    def close(self) -> None:
        """There is nothing to close."""


def app_for(*versions: document.Version) -> document.VersionsApp:
    return document.VersionsApp(lambda: versions)


def self_links(response: webob.Response) -> list[str]:
    links = [version['links'] for version in response.json['versions']]
    return [link['href'] for [link] in links if link['rel'] == 'self']


class VersionsAppTestCase(base.TestCase):
    def test_it_tells_to_choose(self) -> None:
        response = fakes.fetch(app_for(*IMAGES))
        self.assertEqual(300, response.status_int)
        self.assertEqual('application/json', response.content_type)
        self.assertEqual(
            ['v2.2', 'v2.1', 'v2.0'],
            [version['id'] for version in response.json['versions']],
        )

    def test_it_answers_who_asked_for_the_list_with_200(self) -> None:
        req = webob.Request.blank('/')
        response = app_for(*IMAGES).index(req, explicit=True)
        self.assertEqual(200, response.status_int)
        self.assertEqual(fakes.fetch(app_for(*IMAGES)).body, response.body)

    def test_it_answers_head_with_the_length_and_no_body(self) -> None:
        whole = fakes.fetch(app_for(*IMAGES))
        response = fakes.fetch(app_for(*IMAGES), method='HEAD')
        self.assertEqual(b'', response.body)
        self.assertEqual(len(whole.body), response.content_length)

    def test_links_begin_with_the_url_of_the_request(self) -> None:
        response = fakes.fetch(
            app_for(*IMAGES[:1]), '/v9', base_url='https://host:9292/image'
        )
        self.assertEqual(['https://host:9292/image/v2/'], self_links(response))

    def test_links_keep_an_ipv6_address_whole(self) -> None:
        response = fakes.fetch(
            app_for(*IMAGES[:1]), headers={'Host': '[::1]:9292'}
        )
        self.assertEqual(['http://[::1]:9292/v2/'], self_links(response))

    def test_links_quote_where_the_api_is_mounted(self) -> None:
        # The second one is not UTF-8.
        for name, quoted in (('a b', 'a%20b'), ('\xff', '%FF')):
            response = fakes.fetch(
                app_for(*IMAGES[:1]), environ={'SCRIPT_NAME': f'/{name}'}
            )
            self.assertEqual(
                [f'http://localhost/{quoted}/v2/'], self_links(response)
            )

    def test_links_begin_with_the_public_endpoint_if_there_is_one(
        self,
    ) -> None:
        for url in ('https://public/image/', 'https://public/image'):
            app = document.VersionsApp(IMAGES[:1], public_endpoint=url)
            self.assertEqual(
                ['https://public/image/v2/'], self_links(fakes.fetch(app))
            )

    def test_links_may_be_relative_to_what_was_asked_for(self) -> None:
        app = document.VersionsApp(IMAGES[:1], links='relative')
        for path, link in (
            ('/', 'v2/'),
            ('/versions', 'v2/'),
            ('/versions/', '../v2/'),
            ('/v9/images', '../v2/'),
        ):
            self.assertEqual([link], self_links(fakes.fetch(app, path)))

    def test_a_function_is_asked_for_the_versions_once(self) -> None:
        asked = []

        def versions() -> str:
            asked.append(1)
            return 'v2.1 v2.0'

        app = document.VersionsApp(versions)
        for _attempt in range(2):
            self.assertEqual(2, len(self_links(fakes.fetch(app))))
        self.assertEqual([1], asked)

    def test_it_has_nothing_below_a_version(self) -> None:
        app = document.VersionsApp('v2', version_document='single')
        self.assertEqual(200, fakes.fetch(app, '/v2/').status_int)
        response = fakes.fetch(app, '/v2/images')
        self.assertEqual(404, response.status_int)
        self.assertEqual(404, response.json['errors'][0]['status'])

    def test_it_has_the_options_of_the_filter(self) -> None:
        app = document.VersionsApp.factory(
            {}, preset='nova', versions='v2.1 min=2.1 max=2.9'
        )
        self.assertEqual(200, fakes.fetch(app).status_int)
        self.assertIn('choices', fakes.fetch(app, '/v9').json)

    def test_an_option_of_no_use_is_named(self) -> None:
        for option, options in (
            ('versions', {}),
            ('preset', {'versions': 'v1', 'preset': 'swift'}),
            ('link', {'versions': 'v1', 'link': 'relative'}),
        ):
            error = self.assertRaises(
                middleware.InvalidOption,
                document.VersionsApp.factory,
                {},
                **options,
            )
            self.assertEqual(option, error.option)
            self.assertEqual('VersionsApp', error.owner)


class KeystoneauthTestCase(base.TestCase):
    """What OpenStack's clients make of the document."""

    def _discover(self, text: str) -> discover.Discover:
        app = app_for(*document.parse_table(text))
        http = requests.Session()
        http.mount('http://', WSGIAdapter(app))
        return discover.Discover(session.Session(session=http), 'http://host/')

    def test_it_finds_the_versions_and_where_they_are(self) -> None:
        found = self._discover('v2.2 v2.1 v1.0').version_data()
        self.assertEqual(
            [
                ((1, 0), 'http://host/v1/'),
                ((2, 1), 'http://host/v2/'),
                ((2, 2), 'http://host/v2/'),
            ],
            sorted((item['version'], item['url']) for item in found),
        )

    def test_it_takes_the_highest_version_that_fits(self) -> None:
        discovered = self._discover('v3.0 v2.2 v2.1')
        data = discovered.versioned_data_for(
            min_version='2', max_version='2.latest'
        )
        assert data is not None
        self.assertEqual((2, 2), data['version'])

    def test_it_knows_the_statuses(self) -> None:
        discovered = self._discover(
            'v4 EXPERIMENTAL v3 v2 SUPPORTED v1 DEPRECATED'
        )
        data = discovered.version_data(
            allow_experimental=True, allow_deprecated=True
        )
        self.assertEqual(
            {'EXPERIMENTAL', 'CURRENT', 'SUPPORTED', 'DEPRECATED'},
            {item['status'] for item in data},
        )

    def test_it_leaves_out_what_a_client_does_not_want(self) -> None:
        discovered = self._discover('v4 EXPERIMENTAL v3 v1 DEPRECATED')
        data = discovered.version_data(allow_deprecated=False)
        self.assertEqual([(3, 0)], [item['version'] for item in data])
