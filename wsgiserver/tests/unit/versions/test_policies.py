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

"""Options of the version negotiation, good ones and others."""

from collections.abc import Mapping
from typing import Any

import webob

from wsgiserver._versions import policies
from wsgiserver._versions import presets
from wsgiserver import exceptions
from wsgiserver import middleware
from wsgiserver.middleware import document
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes
from wsgiserver.tests.unit import paste_files

#: Values of no use by option. An empty text is one more, where it is among
#: them; else it is no problem.
USELESS: dict[str, tuple[str, ...]] = {
    'catch_exceptions': ('', 'yes', 'always'),
    'default_in_document': ('', 'maybe', '2'),
    'default_microversion': ('', 'latest', '2', '2.05', 'minimum'),
    'default_version': ('v9', '2.1', 'V2'),
    'document_methods': ('', 'get', 'G/T', 'GET, HEAD', 'any GET'),
    'document_version': ('v9', 'v2.1/'),
    'entries': ('', 'SIG', 'sig>=1.1', 'identity sig>=2 sig', 'sig list>=2.1'),
    'environ_keys': ('a', 'a=', '=major', 'a=patch', 'a=major,b=minor'),
    'error_format': ('', 'json', 'Sig', 'sig fault'),
    'error_help': ('docs', 'ftp://docs', 'http://', 'http://a b'),
    'experimental_header': ('X Y:', 'X:', 'É'),
    'expose_headers': ('', 'sometimes'),
    'extra_links': ('help', 'http://h', 'help docs/', 'a http://h b c'),
    'fields': ('id', 'version,updated', 'Version'),
    'html': ('', 'json'),
    'legacy_headers': ('X-A, X-B', 'X-A:'),
    'links': ('', 'Absolute', 'absolute relative'),
    'malformed_microversion': ('', '404', '400 406'),
    'media_types': ('a/b', 'a/b c/{patch}', 'a/b c d', 'a/b c/{}'),
    'minor_versions_in_path': ('', 'some'),
    'no_version': ('', '403', 'none', 'list pass'),
    'pass_types': ('json', 'a/b,c/d', 'a/', '*/*', 'a/*'),
    'path_handling': ('', 'strip', 'pop keep'),
    'preset': ('swift', 'Nova', 'nova cinder'),
    'public_endpoint': ('h', 'ftp://h', 'http://h /', 'http://h\u20ac/'),
    'response_headers': (
        'X',
        'X {version}',
        'X Y: 1',
        ': 1',
        'X: {patch}',
        'X: {version:>5}',
        'X: {version!r}',
        'X: {version.major}',
        'X: {',
        'X: {}',
        'X: \u20ac',
        'X: \x07',
    ),
    'root_document': ('', 'single', 'choices', 'list>=1.1', 'list values>=1'),
    'root_location': ('', '300'),
    'root_status': ('', '404', '200 300'),
    'selectors': ('paths', 'path,header', 'Path'),
    'service_aliases': ('a, b', 'a:'),
    'service_type': ('compute volume', 'compute:', 'compute,volume'),
    'single_fields': ('id',),
    'single_links': ('help',),
    'unknown_version': ('', '400', 'none'),
    'vary': ('auto, none', 'Accept, X', 'none Accept', 'Accept auto'),
    'version_document': ('', 'choice', 'single>=2.1', 'none single>=2'),
    'version_path': ('{patch}', '{', 'v{}', '{major!r}', 'a/{id}/'),
    'versions': ('', '2.1', 'v2 v2', 'v2 NEW', 'v2 path=a/b/'),
    'versions_status': ('', '404', 'off'),
}

#: These take any text.
ANY_TEXT = {'description', 'error_code', 'fault_name', 'media_type', 'name'}


def make(**options: Any) -> Any:
    options = {'versions': 'v2.1 min=2.1 max=2.9', **options}
    return middleware.VersionNegotiationFilter.factory({}, **options)(
        fakes.App()
    )


def text() -> str:
    """Make the versions as a text."""
    return 'v7 v6'


def versions() -> list[document.Version]:
    """Make the versions as such."""
    return [document.Version('v7'), document.Version('v6')]


def broken() -> str:
    raise ValueError('the configuration is not read yet')


def failing() -> str:
    raise LookupError('cache_dir')


GARBAGE: tuple[Any, ...] = (5, None, [1], ['v7'], [None], {'v7': 1})


class OptionsCase(base.TestCase):
    def refused(self, option: str, **options: Any) -> str:
        error = self.assertRaises(middleware.InvalidOption, make, **options)
        self.assertEqual(option, error.option, str(options))
        self.assertEqual('VersionNegotiationFilter', error.owner)
        self.assertIn(option, str(error))
        return error.problem


class UselessTestCase(OptionsCase):
    def test_every_option_is_tried(self) -> None:
        known = {*policies.OPTIONS, 'preset', 'versions'}
        self.assertEqual(known, {*USELESS, *ANY_TEXT})

    def test_a_value_of_no_use_is_refused_by_name(self) -> None:
        for option, values in USELESS.items():
            for value in values:
                problem = self.refused(option, **{option: value})
                self.assertGreater(len(problem), 8)

    def test_the_value_is_named(self) -> None:
        for option, values in USELESS.items():
            if option not in ('versions', 'default_microversion'):
                for value in (v for v in values if v.isidentifier()):
                    self.assertIn(
                        value, self.refused(option, **{option: value})
                    )

    def test_an_empty_text_is_no_value_elsewhere(self) -> None:
        options = {
            option: ''
            for option in {*USELESS, *ANY_TEXT}
            if '' not in USELESS.get(option, ())
        }
        self.assertGreater(len(options), 15)
        self.assertEqual(300, fakes.fetch(make(**options)).status_int)

    def test_any_text_will_do_for_the_rest(self) -> None:
        for option in ANY_TEXT:
            app = make(**{option: '<b>\u20ac {version} %s'})
            for accept in ('text/html', 'application/json'):
                response = fakes.fetch(app, '/', accept=accept)
                self.assertEqual(300, response.status_int)

    def test_what_is_meant_is_suggested(self) -> None:
        for option, near in (
            ('unkown_version', 'unknown_version'),
            ('response_header', 'response_headers'),
            ('presets', 'preset'),
            ('service-type', 'service_type'),
        ):
            problem = self.refused(option, **{option: 'x'})
            self.assertIn(f"is '{near}' meant?", problem)

    def test_an_option_that_is_like_no_other_is_unknown(self) -> None:
        self.assertEqual(
            'there is no such option', self.refused('zzz', zzz='1')
        )

    def test_the_presets_are_named_where_there_is_none_of_the_name(
        self,
    ) -> None:
        problem = self.refused('preset', preset='swift')
        for name in presets.PRESETS:
            self.assertIn(name, problem)


class PresetTestCase(OptionsCase):
    def test_each_part_of_a_preset_can_be_overridden(self) -> None:
        for name, preset in presets.PRESETS.items():
            for option, value in preset.items():
                # The same value once more, and then one of no use.
                options = {'versions': 'v1.0 v2', 'preset': name}
                make(**options, **{option: value})
                useless = USELESS.get(option, ())[:1]
                for each in useless:
                    self.refused(option, **options, **{option: each})

    def test_what_is_set_goes_before_the_preset(self) -> None:
        app = make(preset='nova', root_status='300', fields='updated')
        response = fakes.fetch(app)
        self.assertEqual(300, response.status_int)
        self.assertNotIn('min_version', response.json['versions'][0])
        self.assertEqual(300, fakes.fetch(app, '/v9').status_int)
        app = make(preset='nova', unknown_version='404')
        self.assertEqual(404, fakes.fetch(app, '/v9').status_int)
        self.assertEqual(200, fakes.fetch(app).status_int)


class SourceTestCase(OptionsCase):
    def _ids(self, source: Any) -> list[str]:
        response: webob.Response = fakes.fetch(make(versions=source))
        return [version['id'] for version in response.json['versions']]

    def test_a_callable_by_its_name_makes_the_versions(self) -> None:
        for name in ('text', 'versions'):
            self.assertEqual(['v7', 'v6'], self._ids(f'\n {__name__}:{name} '))

    def test_a_function_and_the_versions_do_as_well(self) -> None:
        for source in (text, versions, versions(), tuple(versions())):
            self.assertEqual(['v7', 'v6'], self._ids(source))

    def test_a_name_that_leads_nowhere_is_refused(self) -> None:
        for name, problem in (
            ('wsgiserver.nowhere:text', 'wsgiserver.nowhere'),
            (f'{__name__}:nowhere', 'nowhere'),
            (f'{__name__}:text.nowhere', 'nowhere'),
            (f'{__name__}:USELESS', 'not callable'),
            (f'{__name__}:broken', 'the configuration is not read yet'),
        ):
            self.assertIn(problem, self.refused('versions', versions=name))

    def test_what_a_callable_must_not_make_is_refused(self) -> None:
        for made in GARBAGE:
            source: Any = lambda made=made: made  # noqa: E731
            self.refused('versions', versions=source)
        for broken_table in ('v7 v7', 'seven', 'v7 v6 OLD'):
            source = lambda table=broken_table: table  # noqa: E731
            self.refused('versions', versions=source)

    def test_its_other_failures_are_its_own(self) -> None:
        self.assertRaises(LookupError, make, versions=f'{__name__}:failing')


class PasteTestCase(paste_files.LoaderCase):
    FILE = """
        [pipeline:main]
        pipeline = negotiation app

        [filter:negotiation]
        use = egg:os-wsgiserver#version_negotiation
        {options}

        [app:app]
        paste.app_factory = paste_parts:app_factory
    """

    def _broken(self, *options: str) -> str:
        file = self.FILE.format(options='\n        '.join(options))
        error = self.assertRaises(exceptions.PasteLoadError, self.load, file)
        self.assertIsInstance(error.__cause__, Exception)
        return str(error)

    def test_file_section_and_option_are_named(self) -> None:
        for option, value in (
            ('unkown_version', '404'),
            ('unknown_version', '403'),
            ('default_version', 'v9'),
            ('default_microversion', '5.0'),
        ):
            message = self._broken(
                'versions = v2 min=2.1 max=2.9',
                'service_type = compute',
                f'{option} = {value}',
            )
            self.assertIn(self.path, message)
            self.assertIn('filter:negotiation', message)
            self.assertIn(option, message)

    def test_a_callable_that_fails_is_told_with_its_section(self) -> None:
        message = self._broken(f'versions = {__name__}:failing')
        self.assertIn('filter:negotiation', message)
        self.assertIn('cache_dir', message)

    def test_a_missing_table_is_named(self) -> None:
        self.assertIn("'versions'", self._broken('preset = nova'))


class LateTestCase(base.TestCase):
    def test_a_subclass_is_asked_at_the_first_request(self) -> None:
        asked = []

        class Late(middleware.VersionNegotiationFilter):
            defaults: Mapping[str, str] = {'preset': 'octavia'}  # type: ignore[misc]

            def _get_versions(self) -> list[document.Version]:
                asked.append(1)
                return versions()

        app = Late.factory({})(fakes.App())
        self.assertEqual([], asked)
        for _attempt in range(2):
            self.assertEqual(200, fakes.fetch(app).status_int)
        self.assertEqual([1], asked)
