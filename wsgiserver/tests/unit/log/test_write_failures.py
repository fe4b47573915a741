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
"""What is said of a log that can't be written."""

import io
import logging
import sys

import fixtures
from oslo_config import cfg
from oslo_log import formatters
from oslo_log import log as oslo_log

from wsgiserver._log import write_failures
from wsgiserver.tests import base


class Clock:
    """A clock that stands still."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class FullStream(io.StringIO):
    """A file on a disk that is full."""

    def write(self, _text: str) -> int:
        raise OSError(28, 'No space left on device')


class Own(logging.StreamHandler[FullStream]):
    """A handler that knows what to do."""

    failures = 0

    def handleError(self, record: logging.LogRecord) -> None:
        self.failures += 1


class TestCaught(base.TestCase):
    def test_the_error_is_kept_and_no_longer_handled(self) -> None:
        with write_failures.Caught(OSError, ValueError) as caught:
            raise ValueError('no good')
        self.assertEqual('no good', caught.problem)
        self.assertEqual((None, None, None), sys.exc_info())

    def test_without_one_there_is_nothing_to_say(self) -> None:
        with write_failures.Caught(OSError) as caught:
            pass
        self.assertIsNone(caught.problem)

    def test_others_go_on(self) -> None:
        caught = write_failures.Caught(OSError)
        self.assertRaises(KeyError, self.fail_with, caught, KeyError('a'))
        self.assertIsNone(caught.problem)

    def fail_with(
        self, caught: write_failures.Caught, error: Exception
    ) -> None:
        with caught:
            raise error

    def test_oslo_log_says_it_once(self) -> None:
        conf = cfg.ConfigOpts()
        oslo_log.register_options(conf)
        conf([], default_config_files=[], default_config_dirs=[])
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatters.ContextFormatter(config=conf))
        logger = logging.getLogger('wsgiserver.tests.caught')
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        with write_failures.Caught(OSError) as caught:
            raise OSError('the disk is full')
        logger.error('It failed: %s', caught.problem)
        self.assertEqual(1, stream.getvalue().count('the disk is full'))
        # Within the handler it would be there twice.
        try:
            raise OSError('the disk is full')
        except OSError as error:
            logger.error('It failed: %s', error)  # noqa: TRY400
        self.assertEqual(3, stream.getvalue().count('the disk is full'))


class TestBound(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.errors = io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', self.errors))
        self.clock = Clock()
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._log.write_failures.time', self.clock
            )
        )
        self.handler: logging.Handler = logging.StreamHandler(FullStream())

    def log(self, *given: object) -> None:
        write_failures.limit_handler_errors()
        self.handler.handle(
            logging.LogRecord('a', 20, 'a.py', 1, 'number %d', given, None)
        )

    def said(self) -> list[str]:
        return self.errors.getvalue().splitlines()

    def test_it_is_one_line(self) -> None:
        self.log(1)
        self.assertEqual(
            [
                'lines of the log are lost: 1, '
                '[Errno 28] No space left on device'
            ],
            self.said(),
        )

    def test_there_is_one_in_a_minute_with_their_number(self) -> None:
        for _turn in range(100):
            self.log(1)
        self.assertEqual(1, len(self.said()))
        self.clock.now += write_failures.PERIOD
        self.log(1)
        self.assertEqual(2, len(self.said()))
        self.assertTrue(
            self.said()[1].startswith('lines of the log are lost: 100,')
        )

    def test_a_mistake_of_who_logs_is_told_as_ever(self) -> None:
        self.log('none')
        self.log('none')
        self.assertEqual(2, self.said().count('Call stack:'))

    def test_where_nothing_is_to_be_said_nothing_is(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('logging.raiseExceptions', False))
        self.log(1)
        self.assertEqual([], self.said())

    def test_that_nobody_can_be_told_is_no_matter(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', FullStream()))
        self.log(1)

    def test_a_handler_that_handles_errors_goes_on_to_do_so(self) -> None:
        self.handler = Own(FullStream())
        self.log(1)
        self.assertEqual(1, self.handler.failures)
        self.assertEqual([], self.said())
