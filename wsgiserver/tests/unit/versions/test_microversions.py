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

"""The microversion of a request, by the rules of the API SIG."""

from typing import Any

from wsgiserver import microversion
from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

OPTIONS = {
    'versions': 'v2.1 min=2.1 max=2.96 v1 DEPRECATED',
    'service_type': 'compute',
    'service_aliases': 'servers compute-api',
    'legacy_headers': 'X-Compute-Version X-Servers-Version',
    'experimental_header': 'X-Compute-Experimental',
    'environ_keys': 'test.microversion=microversion',
    'error_format': 'plain',
}


class MicroversionCase(base.TestCase):
    def answer(
        self, headers: dict[str, str], path: str = '/v2/x', **options: Any
    ) -> str:
        """Tell the microversion, or the status where it was refused."""
        found = self.version(headers, path, **options)
        return found if isinstance(found, str) else str(found)

    def version(
        self, headers: dict[str, str], path: str = '/v2/x', **options: Any
    ) -> microversion.Version | str | None:
        app = fakes.App()
        negotiating = middleware.VersionNegotiationFilter(
            app, **{**OPTIONS, **options}
        )
        environ = {
            'HTTP_' + name.upper().replace('-', '_'): value
            for name, value in headers.items()
        }
        response = fakes.fetch(negotiating, path, environ=environ)
        if not app.environs:
            return str(response.status_int)
        [seen] = app.environs
        self.assertIs(microversion.of(seen), seen['test.microversion'])
        return microversion.of(seen)

    def standard(self, value: str, **options: Any) -> str:
        return self.answer({'OpenStack-API-Version': value}, **options)


class StandardHeaderTestCase(MicroversionCase):
    def test_the_service_is_told_what_was_asked_for(self) -> None:
        for number in ('2.1', '2.10', '2.96'):
            self.assertEqual(number, self.standard(f'compute {number}'))

    def test_latest_is_the_highest(self) -> None:
        self.assertEqual('2.96', self.standard('compute latest'))

    def test_without_the_header_it_is_the_lowest(self) -> None:
        self.assertEqual('2.1', self.answer({}))

    def test_for_another_service_it_is_the_lowest(self) -> None:
        for value in ('volume 3.50', 'volume latest', 'comput 2.5', '2.5'):
            self.assertEqual('2.1', self.standard(value), value)

    def test_a_field_that_names_no_version_is_as_good_as_none(self) -> None:
        for value in (
            '',
            ' ',
            ',',
            ', ,',
            'compute',
            'compute ',
            '\0',
            '\xff',
        ):
            self.assertEqual('2.1', self.standard(value), value)

    def test_a_list_is_looked_through_for_the_service(self) -> None:
        for value in (
            'volume 3.50, compute 2.5',
            'compute 2.5,volume 3.50',
            'volume,compute 2.5,',
            'volume 3.x , compute  2.5 ',
        ):
            self.assertEqual('2.5', self.standard(value), value)

    def test_the_last_of_several_counts(self) -> None:
        self.assertEqual('2.7', self.standard('compute 2.5, compute 2.7'))

    def test_the_case_of_the_service_does_not_count(self) -> None:
        self.assertEqual('2.5', self.standard('COMPUTE 2.5'))

    def test_the_case_of_latest_does(self) -> None:
        for word in ('Latest', 'LATEST', 'latest.', '"latest"'):
            self.assertEqual('400', self.standard(f'compute {word}'))


class RangeTestCase(MicroversionCase):
    def test_both_ends_are_within(self) -> None:
        self.assertEqual('2.1', self.standard('compute 2.1'))
        self.assertEqual('2.96', self.standard('compute 2.96'))

    def test_what_is_beyond_them_is_not_acceptable(self) -> None:
        for number in ('2.0', '2.97', '1.99', '3.0', '9.9', '1.1000'):
            self.assertEqual('406', self.standard(f'compute {number}'), number)

    def test_a_huge_number_is_beyond_them_as_well(self) -> None:
        for number in ('2.' + '9' * 600, '9' * 600 + '.0'):
            self.assertEqual('406', self.standard(f'compute {number}'))

    def test_it_is_told_what_there_is(self) -> None:
        negotiating = middleware.VersionNegotiationFilter(
            fakes.App(), **{**OPTIONS, 'error_format': 'sig'}
        )
        response = fakes.fetch(
            negotiating,
            '/v2/x',
            headers={'OpenStack-API-Version': 'compute 3.0'},
        )
        [error] = response.json['errors']
        self.assertEqual('2.1', error['min_version'])
        self.assertEqual('2.96', error['max_version'])
        for number in ('2.1', '2.96', '3.0'):
            self.assertIn(number, error['detail'])


class MalformedTestCase(MicroversionCase):
    VALUES = (
        '2',
        '2.',
        '.2',
        '2.5.1',
        '2.05',
        '02.5',
        '0.5',
        '2.00',
        '-2.5',
        '+2.5',
        '2.-5',
        '2.+5',
        '2 .5',
        '2. 5',
        '2.5 3',
        '2_0.5',
        '2.5_0',
        '2,5',
        '0x2.5',
        '2e0.5',
        'v2.5',
        'x.y',
        '2.5\0',
        '2.5\n',
        '\x7f2.5',
        '2.\xb2',
        '\xd9\xa2.5',
        '\u0662.5',
        '2.\u0665',
        '2.5;q=1',
        '"2.5"',
        '\udcff',
        '2.' + '9' * 5000,
    )

    def test_what_is_no_version_is_a_bad_request(self) -> None:
        for value in self.VALUES:
            # As the last of a list, "5" is no service and no version.
            if value not in ('2,5', '2.5\n'):
                self.assertEqual(
                    '400', self.standard(f'compute {value}'), repr(value)
                )

    def test_it_is_in_a_legacy_header_as_well(self) -> None:
        for value in ('', *self.VALUES):
            if value not in ('2.5\n', '2,5'):
                self.assertEqual(
                    '400', self.answer({'X-Compute-Version': value}), value
                )

    def test_it_may_be_not_acceptable_instead(self) -> None:
        options = {'malformed_microversion': '406'}
        self.assertEqual('406', self.standard('compute 2', **options))

    def test_it_is_named_in_part_if_it_is_long(self) -> None:
        negotiating = middleware.VersionNegotiationFilter(
            fakes.App(), **OPTIONS
        )
        response = fakes.fetch(
            negotiating,
            '/v2/x',
            headers={'OpenStack-API-Version': 'compute <b>' + 'x' * 5000},
        )
        self.assertIn("'<b>xxx", response.text)
        self.assertLess(len(response.text), 200)
        self.assertEqual('text/plain', response.content_type)


class AliasTestCase(MicroversionCase):
    def test_an_alias_is_the_service(self) -> None:
        self.assertEqual('2.5', self.standard('servers 2.5'))
        self.assertEqual('2.5', self.standard('compute-api 2.5'))

    def test_the_service_goes_before_its_aliases_in_their_order(self) -> None:
        for value in (
            'compute 2.5, servers 2.6, compute-api 2.7',
            'compute-api 2.7, servers 2.6, compute 2.5',
        ):
            self.assertEqual('2.5', self.standard(value))
        self.assertEqual('2.6', self.standard('compute-api 2.7, servers 2.6'))

    def test_an_alias_goes_before_the_legacy_headers(self) -> None:
        headers = {
            'OpenStack-API-Version': 'servers 2.5',
            'X-Compute-Version': '2.6',
        }
        self.assertEqual('2.5', self.answer(headers))


class LegacyHeaderTestCase(MicroversionCase):
    def test_it_has_a_version_alone(self) -> None:
        for name in ('X-Compute-Version', 'X-Servers-Version'):
            self.assertEqual('2.5', self.answer({name: '2.5'}))
            self.assertEqual('2.96', self.answer({name: 'latest'}))

    def test_the_first_of_them_goes_first(self) -> None:
        headers = {'X-Servers-Version': '2.6', 'X-Compute-Version': '2.5'}
        self.assertEqual('2.5', self.answer(headers))

    def test_the_last_of_a_list_counts(self) -> None:
        self.assertEqual('2.6', self.answer({'X-Compute-Version': '2.5, 2.6'}))

    def test_it_counts_where_the_standard_header_is_for_another(self) -> None:
        headers = {
            'OpenStack-API-Version': 'volume 3.0',
            'X-Compute-Version': '2.5',
        }
        self.assertEqual('2.5', self.answer(headers))

    def test_it_may_be_the_only_one(self) -> None:
        headers = {
            'OpenStack-API-Version': 'compute 2.6',
            'X-Compute-Version': '2.5',
        }
        options = {'service_type': '', 'service_aliases': ''}
        self.assertEqual('2.5', self.answer(headers, **options))


class DefaultTestCase(MicroversionCase):
    def test_it_may_be_either_end_or_one_between(self) -> None:
        for default, found in (
            ('min', '2.1'),
            ('max', '2.96'),
            ('2.40', '2.40'),
        ):
            self.assertEqual(
                found, self.answer({}, default_microversion=default)
            )
            self.assertEqual(
                '2.5', self.standard('compute 2.5', default_microversion='max')
            )

    def test_one_that_a_version_does_not_have_is_refused_at_once(self) -> None:
        for versions, default in (
            ('v2 min=2.1 max=2.9', '2.10'),
            ('v2 min=2.1 max=2.9 v3 min=3.0 max=3.9', '2.5'),
        ):
            error = self.assertRaises(
                middleware.InvalidOption,
                self.answer,
                {},
                versions=versions,
                default_microversion=default,
            )
            self.assertEqual('default_microversion', error.option)
            self.assertIn(default, str(error))


class ExperimentalTestCase(MicroversionCase):
    def test_it_is_asked_for_in_a_header(self) -> None:
        for value, expected in (
            ('True', True),
            ('true', True),
            ('1', True),
            ('False', False),
            ('', False),
            ('\xff', False),
        ):
            found = self.version({'X-Compute-Experimental': value})
            assert isinstance(found, microversion.Version)
            self.assertIs(expected, found.experimental)

    def test_one_request_does_not_ask_for_the_next(self) -> None:
        app = fakes.App()
        negotiating = middleware.VersionNegotiationFilter(app, **OPTIONS)
        for headers in ({'X-Compute-Experimental': 'True'}, {}):
            for asked in ('compute latest', ''):
                fakes.fetch(
                    negotiating,
                    '/v2/x',
                    headers={'OpenStack-API-Version': asked, **headers},
                )
        found = [microversion.of(environ) for environ in app.environs]
        self.assertEqual([(2, 96), (2, 1)] * 2, found)
        self.assertEqual(
            [True, True, False, False], [v and v.experimental for v in found]
        )


class UnversionedTestCase(MicroversionCase):
    def test_a_version_without_a_range_has_none(self) -> None:
        for value in ('compute 2.5', 'compute latest', 'compute x'):
            self.assertEqual(
                'None',
                self.answer({'OpenStack-API-Version': value}, '/v1/x'),
            )

    def test_without_a_name_for_the_service_there_are_none(self) -> None:
        headers = {
            'OpenStack-API-Version': 'compute 2.5',
            'X-Compute-Version': '2.5',
        }
        options = {
            'service_type': '',
            'service_aliases': '',
            'legacy_headers': '',
        }
        self.assertEqual('None', self.answer(headers, **options))
