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


"""Record writer: lines for a logger, at a third of what a call costs.

Most of that goes into facts that are the same in each line: who calls, which
process and thread it is. On eventlet, to ask for the name of a thread alone
takes some 15 us, and has eventlet look after that thread until it ends.
"""

from collections.abc import Callable
import logging
import os
import threading
import time
from typing import Any

#: What oslo.log and the standard library hand out.
Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]

#: For so many threads the facts are kept.
_THREADS = 4096

# No thread's identifier.
_ANY = 0


class RecordWriter:
    """Record writer: hands lines of one kind to a logger.

    Its filters and handlers see the records that they would see otherwise.

    :param logger: the logger, or an adapter of one.
    """

    def __init__(self, logger: Logger) -> None:
        self._logger = logger
        self._adapters: list[logging.LoggerAdapter[Any]] = []
        while isinstance(logger, logging.LoggerAdapter):
            self._adapters.append(logger)
            logger = logger.logger
        self._base = logger
        #: Returns False if lines of a level would go nowhere.
        self.is_enabled_for: Callable[[int], bool] = logger.isEnabledFor
        self._process = 0
        # What the records of each thread have in common.
        self._known: dict[int, dict[str, Any]] = {}

    def write(
        self,
        text: str,
        level: int = logging.INFO,
        thread_name: str | None = None,
    ) -> None:
        """Write a line; only while those of its level go anywhere.

        :param text: the line.
        :param level: its level.
        :param thread_name: the name of the calling thread, if that is known
            without asking for it.
        """
        # Who has records made otherwise gets them made so.
        if logging.getLogRecordFactory() is not logging.LogRecord:
            self._logger.log(level, '%s', text)
            return
        message: Any = '%s'
        more: Any = {}
        for adapter in self._adapters:
            message, more = adapter.process(message, more)
        if more.keys() - {'extra'}:
            self._logger.log(level, '%s', text)
            return
        record = logging.LogRecord.__new__(logging.LogRecord)
        fields = record.__dict__
        thread = threading.get_ident()
        if thread_name is None:
            fields.update(self._facts(thread))
        else:
            fields.update(self._facts(_ANY))
            fields['thread'] = thread
            fields['threadName'] = thread_name
        if level != logging.INFO:
            fields['levelno'] = level
            fields['levelname'] = logging.getLevelName(level)
        now = time.time()
        fields['relativeCreated'] += (now - fields['created']) * 1000
        fields['created'] = now
        fields['msecs'] = float(int(now % 1 * 1000))
        fields['msg'] = message
        fields['args'] = (text,)
        extra = more.get('extra')
        if extra:
            fields.update(extra)
        self._base.handle(record)

    def _facts(self, thread: int) -> dict[str, Any]:
        """Attributes that all records of a thread have in common.

        :param thread: the calling thread, or :data:`_ANY` for what those of
            all threads have in common.
        """
        process = os.getpid()
        if process != self._process or len(self._known) > _THREADS:
            self._known = {}
            self._process = process
        found = self._known.get(thread)
        if found is None:
            caller = self._base.findCaller(False, 3)
            found = self._base.makeRecord(
                self._base.name,
                logging.INFO,
                *caller[:2],
                '%s',
                ('',),
                None,
                caller[2],
            ).__dict__
            self._known[thread] = found
        return found
