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
"""What is said of a log that can't be written: a line a minute.

logging writes some thirty lines to standard error for each record that is
lost. With a full disk under the log, that would be so for each request.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import sys
import time

from wsgiserver import _log_locks

#: How often a handler may complain, in seconds.
PERIOD = 60.0


class _Complaint:
    """Takes the place of a handler's ``handleError``.

    :param usual: what handles other errors: those of whoever logs, with the
        stack to where that is.
    """

    def __init__(self, usual: Callable[[logging.LogRecord], None]) -> None:
        self._usual = usual
        self._lost = 0
        self._next = 0.0

    def __call__(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self._usual(record)
            return
        self._lost += 1
        now = time.monotonic()
        if now < self._next or not logging.raiseExceptions:
            return
        self._next = now + PERIOD
        lost, self._lost = self._lost, 0
        try:
            # In one piece, for other processes may say so right now.
            sys.stderr.write(f'lines of the log are lost: {lost}, {error}\n')
        except (OSError, ValueError):
            # That is on the same disk, or closed.
            self._lost = lost


def bound() -> None:
    """Have the handlers there are complain within bounds.

    Those of a class that handles errors in its own way go on to do so.
    """
    for handler in _log_locks.handlers():
        is_usual = type(handler).handleError is logging.Handler.handleError
        if is_usual and 'handleError' not in vars(handler):
            complaint = _Complaint(handler.handleError)
            handler.handleError = complaint  # type: ignore[method-assign]  # for one handler
