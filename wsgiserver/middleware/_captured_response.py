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

"""Captured response of an application, whose head a filter sees first."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
from types import TracebackType
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
_OptExcInfo = _ExcInfo | tuple[None, None, None]


def _closer(iterable: Iterable[bytes]) -> Callable[[], object] | None:
    close: Callable[[], object] | None = getattr(iterable, 'close', None)
    return close


class _Body:
    """An application's iterable, closed once at the most.

    :param source: what the application returned.
    :param pieces: what goes ahead of it: given to ``write()``, or taken
        from a generator to make it start.
    :param rest: the iterator that the pieces were taken from; None where
        the source is untouched.
    """

    def __init__(
        self,
        source: Iterable[bytes],
        pieces: list[bytes],
        rest: Iterator[bytes] | None = None,
    ) -> None:
        self._source = source
        self._pieces = pieces
        self._rest = rest
        self._close = _closer(source)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        yield from self._source if self._rest is None else self._rest

    @property
    def needs_close(self) -> bool:
        return self._close is not None

    def close(self) -> None:
        close, self._close = self._close, None
        if close is not None:
            close()

    def unwrap(self) -> Iterable[bytes]:
        # A server knows its own wsgi.file_wrapper by the type, and a list
        # of one item by its length: give those back as they came.
        if self._pieces or self._rest is not None:
            return self
        return self._source


class _ReplacedBody:
    """Body that replaces an application's.

    PEP 3333 wants the application's closed nevertheless.
    """

    def __init__(self, result: Iterable[bytes], body: _Body) -> None:
        self._result = result
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._result)

    def close(self) -> None:
        with contextlib.closing(self._body):
            close = _closer(self._result)
            if close is not None:
                close()


class CapturedResponse:
    """Captured response of one call to an application.

    The head is complete. The body is not read, but for the first piece of
    an application that is a generator, which starts its response when it
    is asked for that piece; and what an application gives to ``write()``
    is kept until it returns, since the head has to go first.

    :param application: the application; the constructor calls it.
    :param environ: the environ of the request.
    :raises AssertionError: if the application breaks PEP 3333 by starting
        no response, or two.
    """

    def __init__(
        self, application: WSGIApplication, environ: WSGIEnvironment
    ) -> None:
        #: The status line as the application gave it; empty until then.
        self.status = ''
        #: The header fields, the holder's to change.
        self.headers: list[tuple[str, str]] = []
        self._written: list[bytes] = []
        self._is_released = False
        source = application(environ, self._start_response)
        if self.status:
            self._body = _Body(source, self._written)
        else:
            self._body = self._begin(source)

    @property
    def app_iter(self) -> Iterable[bytes]:
        """The body: the application's own iterable, or a stand-in for it."""
        return self._body if self._body.needs_close else self._body.unwrap()

    def close(self) -> None:
        """Close the application's iterable, unless that was done before."""
        self._body.close()

    def release(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Say what the server is to iterate over, and to close.

        :param result: what the filter's answer, called as a WSGI
            application, returned.
        :returns: an iterable that closes the application's as well.
        """
        self._is_released = True
        if result is self._body:
            return self._body.unwrap()
        if not self._body.needs_close:
            return result
        return _ReplacedBody(result, self._body)

    def _start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: _OptExcInfo | None = None,
    ) -> Callable[[bytes], object]:
        error = None if exc_info is None else exc_info[1]
        if error is None and self.status:
            raise AssertionError('start_response called twice')
        if error is not None and self._is_released:
            # The first head may be sent: PEP 3333 has the error raised.
            raise error
        self.status = status
        self.headers = list(headers)
        return self._write

    def _write(self, data: bytes) -> None:
        # As the server takes it: a buffer may be another's by then.
        if isinstance(data, bytearray | memoryview):
            data = bytes(data)
        self._written.append(data)

    def _begin(self, source: Iterable[bytes]) -> _Body:
        first: list[bytes] = []
        body = _Body(source, first)
        try:
            rest = iter(source)
            while not self.status:
                piece = next(rest, None)
                if piece is None:
                    break
                first.append(piece)
            if not self.status:
                raise AssertionError('start_response was not called')
        except BaseException:
            body.close()
            raise
        return _Body(source, self._written + first, rest)
