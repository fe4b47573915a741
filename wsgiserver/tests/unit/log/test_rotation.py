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
"""Log files that somebody has moved."""

import logging
from logging import handlers
import os
import signal

import fixtures

from wsgiserver._log import rotation
from wsgiserver._process import signals
from wsgiserver.tests import base


class LogFilesCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(self.folder, 'a.log')
        self.moved = self.path + '.1'
        for number in signals.SPARE:
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        signals.spare()

    def log_to(self, handler: logging.Handler) -> logging.Logger:
        self.addCleanup(handler.close)
        logger = logging.getLogger('log_files')
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        return logger

    def texts(self) -> list[str]:
        """What is in the file that was moved, and in the one there is."""
        found = []
        for path in (self.moved, self.path):
            with open(path, encoding='utf-8') as file:
                found.append(file.read())
        return found


class TestReopen(LogFilesCase):
    def test_lines_go_to_the_new_file(self) -> None:
        logger = self.log_to(logging.FileHandler(self.path))
        logger.info('old')
        os.rename(self.path, self.moved)
        self.assertEqual(1, rotation.reopen())
        logger.info('new')
        self.assertEqual(['old\n', 'new\n'], self.texts())

    def test_a_file_that_was_not_moved_keeps_its_lines(self) -> None:
        logger = self.log_to(logging.FileHandler(self.path, 'w'))
        logger.info('old')
        self.assertEqual(1, rotation.reopen())
        logger.info('new')
        with open(self.path, encoding='utf-8') as file:
            self.assertEqual('old\nnew\n', file.read())

    def test_one_that_watches_its_file_is_left_alone(self) -> None:
        handler = handlers.WatchedFileHandler(self.path)
        self.log_to(handler)
        before = handler.stream
        self.assertEqual(0, rotation.reopen())
        self.assertIs(before, handler.stream)

    def test_one_that_is_not_open_yet_is_left_alone(self) -> None:
        self.log_to(logging.FileHandler(self.path, delay=True))
        self.assertEqual(0, rotation.reopen())
        self.assertFalse(os.path.exists(self.path))

    def test_one_that_cannot_be_opened_stays(self) -> None:
        log = self.useFixture(fixtures.FakeLogger('wsgiserver'))
        logger = self.log_to(logging.FileHandler(self.path))
        os.rename(self.path, self.moved)
        os.mkdir(self.path)
        self.assertEqual(0, rotation.reopen())
        logger.info('old')
        with open(self.moved, encoding='utf-8') as file:
            self.assertEqual('old\n', file.read())
        self.assertIn('A log file stays as it is', log.output)


class TestObey(LogFilesCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger('wsgiserver', level=logging.INFO)
        )

    def test_sigusr1_has_files_opened_anew(self) -> None:
        self.log_to(logging.FileHandler(self.path))
        rotation.handle_signals({signal.SIGUSR1})
        self.assertEqual(
            'SIGUSR1: 1 log files were opened anew\n', self.log.output
        )

    def test_sigusr2_is_ignored_and_said_to_be(self) -> None:
        rotation.handle_signals({signal.SIGUSR2})
        self.assertEqual('SIGUSR2 is ignored\n', self.log.output)

    def test_signals_of_the_application_are_its_own(self) -> None:
        for number in signals.SPARE:
            signal.signal(number, lambda *_given: None)
        rotation.handle_signals({*signals.SPARE, signal.SIGHUP})
        self.assertEqual('', self.log.output)
