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

"""What becomes of the path of a request whose version is known."""

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes


class RewritingTestCase(base.TestCase):
    def _seen(
        self, handling: str, path: str, name: str = '', **options: str
    ) -> tuple[str, str]:
        app = fakes.App()
        negotiating = middleware.VersionNegotiationFilter(
            app,
            **{
                'versions': 'v2.0 v2.1 v3',
                'path_handling': handling,
                'default_version': 'v3',
                **options,
            },
        )
        environ = {'PATH_INFO': path, 'SCRIPT_NAME': name}
        fakes.fetch(negotiating, '/', environ=environ)
        [seen] = app.environs
        return seen['SCRIPT_NAME'], seen['PATH_INFO']

    def test_the_path_may_be_kept(self) -> None:
        for path in ('/v2.1/x', '//v2/x', '/x', '/v3'):
            self.assertEqual(('/a', path), self._seen('keep', path, '/a'))

    def test_the_version_may_go_to_script_name(self) -> None:
        for path, expected in (
            ('/v2.1/x', ('/a/v2.1', '/x')),
            ('/v2/', ('/a/v2', '/')),
            ('/v2', ('/a/v2', '')),
            ('//v2//x', ('/a/v2', '//x')),
            ('/x', ('/a/v3', '/x')),
        ):
            self.assertEqual(expected, self._seen('pop', path, '/a'))

    def test_the_version_may_become_the_major_one(self) -> None:
        for path, expected in (
            ('/v2.1/x', '/v2/x'),
            ('/v2.1', '/v2'),
            ('/x/', '/v3/x/'),
        ):
            self.assertEqual(('/a', expected), self._seen('major', path, '/a'))

    def test_an_api_at_its_root_has_no_version_to_put_ahead(self) -> None:
        for handling in ('keep', 'pop', 'major'):
            self.assertEqual(
                ('/a', '/x'),
                self._seen(handling, '/x', '/a', version_path=''),
            )

    def test_the_rest_of_the_path_keeps_its_octets(self) -> None:
        for handling, path in (('pop', ''), ('major', '/v2')):
            self.assertEqual(
                f'{path}/\xe2\x82\xac;?',
                self._seen(handling, '/v2/€;?'.encode().decode('latin-1'))[1],
            )
