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
"""Locks of the log, which no thread may hold while a process forks.

A forked process has the calling thread alone. logging renews its own locks in
it, but not those of the streams that handlers write to: one that another
thread held at that moment is held for ever there. As long as the forking
thread has the locks of all handlers, nobody is inside of an ``emit()``.
"""

from __future__ import annotations

import _thread
import logging
import signal
import time
from typing import Any

#: How long is waited for the locks, in seconds. Whoever has one for longer
#: waits for a disk or a pipe, and a fork can't wait for these.
PATIENCE = 1.0

#: The same under eventlet, where the whole process waits meanwhile: another
#: green thread that has one can't go on, nor is it inside of a stream's code.
GREEN_PATIENCE = 0.25

# How long one of them is waited for while others are held, in seconds: two
# threads that want them in another order would else wait for each other.
_STEP = 0.02

_PAUSE = 0.001

# The lock that eventlet does not replace; it is waited for natively.
_NATIVE = type(_thread.RLock())


def handlers() -> list[logging.Handler]:
    """Handlers there are, those behind other handlers included."""
    # What logging.shutdown() goes by; loggers only know those at the front.
    references = logging._handlerList  # type: ignore[attr-defined]  # private
    found = [reference() for reference in list(references)]
    return [handler for handler in found if handler is not None]


def acquire_all() -> list[Any]:
    """Acquire the locks of all handlers, and of the module.

    :returns: the locks, for :func:`release`; not all of them if one can't
        be had.
    """
    # Who configures the log has this one first, and so has logging itself when
    # it forks.
    locks = [logging._lock]  # type: ignore[attr-defined]  # private
    for handler in handlers():
        if handler.lock:
            _keep_from_logging(handler)
            locks.append(handler.lock)
    is_native = all(isinstance(lock, _NATIVE) for lock in locks)
    patience = PATIENCE if is_native else GREEN_PATIENCE
    deadline = time.monotonic() + patience
    while True:
        taken = [lock for lock in locks if _acquire(lock, _STEP)]
        if len(taken) == len(locks) or time.monotonic() > deadline:
            return taken
        release(taken)
        # Whoever has the other ones may want these. time.sleep() would let
        # green threads run, which might fork as well, or bear a time-out.
        signal.sigtimedwait((), _PAUSE)


def _keep_from_logging(handler: logging.Handler) -> None:
    """Keep logging from renewing a lock that it can't.

    In a child it would fail on that of oslo.log under eventlet, and leave its
    own as they are.
    """
    if not hasattr(handler.lock, '_at_fork_reinit'):
        known = logging._at_fork_reinit_lock_weakset  # type: ignore[attr-defined]  # private
        known.discard(handler)


def _acquire(lock: Any, timeout: float) -> bool:
    if isinstance(lock, _NATIVE):
        return bool(lock.acquire(timeout=timeout))
    # A green one would let others run while it waits.
    deadline = time.monotonic() + timeout
    while not lock.acquire(blocking=False):
        if time.monotonic() > deadline:
            return False
        signal.sigtimedwait((), _PAUSE)
    return True


def release(locks: list[Any]) -> None:
    """Release locks, in the process that took them."""
    for lock in reversed(locks):
        lock.release()


def renew() -> None:
    """Renew the locks of all handlers, in a forked process.

    Under eventlet, oslo.log's is a byte in a pipe, which forked processes
    share: one that is killed while it logs would take the byte along, and the
    launcher and every other worker would wait for it for ever.
    """
    for handler in handlers():
        handler.createLock()
