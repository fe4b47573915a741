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

"""What stands in for a connection, and reads what was sent over it."""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import logging
import os
import time
from typing import Any

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver._http import head as http_head
from wsgiserver._log import access
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver import exceptions

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def _stays() -> bool:
    """Whether the client has left."""
    return False


class Channel:
    """A connection whose client has sent all that it is going to send.

    :param pieces: what reads return, one after the other; an error among
        them is raised. Behind the last one, the client is gone.
    """

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.peer = ('192.0.2.7', '40000')
        self.proxy = self.tls_version = ''
        self.received = 0
        self.skip = 0
        self.waited = 0.0
        self.environ: dict[str, Any] | None = None
        self.began = time.monotonic()
        #: What :meth:`is_last` tells.
        self.has_no_more = False
        self.worker: object = None
        self.ends_body = False
        #: Whether the client has closed its end.
        self.has_left = False
        self.incoming = collections.deque(p for p in pieces if p)
        #: What was sent, call by call.
        self.sent: list[bytes] = []
        #: Fail once this many bytes were sent.
        self.breaks_after: int | None = None
        #: Whether files can be sent, as they can't over TLS, and how many
        #: bytes of each the system sends before it meets the file's end.
        self.sends_files = True
        self.file_ends_after: int | None = None
        self.files_sent: list[tuple[int, int]] = []

    def is_last(self) -> bool:
        return self.has_no_more

    def disconnect_check(self) -> Callable[[], bool]:
        return _stays

    def receive(self, size: int) -> bytes:
        if not self.incoming:
            return b''
        piece = self.incoming.popleft()
        if isinstance(piece, Exception):
            raise piece
        self.received += len(piece)
        self.unread(piece[size:])
        return piece[:size]

    def receive_into(self, buffer: memoryview) -> int:
        piece = self.receive(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def unread(self, data: bytes) -> None:
        if data:
            self.received -= len(data)
            self.incoming.appendleft(data)

    def probe(self) -> None:
        if self.has_left:
            raise exceptions.ClientDisconnected('gone')

    def send(self, data: bytes) -> None:
        room = self.breaks_after
        if room is not None and len(self.wire) + len(data) > room:
            raise exceptions.ClientDisconnected('broken')
        self.sent.append(bytes(data))

    def send_file(self, fileno: int, offset: int, count: int) -> int:
        if not self.sends_files:
            return 0
        if self.file_ends_after is not None:
            count = min(count, self.file_ends_after)
        self.files_sent.append((offset, count))
        data = os.pread(fileno, count, offset)
        self.send(data)
        return len(data)

    @property
    def wire(self) -> bytes:
        """All that was sent."""
        return b''.join(self.sent)

    @property
    def left(self) -> bytes:
        """What the client sent and nobody read."""
        return b''.join(p for p in self.incoming if isinstance(p, bytes))


@dataclasses.dataclass
class Answer:
    """A response as a client reads it."""

    status: str
    fields: list[tuple[str, str]]
    content: bytes

    def get(self, name: str) -> str | None:
        """The value of a field that may be there once."""
        values = [v for n, v in self.fields if n.lower() == name.lower()]
        if len(values) > 1:
            raise AssertionError(f'{name} is there {len(values)} times')
        return values[0] if values else None


def read_answer(wire: bytes, method: str) -> tuple[Answer, bytes]:
    """Read one response, strictly by its framing (RFC 9112, section 6.3).

    :param wire: what came from the server.
    :param method: the method of the request.
    :returns: the response, and the bytes behind it.
    """
    raw, _end, rest = wire.partition(b'\r\n\r\n')
    line, *lines = raw.decode('latin-1').split('\r\n')
    version, _space, status = line.partition(' ')
    if version != 'HTTP/1.1':
        raise AssertionError(f'no response: {wire!r}')
    pairs = [text.split(': ', 1) for text in lines]
    answer = Answer(status, [(name, value) for name, value in pairs], b'')
    length = answer.get('Content-Length')
    coding = answer.get('Transfer-Encoding')
    if length is not None and coding is not None:
        raise AssertionError('a response with two framings')
    if method == 'HEAD' or status[:3] in ('204', '304') or status[0] == '1':
        return answer, rest
    if coding is not None:
        answer.content, rest = _read_chunks(rest)
    elif length is not None:
        answer.content, rest = rest[: int(length)], rest[int(length) :]
        if len(answer.content) < int(length):
            raise AssertionError('a response that is cut off')
    else:
        if answer.get('Connection') != 'close':
            raise AssertionError('a response that never ends')
        answer.content, rest = rest, b''
    return answer, rest


def _read_chunks(wire: bytes) -> tuple[bytes, bytes]:
    content = b''
    while True:
        size, _end, wire = wire.partition(b'\r\n')
        length = int(size, 16)
        content += wire[:length]
        if wire[length : length + 2] != b'\r\n':
            raise AssertionError(f'a chunk that has no end: {wire!r}')
        wire = wire[length + 2 :]
        if not length:
            return content, wire


def settings(**changes: Any) -> config_settings.Settings:
    """Make settings that differ from the defaults.

    :param changes: the fields of Settings that do.
    :returns: the settings.
    """
    conf = cfg.ConfigOpts()
    _config.register_opts(conf)
    conf([])
    made = config_settings.Settings.from_conf(conf)
    return dataclasses.replace(made, **changes)


def head_of(data: bytes) -> tuple[http_head.RequestHead, bytes]:
    """Read a request head and what is behind it."""
    taken = http_head.HeadParser(settings()).feed(data)
    assert taken is not None
    return taken


@dataclasses.dataclass
class Exchange:
    """A request that was handled."""

    #: What the gateway said.
    outcome: wsgi_outcome.Outcome
    channel: Channel
    method: str

    @property
    def to_skip(self) -> int | None:
        """How many bytes are skipped ahead of the next request.

        None if the connection takes none.
        """
        kept = self.outcome is wsgi_outcome.KEEP_ALIVE
        return self.channel.skip if kept else None

    @property
    def answer(self) -> Answer:
        """The one response."""
        answer, rest = read_answer(self.channel.wire, self.method)
        if rest:
            raise AssertionError(f'bytes behind the response: {rest!r}')
        return answer

    @property
    def interim(self) -> tuple[Answer, Answer]:
        """An interim response and the final one."""
        first, rest = read_answer(self.channel.wire, self.method)
        second, rest = read_answer(rest, self.method)
        if rest:
            raise AssertionError(f'bytes behind the response: {rest!r}')
        return first, second


def gateway_of(
    app: App,
    changes: dict[str, Any] | None = None,
    logger: logging.Logger | None = None,
) -> wsgi_gateway.Gateway:
    """Make a gateway whose access log is off, unless it gets a logger."""
    made = settings(**(changes or {}))
    if logger is None:
        logger = logging.getLogger('wsgiserver.tests.off')
        logger.setLevel(logging.CRITICAL)
    log = access.AccessLog(logger, made.wsgi_log_format)
    return wsgi_gateway.Gateway(app, made, log)


def base_environ() -> wsgi_environ.Environ:
    """Make the environ of a listener."""
    return wsgi_environ.base('127.0.0.1', '8000', 'http')


def handle(
    app: App,
    request: bytes = b'GET /a HTTP/1.1\r\nHost: a\r\n\r\n',
    *pieces: bytes | Exception,
    channel: Channel | None = None,
    store: dict[str, Any] | None = None,
    **changes: Any,
) -> Exchange:
    """Have a request handled.

    :param app: the application.
    :param request: the request head and perhaps what is behind it.
    :param pieces: what the client sends after that.
    :param channel: the connection, where it is a special one.
    :param store: the worker's own.
    :param changes: settings that differ from the defaults.
    :returns: what came of it.
    """
    head, rest = head_of(request)
    if channel is None:
        channel = Channel()
    channel.incoming.extend(piece for piece in (rest, *pieces) if piece)
    gateway = gateway_of(app, changes)
    if store is None:
        store = wsgi_gateway.context_store()
    outcome = gateway.handle(channel, head, base_environ(), store)
    return Exchange(outcome, channel, head.method)


class Pieces:
    """A body that counts how often it is closed.

    :param pieces: what it yields; an error among them is raised.
    """

    def __init__(self, *pieces: bytes | BaseException) -> None:
        self.pieces = list(pieces)
        self.closed = 0
        #: Raised by close().
        self.error: BaseException | None = None

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> bytes:
        if not self.pieces:
            raise StopIteration
        piece = self.pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self) -> None:
        self.closed += 1
        if self.error is not None:
            raise self.error


def app_of(
    body: Iterable[bytes] = (b'hello',),
    *fields: tuple[str, str],
    status: str = '200 OK',
) -> App:
    """Make an application that answers in one way.

    :param body: the iterable it returns.
    :param fields: the header fields.
    :param status: the status.
    :returns: the application.
    """

    def app(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        start_response(status, list(fields))
        return body

    return app


def request(*fields: str, version: int = 1, method: str = 'POST') -> bytes:
    """Make a request head with a Host and more fields."""
    lines = [f'{method} /a HTTP/1.{version}', 'Host: a', *fields, '', '']
    return '\r\n'.join(lines).encode()


def reads(size: int) -> App:
    """Make an application that reads so many bytes; all for -1."""

    def app(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        content = environ['wsgi.input'].read(size)
        start_response('200 OK', [])
        return [content]

    return app
