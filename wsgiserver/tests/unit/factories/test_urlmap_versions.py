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

"""Applications by the version that a media type names."""

import webob

from wsgiserver.tests.unit.factories import urlmaps
from wsgiserver.tests.unit import paste_files

JSON = 'application/json'
VENDOR = 'application/vnd.openstack.compute+json'

#: nova's own section, with this distribution's urlmap in place of its own.
NOVA = """
[composite:main]
use = egg:os-wsgiserver#urlmap
/: oscomputeversions
/v2: oscomputeversion_legacy_v2
/v2.1: oscomputeversion_v2
/v2/+: openstack_compute_api_v21_legacy_v2_compatible
/v2.1/+: openstack_compute_api_v21
"""

NAMES = (
    'oscomputeversions',
    'oscomputeversion_legacy_v2',
    'oscomputeversion_v2',
    'openstack_compute_api_v21_legacy_v2_compatible',
    'openstack_compute_api_v21',
)

ROOT, LEGACY, V21, LEGACY_API, API = NAMES


def _accept(value: str) -> dict[str, str]:
    return {'HTTP_ACCEPT': value}


def _content_type(value: str) -> dict[str, str]:
    return {'CONTENT_TYPE': value}


#: A path, and what nova makes of it: the application, SCRIPT_NAME, PATH_INFO.
PATHS = (
    ('', ROOT, '', ''),
    ('/', ROOT, '', '/'),
    ('//', ROOT, '', '/'),
    ('/v3', ROOT, '', '/v3'),
    ('/v2', LEGACY, '/v2', ''),
    ('/v2/', LEGACY, '/v2', '/'),
    ('/v2/servers', LEGACY_API, '/v2', '/servers'),
    ('/v2.1', V21, '/v2.1', ''),
    ('/v2.1/', V21, '/v2.1', '/'),
    ('//v2.1//', V21, '/v2.1', '/'),
    ('/v2.1/servers', API, '/v2.1', '/servers'),
    ('//v2.1//servers//x', API, '/v2.1', '/servers/x'),
    ('/v2.10', ROOT, '', '/v2.10'),
)

#: Content-Type, Accept, and the version that nova takes.
TYPES = (
    ('', f'{JSON};version=2.1', V21),
    ('', f'{JSON}; version="2"', LEGACY),
    ('', 'application/*;version=2', LEGACY),
    ('', '*/*;version=2', LEGACY),
    ('', f'{VENDOR};version=2', LEGACY),
    (f'{JSON};version=2.1', '', V21),
    (f'{JSON}; charset=utf-8; version="2.1"', '', V21),
    # Content-Type goes ahead of Accept.
    (f'{JSON};version=2', f'{JSON};version=2.1', LEGACY),
    (JSON, f'{JSON};version=2.1', V21),
    # A version that isn't there is the root's.
    ('', f'{JSON};version=9', ROOT),
    (f'{JSON};version=9', f'{JSON};version=2', ROOT),
    # The best media type counts, and what is behind q as well.
    ('', f'{JSON};q=0.5;version=2, {JSON};q=0.8;version=2.1', V21),
    ('', f'*/*;version=2, {JSON};version=2.1', V21),
    ('', f'{JSON};q=0.5;version=2, {JSON}', ROOT),
    ('', f'{VENDOR};version=2, {JSON};version=2.1', V21),
    # nova has no answer in HTML.
    ('', 'text/html;version=2.1', ROOT),
    ('', f'text/html;version=2, {JSON};q=0.1;version=2.1', V21),
)

SCRIPTS = {ROOT: '', LEGACY: '/v2', V21: '/v2.1'}


class TestNova(paste_files.LoaderCase):
    """What nova 34 does, read in its api/openstack/urlmap.py."""

    def setUp(self) -> None:
        super().setUp()
        self.app = self.load(NOVA + ''.join(map(paste_files.named, NAMES)))

    def check(
        self, path: str, expected: tuple[str, str, str], **environ: str
    ) -> None:
        request = webob.Request.blank('/')
        request.environ.update(environ, PATH_INFO=path)
        name, script, rest = expected
        self.assertEqual(
            f'{name} {script!r} {rest!r}',
            request.get_response(self.app).text,
            f'{path} {environ}',
        )

    def test_a_path_chooses_the_application(self) -> None:
        for path, *expected in PATHS:
            name, script, rest = expected
            self.check(path, (name, script, rest))

    def test_a_media_type_chooses_it_and_leaves_the_path(self) -> None:
        for content_type, accept, name in TYPES:
            for path in ('/', '/x', '/v3/x'):
                environ = {**_content_type(content_type), **_accept(accept)}
                self.check(path, (name, SCRIPTS[name], path), **environ)

    def test_a_path_goes_ahead_of_media_types(self) -> None:
        for environ in (
            _accept(f'{JSON};version=2.1'),
            _content_type(f'{JSON};version=2.1'),
        ):
            self.check('/v2', (LEGACY, '/v2', ''), **environ)
            self.check('/v2/x', (LEGACY_API, '/v2', '/x'), **environ)

    def test_slashes_stay_where_a_media_type_chooses(self) -> None:
        environ = _accept(f'{JSON};version=2.1')
        self.check('//x', (V21, '/v2.1', '//x'), **environ)


class TestVersions(urlmaps.URLMapCase):
    mapping = {'/': 'root', '/v2': 'two', '/v3/+': 'three', '/v4/x': 'x'}

    def check_version(self, expected: str, version: str) -> None:
        for environ in (
            _accept(f'{JSON};version={version}'),
            _content_type(f'{JSON};version={version}'),
        ):
            self.check(expected, '/images', self.mapping, **environ)

    def test_it_is_the_application_at_the_path_of_the_version(self) -> None:
        self.check_version("two '/v2' '/images'", '2')

    def test_one_that_needs_more_has_no_version(self) -> None:
        self.check_version("root '' '/images'", '3')

    def test_a_version_is_not_a_path(self) -> None:
        for version in ('"2/images"', '"3/+"', '"4/x"', '"2/"', '"/2"'):
            self.check_version("root '' '/images'", version)

    def test_without_a_root_it_counts_as_well(self) -> None:
        mapping = {'/v2': 'two'}
        environ = _accept(f'{JSON};version=2')
        self.check("two '/v2' '/x'", '/x', mapping, **environ)
