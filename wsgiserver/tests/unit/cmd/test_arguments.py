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

"""The command line."""

import contextlib
import io
import sys

import fixtures

from wsgiserver.cmd import _arguments
from wsgiserver.tests import base


class TestArguments(base.TestCase):
    def refuse(self, *argv: str) -> str:
        """Check that the arguments end the command with status 1.

        :returns: what it says.
        """
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            error = self.assertRaises(SystemExit, _arguments.parse, argv)
        self.assertEqual(1, error.code)
        return said.getvalue()

    def print(self, *argv: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            error = self.assertRaises(SystemExit, _arguments.parse, argv)
        self.assertEqual(0, error.code)
        return said.getvalue()

    def test_nothing_means_the_defaults(self) -> None:
        expected = _arguments.Arguments(
            app=None,
            app_name='main',
            factory=None,
            backend='threading',
            workers=None,
            bind_host=None,
            bind_port=None,
            app_arguments=(),
            oslo=(),
            check=False,
            show_pipeline=False,
        )
        self.assertEqual(expected, _arguments.parse([]))

    def test_what_follows_two_dashes_is_for_the_application(self) -> None:
        found = _arguments.parse(
            ['--debug', 'a:b', '--', '--config-file', 'x.conf', '--', 'c']
        )
        self.assertEqual('a:b', found.app)
        self.assertEqual(('--debug',), found.oslo)
        self.assertEqual(
            ('--config-file', 'x.conf', '--', 'c'), found.app_arguments
        )
        self.assertIsNone(_arguments.parse(['--', 'a:b']).app)

    def test_there_is_one_question_at_a_time(self) -> None:
        self.assertTrue(_arguments.parse(['--check']).check)
        self.assertTrue(_arguments.parse(['--show-pipeline']).show_pipeline)
        self.assertIn(
            'not allowed with', self.refuse('--check', '--show-pipeline')
        )

    def test_shells_can_complete_it(self) -> None:
        for shell in ('bash', 'zsh', 'tcsh'):
            text = self.print('--print-completion', shell)
            for option in ('--show-pipeline', '--bind-port', '--log-dir'):
                # zsh has them without the dashes, too.
                self.assertIn(option.removeprefix('--'), text)
        self.assertIn('bash', self.refuse('--print-completion', 'cmd.exe'))

    def test_completion_needs_a_library(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('sys.modules', {**sys.modules, 'shtab': None})
        )
        self.assertIn(
            'os-wsgiserver[completion]',
            self.refuse('--print-completion', 'bash'),
        )

    def test_options_may_stand_on_both_sides_of_the_application(self) -> None:
        found = _arguments.parse(
            ['--workers', '2', 'x:app', '--bind-port=0', '--backend=eventlet']
        )
        self.assertEqual('x:app', found.app)
        self.assertEqual('2', found.workers)
        self.assertEqual('0', found.bind_port)
        self.assertEqual('eventlet', found.backend)

    def test_a_factory_can_be_named_one_or_not(self) -> None:
        self.assertIs(True, _arguments.parse(['--factory']).factory)
        self.assertIs(False, _arguments.parse(['--no-factory']).factory)

    def test_files_are_passed_on_in_their_order(self) -> None:
        found = _arguments.parse(
            ['--config-file', 'a', '--config-dir=b', '--debug']
            + ['--config-file=-c', '--log-file', 'd']
        )
        self.assertEqual(
            (
                '--config-file=a',
                '--config-dir=b',
                '--debug',
                '--config-file=-c',
                '--log-file=d',
            ),
            found.oslo,
        )

    def test_an_option_that_is_unknown_is_named_in_one_line(self) -> None:
        said = self.refuse('--colour=red')
        self.assertEqual(1, said.count('\n'))
        self.assertIn('--colour=red', said)

    def test_options_can_not_be_abbreviated(self) -> None:
        self.refuse('--work', '2')

    def test_a_backend_that_is_unknown_is_named(self) -> None:
        self.assertIn("'asyncio'", self.refuse('--backend', 'asyncio'))

    def test_the_help_names_every_option(self) -> None:
        text = self.print('--help')
        for option in (
            '--app-name',
            '--factory',
            '--backend',
            '--workers',
            '--bind-host',
            '--bind-port',
            '--config-file',
            '--config-dir',
            '--log-file',
            '--debug',
            '--version',
        ):
            self.assertIn(option, text)

    def test_the_version_is_told(self) -> None:
        self.assertRegex(self.print('--version'), r'^wsgiserver \d')
