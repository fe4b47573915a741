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
"""Rotation of log files: they are opened anew once moved (logrotate(8))."""

from collections.abc import Collection
import logging
from logging import handlers as logging_handlers
import signal

from wsgiserver._log import write_failures
from wsgiserver._process import log_locks
from wsgiserver._process import signals

LOG = logging.getLogger('wsgiserver.launcher')


def handle_signals(numbers: Collection[int]) -> None:
    """Handle spare signals: SIGUSR1 alone has a meaning.

    :param numbers: the signals that have come.
    """
    for number in signals.SPARE:
        if number not in numbers or not signals.is_spare(number):
            continue
        if number == signal.SIGUSR1:
            LOG.info('SIGUSR1: %d log files were opened anew', reopen())
        else:
            LOG.info('%s is ignored', number.name)


def reopen() -> int:
    """Reopen the files of all handlers, but for those that watch theirs.

    oslo.log's watches its own.

    :returns: how many were.
    """
    found = [
        handler
        for handler in log_locks.handlers()
        if isinstance(handler, logging.FileHandler)
        and not isinstance(handler, logging_handlers.WatchedFileHandler)
    ]
    return sum(map(_reopen, found))


def _reopen(handler: logging.FileHandler) -> bool:
    with write_failures.Caught(OSError) as caught:
        handler.acquire()
        try:
            # None where it is opened with the first line, or has been closed.
            before = handler.stream
            if before is not None:
                # It is not to empty a file that nobody has moved.
                handler.mode = 'a'
                handler.stream = handler._open()
                before.close()
        finally:
            handler.release()
    if caught.problem is not None:
        # Nor while the lock is held.
        LOG.error('A log file stays as it is: %s', caught.problem)
    return before is not None and caught.problem is None
