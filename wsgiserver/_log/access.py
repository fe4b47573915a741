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

"""The access log: a line for each request, as text or as JSON."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import datetime
import json
import logging
import operator
import re
import time
import types
from typing import Any
from typing import Protocol

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._log import escaping
from wsgiserver._log import records
from wsgiserver._log import request_identity


Logger = records.Logger

#: How the lines may be written.
TEXT, JSON = 'text', 'json'

#: What statuses have in common that may have a level of their own.
CLASSES = ('none', '1xx', '2xx', '3xx', '4xx', '5xx')

#: The levels there are, and the one at which no logger writes a line.
_LEVELS = {
    'DEBUG': logging.DEBUG,
    'INFO': logging.INFO,
    'WARNING': logging.WARNING,
    'ERROR': logging.ERROR,
    'CRITICAL': logging.CRITICAL,
    'OFF': -1,
}

# What ends a word, a quoted string or a line, and what terminals act on.
_SPECIAL = re.compile(r'[^!#-\[\]-~]')
_SPECIAL_IN_QUOTES = re.compile(r'[^ !#-\[\]-~]')


class Origin(Protocol):
    """Origin of a request: the peer, the client, TLS."""

    peer: tuple[str, str]
    proxy: str

    @property
    def tls_version(self) -> str: ...


class Head(Protocol):
    """Head of a request, as far as it is logged."""

    method: str
    uri: str
    size: int

    @property
    def request_line(self) -> str: ...


class Response(Protocol):
    """Response: what went out, in bytes, and when the first of them did."""

    sent: int
    overhead: int
    first_byte: float | None


class Exchange:
    """A request and what became of it.

    :param origin: where it comes from.
    :param status_code: the status of the response; 0 if there was none.
    :param head: its head, if that could be read.
    """

    # What those have that are run.
    response: Response | None = None
    #: Bytes of the body that were read.
    received = 0
    #: When it began and ended, by the monotonic clock, and for how many
    #: seconds it had waited before.
    began = 0.0
    ended = 0.0
    waited = 0.0
    #: Why it was not run, if it was not.
    refusal = ''
    environ: Mapping[str, Any] = types.MappingProxyType({})
    #: The name of the thread that ran it, if it is known.
    thread_name: str | None = None
    #: The RequestContext of oslo.context.
    context: Any = None

    def __init__(
        self, origin: Origin, status_code: int, head: Head | None
    ) -> None:
        self.origin = origin
        self.status_code = status_code
        self.head = head

    @property
    def identity(self) -> request_identity.Identity:
        """Identity of the request: which it is, and whose."""
        return request_identity.Identity(self.environ, self.context)


#: Takes a field of an exchange.
Getter = Callable[[Exchange], Any]

# -- the fields -------------------------------------------------------------


def _timestamp(_exchange: Exchange) -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def _client_ip(exchange: Exchange) -> str:
    return exchange.origin.peer[0]


def _peer_ip(exchange: Exchange) -> str:
    return exchange.origin.proxy or exchange.origin.peer[0]


def _remote_addr(exchange: Exchange) -> str:
    found = exchange.environ.get('REMOTE_ADDR')
    return found if isinstance(found, str) and found else _client_ip(exchange)


def _request_line(exchange: Exchange) -> str:
    return '' if exchange.head is None else exchange.head.request_line


def _method(exchange: Exchange) -> str:
    return '' if exchange.head is None else exchange.head.method


def _target(exchange: Exchange) -> str:
    head = exchange.head
    return '' if head is None else head.uri


def _body_length(exchange: Exchange) -> int:
    return 0 if exchange.response is None else exchange.response.sent


def _bytes_in(exchange: Exchange) -> int:
    head = exchange.head
    return 0 if head is None else head.size + exchange.received


def _bytes_out(exchange: Exchange) -> int:
    response = exchange.response
    return 0 if response is None else response.sent + response.overhead


def _wall_seconds(exchange: Exchange) -> float:
    return exchange.ended - exchange.began


def _first_byte_seconds(exchange: Exchange) -> float:
    response = exchange.response
    if response is None or response.first_byte is None:
        return _wall_seconds(exchange)
    return response.first_byte - exchange.began


def _user_agent(exchange: Exchange) -> str:
    return str(exchange.environ.get('HTTP_USER_AGENT', ''))


#: The fields, by their names in ``wsgi_log_format`` and in JSON.
FIELDS: Mapping[str, Getter] = {
    'timestamp': _timestamp,
    'client_ip': _client_ip,
    'peer_ip': _peer_ip,
    'remote_addr': _remote_addr,
    'request_line': _request_line,
    'method': _method,
    'target': _target,
    'status_code': operator.attrgetter('status_code'),
    'body_length': _body_length,
    'bytes_in': _bytes_in,
    'bytes_out': _bytes_out,
    'wall_seconds': _wall_seconds,
    'first_byte_seconds': _first_byte_seconds,
    'queue_seconds': operator.attrgetter('waited'),
    'request_id': operator.attrgetter('identity.request_id'),
    'global_request_id': operator.attrgetter('identity.global_request_id'),
    'user_id': operator.attrgetter('identity.user_id'),
    'project_id': operator.attrgetter('identity.project_id'),
    'tls_version': operator.attrgetter('origin.tls_version'),
    'user_agent': _user_agent,
    'refusal': operator.attrgetter('refusal'),
}

#: What may have spaces, and therefore belongs into quotes in a format.
_QUOTED = frozenset(('request_line', 'user_agent', 'refusal'))

#: What peers have no part in.
_PLAIN = frozenset(
    (
        *('status_code', 'body_length', 'bytes_in', 'bytes_out'),
        *('wall_seconds', 'first_byte_seconds', 'queue_seconds'),
    )
)


def _escape(match: re.Match[str]) -> str:
    return escaping.escape(match[0])


def _escaped(name: str, get: Getter) -> Getter:
    """Getter of a text, escaped so that it stays within its field."""
    special = _SPECIAL_IN_QUOTES if name in _QUOTED else _SPECIAL

    def text(exchange: Exchange) -> str:
        value: str = get(exchange)
        if special.search(value):
            return special.sub(_escape, value)
        return value or '-'

    return text


_TEXT_FIELDS: Mapping[str, Getter] = {
    **{
        name: get if name in _PLAIN else _escaped(name, get)
        for name, get in FIELDS.items()
    },
    'client_ip': lambda exchange: exchange.origin.peer[0] or '-',
    'date_time': lambda _exchange: time.strftime('%d/%b/%Y %H:%M:%S'),
    'status_code': lambda exchange: exchange.status_code or '-',
}


# -- the log ----------------------------------------------------------------


class AccessLog:
    """Writes the access log.

    :param logger: where the lines go.
    :param format_: ``wsgi_log_format``.
    :param style: ``text``, for lines in that format, or ``json``.
    :param levels: level names by :data:`CLASSES`; INFO for the others.
    :raises OptionError: if format or levels are unusable.
    """

    def __init__(
        self,
        logger: Logger,
        format_: str,
        style: str = TEXT,
        levels: Mapping[str, str] | None = None,
    ) -> None:
        self._format = format_
        self._getters = _getters(format_)
        self._is_json = style == JSON
        by_class = read_levels(levels or {})
        #: The levels of lines, by the first digit of the status.
        self.levels = (*by_class, *by_class[-1:] * 4)
        lines = records.RecordWriter(logger)
        self._write = lines.write
        #: Tells whether lines of a level would go anywhere: where they
        #: would not, nothing is formatted.
        self.is_enabled_for = lines.is_enabled_for

    def write(self, exchange: Exchange) -> None:
        """Write a line; only while that is enabled.

        :param exchange: what it is about.
        """
        if self._is_json:
            text = _as_json(exchange)
        else:
            text = self._format % {
                name: get(exchange) for name, get in self._getters
            }
        level = self.levels[exchange.status_code // 100]
        self._write(text, level, exchange.thread_name)


def _as_json(exchange: Exchange) -> str:
    values = {}
    for name, get in FIELDS.items():
        value = get(exchange)
        if isinstance(value, float):
            value = round(value, 7)
        elif value == '':
            value = None
        values[name] = value
    # In ASCII, so that there is no line end that anybody knows.
    values['status_code'] = values['status_code'] or None
    return json.dumps(values)


class _NoOrigin:
    """Origin of no request, to try formats with."""

    peer = ('', '')
    proxy = ''
    tls_version = ''


class _FieldCollector(dict[str, Any]):
    """Collector of the fields that a format asks for.

    :param exchange: has the values.
    """

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._exchange = exchange
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        get = _TEXT_FIELDS[name]
        self.asked.add(name)
        return get(self._exchange)


def _getters(format_: str) -> list[tuple[str, Getter]]:
    """Getters of the fields of ``wsgi_log_format``, checked.

    :param format_: the format.
    :returns: the fields that it has.
    :raises OptionError: if it isn't one, or names a field that there is
        none of.
    """
    # There is no number where no response is.
    fields = _FieldCollector(Exchange(_NoOrigin(), 0, None))
    try:
        _unused = format_ % fields
    except (KeyError, TypeError, ValueError) as error:
        raise _config.OptionError(
            _('it is unusable: %r') % error, 'wsgi_log_format'
        ) from error
    return [(name, _TEXT_FIELDS[name]) for name in sorted(fields.asked)]


def read_levels(levels: Mapping[str, str]) -> list[int]:
    """Levels by class of status, of the option ``access_log_levels``.

    :param levels: level names by :data:`CLASSES`.
    :returns: the levels, in the order of the classes.
    :raises OptionError: if there is no such class or level.
    """
    for name, level in levels.items():
        if name not in CLASSES:
            raise _config.OptionError(
                _('%(name)r is none of %(known)s')
                % {'name': name, 'known': ', '.join(CLASSES)},
                'access_log_levels',
            )
        if level.upper() not in _LEVELS:
            raise _config.OptionError(
                _('%(level)r is none of %(known)s')
                % {'level': level, 'known': ', '.join(_LEVELS)},
                'access_log_levels',
            )
    return [_LEVELS[levels.get(name, 'INFO').upper()] for name in CLASSES]
