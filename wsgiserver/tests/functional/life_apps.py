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

"""What the tests of a server's life ask its application to do."""

from collections.abc import Iterable
from collections.abc import Iterator
import ctypes
import itertools
import json
import logging
import os
import threading
import time
from typing import Any

from wsgiserver.tests.functional import apps

LOG = logging.getLogger(__name__)

_TEXT = [('Content-Type', 'text/plain')]

# What adding this many numbers up takes is most of a minute, and no other
# thread, native or green, runs meanwhile.
_MANY = 5 * 10**9


class Application(apps.Application):
    """Does what the path says, as the one it derives from.

    :param text: what ``/text`` answers.
    """

    def __init__(self, text: str = '') -> None:
        super().__init__()
        self._text = text
        self._running = 0
        self._lock = threading.Lock()

    def __call__(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        self._count(1)
        try:
            return super().__call__(environ, start)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self._running += change

    def do_text(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return [self._text.encode()]

    def do_running(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        """The process, and how many other requests it runs."""
        start('200 OK', [('Content-Type', 'application/json')])
        return [json.dumps([os.getpid(), self._running - 1]).encode()]

    def do_log(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        LOG.debug('the application was asked')
        start('200 OK', list(_TEXT))
        return [b'logged\n']

    def do_nap(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        """Sleeps for the seconds in the second segment, and says so first."""
        LOG.info('about to sleep')
        return self.do_sleep(environ, start)

    def do_block(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        """Keeps everything else in the process from running."""
        start('200 OK', list(_TEXT))
        return [b'%d' % sum(range(_MANY))]

    def do_stall(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        """Does the same for the seconds in the second segment."""
        seconds = float(environ['PATH_INFO'].split('/')[2])
        # It keeps the interpreter's lock, and no thread or hub has its turn.
        ctypes.PyDLL(None).usleep(int(seconds * 1_000_000))
        start('200 OK', list(_TEXT))
        return [b'stalled\n']

    def do_until_left(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        """Works until the client has left, and notes that."""
        has_left = environ['wsgiserver.client_disconnected']
        while not has_left():
            time.sleep(0.01)
        self.note('left')
        start('200 OK', list(_TEXT))
        return [b'for nobody\n']

    def do_endless(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return apps.Closing(self, itertools.repeat(b'x' * 65536))

    def do_mirror(
        self, environ: apps.Environ, start: apps.StartResponse
    ) -> Iterable[bytes]:
        """Gives back the body as it comes."""
        start('200 OK', list(_TEXT))
        return apps.Closing(self, self._blocks(environ['wsgi.input']))

    @staticmethod
    def _blocks(body: Any) -> Iterator[bytes]:
        yield b'begun\n'
        while block := body.read(65536):
            yield block


class Life(apps.Watched):
    """The application, in a shape that can go to another process.

    :param text: what ``/text`` answers.
    """

    def __init__(self, text: str = '') -> None:
        super().__init__(Application(text))
        self._text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return Life, (self._text,)


def factory(global_conf: dict[str, str], text: str = '') -> Life:
    """Make the application of a paste file (``paste.app_factory``).

    :param global_conf: the ``[DEFAULT]`` section, unused.
    :param text: what ``/text`` answers.
    :raises ValueError: if the text is ``broken``.
    """
    if text == 'broken':
        raise ValueError('this text is no good')
    return Life(text)
