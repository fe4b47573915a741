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


"""Signals, turned into bytes that a descriptor has to read.

A handler could run between any two lines of the application, or in
eventlet's hub; a readable descriptor wakes nobody but who waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import errno
import os
import selectors
import signal
import sys
from typing import Any
from typing import Self

from wsgiserver._process import forks


#: Where the handlers of launchers are from, the one of this library included.
_LAUNCHERS = frozenset(('wsgiserver', 'oslo_service', 'cotyledon'))


#: Signals that operators send, from logrotate(8) for instance, and that end a
#: process unless it handles them. The application may have a use for them.
SPARE = (signal.SIGUSR1, signal.SIGUSR2)


class Signals:
    """Signals that a process is sent, from the ``with`` on.

    Afterwards the handlers are those from before.

    :param numbers: the signals. Others that the application handles are
        received as well, and the :data:`SPARE` ones that it does not.
    :raises ValueError: in a thread other than the main one, when entered.
        The threading module can't tell beforehand: it doesn't know its main
        thread any more once it is monkey-patched.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._numbers = tuple(numbers)
        self._undo = contextlib.ExitStack()
        self._writer: int | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as undo:
            self._reader, writer = os.pipe()
            undo.callback(os.close, self._reader)
            undo.callback(os.close, writer)
            for end in (self._reader, writer):
                os.set_blocking(end, False)
            before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
            undo.callback(signal.set_wakeup_fd, before)
            spare = [number for number in SPARE if is_spare(number)]
            for number in (*self._numbers, *spare):
                # None stands for a handler that Python didn't set.
                handler = signal.signal(number, _ignore) or signal.SIG_DFL
                undo.callback(signal.signal, number, handler)
            if signal.getsignal(signal.SIGPIPE) is signal.SIG_DFL:
                # As Python has it. A client that leaves would end the process.
                signal.signal(signal.SIGPIPE, signal.SIG_IGN)
                undo.callback(signal.signal, signal.SIGPIPE, signal.SIG_DFL)
            self._undo = undo.pop_all()
            self._writer = writer
        forks.guard(self)
        return self

    def __exit__(self, *_exc_info: object) -> None:
        # Its number may soon be that of another file.
        self._writer = None
        self._undo.close()

    def forsake(self) -> None:
        """Close the descriptors, in a child of the application."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            self._undo = contextlib.ExitStack()
            restore_defaults()
            for end in (self._reader, writer):
                os.close(end)

    def fileno(self) -> int:
        """Descriptor that can be read when a signal has come."""
        return self._reader

    def post(self, number: int) -> None:
        """Post a signal as if it had come; any thread or handler may call it.

        Nothing happens outside of the ``with``.

        :param number: the signal, or 0 just to wake who waits.
        """
        if self._writer is not None:
            # A full pipe wakes who waits as well.
            with contextlib.suppress(BlockingIOError):
                os.write(self._writer, bytes([number]))

    def take(self) -> set[int]:
        """Signals that have come; only if the descriptor is readable."""
        return set(os.read(self._reader, 4096))

    def wait(self, timeout: float | None = None) -> set[int]:
        """Wait for signals.

        Under eventlet this is green: the other green threads go on.

        :param timeout: for how many seconds at most; None for ever.
        :returns: those that have come; none if the time is over.
        """
        return self.take() if readable([self], timeout) else set()


def is_spare(number: int) -> bool:
    """Whether neither the application nor a report uses a signal."""
    return signal.getsignal(number) in (signal.SIG_DFL, _ignore)


def spare() -> None:
    """Keep the :data:`SPARE` signals from ending this process."""
    for number in SPARE:
        if is_spare(number):
            signal.signal(number, _ignore)


def readable(files: Iterable[Any], timeout: float | None) -> list[Any]:
    """Wait for files that can be read.

    :param files: what has a descriptor.
    :param timeout: for how many seconds at most; None for ever.
    :returns: those that can be read.
    """
    kind: type[selectors.BaseSelector] = selectors.DefaultSelector
    if kind is getattr(selectors, 'EpollSelector', None):
        # That one takes a descriptor, of which there may be none left. Under
        # eventlet it is another one, which is green.
        kind = selectors.PollSelector
    with kind() as selector:
        for file in files:
            selector.register(file, selectors.EVENT_READ)
        return [key.fileobj for key, _mask in selector.select(timeout)]


@contextlib.contextmanager
def blocked(numbers: Iterable[signal.Signals]) -> Iterator[None]:
    """Context manager: signals wait, also in processes made meanwhile.

    A child inherits its parent's handlers: until it has its own, it would
    take a signal for its parent.

    :param numbers: the signals.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def restore_defaults() -> None:
    """Restore the default actions of signals, in a child of the application.

    Those for which the application has handlers of its own keep these.
    """
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        origin = getattr(handler, '__module__', None) or ''
        if callable(handler) and origin.partition('.')[0] in _LAUNCHERS:
            signal.signal(number, signal.SIG_DFL)


def hangs_up() -> bool:
    """Whether SIGHUP says that the terminal is gone.

    It does where the process is in the foreground of one, as oslo.service
    has it; everywhere else, it asks a service to read its files anew.
    """
    try:
        return os.getpgrp() == os.tcgetpgrp(sys.stdout.fileno())
    except OSError as error:
        # EIO: there was one, which is gone. ENOTTY: there is none.
        return error.errno == errno.EIO
    except (ValueError, AttributeError):
        # There is no standard output.
        return False


def _ignore(_number: int, _frame: object) -> None:
    """No-op handler: only a signal with a handler reaches the descriptor."""
