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

"""An api-paste.ini that is broken, in each way it can be."""

import configparser
import os

from testtools import matchers

from wsgiserver import exceptions
from wsgiserver import loader
from wsgiserver.tests.unit import paste_files


class TestBrokenFile(paste_files.LoaderCase):
    def test_a_line_before_the_first_section(self) -> None:
        cause = self.check_broken(
            'a = 1', '', 'line 1: there is no section yet'
        )
        self.assertIsInstance(cause, configparser.Error)

    def test_a_line_that_is_no_option(self) -> None:
        self.check_broken(
            """
            [app:main]
            nonsense
            """,
            '',
            'line 3: neither a section nor an option',
        )

    def test_a_section_that_is_there_twice(self) -> None:
        self.check_broken(
            """
            [app:main]
            [app:main]
            """,
            ', section [app:main]',
            'line 3: the section is there twice',
        )

    def test_an_option_that_is_there_twice(self) -> None:
        self.check_broken(
            """
            [app:main]
            a = 1
            a = 2
            """,
            ', section [app:main], option a',
            'line 4: the option is there twice',
        )

    def test_a_variable_that_is_not_set(self) -> None:
        self.check_broken(
            """
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            path = %(home)s/x
            """,
            ', section [app:main], option path',
            '%(home)s is not set',
        )

    def test_a_variable_that_is_not_set_in_the_defaults(self) -> None:
        self.check_broken(
            """
            [DEFAULT]
            path = %(home)s/x
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            """,
            ', section [DEFAULT], option path',
            '%(home)s is not set',
        )

    def test_a_percent_sign_that_means_nothing(self) -> None:
        self.check_broken(
            """
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            share = 50%
            """,
            ', section [app:main], option share',
            "'%' must be followed by '%' or '(', found: '%'",
        )

    def test_a_value_that_refers_to_itself(self) -> None:
        self.check_broken(
            """
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            a = %(a)s
            """,
            ', section [app:main], option a',
            'the value refers to itself',
        )

    def refuse(self, name: str, data: bytes, main: str = '') -> str:
        """Have a file be refused; returns what is said of it."""
        path = os.path.join(self.directory, name)
        with open(path, 'wb') as file:
            file.write(data)
        paste_loader = loader.Loader(self.configured(main or path))
        error = self.assertRaises(
            exceptions.PasteLoadError, paste_loader.load_app, 'main'
        )
        self.assertThat(str(error), matchers.StartsWith(f'{path}: '))
        return str(error).removeprefix(f'{path}: ')

    def test_a_file_that_is_not_text(self) -> None:
        self.assertThat(
            self.refuse('paste.ini', b'[app:main]\n\xff\xfe = 1\n'),
            matchers.StartsWith("'utf-8' codec can't decode byte"),
        )

    def test_a_byte_order_mark(self) -> None:
        for text in (b'[app:main]\n', b'# a comment\n', b''):
            self.assertEqual(
                'it begins with a byte order mark',
                self.refuse('paste.ini', b'\xef\xbb\xbf' + text),
            )

    def test_another_file_that_is_not_text(self) -> None:
        main = self.write('main.ini', '[app:main]\nuse = config:other.ini\n')
        os.mkdir(main + '.d')
        for name in ('other.ini', 'main.ini.d/5.ini'):
            for data, cause in (
                (b'[app:main]\n# \xe4\n', "'utf-8' codec can't decode"),
                (b'\xef\xbb\xbf[app:main]\n', 'it begins with a byte order'),
            ):
                self.assertThat(
                    self.refuse(name, data, main), matchers.StartsWith(cause)
                )


class TestBrokenReference(paste_files.LoaderCase):
    def test_a_filter_that_is_missing(self) -> None:
        self.check_broken(
            """
            [pipeline:main]
            pipeline = nowhere app
            [app:app]
            paste.app_factory = paste_parts:app_factory
            """,
            ', section [pipeline:main], option pipeline',
            "there is no filter 'nowhere'",
        )

    def test_an_application_of_a_pipeline_that_is_missing(self) -> None:
        self.check_broken(
            '[pipeline:main]\npipeline = nowhere\n',
            ', section [pipeline:main], option pipeline',
            "there is no application 'nowhere'",
        )

    def test_an_application_of_a_composite_that_is_missing(self) -> None:
        self.check_broken(
            """
            [composite:main]
            paste.composite_factory = paste_parts:composite_factory
            one = nowhere
            """,
            ', section [composite:main], option one',
            "there is no application 'nowhere'",
        )

    def test_a_section_used_that_is_missing(self) -> None:
        self.check_broken(
            '[app:main]\nuse = nowhere\n',
            ', section [app:main], option use',
            "there is no application 'nowhere'",
        )

    def test_a_name_that_two_sections_have(self) -> None:
        self.check_broken(
            """
            [pipeline:main]
            pipeline = x
            [app:x]
            [composite:x]
            """,
            ', section [pipeline:main]',
            "Ambiguous section names ['app:x', 'composite:x'] for section"
            " 'x' (prefixed by 'app' or 'application' or 'composite' or"
            " 'composit' or 'pipeline' or 'filter-app') found in config"
            f' {self.directory}/paste.ini',
        )

    def test_a_pipeline_that_is_empty(self) -> None:
        self.check_broken(
            '[pipeline:main]\n',
            ', section [pipeline:main], option pipeline',
            f'The [pipeline:main] section in {self.directory}/paste.ini'
            " is missing a 'pipeline' setting",
        )

    def test_sections_that_refer_to_each_other(self) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError,
            self.load,
            '[app:main]\nuse = other\n[app:other]\nuse = main\n',
        )
        self.assertIn('refer to each other in a circle?', str(error))

    def test_a_composite_that_contains_itself(self) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError,
            self.load,
            """
            [composite:main]
            paste.composite_factory = paste_parts:composite_factory
            one = main
            """,
        )
        self.assertIn('refer to each other in a circle?', str(error))

    def test_a_global_option_that_is_not_set(self) -> None:
        self.check_broken(
            """
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            get a = b
            """,
            ', section [app:main], option get a',
            "'b' is not set in [DEFAULT]",
        )

    def test_a_section_without_a_factory(self) -> None:
        self.check_broken(
            '[app:main]\na = 1\n',
            ', section [app:main]',
            "No loader given in section 'app:main'",
        )

    def test_a_file_used_that_is_missing(self) -> None:
        self.check_broken(
            '[app:main]\nuse = config:nowhere.ini\n',
            ', section [app:main], option use',
            '[Errno 2] No such file or directory:'
            f" '{self.directory}/nowhere.ini'",
        )

    def test_a_fault_in_a_file_used_is_found_there(self) -> None:
        other = self.write('other.ini', '[app:x]\nuse = egg:no-such-egg\n')
        error = self.assertRaises(
            exceptions.PasteLoadError,
            self.load,
            '[app:main]\nuse = config:other.ini#x\n',
        )
        self.assertThat(
            str(error),
            matchers.StartsWith(f'{other}, section [app:x], option use: '),
        )
