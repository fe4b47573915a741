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


"""Guru Meditation Reports, and the section that this library adds."""

import io
import logging
import os
import signal
import sys
import traceback
from typing import Any
from typing import BinaryIO

import fixtures
from oslo_config import cfg
from oslo_reports import opts

from wsgiserver._engine import overview
from wsgiserver._launcher import reports
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


def request(age: float, target: str) -> overview.Running:
    """Make a request that runs, as an engine tells of it."""
    frame = traceback.FrameSummary('app.py', 7, 'wait', line='sleep(9)')
    stack = traceback.StackSummary.from_list([frame])
    return overview.Running('GET', target, '192.0.2.1:9', age, stack, '-')


class TestText(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.engine = fakes.Engine(9, IDLE=3, RUNNING=2)
        self.server = fakes.Server(fakes.configuration(), None, self.engine)

    def lines(self) -> list[str]:
        return reports.text([self.server]).splitlines()

    def test_one_that_does_not_run_here_says_so(self) -> None:
        self.assertEqual(
            ['test on 127.0.0.1:80', '  not running in this process'],
            [line for line in self.lines() if line],
        )

    def test_it_has_connections_by_state_and_requests(self) -> None:
        self.server.start()
        self.assertEqual(
            [
                'test on 127.0.0.1:80',
                '  connections: IDLE 3, RUNNING 2',
                '  requests so far: 9',
                '  requests running: 0',
            ],
            [line for line in self.lines() if line],
        )

    def test_without_a_connection_it_says_none(self) -> None:
        self.server = fakes.Server(fakes.configuration(), None, fakes.Engine())
        self.server.start()
        self.assertIn('  connections: none', self.lines())

    def test_the_oldest_request_is_first_and_has_its_stack(self) -> None:
        self.server.start()
        self.engine.requests = [request(1.5, '/new'), request(70, '/old')]
        lines = self.lines()
        self.assertIn('  requests running: 2', lines)
        (old,) = [n for n, line in enumerate(lines) if '/old' in line]
        (new,) = [n for n, line in enumerate(lines) if '/new' in line]
        self.assertLess(old, new)
        self.assertTrue(lines[old].startswith("    70.000 s 'GET'"))
        self.assertIn('192.0.2.1', lines[old])
        self.assertIn('app.py', lines[old + 1])
        self.assertIn('sleep(9)', lines[old + 2])

    def test_what_a_client_sent_is_shown_as_it_is_written(self) -> None:
        self.server.start()
        self.engine.requests = [request(1, '/\x1b[2J')]
        self.assertNotIn('\x1b', '\n'.join(self.lines()))

    def test_several_servers_are_kept_apart(self) -> None:
        text = reports.text([self.server, self.server])
        self.assertEqual(2, text.count('test on 127.0.0.1:80\n'))


class Interrupted(io.RawIOBase):
    """A file that a signal comes to while it is written to."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def fileno(self) -> int:
        return self._file.fileno()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        signal.raise_signal(signal.SIGUSR2)
        return os.write(self.fileno(), data)


class TestSetUp(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            self.addCleanup(fakes.restore(number))
            signal.signal(number, signal.SIG_DFL)
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_reports.guru_meditation_report.TextGuruMeditation'
                '.persistent_sections',
                [],
            )
        )
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.log = self.useFixture(
            fixtures.FakeLogger('wsgiserver', logging.INFO)
        )

    def set_up(self, *servers: Any, **options: Any) -> cfg.ConfigOpts:
        conf = fakes.configuration(**options)
        opts.set_defaults(conf)
        conf.set_override('log_dir', self.folder, 'oslo_reports')
        reports.set_up(conf, servers)
        return conf

    def report(self, number: signal.Signals = signal.SIGUSR2) -> str:
        """Have a report; return it."""
        signal.raise_signal(number)
        (name,) = os.listdir(self.folder)
        self.assertIn(str(os.getpid()), name)
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def test_the_report_has_the_section_once(self) -> None:
        # What a launcher has done before it forked.
        self.set_up()
        self.set_up(fakes.Server(fakes.configuration()))
        text = self.report()
        self.assertIn('os-wsgiserver', text)
        self.assertEqual(1, text.count('WSGI Servers'))
        self.assertIn('test on 127.0.0.1:80', text)

    def test_one_may_be_asked_for_while_a_line_is_written(self) -> None:
        conf = fakes.configuration()
        opts.set_defaults(conf)
        conf.set_override('log_dir', None, 'oslo_reports')
        reports.set_up(conf, [])
        path = os.path.join(self.folder, 'stderr')
        with open(path, 'w+b') as file:
            stream = io.TextIOWrapper(io.BufferedWriter(Interrupted(file)))
            self.useFixture(fixtures.MonkeyPatch('sys.stderr', stream))
            stream.write('a line\n')
            stream.flush()
            file.seek(0)
            text = file.read().decode()
        self.assertIn('Guru Meditation', text)
        self.assertTrue(text.endswith('a line\n'))

    def test_another_signal_can_be_chosen(self) -> None:
        for name in ('SIGUSR1', 'usr1'):
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)
            self.set_up(report_signal=name)
            self.assertIsNot(signal.SIG_DFL, signal.getsignal(signal.SIGUSR1))
            self.assertIs(signal.SIG_DFL, signal.getsignal(signal.SIGUSR2))

    def test_without_a_signal_there_is_none(self) -> None:
        self.set_up(report_signal='')
        self.assertIs(signal.SIG_DFL, signal.getsignal(signal.SIGUSR2))
        self.assertEqual('', self.log.output)

    def test_a_signal_that_is_none_is_named(self) -> None:
        self.set_up(report_signal='SIGNOTHING')
        self.assertIn('SIGNOTHING', self.log.output)
        self.assertIs(signal.SIG_DFL, signal.getsignal(signal.SIGUSR2))

    def test_a_service_that_has_set_it_up_keeps_its_own(self) -> None:
        def own(*_given: object) -> None:
            return

        signal.signal(signal.SIGUSR2, own)
        self.set_up(fakes.Server(fakes.configuration()))
        self.assertIs(own, signal.getsignal(signal.SIGUSR2))

    def test_without_the_library_nothing_happens(self) -> None:
        modules: dict[str, Any] = sys.modules
        name = 'oslo_reports.guru_meditation_report'
        self.addCleanup(modules.__setitem__, name, modules[name])
        # An entry of None is how Python says that there is no such module.
        modules[name] = None
        reports.set_up(fakes.configuration(), [])
        self.assertIs(signal.SIG_DFL, signal.getsignal(signal.SIGUSR2))
