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

"""Applications at their paths: egg:os-wsgiserver#urlmap."""

import webob

from wsgiserver import exceptions
from wsgiserver import factories
from wsgiserver.tests.unit.factories import urlmaps
from wsgiserver.tests.unit import paste_files


class TestPaths(urlmaps.URLMapCase):
    def test_the_path_moves_to_the_script_name(self) -> None:
        self.check("api '/v2' '/images'", '/v2/images', {'/v2': 'api'})

    def test_a_script_name_that_is_there_is_kept(self) -> None:
        self.check(
            "api '/image/v2' '/images'",
            '/v2/images',
            {'/v2': 'api'},
            script='/image',
        )

    def test_a_script_name_may_be_missing(self) -> None:
        app = factories.urlmap_factory(self.loader, {}, **{'/v2': 'api'})
        request = webob.Request.blank('/v2/x')
        del request.environ['SCRIPT_NAME']
        self.assertEqual("api '/v2' '/x'", request.get_response(app).text)

    def test_the_path_itself_belongs_to_the_application(self) -> None:
        self.check("api '/v2' ''", '/v2', {'/v2': 'api'})
        self.check("api '/v2' '/'", '/v2/', {'/v2': 'api'})

    def test_the_longest_path_counts(self) -> None:
        mapping = {'/': 'root', '/v2': 'two', '/v2/images': 'images'}
        for path, expected in (
            ('/v2/images/x', "images '/v2/images' '/x'"),
            ('/v2/image', "two '/v2' '/image'"),
            ('/v21', "root '' '/v21'"),
            ('/', "root '' '/'"),
        ):
            self.check(expected, path, mapping)

    def test_the_order_in_the_file_does_not_count(self) -> None:
        self.check("two '/v2' ''", '/v2', {'/v2': 'two', '/': 'root'})
        self.check("two '/v2' ''", '/v2', {'/': 'root', '/v2': 'two'})

    def test_an_empty_path_belongs_to_the_root(self) -> None:
        self.check("root '' ''", '', {'/': 'root'})

    def test_a_path_of_nobody_is_not_found(self) -> None:
        for path in ('/v3', '/v21', '/', '', '*'):
            self.assertEqual(404, self.ask(path, {'/v2': 'a'}).status_code)

    def test_what_is_no_path_is_not_the_root_s(self) -> None:
        self.assertEqual(404, self.ask('*', {'/': 'root'}).status_code)

    def test_a_slash_at_the_end_makes_no_difference(self) -> None:
        self.check("api '/v2' '/images'", '/v2/images', {'/v2/': 'api'})

    def test_slashes_that_are_repeated_count_as_one(self) -> None:
        mapping = {'/': 'root', '/v2//x/': 'api'}
        for path, expected in (
            ('//v2/x', "api '/v2/x' ''"),
            ('/v2///x//y//', "api '/v2/x' '/y/'"),
            ('//', "root '' '/'"),
        ):
            self.check(expected, path, mapping)

    def test_a_path_may_have_any_letters(self) -> None:
        # The octets of UTF-8, as latin-1.
        self.check("api '/grÃ¼n' '/x'", '/grÃ¼n/x', {'/grün': 'api'})


class TestSomethingBehind(urlmaps.URLMapCase):
    mapping = {'/': 'root', '/v2': 'versions', '/v2/+': 'api'}

    def test_a_plus_needs_something_behind_it(self) -> None:
        for path, expected in (
            ('/v2', "versions '/v2' ''"),
            ('/v2/', "versions '/v2' '/'"),
            ('/v2//', "versions '/v2' '/'"),
            ('/v2/x', "api '/v2' '/x'"),
            ('/v2/+', "api '/v2' '/+'"),
            ('/v2x', "root '' '/v2x'"),
        ):
            self.check(expected, path, self.mapping)

    def test_without_another_one_the_path_itself_is_not_found(self) -> None:
        for path in ('/v2', '/v2/'):
            answer = self.ask(path, {'/v2/+': 'api'})
            self.assertEqual(404, answer.status_code)

    def test_a_longer_path_goes_ahead_of_it(self) -> None:
        mapping = {**self.mapping, '/v2/a': 'a'}
        self.check("a '/v2/a' '/x'", '/v2/a/x', mapping)
        self.check("api '/v2' '/ab'", '/v2/ab', mapping)

    def test_the_root_may_need_something_as_well(self) -> None:
        mapping = {'/': 'root', '/+': 'rest'}
        self.check("root '' '/'", '/', mapping)
        self.check("rest '' '/x'", '/x', mapping)


class TestNotFound(urlmaps.URLMapCase):
    def test_an_application_answers_for_all_other_paths(self) -> None:
        mapping = {'/v2': 'api', 'not_found_app': 'nothing'}
        self.check("nothing '' '//v3'", '//v3', mapping)
        self.check("api '/v2' ''", '/v2', mapping)

    def test_it_may_be_in_the_defaults(self) -> None:
        self.check(
            "nothing '' '/v3'",
            '/v3',
            {'/v2': 'api'},
            global_conf={'not_found_app': 'nothing'},
        )

    def test_that_of_the_section_goes_ahead(self) -> None:
        for name, status in (('other', 200), ('', 404)):
            answer = self.ask(
                '/v3',
                {'/v2': 'api', 'not_found_app': name},
                global_conf={'not_found_app': 'nothing'},
            )
            self.assertEqual(status, answer.status_code)


class TestFactory(urlmaps.URLMapCase):
    def refuse(self, reason: str, *paths: str) -> exceptions.InvalidInput:
        error: exceptions.InvalidInput = self.assertRaises(
            exceptions.InvalidInput, self.ask, '/', dict.fromkeys(paths, 'a')
        )
        self.assertEqual(reason, str(error))
        self.assertEqual([], self.loader.names)
        return error

    def test_the_applications_get_the_global_configuration(self) -> None:
        self.ask('/', {'/': 'root'}, global_conf={'debug': 'no'})
        self.assertEqual({'debug': 'no'}, self.loader.global_conf)

    def test_an_option_that_is_no_path_is_named(self) -> None:
        for path in ('v2', '', 'domain example.org /v2'):
            name = path or "''"
            self.refuse(
                f"option {name}: it is not a path, which would begin with '/'",
                path,
            )

    def test_a_path_that_is_there_twice_is_named(self) -> None:
        for paths in (('/v2', '/v2/'), ('/', '//'), ('/v2/+', '/v2//+')):
            self.refuse(f'option {paths[1]}: the path is there twice', *paths)


class TestErrors(paste_files.LoaderCase):
    section = '[composite:main]\nuse = egg:os-wsgiserver#urlmap\n'

    def check_option(self, text: str, option: str, cause: str) -> None:
        self.check_broken(
            self.section + text,
            f', section [composite:main], option {option}',
            cause,
        )

    def test_an_option_that_is_no_path_is_named(self) -> None:
        self.check_option(
            'v2 = app',
            'v2',
            "it is not a path, which would begin with '/'",
        )

    def test_a_path_that_is_there_twice_is_named(self) -> None:
        self.check_option('/ = a\n// = b', '//', 'the path is there twice')

    def test_an_application_that_is_missing_is_named(self) -> None:
        cause = "there is no application 'nowhere'"
        self.check_option('/v2 = nowhere', '/v2', cause)
        self.check_option('not_found_app = nowhere', 'not_found_app', cause)

    def test_one_of_the_defaults_is_named(self) -> None:
        self.section = f'[DEFAULT]\nnot_found_app = nowhere\n{self.section}'
        self.check_option(
            '', 'not_found_app', "there is no application 'nowhere'"
        )
