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


"""A reset that is tried in a process of its own."""

import logging
import os
import signal
import time
from typing import Any

import fixtures

from wsgiserver._launcher import dry_run
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import worker_main
from wsgiserver._launcher import worker_process
from wsgiserver._process import signals
from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

PASTE = """
[app:main]
use = egg:os-wsgiserver#hello
text = {text}
"""


def sleep(*_given: Any) -> None:
    """Be a change that takes for ever."""
    signal.pause()


class LateProcess:
    """One that succeeds between the last look at its pipe and its status."""

    def __init__(self, *_given: Any) -> None:
        self.began = time.monotonic()
        self.pipe, self._theirs = launcher_pipe.PipeEnd.pair()
        self.is_closed = False

    @property
    def status(self) -> int | None:
        self._theirs.send('dry_run', problem=None)
        return 0

    def kill(self, _number: int) -> None:
        return

    def join(self) -> None:
        return

    def close(self) -> None:
        self.pipe.close()
        self._theirs.close()
        self.is_closed = True


class DryRunCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.write('api-paste.ini', PASTE.format(text='old'))
        self.configure('')
        self.conf = fakes.configuration(
            '--config-file', os.path.join(self.folder, 'a.conf')
        )
        # Another backend than what the process itself would choose takes
        # long to be imported.
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._engine.registry.backend_name', lambda: 'threading'
            )
        )

    def write(self, name: str, text: str) -> str:
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def configure(self, text: str) -> None:
        paste = os.path.join(self.folder, 'api-paste.ini')
        self.write('a.conf', f'[DEFAULT]\napi_paste_config = {paste}\n{text}')

    def serve(self) -> server.Server:
        """Have a server of the paste file; it need not run."""
        served = server.Server.from_paste(
            self.conf, 'test', host='127.0.0.1', engine='threading'
        )
        self.addCleanup(served.stop)
        return served

    def begin(
        self, *services: Any, pipes: tuple[launcher_pipe.PipeEnd, ...] = ()
    ) -> dry_run.DryRun:
        return dry_run.DryRun(self.conf, services, pipes)

    def finish(self, dry_run: dry_run.DryRun) -> None:
        """Wait for the outcome."""
        while not dry_run.is_over():
            signals.readable([dry_run.pipe], fakes.PATIENCE)
        self.assertEqual(-1, dry_run.pipe.fileno())

    def refusal(self, *services: Any) -> str:
        """Have a reset tried that can't be applied; return why."""
        dry_run = self.begin(*services)
        error = self.assertRaises(exceptions.ResetError, self.finish, dry_run)
        self.assertEqual(-1, dry_run.pipe.fileno())
        message = str(error)
        self.assertNotIn('\n', message)
        return message


class TestOutcome(DryRunCase):
    def test_what_can_be_applied_is_told(self) -> None:
        self.configure('[wsgiserver]\nworkers = 7\n')
        dry_run = self.begin()
        self.finish(dry_run)
        self.assertEqual(-1, dry_run.pipe.fileno())

    def test_here_nothing_is_applied(self) -> None:
        self.configure('[wsgiserver]\nworkers = 7\n')
        self.finish(self.begin())
        self.assertIsNone(self.conf.wsgiserver.workers)

    def test_it_is_not_over_while_it_runs(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.dry_run', sleep)
        )
        dry_run = self.begin()
        self.assertFalse(dry_run.is_over())
        dry_run.abandon()
        self.assertEqual(-1, dry_run.pipe.fileno())

    def test_a_file_that_does_not_parse_is_named(self) -> None:
        path = self.write('a.conf', '[DEFAULT]\nnonsense\n')
        self.assertIn(path, self.refusal())

    def test_a_file_that_is_gone_is_named(self) -> None:
        path = self.write('a.conf', '')
        os.unlink(path)
        self.assertIn(path, self.refusal())

    def test_a_value_of_no_use_is_named_though_nothing_serves(self) -> None:
        self.configure('[wsgiserver]\nworkers = many\n')
        message = self.refusal()
        self.assertIn('a.conf', message)
        self.assertIn('option workers', message)

    def test_a_process_that_is_killed_is_no_success(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.dry_run', sleep)
        )
        made: list[worker_process.ChildProcess] = []
        real = worker_process.ChildProcess

        def make(*given: Any) -> worker_process.ChildProcess:
            made.append(real(*given))
            return made[-1]

        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.worker_process.ChildProcess', make
            )
        )
        dry_run = self.begin()
        made[0].kill(signal.SIGKILL)
        error = self.assertRaises(exceptions.ResetError, self.finish, dry_run)
        self.assertIn('-9', str(error))

    def test_a_signal_to_all_processes_is_none_to_it(self) -> None:
        def stay(*_given: Any) -> None:
            for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                os.kill(os.getpid(), number)

        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.apply', stay)
        )
        self.finish(self.begin())

    def test_a_change_that_ends_the_process_is_no_success(self) -> None:
        def end(*_given: Any) -> None:
            os._exit(3)

        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.dry_run', end)
        )
        self.assertEqual(
            'the process that tried it ended with status 3', self.refusal()
        )

    def test_one_that_ends_while_it_is_looked_at_has_succeeded(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._launcher.worker_process.ChildProcess', LateProcess
            )
        )
        dry_run = self.begin()
        self.assertTrue(dry_run.is_over())

    def test_one_that_takes_too_long_is_given_up(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.dry_run', sleep)
        )
        clock = self.useFixture(
            fakes.Clock('_launcher.worker_process', '_launcher.dry_run')
        )
        dry_run = self.begin()
        clock.go_on(worker_main.DRY_RUN_TIME)
        self.assertFalse(dry_run.is_over())
        clock.go_on(1)
        error = self.assertRaises(exceptions.ResetError, dry_run.is_over)
        self.assertEqual('to try it took more than 60 s', str(error))
        self.assertEqual(-1, dry_run.pipe.fileno())

    def test_it_says_nothing_itself(self) -> None:
        log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        read, write = os.pipe()
        self.addCleanup(os.close, read)

        def shout(*_given: Any) -> None:
            logging.getLogger('wsgiserver').error('here')
            os.write(write, str(len(log.output)).encode())

        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.dry_run', shout)
        )
        self.finish(self.begin())
        os.close(write)
        self.assertEqual(b'0', os.read(read, 9))

    def test_the_lines_of_the_workers_do_not_stay_open_in_it(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._launcher.changes.dry_run', sleep)
        )
        ours, theirs = launcher_pipe.PipeEnd.pair()
        self.addCleanup(theirs.close)
        dry_run = self.begin(pipes=(ours,))
        self.addCleanup(dry_run.abandon)
        ours.close()
        signals.readable([theirs], fakes.PATIENCE)
        self.assertEqual([], list(theirs.receive()))
        self.assertFalse(theirs.is_open)


class TestServer(DryRunCase):
    def test_everything_that_can_be_loaded_is_a_success(self) -> None:
        served = self.serve()
        self.write('api-paste.ini', PASTE.format(text='new'))
        before = served.app
        self.finish(self.begin(served))
        self.assertIs(before, served.app)

    def test_a_value_of_no_use_is_named(self) -> None:
        served = self.serve()
        self.configure('[wsgiserver]\nheader_timeout = never\n')
        message = self.refusal(served)
        self.assertIn('a.conf', message)
        self.assertIn('option header_timeout', message)

    def test_an_application_that_does_not_load_is_named(self) -> None:
        served = self.serve()
        path = self.write(
            'api-paste.ini', '[app:main]\nuse = egg:os-wsgiserver#none\n'
        )
        self.assertIn(f'{path}, section [app:main]', self.refusal(served))

    def test_a_paste_file_that_is_gone_is_named(self) -> None:
        served = self.serve()
        path = os.path.join(self.folder, 'api-paste.ini')
        os.unlink(path)
        self.assertIn(path, self.refusal(served))
