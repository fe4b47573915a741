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

"""Error log: ``wsgi.errors``, whose lines become records of the log."""

import collections
from collections.abc import Iterable
import logging

from wsgiserver._log import escaping

LOG = logging.getLogger('wsgiserver.wsgi.errors')

#: How many pieces of a line are kept until it ends, and characters of each:
#: more become a record as they are, or memory would have no bound.
MAX_PIECES = 1000
MAX_PIECE = 8192


class ErrorLog:
    """``wsgi.errors`` of one request.

    A record is what was written up to a line end, to :meth:`flush` or to the
    end of the request, however many calls wrote it: ``print('a', 'b')`` makes
    four. It takes no lock, which would cost each request something: that
    appending to a deque and taking out of one are atomic is enough for no text
    to be lost where several threads of a request write.
    """

    #: The pieces of a line that has no end yet.
    unfinished: collections.deque[str] | tuple[()] = ()

    def write(self, text: str) -> int:
        """Log the lines that end here, and keep the beginning of the next.

        :param text: the text.
        :returns: its length, in characters.
        :raises TypeError: if it is none.
        """
        lines, end, rest = text.rpartition('\n')
        if end:
            self._log(self._taken() + lines)
        if rest:
            self._keep(rest)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Log what has no line end."""
        self._log(self._taken())

    def _keep(self, text: str) -> None:
        # In one step: two threads may begin at a time.
        pieces = self.__dict__.setdefault('unfinished', collections.deque())
        pieces.append(text)
        if len(pieces) > MAX_PIECES or len(text) > MAX_PIECE:
            self.flush()

    def _taken(self) -> str:
        """Text without a line end, taken out."""
        pieces = self.unfinished
        found = []
        # Not by iteration, within which another thread may append.
        while pieces:
            try:
                found.append(pieces.popleft())
            except IndexError:
                break
        return ''.join(found)

    def _log(self, text: str) -> None:
        for line in text.split('\n'):
            line = line.removesuffix('\r')
            if line:
                LOG.error('%s', escaping.line(line))
