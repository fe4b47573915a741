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

"""Loading applications from api-paste.ini."""

from typing import Any

from wsgiserver import exceptions
from wsgiserver import loader
from wsgiserver.tests.unit import paste_files


class TestLoader(paste_files.LoaderCase):
    def test_an_absolute_path_is_taken_as_it_is(self) -> None:
        path = self.write('paste.ini', '')
        self.assertEqual(
            path, loader.Loader(self.configured(path)).config_path
        )

    def test_a_relative_path_is_found_next_to_the_configuration(self) -> None:
        path = self.write('paste.ini', '')
        paste_loader = loader.Loader(self.configured('paste.ini'))
        self.assertEqual(path, paste_loader.config_path)

    def test_a_file_that_is_missing_is_named(self) -> None:
        for name in ('missing.ini', '/nowhere/missing.ini'):
            error = self.assertRaises(
                exceptions.ConfigNotFound,
                loader.Loader,
                self.configured(name),
            )
            self.assertEqual(name, error.path)

    def test_an_application_is_loaded_by_its_name(self) -> None:
        text = """
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            [app:other]
            paste.app_factory = paste_parts:conf_factory
            size = 3
            """
        self.assertEqual({}, self.load(text)[1])
        self.assertEqual({'size': '3'}, self.load(text, 'other')[1])

    def test_a_pipeline_runs_its_filters_outside_in(self) -> None:
        app = self.load(
            """
            [pipeline:main]
            pipeline = first second app
            [filter:first]
            paste.filter_factory = paste_parts:filter_factory
            a = 1
            [filter:second]
            use = first
            b = 2
            [app:app]
            paste.app_factory = paste_parts:app_factory
            """
        )
        self.assertEqual({'a': '1'}, app.options)
        self.assertEqual({'a': '1', 'b': '2'}, app.app.options)

    def test_a_filter_can_be_filtered(self) -> None:
        app = self.load(
            """
            [app:main]
            paste.app_factory = paste_parts:app_factory
            filter-with = outer
            [filter:outer]
            paste.filter_factory = paste_parts:filter_factory
            filter-with = outermost
            [filter:outermost]
            paste.filter_factory = paste_parts:filter_factory
            x = 1
            """
        )
        self.assertEqual({'x': '1'}, app.options)
        self.assertEqual({}, app.app.options)

    def test_a_composite_loads_its_applications(self) -> None:
        apps = self.load(
            """
            [composite:main]
            paste.composite_factory = paste_parts:composite_factory
            one = app
            [app:app]
            paste.app_factory = paste_parts:conf_factory
            """
        )
        self.assertEqual({}, apps['one'][1])

    def test_a_file_can_use_a_section_of_another_one(self) -> None:
        self.write(
            'other.ini',
            '[DEFAULT]\nb = 2\n[app:x]\n'
            'paste.app_factory = paste_parts:conf_factory\n',
        )
        global_conf, local_conf = self.load(
            """
            [DEFAULT]
            a = 1
            [app:main]
            use = config:other.ini#x
            c = 3
            """
        )
        self.assertEqual({'c': '3'}, local_conf)
        self.assertEqual('1', global_conf['a'])
        self.assertEqual('2', global_conf['b'])
        self.assertEqual(self.path, global_conf['__file__'])

    def test_a_path_may_have_characters_that_a_uri_may_not(self) -> None:
        app = self.load(
            """
            [app:main]
            paste.app_factory = paste_parts:conf_factory
            """,
            filename='50%25#odd name.ini',
        )
        self.assertEqual(self.path, app[0]['__file__'])

    def test_a_file_used_takes_values_as_they_are(self) -> None:
        self.write(
            'other.ini',
            '[app:x]\nset c = %(a)s\n'
            'paste.app_factory = paste_parts:conf_factory\n',
        )
        global_conf, _local_conf = self.load(
            """
            [DEFAULT]
            a = 100%%
            [app:main]
            use = config:other.ini#x
            """
        )
        self.assertEqual('100%', global_conf['c'])

    def test_the_file_is_read_anew_each_time(self) -> None:
        text = '[app:main]\npaste.app_factory = paste_parts:conf_factory\n'
        path = self.write('paste.ini', text)
        paste_loader = loader.Loader(self.configured(path))
        paste_loader.load_app('main')
        self.write('paste.ini', text + 'a = 1\n')
        loaded: Any = paste_loader.load_app('main')
        self.assertEqual({'a': '1'}, loaded[1])

    def test_an_application_that_is_missing_is_named(self) -> None:
        error = self.assertRaises(
            exceptions.PasteAppNotFound, self.load, '', 'nova'
        )
        self.assertEqual(('nova', self.path), (error.name, error.path))
