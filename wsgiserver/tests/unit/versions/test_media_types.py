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

"""The version that a media type names."""

from wsgiserver._versions import media_types
from wsgiserver.tests import base

JSON = 'application/json'


class TestMedia(base.TestCase):
    def version(self, **environ: str) -> str | None:
        return media_types.version(environ)

    def test_nothing_is_no_version(self) -> None:
        self.assertIsNone(self.version())
        self.assertIsNone(self.version(HTTP_ACCEPT='', CONTENT_TYPE=''))

    def test_the_case_of_the_names_does_not_count(self) -> None:
        value = 'Application/JSON; Version=2'
        self.assertEqual('2', self.version(HTTP_ACCEPT=value))
        self.assertEqual('2', self.version(CONTENT_TYPE=value))

    def test_what_is_quoted_is_unquoted(self) -> None:
        for quoted, expected in (
            ('"2.1"', '2.1'),
            (r'"2\.1"', '2.1'),
            ('"2,1;q=0"', '2,1;q=0'),
            ('"version=3"', 'version=3'),
        ):
            value = f'{JSON};version={quoted}'
            self.assertEqual(expected, self.version(HTTP_ACCEPT=value))
            self.assertEqual(expected, self.version(CONTENT_TYPE=value))

    def test_what_is_not_acceptable_does_not_count(self) -> None:
        self.assertIsNone(self.version(HTTP_ACCEPT=f'{JSON};q=0;version=2'))

    def test_of_equals_the_first_counts(self) -> None:
        value = f'{JSON};version=2, {JSON};version=3'
        self.assertEqual('2', self.version(HTTP_ACCEPT=value))

    def test_garbage_is_no_version(self) -> None:
        for value in (
            'version',
            'version=2',
            ';version=2',
            f'{JSON};version',
            f'{JSON};version=',
            f'{JSON};version="2',
            f'{JSON};version=2;q=x',
            f'{JSON};version=2;q=7',
            f'{JSON};version==2',
            f'{JSON} version=2',
            f'{JSON};version=\xff\x00',
            '\0version',
            ',,;;==""version',
            'version' * 2000,
            f'{JSON};version="' + '\\' * 9000,
        ):
            self.assertIsNone(self.version(HTTP_ACCEPT=value), value)
            self.assertIsNone(self.version(CONTENT_TYPE=value), value)

    def test_several_content_types_are_none(self) -> None:
        value = f'{JSON};version=2, {JSON}'
        self.assertIsNone(self.version(CONTENT_TYPE=value))
