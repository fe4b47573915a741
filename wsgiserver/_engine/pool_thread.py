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

"""The threads that run requests, and those of them that have nothing to do."""

from __future__ import annotations

from collections.abc import Callable
import itertools
import logging
import threading
from typing import Any

from wsgiserver._engine import connection as engine_connection
from wsgiserver._process import finishing

LOG = logging.getLogger('wsgiserver.engine')


class PoolThread:
    """A thread of the pool."""

    __slots__ = ('ident', 'token', 'job', 'leading', 'store', 'wake')

    def __init__(self) -> None:
        #: Whether it leads; written by the thread itself alone, or while it
        #: sleeps.
        self.leading = False
        #: Holds something while it runs a request as the leader; see
        #: :mod:`wsgiserver._engine.lead`.
        self.token: list[None] = []
        #: A connection to run on waking, in place of leading.
        self.job: engine_connection.Connection | None = None
        #: The thread's identifier; filled in by the thread itself.
        self.ident = 0
        #: Where the context of a request may have been left behind; filled in
        #: by the thread itself.
        self.store: dict[str, Any] = {}
        #: Held while there is nothing to do.
        self.wake = threading.Lock()
        self.wake.acquire()


def spawn(target: Callable[..., None], name: str, *args: object) -> None:
    """Start a thread that doesn't keep its process from ending.

    :param target: what it does.
    :param name: what it is called in the log, behind ``wsgiserver-``.
    :raises RuntimeError: if the system has none for us now.
    """
    finishing.ServingThread(
        target=target, args=args, name=f'wsgiserver-{name}'
    ).start()


class Followers:
    """The threads that wait until there is something to do.

    Its methods are called with the engine's lock held.

    :param live: what a new thread does.
    """

    def __init__(self, live: Callable[[PoolThread], None]) -> None:
        self._live = live
        self._threads: list[PoolThread] = []
        # In the names of the threads, for who reads the log.
        self._numbers = itertools.count(1)

    def wake(
        self, leading: bool, job: engine_connection.Connection | None = None
    ) -> PoolThread | None:
        """Wake a thread, or start one.

        :param leading: whether it is to lead.
        :param job: else what it is to run.
        :returns: None if the system has no thread for us now.
        """
        is_new = not self._threads
        thread = PoolThread() if is_new else self._threads.pop()
        thread.leading = leading
        thread.job = job
        if not is_new:
            thread.wake.release()
            return thread
        try:
            spawn(self._live, f'worker-{next(self._numbers)}', thread)
        except RuntimeError as error:
            LOG.warning('Going on with the threads there are: %s', error)
            return None
        return thread

    def add(self, thread: PoolThread, limit: int) -> bool:
        """Have a thread wait.

        :param limit: how many there may be; more were made only while many
            waited for their clients.
        :returns: False if there are enough of them: it is to end.
        """
        if len(self._threads) > limit:
            return False
        self._threads.append(thread)
        return True

    def dismiss(self) -> None:
        """Wake all of them, to end."""
        for thread in self._threads:
            thread.wake.release()
        self._threads.clear()
