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

"""The table of versions, as a section or a constructor has it."""

from wsgiserver.middleware import document
from wsgiserver.tests import base


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
