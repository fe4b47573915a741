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

"""Which version a request is for, selector by selector."""

from typing import Any

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

IMAGES = 'application/vnd.openstack.images-'

#: Each outcome is told apart from the others by what it answers.
OPTIONS = {
    'versions': 'v2.0 min=2.0 max=2.9 v3.0 min=3.0 max=3.9',
    'media_type': IMAGES,
    'service_type': 'image',
    'environ_keys': 'test.id=id',
    'path_handling': 'keep',
    'root_status': '200',
    'versions_status': '300',
    'unknown_version': '404',
    'no_version': '406',
}

ROOT, LIST, UNKNOWN, NONE = '200', '300', '404', '406'


class SelectionCase(base.TestCase):
    selectors = 'path'
    default_version = ''

    def outcome(
        self,
        path: str = '/x',
        environ: dict[str, str] | None = None,
        **options: Any,
    ) -> str:
        """Tell the id of the version, or what is answered instead."""
        options = {
            **OPTIONS,
            'selectors': self.selectors,
            'default_version': self.default_version,
            **options,
        }
        app = fakes.App()
        negotiating = middleware.VersionNegotiationFilter(app, **options)
        response = fakes.fetch(negotiating, path, environ=environ or {})
        if app.environs:
            return str(app.environs[0]['test.id'])
        return str(response.status_int)


class PathTestCase(SelectionCase):
    def test_the_first_segment_is_the_version(self) -> None:
        for path in ('/v2', '/v2/', '/v2/x', '/v2/v3', '/v2.0/x', '/v2//x'):
            self.assertEqual('v2.0', self.outcome(path), path)

    def test_slashes_ahead_of_it_do_not_count(self) -> None:
        for path in ('//v2', '///v2/x'):
            self.assertEqual(
                'v2.0', self.outcome('/', {'PATH_INFO': path}), path
            )

    def test_it_may_be_percent_encoded(self) -> None:
        self.assertEqual('v2.0', self.outcome('/%76%32/x'))

    def test_what_looks_like_a_version_is_an_unknown_one(self) -> None:
        for segment in ('v9', 'v2.1', 'v2.0.1', 'v2.', 'v02', 'v0', 'v2.00'):
            self.assertEqual(UNKNOWN, self.outcome(f'/{segment}/x'), segment)

    def test_anything_else_is_no_version(self) -> None:
        for segment in ('x', 'V2', '2', 'v', 'v2x', 'v.2', 'v-2', 'v2 '):
            self.assertEqual(
                NONE, self.outcome('/', {'PATH_INFO': f'/{segment}'}), segment
            )

    def test_digits_of_other_scripts_are_no_version(self) -> None:
        self.assertEqual(NONE, self.outcome('/v%D9%A2/x'))

    def test_an_empty_path_is_the_root(self) -> None:
        for path in ('', '/', '//'):
            self.assertEqual(ROOT, self.outcome('/', {'PATH_INFO': path}))

    def test_a_long_segment_is_no_version(self) -> None:
        self.assertEqual(UNKNOWN, self.outcome('/v' + '9' * 6000))
        self.assertEqual(NONE, self.outcome('/' + 'v' * 6000))

    def test_a_path_that_is_not_utf_8_is_refused(self) -> None:
        for path in ('/v2/\xff', '/\xc0\xaf', '/v2/\xed\xa0\x80'):
            self.assertEqual('400', self.outcome('/', {'PATH_INFO': path}))

    def test_control_characters_are_no_version(self) -> None:
        for path in ('/v2\n', '/\0v2', '/v2\x7f/x'):
            self.assertEqual(NONE, self.outcome('/', {'PATH_INFO': path}))

    def test_versions_is_the_list_unless_that_is_switched_off(self) -> None:
        for path in ('/versions', '/versions/', '/versions/x'):
            self.assertEqual(LIST, self.outcome(path))
            self.assertEqual(NONE, self.outcome(path, versions_status='none'))

    def test_minor_versions_may_have_no_path_of_their_own(self) -> None:
        options: Any = {'minor_versions_in_path': 'false'}
        self.assertEqual('v2.0', self.outcome('/v2/x', **options))
        self.assertEqual(UNKNOWN, self.outcome('/v2.0/x', **options))


class DefaultVersionTestCase(SelectionCase):
    default_version = 'v3'

    def test_it_serves_a_path_without_a_version(self) -> None:
        self.assertEqual('v3.0', self.outcome('/x'))

    def test_it_does_not_serve_an_unknown_version(self) -> None:
        self.assertEqual(UNKNOWN, self.outcome('/v9'))

    def test_it_does_not_hide_the_list(self) -> None:
        self.assertEqual(ROOT, self.outcome('/'))

    def test_it_serves_the_root_where_there_is_no_document(self) -> None:
        self.assertEqual('v3.0', self.outcome('/', root_document='none'))


class NoDocumentTestCase(SelectionCase):
    def test_the_application_gets_the_root_whatever_the_method(self) -> None:
        for method in ('GET', 'POST', 'OPTIONS'):
            app = fakes.App()
            negotiating = middleware.VersionNegotiationFilter(
                app, versions='v2', root_document='none'
            )
            fakes.fetch(negotiating, '/', method=method)
            self.assertEqual(1, len(app.environs))

    def test_versions_is_a_path_like_any_other(self) -> None:
        for default, expected in (('v3', 'v3.0'), ('', NONE)):
            self.assertEqual(
                expected,
                self.outcome(
                    '/versions', root_document='none', default_version=default
                ),
            )


class MediaTypeTestCase(SelectionCase):
    selectors = 'media_type'

    def asked(self, accept: str, path: str = '/x') -> str:
        return self.outcome(path, {'HTTP_ACCEPT': accept})

    def test_the_first_type_of_accept_names_the_version(self) -> None:
        for rest in ('', ';q=0', ' ;a="b,c"', ',text/html', ', */*;q=0.1'):
            self.assertEqual('v3.0', self.asked(f'{IMAGES}v3{rest}'), rest)

    def test_further_types_do_not(self) -> None:
        self.assertEqual(NONE, self.asked(f'text/html, {IMAGES}v3'))

    def test_the_path_has_no_say(self) -> None:
        self.assertEqual('v3.0', self.asked(f'{IMAGES}v3', '/v2/x'))
        self.assertEqual(NONE, self.asked('text/html', '/v2/x'))

    def test_the_root_may_be_of_a_version(self) -> None:
        self.assertEqual('v3.0', self.asked(f'{IMAGES}v3', '/'))
        self.assertEqual(ROOT, self.asked('text/html', '/'))

    def test_a_version_that_there_is_not_is_unknown(self) -> None:
        for version in ('v9', '', '3', 'v3+json', 'v3 v2', '-v3', '"v3"'):
            self.assertEqual(UNKNOWN, self.asked(IMAGES + version), version)

    def test_garbage_names_none(self) -> None:
        for accept in ('', ',', ';', '\xff', '\0', '"', IMAGES[:-1], 'q=1'):
            self.assertEqual(NONE, self.asked(accept), accept)


class ParameterTestCase(SelectionCase):
    selectors = 'parameter'

    def test_either_field_may_have_it(self) -> None:
        for key in ('CONTENT_TYPE', 'HTTP_ACCEPT'):
            for value in (
                'application/json;version=3',
                'application/json; VERSION="3.0"',
                'application/json ; charset=utf-8 ; version=3.0',
                'application/json;version="\\3"',
            ):
                self.assertEqual('v3.0', self.outcome('/x', {key: value}))

    def test_content_type_goes_first(self) -> None:
        environ = {
            'CONTENT_TYPE': 'application/json;version=2',
            'HTTP_ACCEPT': 'application/json;version=3',
        }
        self.assertEqual('v2.0', self.outcome('/x', environ))

    def test_the_best_of_the_types_counts_that_json_fits(self) -> None:
        for accept in (
            'application/json;version=2;q=0.1, application/*;version=3;q=0.9',
            'text/html, application/json;version=3;q=0.4, */*;q=0.3',
            'application/json;version=2;q=0, */*;version=3;q=0.1',
            'application/json;version=3, */*;version=2',
        ):
            self.assertEqual(
                'v3.0', self.outcome('/x', {'HTTP_ACCEPT': accept}), accept
            )

    def test_a_better_type_without_it_has_none(self) -> None:
        accept = 'application/json, application/json;version=3;q=0.5'
        self.assertEqual(NONE, self.outcome('/x', {'HTTP_ACCEPT': accept}))

    def test_it_may_follow_the_quality(self) -> None:
        accept = 'application/json;q=0.8;odd;version=3'
        self.assertEqual('v3.0', self.outcome('/x', {'HTTP_ACCEPT': accept}))

    def test_a_version_that_there_is_not_is_unknown(self) -> None:
        for version in ('9', 'v3', '3.1', '"3 "', '"\xe9"'):
            accept = f'application/json;version={version}'
            self.assertEqual(
                UNKNOWN, self.outcome('/x', {'HTTP_ACCEPT': accept}), version
            )

    def test_garbage_has_none(self) -> None:
        for value in (
            'version=3',
            'a/b;version=',
            'a/b;version',
            'a/b;version=""',
            'a/b;subversion=3',
            'a/b;c="version=3"',
            'a/b;version=3;"',
            "a/b;version*=utf-8''3",
            'a/b;version*' + '9' * 5000 + '=x',
            'a/b;version=3\n;',
            ';version=3\xff',
        ):
            for key in ('CONTENT_TYPE', 'HTTP_ACCEPT'):
                self.assertEqual(NONE, self.outcome('/x', {key: value}), value)


class HeaderTestCase(SelectionCase):
    selectors = 'header'

    def asked(self, value: str, **options: Any) -> str:
        environ = {'HTTP_OPENSTACK_API_VERSION': value}
        return self.outcome('/x', environ, **options)

    def test_the_version_is_the_one_that_has_the_microversion(self) -> None:
        for number, version in (('2.0', 'v2.0'), ('2.9', 'v2.0')):
            self.assertEqual(version, self.asked(f'image {number}'))
        self.assertEqual('v3.0', self.asked('image 3.4'))

    def test_the_newest_version_has_the_latest_microversion(self) -> None:
        self.assertEqual('v3.0', self.asked('image latest'))

    def test_another_service_does_not_ask_for_one(self) -> None:
        for value in ('compute 3.4', '', ',', 'image', '3.4'):
            self.assertEqual(NONE, self.asked(value), value)

    def test_what_no_version_has_is_not_acceptable(self) -> None:
        self.assertEqual('406', self.asked('image 2.10'))

    def test_a_malformed_one_is_a_bad_request(self) -> None:
        self.assertEqual('400', self.asked('image 3'))

    def test_without_microversions_nothing_is_chosen(self) -> None:
        self.assertEqual(NONE, self.asked('image 3.4', versions='v2 v3'))


class OrderTestCase(SelectionCase):
    """The path asks for v2, and all the rest for v3."""

    ENVIRON = {
        'HTTP_ACCEPT': f'{IMAGES}v3, application/json;version=3',
        'HTTP_OPENSTACK_API_VERSION': 'image 3.4',
    }

    def _order(self, selectors: str, path: str = '/v2/x') -> str:
        environ = dict(self.ENVIRON)
        if path != '/x' and selectors.startswith('path'):
            # The microversion has to be one of the version's.
            environ['HTTP_OPENSTACK_API_VERSION'] = 'image 2.4'
        return self.outcome(path, environ, selectors=selectors)

    def test_the_first_that_names_one_decides(self) -> None:
        for other in ('media_type', 'parameter', 'header'):
            self.assertEqual('v2.0', self._order(f'path {other}'))
            self.assertEqual('v3.0', self._order(f'{other} path'))

    def test_one_that_names_none_leaves_it_to_the_next(self) -> None:
        for other in ('media_type', 'parameter', 'header'):
            self.assertEqual('v3.0', self._order(f'path {other}', '/x'))
            self.assertEqual(
                'v2.0', self.outcome('/v2/x', selectors=f'{other} path')
            )

    def test_an_unknown_version_is_not_left_to_the_next(self) -> None:
        self.assertEqual(UNKNOWN, self._order('path media_type', '/v9/x'))

    def test_the_root_is_nobodys_where_the_path_goes_first(self) -> None:
        self.assertEqual(ROOT, self._order('path media_type', '/'))
        self.assertEqual('v3.0', self._order('media_type path', '/'))
