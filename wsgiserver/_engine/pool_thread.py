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
"""What is known of one thread of the pool."""

from __future__ import annotations

import threading
from typing import Any

from wsgiserver._engine import connection as engine_connection


class PoolThread:
    """A thread of the pool."""

    __slots__ = ('ident', 'inline', 'job', 'leading', 'store', 'wake')

    def __init__(self) -> None:
        #: Whether it leads; written by the thread itself alone, or while it
        #: sleeps.
        self.leading = False
        #: Holds something while it runs a request as the leader. Whoever takes
        #: that out decides: the worker itself, which goes on leading, or
        #: another, which passes the lead on.
        self.inline: list[None] = []
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
