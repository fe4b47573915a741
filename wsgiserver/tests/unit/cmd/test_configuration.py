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

"""The configuration of the command."""

import os

import fixtures
from oslo_config import cfg
from oslo_log import log as logging

from wsgiserver import _config
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _configuration
from wsgiserver.cmd import _errors
from wsgiserver.tests import base


class TestConfiguration(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        # The log of the tests stays as it is.
        self.set_up: list[cfg.ConfigOpts] = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_log.log.setup', lambda conf, _: self.set_up.append(conf)
            )
        )

    def write(self, text: str) -> str:
        path = os.path.join(self.directory, 'x.conf')
        with open(path, 'w') as file:
            file.write(text)
        return path

    def configure(self, *argv: str) -> cfg.ConfigOpts:
        return _configuration.configure(_arguments.parse(argv))

    def refuse(self, *argv: str) -> str:
        error = self.assertRaises(
            (_errors.CommandError, _config.OptionError), self.configure, *argv
        )
        self.assertNotIn('\n', str(error))
        return str(error)

    def refuse_file(self, text: str) -> str:
        """Check that a file is refused.

        :returns: the error, without the path that it has to begin with.
        """
        path = self.write(text)
        message = self.refuse('--config-file', path)
        self.assertTrue(message.startswith(path), message)
        return message.removeprefix(path)

    def test_the_command_line_has_the_last_word(self) -> None:
        path = self.write('[wsgiserver]\nbind_port=81\nworkers=3\n')
        conf = self.configure(
            '--bind-port=82', '--bind-host=::1', '--config-file', path
        )
        self.assertEqual(82, conf.wsgiserver.bind_port)
        self.assertEqual('::1', conf.wsgiserver.bind_host)
        self.assertEqual(3, conf.wsgiserver.workers)

    def test_a_directory_of_files_is_read(self) -> None:
        self.write('[wsgiserver]\nworkers=3\n')
        conf = self.configure('--config-dir', self.directory)
        self.assertEqual(3, conf.wsgiserver.workers)

    def test_a_value_that_refers_to_nothing_is_named(self) -> None:
        self.assertEqual(
            ', section [wsgiserver], option server_header: it refers to an '
            'option that is not there',
            self.refuse_file('[wsgiserver]\nserver_header = $nothing\n'),
        )

    def test_a_place_that_makes_no_sense_is_named(self) -> None:
        for value in ('9000', '127.0.0.1:80, 9000'):
            message = self.refuse_file(f'[wsgiserver]\nlisten = {value}\n')
            start = ', section [wsgiserver], option listen: nothing listens on'
            self.assertTrue(message.startswith(f"{start} '9000'"), message)
        message = self.refuse_file(
            '[wsgiserver]\nlisten = unix:@x\nsocket_mode = 600\n'
        )
        self.assertIn('option listen: unix:@x has no file', message)
        self.useFixture(
            fixtures.EnvironmentVariable('OS_WSGISERVER__LISTEN', '9000')
        )
        self.assertTrue(
            self.refuse().startswith(
                'OS_WSGISERVER__LISTEN, section [wsgiserver], option listen: '
            )
        )

    def test_the_global_configuration_is_left_to_the_application(
        self,
    ) -> None:
        self.configure()
        self.assertNotIn('wsgiserver', cfg.CONF)

    def test_the_log_goes_to_stderr_where_nothing_names_a_file(self) -> None:
        self.assertIs(True, self.configure().use_stderr)
        self.assertIs(False, self.configure('--log-file=x').use_stderr)
        path = self.write('[DEFAULT]\nuse_stderr=false\n')
        conf = self.configure('--config-file', path)
        self.assertIs(False, conf.use_stderr)
        self.assertEqual(3, len(self.set_up))

    def test_the_log_can_be_at_debug(self) -> None:
        self.assertIs(True, self.configure('--debug').debug)

    def test_a_file_that_is_missing_is_named(self) -> None:
        for option in ('--config-file', '--config-dir'):
            self.assertIn('/gone', self.refuse(option, '/gone'))

    def test_a_file_that_is_no_file_is_named(self) -> None:
        message = self.refuse('--config-file', self.directory)
        self.assertIn(self.directory, message)

    def test_a_line_that_makes_no_sense_is_named(self) -> None:
        path = self.write('[DEFAULT]\nnonsense\n')
        self.assertIn(f'{path}:2', self.refuse('--config-file', path))

    def write_bytes(self, name: str, data: bytes) -> str:
        path = os.path.join(self.directory, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def test_a_file_that_is_not_text_is_named(self) -> None:
        path = self.write_bytes('y.conf', b'[DEFAULT]\n# \xe4\n')
        for option in (
            f'--config-file={path}',
            f'--config-dir={self.directory}',
        ):
            message = self.refuse(option)
            self.assertIn(f'{path}: ', message)
            self.assertIn("can't decode byte 0xe4", message)

    def test_a_byte_order_mark_is_named(self) -> None:
        for text in (b'[DEFAULT]', b'# x', b'', b'a = b', b'[DEFAULT]\nb'):
            path = self.write_bytes('y.conf', b'\xef\xbb\xbf' + text + b'\n')
            self.assertEqual(
                f'Failed to parse {path}: it begins with a byte order mark',
                self.refuse('--config-file', path),
            )

    def test_a_configuration_of_the_log_that_is_not_text_is_named(
        self,
    ) -> None:
        log = self.write_bytes('log.ini', b'[loggers]\nkeys = \xe4\n')
        path = self.write(f'[DEFAULT]\nlog_config_append = {log}\n')

        def set_up(conf: cfg.ConfigOpts, _project: str) -> None:
            with open(conf.log_config_append, encoding='utf-8') as file:
                file.read()

        self.useFixture(fixtures.MonkeyPatch('oslo_log.log.setup', set_up))
        message = self.refuse('--config-file', path)
        self.assertTrue(message.startswith('the log: '), message)
        self.assertIn(f'{log}: ', message)

    def test_a_value_of_no_use_is_named_with_its_place(self) -> None:
        self.assertEqual(
            ', section [wsgiserver], option workers: '
            'Should be greater than or equal to 1',
            self.refuse_file('[wsgiserver]\nworkers = 0\n'),
        )
        self.assertEqual(
            ', section [DEFAULT], option wsgi_keep_alive: '
            "Unexpected boolean value 'perhaps'",
            self.refuse_file('[DEFAULT]\nwsgi_keep_alive = perhaps\n'),
        )

    def test_so_is_that_of_an_option_of_the_command_line(self) -> None:
        self.assertEqual(
            ', section [DEFAULT], option debug: '
            'Invalid Boolean value: perhaps',
            self.refuse_file('[DEFAULT]\ndebug = perhaps\n'),
        )

    def test_a_value_of_the_environment_is_named_by_its_variable(
        self,
    ) -> None:
        name = 'OS_WSGISERVER__BACKLOG'
        self.useFixture(fixtures.EnvironmentVariable(name, 'x'))
        self.assertTrue(self.refuse().startswith(f'{name}, section'))

    def test_a_wrong_argument_is_named(self) -> None:
        for option in ('--workers', '--bind-port', '--bind-host'):
            message = self.refuse(option, '-')
            self.assertTrue(message.startswith(f'{option}: '), message)

    def test_a_log_that_can_not_be_written_is_told(self) -> None:
        def fail(conf: cfg.ConfigOpts, project: str) -> None:
            raise logging.LogConfigError('x.ini', 'no')

        self.useFixture(fixtures.MonkeyPatch('oslo_log.log.setup', fail))
        self.assertIn('x.ini', self.refuse())
