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

"""The applications that the wire tests talk to."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import io
import itertools
import json
import os
import threading
import time
from typing import Any
from typing import IO
from wsgiref import validate

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]

_TEXT = [('Content-Type', 'text/plain')]


def sized(length: int) -> list[tuple[str, str]]:
    return [*_TEXT, ('Content-Length', str(length))]


def wrapped(environ: Environ, file: IO[bytes]) -> Iterable[bytes]:
    wrapper: Iterable[bytes] = environ['wsgi.file_wrapper'](file, 7)
    return wrapper


class Closing:
    """An iterable that tells the application when it is closed."""

    def __init__(self, app: 'Application', blocks: Iterable[bytes]) -> None:
        self._app = app
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._blocks)

    def close(self) -> None:
        self._app.note('closed')


class Application:
    """Does what the path says; see the methods.

    :param path: the first segment names a method.
    """

    def __init__(self) -> None:
        self.events: list[str] = []
        self.released = threading.Event()

    def note(self, event: str) -> None:
        self.events.append(event)

    def __call__(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        name = environ['PATH_INFO'].split('/')[1] or 'hello'
        result: Iterable[bytes] = getattr(self, f'do_{name}')(environ, start)
        return result

    def do_hello(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return [b'hello\n']

    def do_environ(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', [('Content-Type', 'application/json')])
        plain = {k: v for k, v in environ.items() if isinstance(v, str)}
        return [json.dumps(plain).encode()]

    def do_events(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """What was noted so far; forgotten afterwards."""
        start('200 OK', [('Content-Type', 'application/json')])
        events, self.events = self.events, []
        return [json.dumps(events).encode()]

    def do_pid(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return [b'%d' % os.getpid()]

    def do_echo(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        body = environ['wsgi.input'].read(2**40)
        start('200 OK', sized(len(body)))
        return [body]

    def do_lines(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        lines = list(environ['wsgi.input'])
        start('200 OK', [('Content-Type', 'application/json')])
        return [json.dumps([line.decode() for line in lines]).encode()]

    def do_count(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        total = 0
        while block := environ['wsgi.input'].read(65536):
            total += len(block)
        start('200 OK', list(_TEXT))
        return [b'%d' % total]

    def do_ignore(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Answers without a look at the body."""
        start('403 Forbidden', list(_TEXT))
        return [b'no\n']

    def do_stream(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return Closing(self, (b'%d\n' % i for i in range(5)))

    def do_empty_strings(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return iter([b'', b'a', b'', b'b', b''])

    def do_nothing(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return []

    def do_no_content(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('204 No Content', [('Content-Length', '0')])
        return [b'']

    def do_not_modified(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('304 Not Modified', [('ETag', '"1"')])
        return []

    def do_big(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """As many MB as the second segment says, in blocks of 64 KiB."""
        megabytes = int(environ['PATH_INFO'].split('/')[2])
        start('200 OK', list(_TEXT))
        return (b'x' * 65536 for _block in range(megabytes * 16))

    def do_write(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        write = start('200 OK', list(_TEXT))
        write(b'written ')
        write(b'')
        return [b'returned']

    def do_file(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        path = __file__
        start('200 OK', sized(os.stat(path).st_size))
        return wrapped(environ, open(path, 'rb'))

    def do_file_part(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        file = open(__file__, 'rb')
        file.seek(100)
        start('200 OK', sized(50))
        return wrapped(environ, file)

    def do_memory_file(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return wrapped(environ, io.BytesIO(b'abc' * 10))

    def do_fail(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        raise ValueError('the application is broken')

    def do_fail_started(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        raise ValueError('broken after start_response')

    def do_fail_midway(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', list(_TEXT))
        return Closing(self, self._failing())

    @staticmethod
    def _failing() -> Iterator[bytes]:
        yield b'some'
        raise ValueError('broken in the middle')

    def do_break_off(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """As many MB as the second segment says, and no end.

        A third one declares a length.
        """
        _root, _name, megabytes, *sized_ = environ['PATH_INFO'].split('/')
        size = int(megabytes) * 2**20
        start('200 OK', sized(size + 1) if sized_ else list(_TEXT))
        return Closing(self, self._breaking(size))

    @staticmethod
    def _breaking(size: int) -> Iterator[bytes]:
        for _block in range(size // 65536):
            yield b'x' * 65536
        raise ValueError('broken in the middle')

    def do_unending(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """A body without an end; the second segment is the status.

        A third one is the length that it declares.
        """
        _root, _name, status, *length = environ['PATH_INFO'].split('/')
        start(status, sized(int(length[0])) if length else list(_TEXT))
        return Closing(self, itertools.repeat(b'x' * 1000))

    def do_unending_write(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        write = start('200 OK', list(_TEXT))
        try:
            while True:
                write(b'x' * 1000)
        finally:
            self.note('closed')

    def do_untrue_size(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """A file of no size, by what its file system says."""
        start('200 OK', list(_TEXT))
        return wrapped(environ, open('/proc/version', 'rb'))

    def do_buffers(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Bytes in every shape, all in one buffer."""
        buffer: Any = bytearray(b'written ')
        start('200', list(_TEXT))(buffer)
        buffer[:] = b'returned'
        pieces: list[Any] = [memoryview(buffer), bytearray(b' and'), b' more']
        return iter(pieces)

    def do_errors(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Writes a line in pieces, and others do the same meanwhile."""
        errors = environ['wsgi.errors']
        name = environ['PATH_INFO'].split('/')[2]
        start('200 OK', list(_TEXT))
        yield b'begun'
        for number in range(20):
            print(name, number, end=' ', file=errors)
            time.sleep(0.005)
        errors.write('without an end')

    def do_exc_info(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        import sys

        start('200 OK', list(_TEXT))
        try:
            raise ValueError('replaced')
        except ValueError:
            start('502 Bad Gateway', list(_TEXT), sys.exc_info())
        return [b'replaced\n']

    def do_exit(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        raise SystemExit(3)

    def do_silent(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Never calls start_response."""
        return [b'silent']

    def do_too_short(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', sized(10))
        return [b'short']

    def do_too_long(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', sized(5))
        return [b'longer than that']

    def do_split(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """A header that would be two."""
        start('200 OK', [*_TEXT, ('X-A', 'b\r\nX-Injected: c')])
        return [b'split']

    def do_hop(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        start('200 OK', [*_TEXT, ('Transfer-Encoding', 'gzip')])
        return [b'hop']

    def do_sleep(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Sleeps for the seconds in the second segment."""
        time.sleep(float(environ['PATH_INFO'].split('/')[2]))
        start('200 OK', list(_TEXT))
        return [b'slept\n']

    def do_hold(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Answers once another request asks for /release."""
        self.note('held')
        while not self.released.is_set():
            time.sleep(0.01)
        start('200 OK', list(_TEXT))
        return [b'released\n']

    def do_release(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        self.released.set()
        start('200 OK', list(_TEXT))
        return [b'ok\n']

    def do_swallow(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Tells what reading the body raises."""
        start('200 OK', list(_TEXT))
        try:
            environ['wsgi.input'].read(2**40)
        except OSError as error:
            return [type(error).__name__.encode()]
        return [b'nothing']


# The validator objects to what the first of these do, and rightly so; from
# the others it would hide the type of what they return.
_UNWATCHED = frozenset(
    'exit silent too_short split hop fail fail_started '
    'hello nothing file file_part unending unending_write buffers '
    'untrue_size errors'.split()
)


class Watched:
    """An application whose valid parts are watched by the validator.

    :param app: the application.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._checked = validate.validator(app)

    def __call__(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        name = environ['PATH_INFO'].split('/')[1]
        if name in _UNWATCHED or environ['PATH_INFO'] == '*':
            return self._app(environ, start)
        return self._checked(environ, start)
