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

"""Serving in the calling process, until a signal ends it."""

from collections.abc import Iterator
import contextlib
import os
import select
import signal
from typing import Protocol

_ENDING = (signal.SIGINT, signal.SIGTERM)


class Service(Protocol):
    """What is served: an oslo.service ServiceBase."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def wait(self) -> None: ...


def serve(service: Service) -> None:
    """Run a service until SIGINT or SIGTERM, then have it drain.

    Signals go to the main thread alone. Called in another one, this ends
    when somebody stops the service.

    With the eventlet engine, the process has to be monkey-patched.

    :param service: the service, not yet started.
    """
    with _signals() as descriptor:
        service.start()
        if descriptor is not None:
            _wait_for_ending(descriptor)
            service.stop()
        service.wait()


def _wait_for_ending(descriptor: int) -> None:
    received: set[int] = set()
    # Other signals that the application handles come this way as well.
    while received.isdisjoint(_ENDING):
        # Under eventlet this is green: the other green threads go on.
        select.select([descriptor], [], [])
        received.update(os.read(descriptor, 4096))


@contextlib.contextmanager
def _signals() -> Iterator[int | None]:
    """Turn the signals into bytes that a descriptor has to read.

    A handler could run between any two lines of the application, or in
    eventlet's hub; a readable descriptor wakes nobody but who waits for it.

    :returns: the descriptor; None in a thread that gets no signals.
    """
    with contextlib.ExitStack() as undo:
        reader, writer = os.pipe()
        undo.callback(os.close, reader)
        undo.callback(os.close, writer)
        os.set_blocking(writer, False)
        before = _send_signals_to(writer)
        if before is None:
            yield None
            return
        undo.callback(signal.set_wakeup_fd, before)
        for number in _ENDING:
            # None stands for a handler that Python didn't set.
            handler = signal.signal(number, _ignore) or signal.SIG_DFL
            undo.callback(signal.signal, number, handler)
        yield reader


def _send_signals_to(writer: int) -> int | None:
    """Have the number of each signal written.

    :returns: the descriptor they were written to before; None in a thread
        that gets no signals. The threading module can't tell: it doesn't
        know its main thread any more once it is monkey-patched.
    """
    try:
        return signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    except ValueError:
        return None


def _ignore(_number: int, _frame: object) -> None:
    """Be there: only a signal with a handler reaches the descriptor."""
