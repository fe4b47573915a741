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

"""A filter that shows what passes through a pipeline."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import functools
import itertools
import re
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from oslo_log import log as logging

from wsgiserver._i18n import _
from wsgiserver._paste import arguments
from wsgiserver.middleware import base

LOG = logging.getLogger('wsgiserver.middleware.debug')

#: The names of what must not be shown: a token is as good as a password.
_SECRET = re.compile('auth|cookie|credential|password|secret|token', re.I)

#: The same inside of a query.
_SECRET_ARGUMENT = re.compile(
    r'([^=&?;\s]*(?:password|secret|signature|sig|token)[^=&?;\s]*=)[^&;\s]*',
    re.I,
)

_MASK = '***'

#: Far more than anybody reads; a piece may be megabytes.
_MAX_BODY = re.compile('[0-9]{1,9}')


class Debug(base.Middleware):
    """Show each request's environ, and the response as it is sent.

    Tokens, passwords and cookies are masked, and all that comes from a
    client is shown as ``repr()`` has it. The body is passed on piece by
    piece, as the application gives it. A file that the server would have
    sent by itself is read here, so this filter costs time; it belongs into
    a pipeline for as long as somebody is looking. The bodies of requests
    aren't read.

    The interface is glance's and heat's, which write to standard output.

    :param application: the next WSGI application in the pipeline.
    :param to: ``log`` for the log, at INFO; ``stdout`` for standard output.
    :param max_body: how many bytes of each piece are shown.
    :raises InvalidOption: if an option has a value that is none of these.
    """

    def __init__(
        self,
        application: WSGIApplication,
        to: str = 'log',
        max_body: str | int = 1024,
    ) -> None:
        super().__init__(application)
        if to not in ('log', 'stdout'):
            raise self._invalid('to', _("it is neither 'log' nor 'stdout'"))
        if not _MAX_BODY.fullmatch(str(max_body)):
            raise self._invalid('max_body', _('it is no number of bytes'))
        self._write = _log if to == 'log' else _print
        self._max_body = int(max_body)
        self._count = itertools.count(1)

    def _invalid(self, option: str, problem: str) -> arguments.InvalidOption:
        return arguments.InvalidOption(type(self).__name__, option, problem)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Serve one request, as PEP 3333 has it.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body; the caller closes it.
        """
        say = functools.partial(self._say, next(self._count))
        say('request environ', _shown(environ))
        show = functools.partial(self._show_piece, say)

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: Any = None,
        ) -> Callable[[bytes], object]:
            """Show the head of the response, and begin it."""
            say(f'response {status!r}', _shown(headers))
            write = start_response(status, headers, exc_info)

            def show_and_write(piece: bytes) -> None:
                """Show a piece of the body, and send it."""
                show(piece)
                write(piece)

            return show_and_write

        return _Body(self.application(environ, start), show, say)

    def _say(self, number: int, title: str, lines: Iterable[str] = ()) -> None:
        self._write('\n    '.join((f'request {number}: {title}', *lines)))

    def _show_piece(self, say: Callable[[str], None], piece: bytes) -> None:
        if isinstance(piece, bytearray | memoryview):
            piece = bytes(piece)
        beginning = piece[: self._max_body]
        more = ' and more' if len(piece) > len(beginning) else ''
        say(f'{len(piece)} bytes of the body: {beginning!r}{more}')


class _Body:
    """An application's body, shown while it is iterated over.

    :param source: what the application returned.
    :param show: called with each piece.
    :param say: called with a line at the end.
    """

    def __init__(
        self,
        source: Iterable[bytes],
        show: Callable[[bytes], None],
        say: Callable[[str], None],
    ) -> None:
        self._source = source
        self._show = show
        self._say = say

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._source:
            self._show(piece)
            yield piece
        self._say('end of the body')

    def close(self) -> None:
        """Close the body that is shown."""
        close = getattr(self._source, 'close', None)
        if close is not None:
            close()


def _log(text: str) -> None:
    # Who puts the filter into a pipeline wants to see it: not at DEBUG.
    LOG.info('%s', text)


def _print(text: str) -> None:
    print(text, flush=True)


def _shown(
    items: Mapping[str, object] | Iterable[tuple[str, object]],
) -> list[str]:
    """Make a line of each item, sorted by name where it is a mapping."""
    if isinstance(items, Mapping):
        items = sorted(items.items())
    return [f'{name!r}: {_value(name, value)}' for name, value in items]


def _value(name: str, value: object) -> str:
    if _SECRET.search(name):
        return _MASK
    if isinstance(value, str):
        return repr(_SECRET_ARGUMENT.sub(rf'\1{_MASK}', value))
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    # What others keep in the environ may hold a token, or all of a context.
    return f'<{type(value).__name__}>'
