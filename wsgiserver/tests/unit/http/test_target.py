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

"""Request targets and what becomes of them."""

from wsgiserver._http import errors
from wsgiserver._http import target
from wsgiserver.tests import base


class TargetTestCase(base.TestCase):
    def test_a_target_is_split_into_path_and_query(self) -> None:
        for raw, path, query in (
            (b'/', '/', ''),
            (b'/a/b', '/a/b', ''),
            (b'/a?', '/a', ''),
            (b'/a?b', '/a', 'b'),
            (b'/?b?c', '/', 'b?c'),
            (b'//a//b', '//a//b', ''),
            (b'/a/../b/.', '/a/../b/.', ''),
            (b'/a;b=c', '/a;b=c', ''),
            (b'/http://a/', '/http://a/', ''),
        ):
            self.assertEqual((path, query, None), target.split('GET', raw))

    def test_a_path_is_decoded_to_bytes_as_latin_1(self) -> None:
        for raw, path in (
            (b'/%41', '/A'),
            (b'/%c3%a9', '/\xc3\xa9'),
            (b'/%2f%2F', '///'),
            (b'/%25%32%35', '/%25'),
            (b'/%3fa', '/?a'),
            (b'/%ff%00', '/\xff\x00'),
            (b'/%', '/%'),
            (b'/%4', '/%4'),
            (b'/%zz', '/%zz'),
            (b'/a+b', '/a+b'),
        ):
            self.assertEqual((path, '', None), target.split('GET', raw))

    def test_a_query_is_not_decoded(self) -> None:
        self.assertEqual(
            ('/a', '%41+%c3', None), target.split('GET', b'/a?%41+%c3')
        )

    def test_the_authority_of_an_absolute_target_replaces_host(self) -> None:
        for raw, path, query, authority in (
            (b'http://a/b?c', '/b', 'c', b'a'),
            (b'https://a:80/%41', '/A', '', b'a:80'),
            (b'HTTP://[::1]:80/', '/', '', b'[::1]:80'),
            (b'http://a', '/', '', b'a'),
            (b'http://a?b', '/', 'b', b'a'),
            (b'http://a//b', '//b', '', b'a'),
            (b'http://a/http://b/', '/http://b/', '', b'a'),
        ):
            self.assertEqual(
                (path, query, authority), target.split('GET', raw)
            )

    def test_options_may_ask_about_the_server(self) -> None:
        self.assertEqual(('', '', None), target.split('OPTIONS', b'*'))

    def test_any_other_target_is_refused(self) -> None:
        for method, raw in (
            ('GET', b'*'),
            ('OPTIONS', b'*?a'),
            ('OPTIONS', b'**'),
            ('OPTIONS', b'*/'),
            ('GET', b''),
            ('GET', b'a'),
            ('GET', b'a/b'),
            ('GET', b'a:80'),
            ('GET', b'?a'),
            ('GET', b'ftp://a/'),
            ('GET', b'file:///a'),
            ('GET', b'http:a'),
            ('GET', b'http:/a'),
            ('GET', b'http://'),
            ('GET', b'http:///a'),
            ('GET', b'http://?a'),
            ('GET', b'http://u@a/'),
            ('GET', b'http://u:p@a/'),
            ('GET', b'http://a:b/'),
            ('GET', b'http://a\\b/'),
            ('GET', b'http://[::1/'),
            ('GET', b'/#a'),
            ('GET', b'/a?b#c'),
            ('GET', b'http://a#b'),
            ('GET', b'http://a/#b'),
        ):
            self.assertRaises(errors.BadRequest, target.split, method, raw)
