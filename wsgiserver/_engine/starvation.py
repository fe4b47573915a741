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

"""Notices that requests wait for a worker, which nobody sees otherwise."""

from __future__ import annotations

from wsgiserver._engine import request_pool

#: How long it is silent after it said so, in seconds.
SILENCE = 60.0


class Starvation:
    """Says that requests have waited, once in :data:`SILENCE`."""

    def __init__(self) -> None:
        # Since the last word: how many waited for too long, and the longest.
        self._late = 0
        self._longest = 0.0
        # For how long nothing ran, for something blocked the reactor.
        self._still = 0.0
        self._silent_until = 0.0

    def note_wait(self, seconds: float, limit: float | None) -> None:
        """Take note of a request that got a worker at last.

        Several threads may call it, and lose one of two.

        :param seconds: how long it waited.
        :param limit: ``queue_wait_warning``; None for no warning.
        """
        if limit is not None and seconds > limit:
            self._late += 1
            self._longest = max(self._longest, seconds)

    def note_lag(self, seconds: float, limit: float | None) -> None:
        """Take note of how late the reactor turned.

        :param seconds: the time, in seconds.
        :param limit: as for :meth:`note_wait`.
        """
        if limit is not None and seconds > limit:
            self._still = max(self._still, seconds)

    def warning(
        self,
        now: float,
        limit: float | None,
        pool: request_pool.Pool,
        slots: int,
    ) -> str | None:
        """Put into words what there is to say, if anything.

        :param now: the time, by the monotonic clock.
        :param limit: as for :meth:`note_wait`.
        :param pool: the pool.
        :param slots: its size.
        """
        if limit is None or now < self._silent_until:
            return None
        waits = pool.longest_wait(now)
        is_late = self._late or waits > limit
        if not (is_late or self._still):
            return None
        said = []
        if is_late:
            said.append(
                f'requests wait for a worker: {self._late} got one after more '
                f'than {limit:g} s, the longest wait was '
                f'{max(self._longest, waits):.3f} s, {len(pool.queue)} wait, '
                f'{pool.busy} of {slots} workers are busy'
            )
        if self._still:
            said.append(
                'something blocked the reactor, and all requests with it, '
                f'for {self._still:.3f} s'
            )
        self._late = 0
        self._longest = self._still = 0.0
        self._silent_until = now + SILENCE
        text = '; '.join(said)
        return text[0].upper() + text[1:]
