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

"""Request head parser: from bytes to heads, by llhttp, one at a time.

llhttp sees a head and never a body, never a second request: what follows a
head stays with the caller. So no byte is taken for a request before the one
ahead of it has been answered, and ``Upgrade`` changes nothing.
"""

from collections.abc import Sequence
import dataclasses
import functools
import re
from typing import Any
from typing import Protocol

import httptools

from wsgiserver._http import errors
from wsgiserver._http import framing
from wsgiserver._http import target

_END = b'\r\n\r\n'

_VERSIONS = {b'HTTP/1.1': True, b'HTTP/1.0': False}
_ANY_VERSION = re.compile(rb'HTTP/[0-9]\.[0-9]')
_TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What no line of a head can hold: NUL, LF without CR, CR without LF.
_BROKEN_LINE = re.compile(rb'\x00|(?<!\r)\n|\r[^\n]')
# One empty line (RFC 9112, section 2.2) and the first letter of a method, or
# what may become that. A TLS hello, for one, can't.
_START = re.compile(rb"(?:\r\n?)?\Z|(?:\r\n)?[A-Za-z0-9!#$%&'*+.^_`|~-]")
# A request line without its target: the longest method, the version and two
# spaces are shorter than this many bytes.
_AROUND_TARGET = 32
# The line of a coding, of which blanks behind the value are no part (RFC 9112,
# section 5.1). llhttp knows that of spaces, and of no tab.
_CODING = re.compile(rb'\r\ntransfer-encoding:[^\r\n]*', re.I)

#: The longest field name in bytes. Object storage has the longest in use,
#: 150 bytes; and names are what caches remember.
MAX_FIELD_NAME = 256

#: How large fields may be, by :func:`_is_small`, to be remembered. A parked
#: connection is to take 4 KB at most, and has 2.2 of these for other things.
#: What a service sends with two Fernet tokens fits.
MAX_REMEMBERED = 1792

# A value that is longer is a client's own, as a token is; a shorter one is
# mostly the same for many, and kept once.
_SHORT = 64

#: The methods of llhttp that belong to HTTP: RFC 9110, WebDAV and its kin,
#: PATCH (RFC 5789). What it has from RTSP and Icecast stays out, and so
#: does CONNECT, which is for proxies.
METHODS = {
    name: name.decode('ascii')
    for name in (
        b'GET HEAD POST PUT DELETE OPTIONS TRACE PATCH COPY LOCK MKCOL MOVE '
        b'PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL REPORT '
        b'MKACTIVITY CHECKOUT MERGE MKCALENDAR LINK UNLINK PURGE M-SEARCH '
        b'NOTIFY SUBSCRIBE UNSUBSCRIBE QUERY'
    ).split()
}

# The usual request line, but for its version, as llhttp lets it through: the
# target is visible ASCII. One with a fragment is refused, but not here. Its
# groups are the route prefix and the method.
_ORIGIN_FORM = re.compile(
    rb'((%s) /[!-"$-.0->@-~]*)[!-"$-~]*' % b'|'.join(map(re.escape, METHODS))
)


class Limits(Protocol):
    """How large a head may be; sizes are bytes."""

    @property
    def max_head_size(self) -> int: ...

    @property
    def max_request_line(self) -> int: ...

    @property
    def max_header_fields(self) -> int: ...

    @property
    def max_header_line(self) -> int: ...


@dataclasses.dataclass(slots=True)
class Section:
    """The header fields of a request, found to be in order.

    A client that keeps its connection sends the same fields again and again,
    and then its requests share the section.
    """

    #: True for HTTP/1.1, False for HTTP/1.0.
    is_http11: bool
    #: Names as sent and values, in arrival order; none any more once there
    #: is an environ, which has them all.
    fields: Sequence[tuple[bytes, bytes]]
    framing: framing.Framing
    #: What the layer above makes of it, to be made once.
    environ: dict[str, Any] | None = None


@dataclasses.dataclass(slots=True)
class RequestHead:
    """A request head that was found to be in order."""

    method: str
    #: The target as it was sent; llhttp let only visible ASCII through.
    uri: str
    section: Section
    framing: framing.Framing
    #: The decoded path and the raw query, as PEP 3333 wants them.
    path: str
    query: str
    #: The authority of an absolute target, which replaces Host.
    authority: bytes | None
    #: The method and the first segment of the path as they came, such as
    #: ``GET /v2``; empty if there is no such segment.
    route_prefix: bytes
    #: The bytes of it all.
    size: int

    @property
    def is_http11(self) -> bool:
        """True for HTTP/1.1, False for HTTP/1.0."""
        return self.section.is_http11

    @property
    def fields(self) -> Sequence[tuple[bytes, bytes]]:
        """Names as sent and values, in arrival order."""
        return self.section.fields

    @property
    def request_line(self) -> str:
        """The request line; llhttp let only visible ASCII through."""
        return f'{self.method} {self.uri} HTTP/1.{self.section.is_http11:d}'


# A client may spell names as it likes; the cache is bounded, and a miss is
# no more than one lower().
@functools.lru_cache(maxsize=1024)
def _noted(name: bytes) -> bytes | None:
    lower = name.lower()
    known = lower in framing.NOTED or lower in framing.SINGLETONS
    return lower if known else None


class _Fields:
    """Collects the header fields of one head for llhttp."""

    __slots__ = ('limits', 'fields', 'notes')

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.fields: list[tuple[bytes, bytes]] = []
        self.notes: list[tuple[bytes, bytes]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        fields = self.fields
        if (
            len(value) > self.limits.max_header_line
            or len(name) > MAX_FIELD_NAME
        ):
            raise errors.FieldsTooLarge('a header field is too long')
        if len(fields) >= self.limits.max_header_fields:
            raise errors.FieldsTooLarge('too many header fields')
        # RFC 9112, section 5.1: trailing whitespace is not the value's.
        value = value.rstrip(b' \t')
        fields.append((name, value))
        noted = _noted(name)
        if noted is not None:
            self.notes.append((noted, value))


class HeadParser:
    """Reads the request heads of one connection, one after the other.

    It holds no more than the part of a head that has arrived. Not for
    several threads at once.

    :param limits: the limits in force.
    """

    __slots__ = ('_limits', '_held', '_has_line', '_latest', '_section')

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # The fields of the latest request as they came, behind its version,
        # and what they were read as.
        self._latest = b''
        self._section: Section | None = None
        self._held: bytearray | None = None
        # Whether the request line of the part was found in order.
        self._has_line = False

    @property
    def started(self) -> bool:
        """True while a head is there in part; an empty line is none."""
        return self._held is not None and bool(self._held.strip(b'\r\n'))

    @property
    def held(self) -> bytes:
        """The part of a head that is there, also if it was refused."""
        return bytes(self._held or b'')

    def feed(self, data: bytes) -> tuple[RequestHead, bytes] | None:
        """Take bytes from the connection.

        :param data: the bytes that came, at least one.
        :returns: a head and the bytes behind it, or None while its end is
            still to come.
        :raises ProtocolError: if it is no request that can be served; the
            parser is of no more use then.
        """
        if self._held is not None:
            return self._resume(self._held, data)
        end = data.find(_END) + 4
        if end < 4:
            self._held = bytearray(data)
            self._check_part(self._held, 0)
            return None
        if end == len(data):
            return self._parse(data), b''
        return self._parse(data[:end]), data[end:]

    def _resume(
        self, held: bytearray, data: bytes
    ) -> tuple[RequestHead, bytes] | None:
        old = len(held)
        held += data
        end = held.find(_END, max(old - 3, 0)) + 4
        if end < 4:
            self._check_part(held, max(old - 1, 0))
            return None
        head = self._parse(bytes(held[:end]))
        self._held = None
        self._has_line = False
        return head, bytes(held[end:])

    def _parse(self, data: bytes) -> RequestHead:
        """Read a whole head, and its fields only if they are new.

        llhttp takes most of the time, and a client that keeps its connection
        sends the same fields again and again.
        """
        line, _version, latest = data.partition(b' HTTP/')
        section = self._section
        if section is not None and latest == self._latest:
            match = _ORIGIN_FORM.fullmatch(line)
            limits = self._limits
            if (
                match is not None
                and len(line) <= limits.max_request_line
                and len(data) <= limits.max_head_size
            ):
                prefix, name = match.groups()
                uri = line[len(name) + 1 :].decode('latin-1')
                path, query = target.split_origin(uri)
                return RequestHead(
                    METHODS[name],
                    uri,
                    section,
                    section.framing,
                    path,
                    query,
                    None,
                    prefix,
                    len(data),
                )
        head = parse(data, self._limits)
        # An idle connection would keep a token of 16 KB three times.
        is_kept = head.framing.keep_alive and _is_small(latest, head.fields)
        self._latest = latest if is_kept else b''
        self._section = head.section if is_kept else None
        return head

    def _check_part(self, held: bytearray, start: int) -> None:
        """Refuse the part of a head if it can't become one any more.

        :param held: all of it.
        :param start: what lies before was checked already.
        """
        # A line ends with CRLF and nothing else (RFC 9112, section 2.2);
        # said at once, for a client that ends its lines otherwise would
        # wait for the time-out.
        if _BROKEN_LINE.search(held, start):
            raise errors.BadRequest('a line must end with CRLF')
        if not _START.match(held):
            raise errors.BadRequest('not an HTTP request')
        limits = self._limits
        ahead = 2 if held.startswith(b'\r\n') else 0
        if not self._has_line:
            self._check_line(held, ahead)
        if len(held) > ahead + limits.max_head_size:
            raise errors.FieldsTooLarge('the request head is too large')

    def _check_line(self, held: bytearray, start: int) -> None:
        room = start + self._limits.max_request_line + _AROUND_TARGET
        end = held.find(b'\r\n', start, room) + 2
        if end >= 2:
            _request_line(bytes(held[start:end]), self._limits)
            self._has_line = True
        elif len(held) > room:
            raise errors.URITooLong('the request line is too long')


def _is_small(latest: bytes, fields: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether fields take little enough to be remembered.

    :param latest: the fields as they came.
    :param fields: what they were read as.
    """
    # They are kept as they came and, in the environ, as text: a short value
    # takes room in a dictionary, and a longer one is a string as well.
    room = MAX_REMEMBERED - len(latest) - 32 * len(fields)
    if room >= len(latest) + 49 * len(fields):
        # The rule; it saves looking at each of them.
        return True
    long = [len(value) for _name, value in fields if len(value) > _SHORT]
    return room >= sum(long) + 49 * len(long)


def parse(data: bytes, limits: Limits) -> RequestHead:
    """Read one whole request head.

    :param data: the head, with the empty line that ends it.
    :param limits: the limits in force.
    :returns: the head.
    :raises ProtocolError: if it is no request that can be served.
    """
    if data.startswith(b'\r\n'):
        # RFC 9112, section 2.2: one empty line ahead is ignored.
        data = data[2:]
    method, line_target, is_http11 = _request_line(data, limits)
    if len(data) > limits.max_head_size:
        raise errors.FieldsTooLarge('the request head is too large')
    fields = _read_fields(data, limits)
    framed = framing.read(fields.notes, is_http11)
    section = Section(is_http11, fields.fields, framed)
    path, query, authority = target.split(method, line_target)
    match = _ORIGIN_FORM.fullmatch(b'%s %s' % (method.encode(), line_target))
    return RequestHead(
        method,
        line_target.decode('latin-1'),
        section,
        framed,
        path,
        query,
        authority,
        match[1] if match is not None else b'',
        len(data),
    )


def _read_fields(data: bytes, limits: Limits) -> _Fields:
    """Have llhttp read the fields of a head.

    :raises ProtocolError: if it finds them out of order.
    """
    fields = _Fields(limits)
    try:
        # A parser of its own for each head: it costs 0.3 us, and what an
        # earlier message left behind can't matter.
        httptools.HttpRequestParser(fields).feed_data(data)
    except httptools.HttpParserUpgrade:
        # Nobody here speaks another protocol, and RFC 9110, section 7.8
        # lets a server ignore the wish.
        pass
    except httptools.HttpParserError as error:
        if isinstance(error.__context__, errors.ProtocolError):
            raise error.__context__ from None
        trimmed = _CODING.sub(_trimmed, data)
        if trimmed == data:
            raise errors.BadRequest('malformed request head') from error
        return _read_fields(trimmed, limits)
    return fields


def _trimmed(match: re.Match[bytes]) -> bytes:
    return match[0].rstrip(b' \t')


def _request_line(data: bytes, limits: Limits) -> tuple[str, bytes, bool]:
    """Check the request line of a head (RFC 9112, section 3).

    :returns: the method, the target, and True for HTTP/1.1.
    """
    line = data[: data.find(b'\r\n')]
    parts = line.split(b' ')
    if len(parts) != 3:
        raise errors.BadRequest('malformed request line')
    name, line_target, version = parts
    method = METHODS.get(name)
    if method is None and not _TOKEN.fullmatch(name):
        raise errors.BadRequest('malformed request line')
    if len(line_target) > limits.max_request_line:
        raise errors.URITooLong('the request target is too long')
    is_http11 = _VERSIONS.get(version)
    if is_http11 is None:
        if _ANY_VERSION.fullmatch(version):
            raise errors.VersionNotSupported('HTTP/1.1 is spoken here')
        raise errors.BadRequest('malformed request line')
    if method is None:
        raise errors.NotImplementedByServer('unknown method')
    return method, line_target, is_http11
