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

"""The command as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from typing import Any
import urllib.request

import fixtures
import testscenarios

from wsgiserver.cmd import serve
from wsgiserver.tests import base

load_tests = testscenarios.load_tests_apply_scenarios

#: Tells what it finds when it is imported, as its last words.
PROBE = """
import json
import sys

from oslo_service import backend
import select

from oslo_context import context

store = type(context._request_store)

print(json.dumps({
    'argv': sys.argv[1:],
    'green context': store.__module__.startswith('eventlet'),
    'eventlet': 'eventlet' in sys.modules,
    'patched': not hasattr(select, 'epoll'),
    'backend': backend.get_backend_type().value,
}))
sys.exit('usage: ...')
"""

APP = """
import os

def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(os.getpid()).encode()]
"""


class CommandCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.write('probe.py', PROBE)
        self.write('pid.py', APP)

    def write(self, name: str, text: str) -> None:
        with open(os.path.join(self.directory, name), 'w') as file:
            file.write(text)

    def start(self, *argv: str) -> 'subprocess.Popen[str]':
        process = subprocess.Popen(
            [sys.executable, '-m', 'wsgiserver.cmd.serve', *argv],
            cwd=self.directory,
            env=os.environ
            | {
                'PYTHONPATH': os.pathsep.join([os.getcwd(), *sys.path]),
                'TMPDIR': self.directory,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A fast exit of the launcher signals its process group.
            start_new_session=True,
        )
        self.addCleanup(self.reap, process)
        return process

    def reap(self, process: 'subprocess.Popen[str]') -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def url(self, process: 'subprocess.Popen[str]') -> str:
        """Wait for the banner.

        :returns: the URL in it.
        """
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith('Open '):
                return line.split()[1]
        self.fail('there was no banner')


class TestBackend(CommandCase):
    scenarios = [
        ('threading', {'backend': 'threading', 'workers': '1'}),
        ('eventlet', {'backend': 'eventlet', 'workers': '1'}),
        ('threading workers', {'backend': 'threading', 'workers': '2'}),
        ('eventlet workers', {'backend': 'eventlet', 'workers': '2'}),
    ]
    backend: str
    workers: str

    def serve(self, *argv: str) -> 'subprocess.Popen[str]':
        return self.start(
            *argv,
            '--bind-port=0',
            f'--backend={self.backend}',
            f'--workers={self.workers}',
        )

    def test_the_application_finds_the_backend_and_its_arguments(self) -> None:
        process = self.start(
            *('probe:app', f'--backend={self.backend}', '--workers=1'),
            *('--', '--config-file', 'probe.conf'),
        )
        out, err = process.communicate()
        found: dict[str, Any] = json.loads(out)
        is_eventlet = self.backend == 'eventlet'
        self.assertEqual(
            {
                'argv': ['--config-file', 'probe.conf'],
                'eventlet': is_eventlet,
                'patched': is_eventlet,
                # Requests that run at once are to have each its own.
                'green context': is_eventlet,
                'backend': self.backend,
            },
            found,
        )
        self.assertIn('probe:app failed: SystemExit: usage: ...', err)
        self.assertNotIn('Traceback', err)
        self.assertEqual(1, process.returncode)

    def test_sigterm_ends_it_cleanly(self) -> None:
        process = self.serve()
        url = self.url(process)
        with urllib.request.urlopen(f'{url}v2/images') as response:
            self.assertEqual({'images': []}, json.load(response))
        self.check_end(process)

    def test_sigterm_ends_it_cleanly_at_once(self) -> None:
        process = self.serve()
        self.url(process)
        self.check_end(process)

    def check_end(self, process: 'subprocess.Popen[str]') -> None:
        """Send SIGTERM, and check that nothing goes wrong or is left."""
        process.terminate()
        _out, err = process.communicate()
        self.assertNotIn('Traceback', err)
        self.assertEqual(0, process.returncode)
        self.assertEqual([], self.sample_directories())

    def test_sigint_ends_it_without_a_traceback(self) -> None:
        process = self.serve('pid:app')
        with urllib.request.urlopen(self.url(process)):
            process.send_signal(signal.SIGINT)
        _out, err = process.communicate()
        self.assertNotIn('Traceback', err)

    def sample_directories(self) -> list[str]:
        return [
            name
            for name in os.listdir(self.directory)
            if name.startswith('wsgiserver-images-')
        ]


class TestMain(CommandCase):
    def test_what_is_wrong_is_told_in_one_line(self) -> None:
        self.write('x.conf', '[wsgiserver]\nworkers = many\n')
        process = self.start('--config-file=x.conf')
        out, err = process.communicate()
        path = os.path.join(self.directory, 'x.conf')
        self.assertEqual('', out)
        self.assertEqual(
            f'wsgiserver: {path}, section [wsgiserver], option workers: '
            "invalid literal for int() with base 10: 'many'\n",
            err,
        )
        self.assertEqual(1, process.returncode)

    def refuse(self, *argv: str) -> tuple[str, str]:
        """Have it end with 1; returns what it says."""
        process = self.start(*argv)
        out, err = process.communicate()
        self.assertEqual(1, process.returncode)
        return out, err

    def test_a_factory_without_an_application_is_told_in_one_line(
        self,
    ) -> None:
        self.write(
            'none.ini', '[app:main]\npaste.app_factory = builtins:dict\n'
        )
        path = os.path.join(self.directory, 'none.ini')
        said = (
            f'wsgiserver: {path}, section [app:main], option '
            "paste.app_factory: the factory returned a 'dict' object, which "
            'is not callable\n'
        )
        for option in ('--check', '--bind-port=0'):
            self.assertEqual(('', said), self.refuse('none.ini', option))

    def test_an_option_that_does_not_count_is_told(self) -> None:
        self.write(
            'hidden.ini',
            '[DEFAULT]\ntext = x\n'
            '[app:main]\nuse = egg:os-wsgiserver#hello\ntext = y\n',
        )
        path = os.path.join(self.directory, 'hidden.ini')
        for option in ('--debug', f'--log-file={self.directory}/log'):
            process = self.start(
                'hidden.ini', '--check', '--bind-port=0', option
            )
            out, err = process.communicate()
            self.assertEqual(0, process.returncode)
            self.assertIn('can be served', out)
            line = f'{path}, section [app:main], option text: it is dropped'
            self.assertEqual(1, err.count(line), err)

    def test_a_pipeline_is_shown_as_far_as_it_can_be_loaded(self) -> None:
        self.write(
            'gone.ini',
            '[composite:main]\nuse = egg:os-wsgiserver#urlmap\n/ = gone\n'
            '[app:gone]\npaste.app_factory = gone:app\n',
        )
        out, err = self.refuse('gone.ini', '--show-pipeline')
        error = "option paste.app_factory: No module named 'gone'\n"
        self.assertIn(error, out)
        self.assertTrue(err.startswith('wsgiserver: '))
        self.assertTrue(err.endswith(error))
        self.assertEqual(1, err.count('\n'))

    def test_with_debug_the_traceback_is_in_the_log(self) -> None:
        process = self.start('--debug', 'gone:app')
        _out, err = process.communicate()
        self.assertIn('Traceback', err)
        self.assertTrue(err.splitlines()[-1].startswith('wsgiserver: gone'))

    def test_it_is_seen_too_where_the_application_sets_the_log_up(
        self,
    ) -> None:
        self.write(
            'service.py',
            'from oslo_config import cfg\n'
            'from oslo_log import log\n'
            'conf = cfg.ConfigOpts()\n'
            'log.register_options(conf)\n'
            'conf([])\n'
            "log.setup(conf, 'service')\n"
            "raise ValueError('no database')\n",
        )
        process = self.start('--debug', 'service:app')
        _out, err = process.communicate()
        self.assertEqual(1, err.count("raise ValueError('no database')"), err)
        self.assertIn('wsgiserver: service:app failed', err.splitlines()[-1])
        process = self.start('service:app')
        self.assertNotIn('Traceback', process.communicate()[1])

    def test_the_launcher_logs_no_request_id_of_the_start_up(self) -> None:
        self.write(
            'starting.py',
            'from oslo_context import context\n'
            "context.RequestContext(request_id='req-of-the-start')\n"
            'from pid import app\n',
        )
        process = self.start('starting:app', '--bind-port=0', '--workers=1')
        with urllib.request.urlopen(self.url(process)):
            process.terminate()
        _out, err = process.communicate()
        lines = [line for line in err.splitlines() if '.launcher' in line]
        self.assertGreater(len(lines), 1, err)
        self.assertNotIn('req-of-the-start', '\n'.join(lines))

    def test_an_interrupt_while_it_loads_is_no_traceback(self) -> None:
        def interrupt(_name: str) -> None:
            raise KeyboardInterrupt

        self.useFixture(fixtures.MonkeyPatch('sys.argv', ['x', 'y']))
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._engine.backends.choose', interrupt
            )
        )
        self.assertEqual(130, serve.main([]))
        self.assertEqual(['x'], sys.argv)
