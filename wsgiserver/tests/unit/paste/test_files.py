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

"""The files beside an api-paste.ini, and a directory of them."""

import os
import textwrap
from typing import Any

import fixtures
from testtools import matchers

from wsgiserver import exceptions
from wsgiserver import loader
from wsgiserver.tests.unit import paste_files

MAIN = """
[DEFAULT]
a = main
b = main
[app:main]
paste.app_factory = paste_parts:conf_factory
x = main
y = main
"""

APP = '[app:main]\npaste.app_factory = paste_parts:conf_factory\n'


class FilesCase(paste_files.LoaderCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = os.path.join(self.directory, 'paste.ini.d')

    def drop(self, name: str, text: str) -> str:
        """Write a drop-in file; returns its path."""
        os.makedirs(self.folder, exist_ok=True)
        return self.write(
            os.path.join('paste.ini.d', name), textwrap.dedent(text)
        )

    def load_directory(self) -> Any:
        return loader.Loader(self.configured(self.folder)).load_app('main')

    def refuse(self, text: str, message: str) -> None:
        """Check what is said of a file that has drop-ins."""
        error = self.assertRaises(exceptions.PasteLoadError, self.load, text)
        self.assertEqual(message, str(error))


class TestDropIns(FilesCase):
    def test_options_are_added_and_overridden(self) -> None:
        self.drop('50.ini', '[app:main]\ny = fifty\nz = fifty\n')
        self.assertEqual(
            {'x': 'main', 'y': 'fifty', 'z': 'fifty'}, self.load(MAIN)[1]
        )

    def test_the_last_name_counts(self) -> None:
        self.drop('90.ini', '[app:main]\nx = ninety\n')
        self.drop('10.ini', '[app:main]\nx = ten\ny = ten\n')
        self.assertEqual({'x': 'ninety', 'y': 'ten'}, self.load(MAIN)[1])

    def test_sections_are_added(self) -> None:
        self.drop('50.ini', APP.replace('main', 'other') + 'z = fifty')
        self.assertEqual({'z': 'fifty'}, self.load(MAIN, 'other')[1])

    def test_the_defaults_are_merged(self) -> None:
        self.drop('50.ini', '[DEFAULT]\nb = fifty\nc = %(a)s\n')
        global_conf = self.load(MAIN)[0]
        self.assertThat(
            global_conf,
            matchers.ContainsDict(
                {
                    'a': matchers.Equals('main'),
                    'b': matchers.Equals('fifty'),
                    'c': matchers.Equals('main'),
                }
            ),
        )

    def test_options_that_set_and_get_are_merged(self) -> None:
        text = MAIN + 'set a = first\nget v = a\n'
        self.drop('50.ini', '[app:main]\nset a = second\nget w = b\n')
        global_conf, local_conf = self.load(text)
        self.assertEqual('second', global_conf['a'])
        self.assertEqual('second', local_conf['v'])
        self.assertEqual('main', local_conf['w'])

    def test_a_filter_gets_into_a_pipeline(self) -> None:
        self.drop(
            '50.ini',
            """
            [pipeline:main]
            pipeline = audit app
            [filter:audit]
            paste.filter_factory = paste_parts:filter_factory
            level = 3
            """,
        )
        app = self.load(
            """
            [pipeline:main]
            pipeline = app
            [app:app]
            paste.app_factory = paste_parts:app_factory
            """
        )
        self.assertEqual({'level': '3'}, app.options)

    def test_here_is_that_of_the_file(self) -> None:
        self.drop('50.ini', '[DEFAULT]\nhere = /x\n[app:main]\ny = %(here)s\n')
        global_conf, local_conf = self.load(MAIN)
        self.assertEqual(self.directory, local_conf['y'])
        self.assertEqual(self.directory, global_conf['here'])
        self.assertEqual(self.path, global_conf['__file__'])

    def test_other_files_are_left_alone(self) -> None:
        for name in ('.50.ini', '50.ini~', '50.ini.rpmsave', 'README'):
            self.drop(name, 'no paste file')
        os.mkdir(os.path.join(self.folder, '60.ini'))
        self.assertEqual({'x': 'main', 'y': 'main'}, self.load(MAIN)[1])

    def test_a_file_in_place_of_the_directory_is_left_alone(self) -> None:
        self.write('paste.ini.d', 'no directory')
        self.assertEqual({'x': 'main', 'y': 'main'}, self.load(MAIN)[1])

    def test_defaults_may_be_there_twice(self) -> None:
        self.drop('50.ini', '[DEFAULT]\na = 1\n[DEFAULT]\nb = 2\n')
        global_conf = self.load(MAIN)[0]
        self.assertEqual(('1', '2'), (global_conf['a'], global_conf['b']))

    def test_a_file_used_has_its_own(self) -> None:
        self.write('other.ini', APP + 'x = other\n')
        os.mkdir(os.path.join(self.directory, 'other.ini.d'))
        self.write('other.ini.d/50.ini', '[app:main]\ny = %(here)s\n')
        local_conf = self.load('[app:main]\nuse = config:other.ini\n')[1]
        self.assertEqual({'x': 'other', 'y': self.directory}, local_conf)

    def test_they_are_read_anew_each_time(self) -> None:
        path = self.write('paste.ini', MAIN)
        paste_loader = loader.Loader(self.configured(path))
        for value in ('one', 'two'):
            self.drop('50.ini', f'[app:main]\nx = {value}\n')
            app: Any = paste_loader.load_app('main')
            self.assertEqual(value, app[1]['x'])


class TestDropped(FilesCase):
    """Options that [DEFAULT] hides, as PasteDeploy has it."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger('wsgiserver.loader'))

    def said(self, text: str, name: str = 'main') -> list[str]:
        """Load a file; returns what is said of it in the log."""
        self.log.reset_output()
        app = self.load(text, name)
        self.assertIsNotNone(app)
        lines = self.log.output.splitlines()
        return [line for line in lines if not line.startswith('Loading')]

    def line(self, section: str, option: str, path: str = '') -> str:
        return (
            f'{path or self.path}, section [{section}], option {option}: it'
            ' is dropped, for there is one of that name in [DEFAULT];'
            f" 'set {option}' would count"
        )

    def test_one_is_said_with_file_and_section(self) -> None:
        said = self.said(MAIN + 'b = own\n')
        self.assertEqual([self.line('app:main', 'b')], said)

    def test_so_is_one_with_the_same_value(self) -> None:
        # The factory doesn't get it among the options of its section.
        said = self.said(MAIN + 'b = main\n')
        self.assertEqual([self.line('app:main', 'b')], said)

    def test_it_is_said_once(self) -> None:
        text = MAIN + 'b = own\n'
        self.said(text)
        self.assertEqual([], self.said(text))
        text += 'a = own\n'
        self.assertEqual([self.line('app:main', 'a')], self.said(text))

    def test_every_section_that_is_used_is_looked_at(self) -> None:
        text = """
            [DEFAULT]
            a = 1
            [composite:main]
            use = egg:os-wsgiserver#urlmap
            / = pipe
            [pipeline:pipe]
            pipeline = filter app
            a = 2
            [filter:filter]
            paste.filter_factory = paste_parts:filter_factory
            a = 2
            [app:app]
            use = other
            a = 2
            [app:other]
            paste.app_factory = paste_parts:conf_factory
            a = 2
            [app:unused]
            a = 2
            """
        said = self.said(text)
        names = ('pipeline:pipe', 'app:app', 'app:other', 'filter:filter')
        self.assertEqual([self.line(name, 'a') for name in names], said)

    def test_one_in_a_drop_in_file_is_said_of_it(self) -> None:
        path = self.drop('50.ini', '[app:main]\nb = fifty\n')
        self.assertEqual([self.line('app:main', 'b', path)], self.said(MAIN))

    def test_one_that_a_drop_in_file_hides_is_said(self) -> None:
        self.drop('50.ini', '[DEFAULT]\nx = fifty\n')
        said = self.said(MAIN)
        self.assertEqual([self.line('app:main', 'x')], said)

    def test_one_in_a_file_that_is_used_is_said_of_it(self) -> None:
        # The defaults of the file that uses it count there, too.
        path = self.write('other.ini', APP + 'a = other\n')
        said = self.said(
            '[DEFAULT]\na = main\n[app:main]\nuse = config:other.ini\n'
        )
        self.assertEqual([self.line('app:main', 'a', path)], said)

    def test_one_that_overrides_is_not(self) -> None:
        text = MAIN + 'set a = own\nget z = b\n'
        self.assertEqual([], self.said(text))

    def test_the_loader_has_them(self) -> None:
        path = self.write('paste.ini', MAIN + 'b = own\n')
        paste_loader = loader.Loader(self.configured(path))
        for _turn in range(2):
            paste_loader.load_app('main')
            self.path = path
            self.assertEqual(
                [self.line('app:main', 'b')], paste_loader.dropped
            )

    def test_one_is_said_ahead_of_the_error_that_comes_of_it(self) -> None:
        text = '[DEFAULT]\nuse = x\n[app:main]\nuse = egg:nothing#x\n'
        self.assertRaises(exceptions.PasteLoadError, self.load, text)
        self.assertIn(self.line('app:main', 'use'), self.log.output)


class TestDirectory(FilesCase):
    def test_its_files_are_read_in_order(self) -> None:
        self.drop('20.ini', '[app:main]\nx = twenty\n')
        self.drop('10.ini', APP + 'x = ten\ny = ten\n')
        self.drop('.30.ini', 'hidden')
        self.assertEqual({'x': 'twenty', 'y': 'ten'}, self.load_directory()[1])

    def test_here_is_the_directory(self) -> None:
        self.drop('10.ini', APP + 'x = %(here)s\n')
        global_conf, local_conf = self.load_directory()
        self.assertEqual(self.folder, local_conf['x'])
        self.assertEqual(self.folder, global_conf['__file__'])

    def test_its_files_can_use_others_in_it(self) -> None:
        self.drop('10.ini', '[app:main]\nuse = config:other.conf\n')
        self.drop('other.conf', APP + 'x = other\n')
        self.assertEqual({'x': 'other'}, self.load_directory()[1])

    def test_a_file_can_use_a_directory(self) -> None:
        self.drop('10.ini', APP + 'x = ten\n')
        text = '[app:main]\nuse = config:paste.ini.d\n'
        local_conf = self.load(text, filename='main.ini')[1]
        self.assertEqual({'x': 'ten'}, local_conf)

    def test_a_directory_without_files_is_named(self) -> None:
        self.drop('README', '')
        error = self.assertRaises(
            exceptions.PasteLoadError, self.load_directory
        )
        self.assertEqual(
            f'{self.folder}: the directory has no file *.ini', str(error)
        )

    def test_an_application_that_is_missing_is_named(self) -> None:
        self.drop('10.ini', '')
        error = self.assertRaises(
            exceptions.PasteAppNotFound, self.load_directory
        )
        self.assertEqual(self.folder, error.path)


class TestErrors(FilesCase):
    def test_an_option_is_named_with_its_file(self) -> None:
        path = self.drop('50.ini', '[app:main]\nz = %(nowhere)s\n')
        self.refuse(
            MAIN,
            f'{path}, section [app:main], option z: %(nowhere)s is not set',
        )

    def test_an_option_of_the_file_itself_is_named_with_that(self) -> None:
        self.drop('50.ini', '[app:main]\nz = 1\n')
        self.refuse(
            MAIN + 'w = %(nowhere)s\n',
            f'{self.directory}/paste.ini, section [app:main], option w:'
            ' %(nowhere)s is not set',
        )

    def test_an_option_that_was_overridden_is_named_with_the_last(
        self,
    ) -> None:
        self.drop('10.ini', '[pipeline:main]\npipeline = a\n')
        path = self.drop('20.ini', '[pipeline:main]\npipeline = nowhere\n')
        self.refuse(
            '[pipeline:main]\npipeline = b\n',
            f'{path}, section [pipeline:main], option pipeline: there is no'
            " application 'nowhere'",
        )

    def test_an_option_of_the_defaults_is_named_with_its_file(self) -> None:
        path = self.drop('50.ini', '[DEFAULT]\nc = %(nowhere)s\n')
        self.refuse(
            MAIN,
            f'{path}, section [DEFAULT], option c: %(nowhere)s is not set',
        )

    def test_a_section_is_named_with_its_file(self) -> None:
        path = self.drop(
            '50.ini',
            '[app:main]\npaste.app_factory = paste_parts:failing_factory\n',
        )
        self.refuse(
            '',
            f'{path}, section [app:main]: RuntimeError: the database is away',
        )

    def test_a_section_of_several_is_named_with_all(self) -> None:
        self.drop('10.ini', '[app:other]\n')
        path = self.drop('50.ini', '[app:main]\n')
        self.refuse(
            '[app:main]\npaste.app_factory = paste_parts:failing_factory\n',
            f'{self.directory}/paste.ini and {path}, section [app:main]:'
            ' RuntimeError: the database is away',
        )

    def test_an_option_that_is_there_twice_in_one(self) -> None:
        path = self.drop('50.ini', '[app:main]\nx = 1\nx = 2\n')
        self.refuse(
            MAIN,
            f'{path}, section [app:main], option x: line 3: the option is'
            ' there twice',
        )

    def test_a_section_that_is_there_twice_in_one(self) -> None:
        path = self.drop('50.ini', '[app:main]\n[app:main]\n')
        self.refuse(
            MAIN,
            f'{path}, section [app:main]: line 2: the section is there twice',
        )

    def test_a_line_that_is_no_option(self) -> None:
        path = self.drop('50.ini', '[app:main]\nnonsense\n')
        self.refuse(MAIN, f'{path}: line 2: neither a section nor an option')

    def test_a_fault_in_a_file_used_is_found_there(self) -> None:
        other = self.write('other.ini', 'nonsense')
        self.refuse(
            '[app:main]\nuse = config:other.ini\n',
            f'{other}: line 1: there is no section yet',
        )

    def test_a_link_that_leads_nowhere(self) -> None:
        os.mkdir(self.folder)
        path = os.path.join(self.folder, '50.ini')
        os.symlink('/nowhere', path)
        self.refuse(
            MAIN,
            f'{self.directory}/paste.ini: [Errno 2] No such file or'
            f" directory: '{path}'",
        )

    def test_a_file_that_is_not_text(self) -> None:
        path = self.drop('50.ini', '')
        with open(path, 'wb') as file:
            file.write(b'\xff')
        self.refuse(
            MAIN,
            f"{path}: 'utf-8' codec can't decode byte 0xff in position 0:"
            ' invalid start byte',
        )
