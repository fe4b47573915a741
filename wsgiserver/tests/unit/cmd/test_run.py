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

"""From the configuration to a server that listens."""

import io
import os
import re
import socket
import sys
from typing import Any

import fixtures
from oslo_config import cfg

from wsgiserver import _config
from wsgiserver.cmd import _application
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _errors
from wsgiserver.cmd import _run
from wsgiserver import exceptions
from wsgiserver import factories
from wsgiserver import server
from wsgiserver.tests import base


class TestRun(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.app = factories.Hello('hello')
        self.loaded = _application.Loaded(self.app, 'hello', '/v2')
        self.conf = cfg.ConfigOpts()
        _config.register_opts(self.conf)
        self.conf([], default_config_files=[], default_config_dirs=[])
        self.set('bind_port', 0)

    def set(self, name: str, value: object, group: str = 'wsgiserver') -> None:
        self.conf.set_override(name, value, group=group)

    def listen(self) -> server.Server:
        listening = _run.make_server(self.conf, self.loaded)
        self.addCleanup(listening.stop)
        return listening

    def refuse(self) -> str:
        error = self.assertRaises(
            _errors.CommandError, _run.make_server, self.conf, self.loaded
        )
        return str(error)

    def test_it_listens_where_the_configuration_says(self) -> None:
        listening = self.listen()
        self.assertEqual('127.0.0.1', listening.host)
        address = (listening.host, listening.port)
        with socket.create_connection(address) as client:
            self.assertEqual(address, client.getpeername())

    def test_a_port_in_use_is_named(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            self.set('bind_port', port)
            message = self.refuse()
        self.assertIn('section [wsgiserver]', message)
        self.assertIn('bind_port', message)
        self.assertIn(f'127.0.0.1:{port}', message)

    def test_a_place_in_use_is_named_with_its_file(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(directory, 'x.conf')
        with socket.create_server(('127.0.0.1', 0)) as taken:
            place = f'127.0.0.1:{taken.getsockname()[1]}'
            with open(path, 'w') as file:
                file.write(f'[wsgiserver]\nlisten = {place}\n')
            self.conf(['--config-file', path])
            self.assertEqual(
                f'{path}, section [wsgiserver], option listen: Could not '
                f'listen on {place}: Address already in use',
                self.refuse(),
            )

    def test_a_certificate_that_is_missing_is_named(self) -> None:
        self.set('cert_file', '/gone.pem', 'ssl')
        message = self.refuse()
        self.assertIn('section [ssl]', message)
        self.assertIn('cert_file', message)
        self.assertIn('/gone.pem', message)

    def test_a_certificate_that_is_none_is_named(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(directory, 'x.pem')
        open(path, 'w').close()
        self.set('cert_file', path, 'ssl')
        self.set('key_file', path, 'ssl')
        message = self.refuse()
        self.assertIn('section [ssl]', message)
        self.assertIn(path, message)

    def test_the_banner_has_a_url_and_a_command_to_try(self) -> None:
        listening = self.listen()
        loaded = _application.Loaded(self.app, 'hello', '/v2')
        url = f'http://127.0.0.1:{listening.port}'
        self.assertEqual(
            'Serving hello,\n'
            'with 2 worker processes on the eventlet backend.\n'
            f'Open {url}/\n'
            f'Try: curl -s {url}/v2\n',
            _run.banner(loaded, listening, 'eventlet', 2),
        )

    def test_the_banner_names_an_address_that_can_be_reached(self) -> None:
        loaded = _application.Loaded(self.app, 'hello')
        for host, shown in (
            ('0.0.0.0', '127.0.0.1'),
            ('::', '[::1]'),
            ('::1', '[::1]'),
        ):
            self.set('bind_host', host)
            text = _run.banner(loaded, self.listen(), 'threading', 1)
            self.assertIn(f'Open http://{shown}:', text)

    def test_the_banner_of_a_socket_file_has_a_command_that_reaches_it(
        self,
    ) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(directory, 'socket')
        self.set('listen', [f'unix:{path}'])
        text = _run.banner(self.loaded, self.listen(), 'threading', 1)
        self.assertIn(f'It listens on unix:{path}\n', text)
        self.assertIn(
            f'Try: curl -s --unix-socket {path} http://localhost/v2\n', text
        )

    def test_the_banner_of_an_abstract_socket_says_so_to_curl(self) -> None:
        name = f'wsgiserver-{os.getpid()}'
        self.set('listen', [f'unix:@{name}'])
        text = _run.banner(self.loaded, self.listen(), 'threading', 1)
        self.assertIn(f'curl -s --abstract-unix-socket {name} http', text)

    def test_it_may_listen_on_several_places(self) -> None:
        self.set('listen', ['127.0.0.1:0', '[::1]:0'])
        listening = self.listen()
        self.assertEqual(
            ['127.0.0.1', '::1'],
            [sock.getsockname()[0] for sock in listening.sockets],
        )

    def test_a_place_that_is_taken_is_named_with_its_option(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as taken:
            place = f'127.0.0.1:{taken.getsockname()[1]}'
            self.set('listen', ['127.0.0.1:0', place])
            message = self.refuse()
        self.assertIn('section [wsgiserver], option listen', message)
        self.assertIn(place, message)

    def test_an_application_of_a_paste_file_is_loaded_anew(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(directory, 'api-paste.ini')
        with open(path, 'w') as file:
            file.write('[app:other]\nuse = egg:os-wsgiserver#hello\n')
        self.conf.set_override('api_paste_config', path)
        self.loaded = _application.Loaded(self.app, 'hello', paste_app='other')
        listening = self.listen()
        self.assertIs(self.app, listening.app)
        listening.reset()
        self.assertIsInstance(listening.app, factories.Hello)
        self.assertIsNot(self.app, listening.app)

    def test_another_application_stays(self) -> None:
        listening = self.listen()
        listening.reset()
        self.assertIs(self.app, listening.app)

    def test_a_place_that_is_none_is_named(self) -> None:
        self.set('listen', ['nowhere'])
        error = self.assertRaises(
            exceptions.InvalidInput, _run.make_server, self.conf, self.loaded
        )
        self.assertIn('nowhere', str(error))


class FakeLauncher:
    """A launcher of no processes, with a status of its own."""

    def wait(self) -> int:
        return 7


class TestCommand(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.launched: list[tuple[Any, ...]] = []
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver.launcher.launch', self.launch)
        )
        self.useFixture(
            fixtures.MonkeyPatch('oslo_log.log.setup', lambda *_given: None)
        )
        self.useFixture(fixtures.MonkeyPatch('sys.path', list(sys.path)))
        self.out, self.err = io.StringIO(), io.StringIO()
        for name, stream in (('stdout', self.out), ('stderr', self.err)):
            self.useFixture(fixtures.MonkeyPatch(f'sys.{name}', stream))
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(self.directory, 'api-paste.ini')
        with open(self.path, 'w') as file:
            file.write('[app:main]\nuse = egg:os-wsgiserver#hello\n')

    def launch(self, *given: Any) -> FakeLauncher:
        self.launched.append(given)
        self.addCleanup(given[1].stop)
        return FakeLauncher()

    def run_command(self, *argv: str) -> int:
        return _run.run(_arguments.parse([*argv, self.path, '--bind-port=0']))

    def test_its_status_is_that_of_the_launcher(self) -> None:
        self.assertEqual(7, self.run_command('--workers=3'))
        ((conf, listening),) = self.launched
        self.assertIs(conf, listening.conf)
        self.assertIn('with 3 worker processes', self.out.getvalue())
        self.assertIn(f':{listening.port}/', self.out.getvalue())

    def test_nobody_says_how_many_workers(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.processors.default', lambda: 1
            )
        )
        self.run_command()
        self.assertIn('with 1 worker process on', self.out.getvalue())

    def test_it_can_be_checked_without_serving(self) -> None:
        self.assertEqual(0, self.run_command('--check'))
        self.assertEqual([], self.launched)
        match = re.fullmatch(
            rf'main of {self.path} can be served on 127.0.0.1:([0-9]+)\n',
            self.out.getvalue(),
        )
        assert match is not None
        # The address is free again.
        with socket.create_server(('127.0.0.1', int(match[1]))):
            pass

    def test_a_check_finds_what_is_wrong(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as sock:
            port = sock.getsockname()[1]
            argv = ['--check', self.path, f'--bind-port={port}']
            self.assertEqual(1, _run.run(_arguments.parse(argv)))
        self.assertIn('Address already in use', self.err.getvalue())
        with open(self.path, 'a') as file:
            file.write('text =\nnothing = known\n')
        self.assertEqual(1, self.run_command('--check'))
        self.assertIn('nothing', self.err.getvalue())
        self.assertEqual('', self.out.getvalue())

    def test_a_socket_file_is_gone_after_a_check(self) -> None:
        path = os.path.join(self.directory, 'socket')
        config = os.path.join(self.directory, 'my.conf')
        with open(config, 'w') as file:
            file.write(f'[wsgiserver]\nlisten = unix:{path}\n')
        status = self.run_command('--check', f'--config-file={config}')
        self.assertEqual((0, ''), (status, self.err.getvalue()))
        self.assertIn(f'can be served on unix:{path}', self.out.getvalue())
        self.assertFalse(os.path.exists(path))

    def test_the_pipeline_can_be_shown(self) -> None:
        self.assertEqual(0, self.run_command('--show-pipeline'))
        self.assertEqual([], self.launched)
        self.assertEqual(
            f'main of {self.path}\n  application main: '
            'egg:os-wsgiserver#hello\n',
            self.out.getvalue(),
        )

    def test_a_callable_has_no_pipeline(self) -> None:
        argv = ['--show-pipeline', 'wsgiserver.factories:hello']
        self.assertEqual(1, _run.run(_arguments.parse(argv)))
        self.assertIn('is in no paste file', self.err.getvalue())

    def test_the_banner_has_the_pipeline(self) -> None:
        with open(self.path, 'w') as file:
            file.write(
                '[pipeline:main]\npipeline = debug hello\n'
                '[filter:debug]\nuse = egg:os-wsgiserver#debug\n'
                '[app:hello]\nuse = egg:os-wsgiserver#hello\n'
            )
        self.run_command()
        self.assertIn('\nPipeline: debug hello\n', self.out.getvalue())

    def test_a_terminal_gets_emphasis_and_a_file_none(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('NO_COLOR'))
        self.run_command()
        self.assertNotIn('\x1b', self.out.getvalue())
        self.patch(self.out, 'isatty', lambda: True)
        self.run_command()
        self.assertIn('\x1b[1m', self.out.getvalue())

    def test_a_terminal_may_be_told_to_have_none(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('NO_COLOR', '1'))
        self.patch(self.out, 'isatty', lambda: True)
        self.run_command()
        self.assertNotIn('\x1b', self.out.getvalue())

    def test_what_is_wrong_is_told_in_one_line(self) -> None:
        os.unlink(self.path)
        self.assertEqual(1, self.run_command())
        self.assertEqual([], self.launched)
        self.assertEqual('', self.out.getvalue())
        self.assertEqual(
            f'wsgiserver: {self.path}: there is no such file\n',
            self.err.getvalue(),
        )
