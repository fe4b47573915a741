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
"""How an engine lets go in a child that the application has forked.

The child has its parent's descriptors and, with them, its poller: whatever it
added to that or took from it, the parent would feel.
"""

# As it is without eventlet.
import _socket
from collections.abc import Iterable
import contextlib
import os
from typing import Any

from wsgiserver._process import forks


def cut_off(descriptors: Iterable[int]) -> None:
    """Have descriptors lead nowhere, in this process alone.

    They stay taken: else they would soon be other files, and what is left of
    a response could go there.

    :param descriptors: those of sockets.
    """
    with contextlib.closing(_socket.socket(_socket.AF_UNIX)) as nowhere:
        for fileno in descriptors:
            os.dup2(nowhere.fileno(), fileno, inheritable=False)


def silence(hub: Any) -> None:
    """Have a hub of eventlet's run nothing any more.

    The green thread that forked is the only one that goes on, as it is with
    native threads. Where it ends, or comes back to the hub, the process does.

    :param hub: the hub of the parent, which this process has a copy of.
    """
    for buckets in (hub.listeners, hub.secondaries):
        for bucket in buckets.values():
            for found in bucket.values():
                for listener in found if isinstance(found, list) else [found]:
                    # It may be about to be called.
                    listener.cb = _do_nothing
            bucket.clear()
    del hub.timers[:], hub.next_timers[:]
    hub.wait = _leave
    with contextlib.suppress(AttributeError):
        # That of poll() has no descriptor.
        hub.poll.close()


def _do_nothing(_fileno: int) -> None:
    """No-op callback: the parent has the descriptor's events."""


def _leave(_seconds: float | None = None) -> None:
    forks.end_child(SystemExit())
