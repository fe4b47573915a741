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


class TableTestCase(base.TestCase):
    def _statuses(self, text: str) -> dict[str, str]:
        return {v.id: v.status for v in document.parse_table(text)}

    def _refused(self, text: str) -> str:
        exc = self.assertRaises(ValueError, document.parse_table, text)
        return str(exc)

    def test_the_highest_version_is_current_and_others_supported(self) -> None:
        self.assertEqual(
            {'v2.9': 'SUPPORTED', 'v2.10': 'CURRENT', 'v1': 'SUPPORTED'},
            self._statuses('v2.9 v2.10 v1'),
        )

    def test_a_status_may_follow_a_version(self) -> None:
        self.assertEqual(
            {'v3.1': 'EXPERIMENTAL', 'v3.0': 'CURRENT', 'v2': 'DEPRECATED'},
            self._statuses('\n  v3.1 EXPERIMENTAL\n  v3.0\n  v2 DEPRECATED\n'),
        )

    def test_nothing_else_is_current_where_a_version_is_said_to_be(
        self,
    ) -> None:
        self.assertEqual(
            {'v2.1': 'SUPPORTED', 'v2.0': 'CURRENT'},
            self._statuses('v2.1 v2.0 CURRENT'),
        )

    def test_the_order_is_kept(self) -> None:
        self.assertEqual(
            ['v2.1', 'v2.10', 'v1'], [*self._statuses('v2.1 v2.10 v1')]
        )

    def test_an_empty_table_has_no_versions(self) -> None:
        self.assertEqual((), document.parse_table(' \n'))

    def test_a_word_that_means_nothing_is_named(self) -> None:
        for word in ('2.0', 'v2.', 'v2.0.1', 'current', 'v', 'v02', 'v٢'):
            self.assertIn(repr(word), self._refused(f'v1 {word}'))

    def test_a_status_needs_a_version_of_its_own(self) -> None:
        self.assertIn('CURRENT', self._refused('CURRENT v2'))
        self.assertIn('SUPPORTED', self._refused('v2 CURRENT SUPPORTED'))

    def test_a_version_stands_there_once(self) -> None:
        self.assertIn('v2.0', self._refused('v2.0 v2.1 v2.0'))

    def test_a_version_knows_its_number(self) -> None:
        version = document.Version('v2.10', 'CURRENT')
        self.assertEqual((2, 10), version.number)
        self.assertEqual(2, version.major)
        self.assertEqual((3, 0), document.Version('v3', 'CURRENT').number)

    def test_a_version_is_checked_when_it_is_made(self) -> None:
        for arguments in (
            {'id': 'latest'},
            {'id': 'v2', 'status': 'current'},
            {'id': 'v2', 'min_version': '2.1'},
            {'id': 'v2', 'max_version': '2.1'},
            {'id': 'v2', 'min_version': '2.2', 'max_version': '2.1'},
            {'id': 'v2', 'min_version': '2.01', 'max_version': '2.1'},
        ):
            self.assertRaises(ValueError, document.Version, **arguments)

    def test_words_after_a_version_say_more_about_it(self) -> None:
        [version] = document.parse_table(
            'v2.1 CURRENT min=2.1 max=2.96 updated=2013-07-23T11:33:21Z '
            'path=v2.1/ alias=v2.0'
        )
        self.assertEqual(
            document.Version(
                id='v2.1',
                status='CURRENT',
                min_version='2.1',
                max_version='2.96',
                updated='2013-07-23T11:33:21Z',
                path='v2.1/',
                alias='v2.0',
            ),
            version,
        )

    def test_a_path_may_be_empty(self) -> None:
        [version] = document.parse_table('v1.0 path=')
        self.assertEqual('', version.path)

    def test_a_word_of_no_use_is_named(self) -> None:
        for word in ('maximum=2.1', 'CURRENT=', 'min', '=', 'status=CURRENT'):
            self.assertIn(repr(word), self._refused(f'v1 {word}'))

    def test_what_is_said_of_a_version_is_said_once(self) -> None:
        self.assertIn('max=2', self._refused('v1 max=1.1 min=1.0 max=2.0'))

    def test_a_range_has_both_ends(self) -> None:
        self.assertIn('v1', self._refused('v1 max=1.1'))

    def test_a_major_version_and_its_first_minor_one_are_two(self) -> None:
        self.assertEqual(
            ['v2', 'v2.0'], [*self._statuses('v2 v2.0 SUPPORTED')]
        )


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
