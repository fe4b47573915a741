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

"""The discovery documents: their shapes and fields."""

from typing import Any


from wsgiserver.middleware import document
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

VERSIONS = (
    'v2.1 CURRENT min=2.1 max=2.96 updated=2013-07-23T11:33:21Z '
    'v1.0 DEPRECATED'
)


def make(**options: Any) -> document.VersionsApp:
    return document.VersionsApp(**{'versions': VERSIONS, **options})


class ShapeTestCase(base.TestCase):
    ENTRIES = [
        {
            'id': 'v2.1',
            'status': 'CURRENT',
            'links': [{'rel': 'self', 'href': 'http://localhost/v2/'}],
        },
        {
            'id': 'v1.0',
            'status': 'DEPRECATED',
            'links': [{'rel': 'self', 'href': 'http://localhost/v1/'}],
        },
    ]

    def _root(self, **options: str) -> Any:
        return fakes.fetch(make(**options)).json

    def test_a_list_has_the_versions(self) -> None:
        self.assertEqual({'versions': self.ENTRIES}, self._root())

    def test_values_are_one_level_below(self) -> None:
        self.assertEqual(
            {'versions': {'values': self.ENTRIES}},
            self._root(root_document='values'),
        )

    def test_a_root_has_a_name_and_a_description_as_well(self) -> None:
        self.assertEqual(
            {'name': 'Images', 'description': 'Of any kind.'}
            | {'versions': self.ENTRIES},
            self._root(
                root_document='root', name='Images', description='Of any kind.'
            ),
        )
        self.assertEqual(
            {'versions': self.ENTRIES}, self._root(root_document='root')
        )

    def test_a_root_may_have_the_default_version(self) -> None:
        found = self._root(
            root_document='root',
            default_version='v2',
            default_in_document='true',
        )
        self.assertEqual(self.ENTRIES[0], found['default_version'])

    def test_choices_lead_to_what_was_asked_for(self) -> None:
        app = make(
            unknown_version='choices',
            fields='version',
            media_types='a/b a/c;version={number}',
        )
        response = fakes.fetch(
            app, '/v9/a%20b/%C3%A9', environ={'SCRIPT_NAME': '/x'}
        )
        self.assertEqual(300, response.status_int)
        self.assertEqual(
            [
                {
                    **entry,
                    'links': [
                        {
                            'rel': 'self',
                            'href': f'http://localhost/x/v{number}'
                            '/v9/a%20b/%C3%A9',
                        }
                    ],
                    'media-types': [
                        {'base': 'a/b', 'type': f'a/c;version={number}'}
                    ],
                }
                for entry, number in zip(self.ENTRIES, (2, 1), strict=True)
            ],
            response.json['choices'],
        )

    def test_a_single_one_is_told_at_its_own_place(self) -> None:
        app = make(version_document='single')
        for path in ('/v2', '/v2/', '//v2', '/v2.1/'):
            response = fakes.fetch(app, '/', environ={'PATH_INFO': path})
            self.assertEqual(200, response.status_int)
            self.assertEqual({'version': self.ENTRIES[0]}, response.json)
        self.assertEqual(404, fakes.fetch(app, '/v2/x').status_int)
        self.assertEqual(404, fakes.fetch(app, '/v2', method='PUT').status_int)

    def test_a_list_of_one_may_be_told_there(self) -> None:
        found = fakes.fetch(make(version_document='list'), '/v2/').json
        self.assertEqual({'versions': self.ENTRIES[:1]}, found)

    def test_where_a_version_is_goes_by_a_template(self) -> None:
        for template, place in (
            ('{id}/', 'v2.1/'),
            ('v{major}', 'v2'),
            ('v{major}.{minor}/', 'v2.1/'),
        ):
            [entry, _other] = self._root(version_path=template)['versions']
            self.assertEqual(
                f'http://localhost/{place}', entry['links'][0]['href']
            )


class FieldsTestCase(base.TestCase):
    def _entry(self, path: str = '/', **options: str) -> Any:
        found = fakes.fetch(make(**options), path).json
        return found.get('version') or found['versions'][0]

    def test_what_an_entry_has_is_chosen(self) -> None:
        found = self._entry(
            fields='version max_version min_version updated media_types',
            media_types='a/b c/d;v={major}.{minor}\n'
            'a/e {id}-{segment}-{number}',
        )
        self.assertEqual('2.96', found['version'])
        self.assertEqual('2.96', found['max_version'])
        self.assertEqual('2.1', found['min_version'])
        self.assertEqual('2013-07-23T11:33:21Z', found['updated'])
        self.assertEqual(
            [
                {'base': 'a/b', 'type': 'c/d;v=2.1'},
                {'base': 'a/e', 'type': 'v2.1-v2-2'},
            ],
            found['media-types'],
        )

    def test_a_range_that_is_not_there_is_empty(self) -> None:
        found = fakes.fetch(
            make(fields='version min_version updated media_types')
        ).json['versions'][1]
        self.assertEqual(('', ''), (found['version'], found['min_version']))
        self.assertNotIn('updated', found)
        self.assertNotIn('media-types', found)

    def test_links_are_added(self) -> None:
        found = self._entry(
            extra_links='help https://docs/\ndescribedby http://d/ text/html'
        )
        self.assertEqual(
            [
                {'rel': 'help', 'href': 'https://docs/'},
                {
                    'rel': 'describedby',
                    'href': 'http://d/',
                    'type': 'text/html',
                },
            ],
            found['links'][1:],
        )

    def test_a_single_one_may_have_more(self) -> None:
        options = {
            'version_document': 'single',
            'fields': 'version',
            'single_fields': 'min_version',
            'single_links': 'help https://docs/',
        }
        single = self._entry('/v2/', **options)
        self.assertEqual('2.1', single['min_version'])
        self.assertNotIn('version', single)
        self.assertEqual(2, len(single['links']))
        listed = self._entry(**options)
        self.assertNotIn('min_version', listed)
        self.assertEqual(1, len(listed['links']))

    def test_entries_may_be_those_of_keystone(self) -> None:
        app = make(
            versions='v4 EXPERIMENTAL v3 v2 SUPPORTED v1 DEPRECATED',
            entries='identity',
            fields='version',
        )
        found = fakes.fetch(app).json['versions']
        self.assertEqual(
            ['experimental', 'stable', 'stable', 'deprecated'],
            [entry['status'] for entry in found],
        )
        self.assertEqual({'id', 'status', 'links'}, set(found[0]))

    def test_the_microversion_may_decide(self) -> None:
        app = make(
            versions='v1 min=1.0 max=1.5',
            document_version='v1',
            service_type='x',
            root_document='values list>=1.2 root>=1.4',
            entries='identity sig>=1.3',
            name='X',
        )
        for asked, shape, status in (
            ('1.0', 'values', 'stable'),
            ('1.1', 'values', 'stable'),
            ('1.2', 'list', 'stable'),
            ('1.3', 'list', 'CURRENT'),
            ('1.4', 'root', 'CURRENT'),
            ('latest', 'root', 'CURRENT'),
        ):
            found = fakes.fetch(
                app, '/', headers={'OpenStack-API-Version': f'x {asked}'}
            ).json
            versions = found['versions']
            if shape == 'values':
                versions = versions['values']
            self.assertEqual(shape == 'root', 'name' in found)
            self.assertEqual(status, versions[0]['status'], asked)
