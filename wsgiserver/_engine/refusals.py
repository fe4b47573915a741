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

"""Says in the log who was refused and why, in bounded many lines."""

from __future__ import annotations

from collections.abc import Callable
import logging
import time

from wsgiserver._log import escaping

LOG = logging.getLogger('wsgiserver.refusals')

#: How many lines a reason gets in a period; what is more is counted. There
#: are some tens of reasons, and any stranger may give them without end.
MOST = 5

#: How long that is, in seconds.
PERIOD = 60.0

#: How much of what a peer sent is shown, in bytes: the longest that is said
#: by health checks, and enough of TLS to be recognised.
SHOWN = 100

#: How much is said of an error, in characters.
_LONGEST = 200


class Refusals:
    """The lines about refused requests and failed handshakes.

    Any thread may use it; two at once may lose one of the counts.

    :param later: makes a call that may wait.
    """

    def __init__(self, later: Callable[..., None]) -> None:
        self._later = later
        # How often each reason was given in this period, and when it ends.
        self._counts: dict[str, int] = {}
        self._until = 0.0

    def note(self, peer: str, reason: str, details: str = '') -> None:
        """Have a line written, unless there are enough of its kind.

        :param peer: the client's address; '' on a UNIX socket.
        :param reason: why, in words of this program or of OpenSSL.
        :param details: what else there is to say.
        """
        if not LOG.isEnabledFor(logging.INFO):
            return
        if not self._counts:
            self._until = time.monotonic() + PERIOD
        count = self._counts[reason] = self._counts.get(reason, 0) + 1
        if count <= MOST:
            said = escaping.line(details)[:_LONGEST]
            self._later(
                *(LOG.info, 'Refused %s: %s%s'),
                *(peer or '-', reason, said and f'; {said}'),
            )

    def tell_rest(self, now: float) -> None:
        """Say how many more there were, once the period is over.

        :param now: the time, by the monotonic clock.
        """
        if self._counts and now >= self._until:
            counts, self._counts = self._counts, {}
            for reason, count in counts.items():
                if count > MOST:
                    self._later(
                        *(LOG.info, 'Refused, and %d more within %d s: %s'),
                        *(count - MOST, PERIOD, reason),
                    )


def sent(data: bytes) -> str:
    """Show how a request began that was refused.

    What follows its first line is not for a log: it may be credentials.

    :param data: its bytes, as far as they are there.
    """
    line = data[: SHOWN + 2].removeprefix(b'\r\n').partition(b'\r\n')[0]
    return f'it sent {line[:SHOWN]!r}' if line else ''
