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


import logging
import os
import threading
import time
from typing import Any

from oslo_log import log as oslo_log

from wsgiserver._log import records as log_records
from wsgiserver.tests import base

#: What is another's with each record, or with each line of source text.
_OWN = {
    *('created', 'msecs', 'relativeCreated', 'args'),
    *('pathname', 'filename', 'module', 'lineno', 'funcName'),
}


class Keeping(logging.Handler):
    """Keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Adding(logging.LoggerAdapter[Any]):
    """Adds something to each record."""

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        return f'{msg}!', {**kwargs, 'extra': self.extra}


class TestLines(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.handler = Keeping()
        self.logger = logging.getLogger(self.id())
        self.logger.setLevel(logging.INFO)
        self.logger.propagate = False
        self.logger.addHandler(self.handler)

    def both(self, logger: log_records.Logger) -> list[logging.LogRecord]:
        """Write a line in both ways, twice."""
        lines = log_records.RecordWriter(logger)
        for _turn in range(2):
            logger.info('%s', 'a line')
            lines.write('a line')
        return self.handler.records

    def assert_same(self, logger: log_records.Logger, text: str) -> None:
        """Check that what is written is what the logger itself would write."""
        records = self.both(logger)
        self.assertEqual([text] * 4, [r.getMessage() for r in records])
        common = [
            {k: v for k, v in vars(r).items() if k not in _OWN}
            for r in records
        ]
        self.assertEqual([common[0]] * 4, common)
        self.assertEqual(
            [set(vars(records[0]))] * 4, [*map(set, map(vars, records))]
        )

    def test_a_record_is_that_of_the_logger(self) -> None:
        self.assert_same(self.logger, 'a line')

    def test_adapters_have_their_say(self) -> None:
        adapter = Adding(Adding(self.logger, {'a': 1}), {'b': 2})
        self.assert_same(adapter, 'a line!!')

    def test_so_has_that_of_oslo_log(self) -> None:
        self.assert_same(
            oslo_log.KeywordArgumentAdapter(self.logger, {}), 'a line'
        )

    def test_a_record_of_another_make_is_made_so(self) -> None:
        class Own(logging.LogRecord):
            pass

        self.addCleanup(
            logging.setLogRecordFactory, logging.getLogRecordFactory()
        )
        logging.setLogRecordFactory(Own)
        self.assert_same(self.logger, 'a line')
        self.assertEqual({Own}, {*map(type, self.handler.records)})

    def test_an_adapter_may_ask_for_more_than_fields(self) -> None:
        class Tracing(logging.LoggerAdapter[Any]):
            def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
                return msg, {**kwargs, 'exc_info': (OSError, OSError(), None)}

        lines = log_records.RecordWriter(Tracing(self.logger, {}))
        lines.write('a line')
        (record,) = self.handler.records
        self.assertEqual(OSError, record.exc_info and record.exc_info[0])

    def test_filters_see_it(self) -> None:
        self.logger.addFilter(
            lambda record: 'secret' not in record.getMessage()
        )
        lines = log_records.RecordWriter(self.logger)
        lines.write('a secret')
        lines.write('a line')
        self.assertEqual(1, len(self.handler.records))

    def test_times_are_those_of_the_line(self) -> None:
        lines = log_records.RecordWriter(self.logger)
        before = time.time()
        lines.write('one')
        between = time.time()
        lines.write('two')
        one, two = self.handler.records
        self.assertTrue(before <= one.created <= between <= two.created)
        self.logger.info('three')
        third = self.handler.records[-1]
        for record in (one, two):
            self.assertTrue(0 <= record.msecs < 1000)
            self.assertEqual(
                float(int(record.created % 1 * 1000)), record.msecs
            )
            # Both begin with the import of logging.
            start = record.created - record.relativeCreated / 1000
            expected = third.created - third.relativeCreated / 1000
            self.assertAlmostEqual(expected, start, places=3)

    def test_threads_are_told_apart(self) -> None:
        lines = log_records.RecordWriter(self.logger)
        lines.write('mine')
        thread = threading.Thread(target=lines.write, args=('its',), name='it')
        thread.start()
        thread.join()
        lines.write('mine again')
        mine, its, again = self.handler.records
        self.assertEqual(('it', thread.ident), (its.threadName, its.thread))
        self.assertEqual(mine.threadName, again.threadName)
        self.assertNotEqual('it', mine.threadName)

    def test_a_fork_has_its_own_process(self) -> None:
        lines = log_records.RecordWriter(self.logger)
        lines.write('the parent')
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            lines.write('the child')
            seen = self.handler.records[-1].process
            os.write(writer, str(seen).encode())
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(str(child).encode(), os.read(reader, 99))
        os.close(reader)
        os.close(writer)

    def test_the_place_is_the_caller_s(self) -> None:
        def write_twice() -> None:
            lines = log_records.RecordWriter(self.logger)
            lines.write('one')
            lines.write('two')

        write_twice()
        self.assertEqual(
            [('write_twice', 'test_records.py')] * 2,
            [(r.funcName, r.filename) for r in self.handler.records],
        )

    def test_it_is_enabled_as_the_logger_is(self) -> None:
        lines = log_records.RecordWriter(Adding(self.logger, {}))
        self.assertTrue(lines.is_enabled_for(logging.INFO))
        self.logger.setLevel(logging.WARNING)
        self.assertFalse(lines.is_enabled_for(logging.INFO))
        self.assertTrue(lines.is_enabled_for(logging.WARNING))

    def test_a_line_may_have_another_level(self) -> None:
        lines = log_records.RecordWriter(self.logger)
        lines.write('one')
        lines.write('two', logging.WARNING)
        lines.write('three')
        self.assertEqual(
            [
                (logging.INFO, 'INFO'),
                (logging.WARNING, 'WARNING'),
                (logging.INFO, 'INFO'),
            ],
            [(r.levelno, r.levelname) for r in self.handler.records],
        )
