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

"""The green thread in which a request runs on eventlet."""

from __future__ import annotations

from collections.abc import Callable
import logging
from typing import Any
from weakref import getweakrefcount

import eventlet
from eventlet.green import threading as green_threading
from eventlet import greenthread
from eventlet import patcher
import greenlet

from wsgiserver._wsgi import gateway as wsgi_gateway

LOG = logging.getLogger('wsgiserver.application')


def _report(error: BaseException) -> None:
    LOG.error('What a request has left behind failed', exc_info=error)


def _end(error: BaseException | None) -> None:
    if error is not None:
        raise error


class GreenWorker(greenthread.GreenThread):  # type: ignore[misc]  # untyped
    """The green thread in which a request runs.

    eventlet.wsgi has one for each connection, and applications go by it:
    thread-locals, locks and the current thread are those of the green thread.
    To start one takes 8 us, most of it for memory that Python maps and
    returns each time. So a worker runs one request after the other as long as
    these can't tell: a request that has left nothing on its green thread has
    had one of its own.

    :param hub: eventlet's hub.
    """

    # Attributes of a greenlet are looked up slowly, and slots aren't.
    __slots__ = (
        'has_waited',
        'is_done',
        '_is_named',
        '_attributes',
        '_own_references',
        '_own_attributes',
    )

    def __init__(self, hub: Any) -> None:
        super().__init__(hub.greenlet)
        #: Whether it has let others run since its request began.
        self.has_waited = False
        #: Whether that is over, and it waits for another one.
        self.is_done = False
        # Else the current thread is the native one that all requests share.
        self._is_named = patcher.is_monkey_patched('thread')
        # The others: those of eventlet, and what the application adds.
        self._attributes: dict[str, Any] = self.__dict__
        self._own_references = self._own_attributes = 0

    def main(self, function: Any, args: Any, kwargs: Any) -> None:
        """The green thread's main: what is linked to it can't hurt the hub."""
        error: BaseException | None = None
        try:
            # Not by way of eventlet's method: whatever is on the stack of C
            # is copied each time the green threads are switched.
            function()
        except BaseException as failure:
            error = failure
        try:
            self._guarded(super().main, _end, (error,), {})
        finally:
            error = None
        while self._exit_funcs:
            # One has failed, and eventlet would not call the others.
            self._guarded(self._resolve_links)

    def _guarded(self, call: Callable[..., None], *args: Any) -> None:
        try:
            call(*args)
        except greenlet.GreenletExit:
            return
        except BaseException as error:
            if wsgi_gateway.is_interrupt(error):
                raise
            # Not here: a record has the name of the thread, which eventlet
            # doesn't give to one that has ended.
            eventlet.spawn_n(_report, error)

    def begin(self) -> None:
        """Count what is on the green thread before any request."""
        self._own_references = getweakrefcount(self)
        self._own_attributes = len(self._attributes)

    def has_traces(self) -> bool:
        """Tell whether a request has left something on the green thread.

        Thread-locals are kept by weak references to it; who wants to know of
        its end, the current thread's object for one, is linked to it.
        """
        attributes = self._attributes
        return (
            attributes['_exit_funcs'] is not None
            or getweakrefcount(self) != self._own_references
            or len(attributes) != self._own_attributes
        )

    @property
    def thread_name(self) -> str | None:
        """The name of the thread in records of the log, if it has its own.

        eventlet numbers a green thread once somebody asks for its name, and
        that is a trace. So the access log asks only if the application has.
        """
        if not self._is_named:
            return None
        if self._exit_funcs is None:
            return 'GreenThread'
        return str(green_threading.current_thread().name)


def _is_daemon(thread: Any) -> bool:
    return not isinstance(thread._g, GreenWorker)


# Threads are daemons by default if the one that starts them is, as eventlet
# says of all its green threads: what an application starts in a request would
# be lost when the process ends.
green_threading._GreenThread.daemon = property(_is_daemon)
