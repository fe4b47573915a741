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

"""Factories of an api-paste.ini that can't be found or don't do."""

import os

from testtools import matchers

from wsgiserver import exceptions
from wsgiserver.tests.unit import paste_files


class TestBrokenFactory(paste_files.LoaderCase):
    def check_main(self, options: str, option: str, cause: str) -> None:
        place = ', section [app:main]'
        place += f', option {option}' if option else ''
        self.check_broken('[app:main]\n' + options, place, cause)

    def test_a_distribution_that_is_not_installed(self) -> None:
        self.check_main(
            'use = egg:no-such-egg#main',
            'use',
            'No package metadata was found for no-such-egg',
        )

    def test_a_requirement_that_is_not_installed(self) -> None:
        self.check_main(
            'use = egg:oslo.middleware#healthcheck\nrequire = no-such-egg',
            'require',
            'No package metadata was found for no-such-egg',
        )

    def test_an_entry_point_that_is_unknown(self) -> None:
        self.check_main(
            'use = egg:oslo.middleware#nothing',
            'use',
            "Entry point 'nothing' not found in egg 'oslo.middleware'"
            ' (protocols: paste.app_factory, paste.composite_factory,'
            ' paste.composit_factory; entry_points: )',
        )

    def test_a_module_that_is_missing(self) -> None:
        for option, value in (
            ('paste.app_factory', 'no_such_module:app'),
            ('use', 'call:no_such_module:app'),
        ):
            self.check_main(
                f'{option} = {value}',
                option,
                "No module named 'no_such_module'",
            )

    def test_a_module_that_imports_what_is_missing(self) -> None:
        self.check_main(
            'paste.app_factory = paste_importing:app',
            'paste.app_factory',
            "No module named 'no_such_module_anywhere'",
        )

    def test_a_module_that_is_not_python(self) -> None:
        self.check_main(
            'paste.app_factory = paste_broken:app',
            'paste.app_factory',
            'SyntaxError: invalid syntax (paste_broken.py, line 1)',
        )

    def test_a_module_that_ends_the_process(self) -> None:
        self.check_main(
            'paste.app_factory = paste_exiting:app',
            'paste.app_factory',
            "it ended the process with 'usage: ...'",
        )

    def test_a_function_that_its_module_does_not_have(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:nothing',
            'paste.app_factory',
            "module 'paste_parts' has no attribute 'nothing'",
        )

    def test_a_factory_string_that_is_none(self) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError,
            self.load,
            '[app:main]\npaste.app_factory = what is this\n',
        )
        self.assertThat(
            str(error),
            matchers.StartsWith(
                f'{self.path}, section [app:main], option paste.app_factory'
            ),
        )

    def test_an_option_that_the_factory_does_not_take(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:app_factory\ncolour = red',
            'colour',
            'TypeError: app_factory() got an unexpected keyword argument'
            " 'colour'",
        )

    def test_an_option_that_the_factory_misses(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:needing_factory',
            'needed',
            'TypeError: needing_factory() missing 1 required positional'
            " argument: 'needed'",
        )

    def test_a_call_inside_the_factory_is_not_taken_for_its_own(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:deep_type_error',
            '',
            'TypeError: app_factory() missing 1 required positional'
            " argument: 'global_conf'",
        )

    def test_an_option_that_the_factory_names_itself(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:option_error_factory\nlimit = 1',
            'limit',
            'ValueError: too small',
        )

    def test_a_factory_that_raises(self) -> None:
        cause = self.check_broken(
            '[app:main]\npaste.app_factory = paste_parts:failing_factory\n',
            ', section [app:main]',
            'RuntimeError: the database is away',
        )
        self.assertIsInstance(cause, RuntimeError)

    def test_a_factory_that_raises_without_a_word(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:silent_factory',
            '',
            'RuntimeError',
        )

    def test_a_factory_that_raises_a_lookup_error(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:key_error_factory',
            '',
            "KeyError: 'nowhere'",
        )

    def test_a_factory_whose_own_file_is_broken(self) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError,
            self.load,
            '[app:main]\npaste.app_factory = paste_parts:reading_factory\n',
        )
        self.assertThat(
            str(error),
            matchers.StartsWith(
                f'{self.path}, section [app:main]: '
                'InterpolationMissingOptionError: '
            ),
        )

    def test_a_factory_that_ends_the_process(self) -> None:
        self.check_main(
            'paste.app_factory = paste_parts:exiting_factory',
            '',
            'it ended the process with 2',
        )

    def test_a_filter_that_can_not_be_made_is_blamed_itself(self) -> None:
        self.check_broken(
            """
            [pipeline:main]
            pipeline = fine broken app
            [filter:fine]
            paste.filter_factory = paste_parts:filter_factory
            [filter:broken]
            use = fine
            broken = yes
            [app:app]
            paste.app_factory = paste_parts:app_factory
            """,
            ', section [filter:broken]',
            'ValueError: broken is no good',
        )


class TestNotCallable(paste_files.LoaderCase):
    """What factories return that can't serve a request."""

    def test_an_application(self) -> None:
        for factory, found in (
            ('none_factory', 'None'),
            ('dict_factory', "a 'dict' object"),
        ):
            self.check_broken(
                f'[app:main]\npaste.app_factory = paste_parts:{factory}\n',
                ', section [app:main], option paste.app_factory',
                f'the factory returned {found}, which is not callable',
            )

    def test_a_composite(self) -> None:
        self.check_broken(
            '[composite:main]\n'
            'paste.composite_factory = paste_parts:none_factory\n',
            ', section [composite:main], option paste.composite_factory',
            'the factory returned None, which is not callable',
        )

    def test_an_application_that_is_used(self) -> None:
        self.check_broken(
            '[app:main]\nuse = call:paste_parts:none_factory\n',
            ', section [app:main], option use',
            'the factory returned None, which is not callable',
        )

    def test_an_application_behind_a_map_of_urls(self) -> None:
        for composite in ('egg:os-wsgiserver#urlmap', 'other'):
            self.check_broken(
                f"""
                [composite:main]
                use = {composite}
                /v2 = pipe
                [composite:other]
                paste.composite_factory = paste_parts:composite_factory
                [pipeline:pipe]
                pipeline = fine broken
                [filter:fine]
                paste.filter_factory = paste_parts:filter_factory
                [app:broken]
                paste.app_factory = paste_parts:none_factory
                """,
                ', section [app:broken], option paste.app_factory',
                'the factory returned None, which is not callable',
            )

    def check_filter(self, section: str, options: str, cause: str) -> None:
        self.check_broken(
            f"""
            [pipeline:main]
            pipeline = fine broken app
            [composite:chosen]
            use = egg:os-wsgiserver#pipeline
            keystone = fine broken app
            [filter:fine]
            paste.filter_factory = paste_parts:filter_factory
            [app:app]
            paste.app_factory = paste_parts:app_factory
            [{section}]
            {options}
            """,
            f', section [{section}], option {options.partition(" ")[0]}',
            cause,
        )

    def test_a_filter(self) -> None:
        self.check_filter(
            'filter:broken',
            'paste.filter_factory = paste_parts:none_factory',
            'the factory returned None, which is not callable',
        )
        for options in (
            'paste.filter_factory = paste_parts:none_filter_factory',
            'paste.filter_app_factory = paste_parts:none_factory',
        ):
            self.check_filter(
                'filter:broken',
                options,
                'the filter returned None, which is not callable',
            )

    def test_a_filter_around_one_application(self) -> None:
        app = '[app:app]\npaste.app_factory = paste_parts:app_factory\n'
        broken = 'paste.filter_factory = paste_parts:none_factory\n'
        for text, place in (
            (f'[filter-app:main]\n{broken}next = app\n', '[filter-app:main]'),
            (
                '[app:main]\nuse = app\nfilter-with = broken\n'
                f'[filter:broken]\n{broken}',
                '[filter:broken]',
            ),
        ):
            self.check_broken(
                text + app,
                f', section {place}, option paste.filter_factory',
                'the factory returned None, which is not callable',
            )

    def test_an_application_in_a_filter_of_its_own(self) -> None:
        self.check_broken(
            """
            [app:main]
            paste.app_factory = paste_parts:none_factory
            filter-with = fine
            [filter:fine]
            paste.filter_factory = paste_parts:filter_factory
            """,
            ', section [app:main], option paste.app_factory',
            'the factory returned None, which is not callable',
        )

    def test_one_that_has_no_section(self) -> None:
        information = 'paste_parts-1.dist-info'
        os.mkdir(os.path.join(self.directory, information))
        self.write(
            f'{information}/METADATA', 'Name: paste_parts\nVersion: 1\n'
        )
        self.write(
            f'{information}/entry_points.txt',
            '[paste.app_factory]\nnone = paste_parts:none_factory\n'
            '[paste.filter_app_factory]\nnone = paste_parts:none_factory\n',
        )
        name = 'egg:paste_parts#none'
        for pipeline in (f'fine {name}', f'{name} app'):
            self.check_broken(
                f"""
                [pipeline:main]
                pipeline = {pipeline}
                [filter:fine]
                paste.filter_factory = paste_parts:filter_factory
                [app:app]
                paste.app_factory = paste_parts:app_factory
                """,
                ', section [pipeline:main], option pipeline',
                f'{name} returned None, which is not callable',
            )
        error = self.assertRaises(
            exceptions.PasteLoadError, self.load, '', name
        )
        self.assertEqual(
            f'{self.path}: {name} returned None, which is not callable',
            str(error),
        )
