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

"""What the tests of the engines ask their application to do."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import json
import queue
import threading
import time
from typing import Any

from wsgiserver import exceptions

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]

#: What was noted so far.
NOTES: list[str] = []

_HELD = threading.Event()


class Closing:
    """A body that notes its end."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        NOTES.append('closed')


def app(text: str, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    """Do what the path says: the first segment names a function.

    :param text: what ``/text`` answers.
    """
    _root, name, *rest = environ['PATH_INFO'].split('/')
    if name == 'text':
        body: Iterable[bytes] = [text.encode()]
    else:
        body = _DO[name](environ, *rest)
    start('200 OK', [('Content-Type', 'text/plain')])
    return body


def _sleep(_environ: Environ, seconds: str) -> Iterable[bytes]:
    time.sleep(float(seconds))
    return [b'slept']


def _compute(_environ: Environ, seconds: str) -> Iterable[bytes]:
    """Keeps eventlet's hub from running for so long."""
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        continue
    return [b'computed']


def _lock(_environ: Environ) -> Iterable[bytes]:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
    return []


def _queue(_environ: Environ) -> Iterable[bytes]:
    queue.Queue[None]().get()
    return []


def _event(_environ: Environ) -> Iterable[bytes]:
    threading.Event().wait()
    return []


def _body(environ: Environ) -> Iterable[bytes]:
    return [b'%d' % len(environ['wsgi.input'].read())]


def _fill(_environ: Environ) -> Iterable[bytes]:
    """As much as the client takes, and more."""
    return Closing(iter(lambda: b'x' * 65536, b''))


def _count(_environ: Environ, blocks: str) -> Iterable[bytes]:
    """So many blocks of 64 KiB, and a note of each."""
    return _counted(int(blocks))


def _counted(blocks: int) -> Iterator[bytes]:
    for number in range(blocks):
        NOTES.append(str(number))
        yield b'x' * 65536


def _hold(_environ: Environ) -> Iterable[bytes]:
    """Waits for the next /release."""
    _HELD.wait()
    _HELD.clear()
    return [b'held']


def _release(_environ: Environ) -> Iterable[bytes]:
    """Is itself about to end when what was held ends."""
    _HELD.set()
    time.sleep(0.001)
    return [b'released']


def _begin(_environ: Environ, seconds: str) -> Iterable[bytes]:
    """Begins a response, and goes on later."""
    return Closing(_halves(float(seconds)))


def _halves(seconds: float) -> Iterator[bytes]:
    yield b'begun '
    try:
        time.sleep(seconds)
        yield b'done'
    except exceptions.ClientDisconnected:
        NOTES.append('nobody there')
        raise


def _write_late(_environ: Environ, seconds: str) -> Iterable[bytes]:
    """Computes for a while, and doesn't notice anything meanwhile."""
    return Closing(_late(float(seconds)))


def _late(seconds: float) -> Iterator[bytes]:
    time.sleep(seconds)
    for _turn in range(3):
        NOTES.append('wrote')
        yield b'late'


def _stubborn(_environ: Environ, seconds: str) -> Iterable[bytes]:
    """Goes on after any error of its own."""
    for _turn in range(2):
        try:
            time.sleep(float(seconds))
        except Exception:
            NOTES.append('swallowed')
        finally:
            NOTES.append('cleaned up')
    return [b'still here']


def _more_stubborn(_environ: Environ, seconds: str) -> Iterable[bytes]:
    """Goes on after anything."""
    try:
        time.sleep(float(seconds))
    except BaseException as error:
        NOTES.append(type(error).__name__)
    time.sleep(1.5)
    return [b'still here']


def _notes(_environ: Environ) -> Iterable[bytes]:
    return [json.dumps(NOTES).encode()]


_DO: dict[str, Callable[..., Iterable[bytes]]] = {
    'sleep': _sleep,
    'compute': _compute,
    'lock': _lock,
    'queue': _queue,
    'event': _event,
    'body': _body,
    'fill': _fill,
    'count': _count,
    'hold': _hold,
    'release': _release,
    'begin': _begin,
    'late': _write_late,
    'stubborn': _stubborn,
    'more_stubborn': _more_stubborn,
    'notes': _notes,
}
