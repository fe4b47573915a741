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
"""Fork hooks: locks that are held over a fork, and what a child closes.

The application may fork as well, and such a child has copies of everything
that serves: descriptors, handlers of signals, an engine in the middle of a
step. All of that is its parent's, and the child lets go of it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import logging
import os
import signal
import sys
import threading
from typing import Any
from typing import NoReturn
from typing import Protocol
import weakref

from wsgiserver._process import log_locks

LOG = logging.getLogger('wsgiserver.application')


class Guarded(Protocol):
    """Interface of what a child of the application has to let go of."""

    def forsake(self) -> None:
        """Release what is the parent's; called in the child, and once."""


class _Guard:
    """State of the fork hooks, of which a process has one set."""

    def __init__(self) -> None:
        self.is_watching = False
        # Whether this is a child of the application, and whether it has had
        # any.
        self.is_child = False
        self.has_children = False
        self.guarded: list[weakref.ref[Guarded]] = []
        # Of threads, or green threads: those that make a process of ours, and
        # what those that fork right now hold.
        self.makers: set[int] = set()
        self.held: dict[int, tuple[set[Any], list[Any]]] = {}

    def watch(self) -> None:
        """Register the hooks, once."""
        if not self.is_watching:
            self.is_watching = True
            os.register_at_fork(
                before=_before,
                after_in_parent=_in_parent,
                after_in_child=_in_child,
            )


_guard = _Guard()


def guard(thing: Guarded) -> None:
    """Register what a child of the application has to let go of.

    :param thing: no more than a weak reference to it is kept.
    """
    _guard.watch()
    # Whatever it was before, it serves by itself now.
    _guard.is_child = False
    alive = [each for each in _guard.guarded if each() is not None]
    _guard.guarded = [*alive, weakref.ref(thing)]


@contextlib.contextmanager
def library_fork() -> Iterator[None]:
    """Context manager: forks of the caller are processes of this library.

    It keeps what it has inherited, and is guarded anew.
    """
    _guard.watch()
    me = threading.get_ident()
    _guard.makers.add(me)
    try:
        yield
    finally:
        _guard.makers.discard(me)


def _before() -> None:
    locks = log_locks.acquire_all()
    # One that came to the child before it has its own handlers would be taken
    # for one to the parent. Nothing waits from here to the fork.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    _guard.held[threading.get_ident()] = mask, locks


def _in_parent() -> None:
    me = threading.get_ident()
    # Nothing is held if a signal has ended what goes ahead of the fork.
    mask, locks = _guard.held.pop(me, (None, []))
    if me not in _guard.makers:
        _guard.has_children = True
    log_locks.release(locks)
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _in_child() -> None:
    me = threading.get_ident()
    is_ours = me in _guard.makers
    mask, _locks = _guard.held.get(me, (None, []))
    guarded, _guard.guarded = _guard.guarded, []
    _guard.held.clear()
    _guard.makers.clear()
    # Whatever fails: all of it is called, the first one last.
    with contextlib.ExitStack() as stack:
        if mask is not None:
            stack.callback(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        if not is_ours:
            _guard.is_child = True
            for thing in [each() for each in guarded]:
                if thing is not None:
                    stack.callback(thing.forsake)
        stack.callback(log_locks.renew)
    if not is_ours and signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        # Not before: what is raised in here is lost, and the signal with it.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def has_children() -> bool:
    """Whether the application has forked this process.

    A descriptor that is closed here may still be open there.
    """
    return _guard.has_children


def end_child(error: BaseException | None = None) -> None:
    """End this process if it is a child of the application.

    For where the application comes back to what serves: nothing there is the
    child's.

    :param error: what the application has raised; the code of a SystemExit
        becomes the exit status.
    """
    if _guard.is_child:
        _end(error)


def _end(error: BaseException | None) -> NoReturn:
    status = 1
    if isinstance(error, SystemExit):
        code = error.code
        status = code if isinstance(code, int) else int(code is not None)
    elif isinstance(error, KeyboardInterrupt):
        # What a shell makes of it.
        status = 128 + signal.SIGINT
    else:
        LOG.error(
            'A process that the application has forked came back from it, '
            'and ends: os._exit() is to end it',
            exc_info=error,
        )
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status & 0xFF)
