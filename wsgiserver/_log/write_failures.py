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
"""Failures and the log: of the log itself, and errors kept to be logged.

logging writes some thirty lines to standard error for each record that is
lost. With a full disk under the log, that would be so for each request; here
it is a line a minute. And oslo.log adds the error that is being handled to
each line of a warning or worse, so that one which says it had it twice.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import sys
import time
import types
from typing import Self

from wsgiserver._process import log_locks

#: How often a handler may complain, in seconds.
PERIOD = 60.0


class Caught:
    """Context manager that keeps an error, logged outside of its handler::

        with write_failures.Caught(OSError) as caught:
            drawer = open_drawer()
        if caught.problem is not None:
            LOG.warning('Nothing is counted: %s', caught.problem)

    Within the handler, oslo.log would add the same once more.

    :param kinds: the errors that are kept; others go on.
    """

    def __init__(self, *kinds: type[Exception]) -> None:
        self._kinds = kinds
        #: What the error says; None if there was none.
        self.problem: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: types.TracebackType | None,
    ) -> bool:
        if not isinstance(error, self._kinds):
            return False
        self.problem = str(error)
        return True


class _LimitedHandleError:
    """Replacement of a handler's ``handleError``, which writes less.

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


def limit_handler_errors() -> None:
    """Limit what the handlers there are write of their failures.

    Those of a class that handles errors in its own way go on to do so.
    """
    for handler in log_locks.handlers():
        is_usual = type(handler).handleError is logging.Handler.handleError
        if is_usual and 'handleError' not in vars(handler):
            complaint = _LimitedHandleError(handler.handleError)
            handler.handleError = complaint  # type: ignore[method-assign]  # for one handler
