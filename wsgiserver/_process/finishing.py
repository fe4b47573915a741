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

"""Background work of the application, finished before its process ends.

A process that was forked ends with ``os._exit()``, which leaves out what the
interpreter does at its end: it waits for threads that are no daemons, has
executors run what was submitted to them, and calls the handlers of ``atexit``.
Images are imported that way, spools written and connections closed.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
import logging
import multiprocessing
import threading
from typing import Any

LOG = logging.getLogger('wsgiserver.application')


def finish(
    timeout: float | None, give_up: Callable[[list[str]], object]
) -> None:
    """Wait for the application's own work, as the interpreter does at its end.

    With eventlet the threads are green ones; what was made by
    ``eventlet.spawn()`` may run for ever, as a periodic task does, and isn't
    waited for.

    The main thread is to call it, and nothing may be served any more.

    :param timeout: for how long at most, in seconds; None for no bound.
    :param give_up: called in another thread when the time is over, with the
        names of the threads and processes that go on; it is to end the
        process.
    """
    done = threading.Event()
    # With eventlet, the one that calls is not the main thread's object.
    aside = [threading.main_thread(), threading.current_thread()]

    def watch() -> None:
        if not done.wait(timeout):
            give_up(_names(aside))

    if timeout is not None:
        watching = threading.Thread(target=watch, name='wsgiserver-end')
        watching.daemon = True
        try:
            watching.start()
        except RuntimeError:
            # The system has no thread for us. The launcher has a watch, too.
            LOG.debug('Nobody watches the end of this process')
    try:
        _join(aside)
        # Each handler's errors are written to standard error.
        atexit._run_exitfuncs()
    finally:
        done.set()


class ServingThread(threading.Thread):
    """A daemon whose children are none, unless somebody says so.

    A thread is a daemon by default if the one that starts it is: what an
    application starts in a request would be lost at the end.
    """

    _has_begun = False

    def __init__(self, **given: Any) -> None:
        super().__init__(daemon=True, **given)

    @property
    def daemon(self) -> bool:  # type: ignore[override]  # nobody is to set it
        """True until it runs, when the interpreter has taken note of it."""
        return not self._has_begun

    def run(self) -> None:
        """Do what it is for."""
        self._has_begun = True
        super().run()


def _names(aside: list[threading.Thread]) -> list[str]:
    """Name the threads and processes that go on, daemons aside."""
    return [
        *sorted(thread.name for thread in _threads(aside)),
        *sorted(child.name for child in multiprocessing.active_children()),
    ]


def _threads(aside: list[threading.Thread]) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if not thread.daemon
        and not isinstance(thread, ServingThread)
        and thread not in aside
    ]


def _join(aside: list[threading.Thread]) -> None:
    # Executors are told this way that nothing more is submitted; their
    # threads wait for ever otherwise. There is no public one.
    for call in reversed(threading._threading_atexits):  # type: ignore[attr-defined]  # private
        call()
    # One may start another one.
    while left := _threads(aside):
        for thread in left:
            thread.join()
