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

"""Where documents say that versions are, and who gets them as what."""

from typing import Any
import urllib.parse
from wsgiref.types import WSGIApplication

from oslo_config import cfg
from oslo_middleware import http_proxy_to_wsgi

from wsgiserver.middleware import document
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

VERSIONS = (
    'v2.1 CURRENT min=2.1 max=2.96 updated=2013-07-23T11:33:21Z '
    'v1.0 DEPRECATED'
)


def make(**options: Any) -> document.VersionsApp:
    return document.VersionsApp(**{'versions': VERSIONS, **options})


class LinksTestCase(base.TestCase):
    def _href(
        self, app: WSGIApplication, path: str = '/', **kwargs: Any
    ) -> str:
        found = fakes.fetch(app, path, **kwargs).json['versions'][0]
        return str(found['links'][0]['href'])

    def test_they_are_those_that_clients_use_behind_a_proxy(self) -> None:
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        app = http_proxy_to_wsgi.HTTPProxyToWSGI(
            make(),
            {
                'oslo_config_config': conf,
                'enable_proxy_headers_parsing': True,
            },
        )
        for headers, root in (
            ({'X-Forwarded-Proto': 'https'}, 'https://localhost/'),
            (
                {
                    'X-Forwarded-Proto': 'https',
                    'X-Forwarded-Host': 'api.example.org:8443',
                    'X-Forwarded-Prefix': '/image',
                },
                'https://api.example.org:8443/image/',
            ),
            (
                {'Forwarded': 'proto=https;host=api.example.org'},
                'https://api.example.org/',
            ),
        ):
            headers = {'Host': 'localhost', **headers}
            self.assertEqual(f'{root}v2/', self._href(app, headers=headers))

    def test_a_public_endpoint_goes_before_all_that(self) -> None:
        for links in ('absolute', 'relative'):
            app = make(public_endpoint='https://public/image/', links=links)
            self.assertEqual(
                'https://public/image/v2/',
                self._href(app, '/v9/x', environ={'SCRIPT_NAME': '/x'}),
            )

    def test_relative_ones_lead_to_the_versions(self) -> None:
        # As RFC 3986, section 5.2, resolves them.
        for name, path in (
            ('', '/'),
            ('', '/versions'),
            ('', '/v9/a/b'),
            ('/image', '/'),
            ('/image', '/versions/'),
            ('/image', ''),
            ('/a/image', ''),
        ):
            href = self._href(
                make(links='relative'),
                environ={'SCRIPT_NAME': name, 'PATH_INFO': path},
            )
            self.assertEqual(
                f'http://h{name}/v2/',
                urllib.parse.urljoin(f'http://h{name}{path}', href),
            )

    def test_an_api_at_its_root_is_this_very_url(self) -> None:
        app = make(versions='v1 path=', links='relative')
        for environ in (
            {'PATH_INFO': '/'},
            {'PATH_INFO': '', 'SCRIPT_NAME': '/placement'},
        ):
            self.assertEqual('', self._href(app, environ=environ))

    def test_a_slash_ahead_of_a_path_does_not_count(self) -> None:
        for version_path in ('/v{major}/', 'v{major}/'):
            app = make(version_path=version_path)
            self.assertEqual('http://localhost/v2/', self._href(app))

    def test_the_current_version_may_be_recommended(self) -> None:
        app = make(root_location='true')
        for path, expected in (('/', 'http://h/v2/'), ('/versions', None)):
            response = fakes.fetch(app, path, base_url='http://h')
            self.assertEqual(expected, response.location)
        app = make(versions=lambda: '', root_location='true')
        self.assertNotIn('Location', fakes.fetch(app).headers)
