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

"""Framing: the fields that say where a message ends, and what follows it.

llhttp is strict about most of their grammar. What it lets through and a
proxy might read in another way is refused here.
"""

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import functools
import re

from wsgiserver._http import errors

# int() would also take '+5', '5_0' and ' 5'; 18 digits fit any file.
_CONTENT_LENGTH = re.compile(rb'[0-9]{1,18}')

# RFC 3986, section 3.2.2, without userinfo, which RFC 9110 (section 4.2.4)
# wants treated as an error: reg-name or IP-literal, then a port. A zone
# (RFC 6874) should not be there; http.client before 3.11 sends it. It stays,
# for only with it a link to a link-local address leads the client back.
_HOST = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+"
    rb'|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~-]+)?\])(?::[0-9]{0,5})?'
)

#: The fields that decide about a connection rather than about a request.
NOTED = frozenset(
    (
        b'connection',
        b'content-length',
        b'expect',
        b'host',
        b'transfer-encoding',
    )
)

#: Those that have a single value and decide what a request is, whose it is
#: or whether it is done at all (RFC 9110, section 5.3). Joined, two values
#: make one that is neither. The other singletons, such as User-Agent, are
#: there twice from some clients, and decide nothing.
SINGLETONS = frozenset(
    (
        b'authorization',
        b'content-range',
        b'content-type',
        b'if-modified-since',
        b'if-range',
        b'if-unmodified-since',
        b'range',
    )
)


@dataclasses.dataclass(slots=True)
class Framing:
    """Framing of a request: what its noted fields say together."""

    #: The body's length in bytes; None where it is chunked.
    body_length: int | None = 0
    keep_alive: bool = True
    expects_continue: bool = False
    host: bytes | None = None


# A head with nothing but Host is the rule; the cache answers it without
# looking again, and holds nothing that a client could make grow.
@functools.lru_cache(maxsize=256)
def _plain(host: bytes, is_http11: bool) -> Framing:
    return Framing(0, is_http11, False, checked_host([host], is_http11))


def read(noted: Sequence[tuple[bytes, bytes]], is_http11: bool) -> Framing:
    """Framing of a request, checked.

    :param noted: lower-case names and stripped values of the fields in
        :data:`NOTED` and :data:`SINGLETONS`, in arrival order.
    :param is_http11: True for HTTP/1.1, False for HTTP/1.0.
    :returns: a framing that the caller must not change.
    :raises ProtocolError: if the fields are ambiguous, or ask for what this
        server does not do.
    """
    if len(noted) == 1 and noted[0][0] == b'host' and len(noted[0][1]) < 256:
        return _plain(noted[0][1], is_http11)
    values: dict[bytes, list[bytes]] = {}
    for name, value in noted:
        known = values.setdefault(name, [])
        if known and name in SINGLETONS and value != known[0]:
            raise errors.BadRequest('a field has two values')
        known.append(value)
    return Framing(
        body_length=body_length(
            values.get(b'content-length', ()),
            values.get(b'transfer-encoding', ()),
            is_http11,
        ),
        keep_alive=keep_alive(values.get(b'connection', ()), is_http11),
        expects_continue=expects_continue(
            values.get(b'expect', ()), is_http11
        ),
        host=checked_host(values.get(b'host', ()), is_http11),
    )


def body_length(
    lengths: Sequence[bytes], codings: Sequence[bytes], is_http11: bool
) -> int | None:
    """Length of the body.

    :param lengths: the Content-Length values.
    :param codings: the Transfer-Encoding values.
    :param is_http11: True for HTTP/1.1.
    :returns: the length in bytes, or None for a chunked body.
    :raises ProtocolError: if there is no single answer.
    """
    if codings:
        _check_chunked(codings, bool(lengths), is_http11)
        return None
    if not lengths:
        return 0
    # RFC 9110, section 8.6 allows equal duplicates to be merged; it is
    # simpler to see that a proxy and we agree where there is but one.
    if len(lengths) > 1 or not _CONTENT_LENGTH.fullmatch(lengths[0]):
        raise errors.BadRequest('unusable Content-Length')
    return int(lengths[0])


def _check_chunked(
    codings: Sequence[bytes], has_length: bool, is_http11: bool
) -> None:
    # RFC 9112, section 6.1: with both, "ought to be handled as an error".
    if has_length:
        raise errors.BadRequest('Content-Length beside Transfer-Encoding')
    # Section 6.1 again: an HTTP/1.0 message with it has faulty framing.
    if not is_http11:
        raise errors.BadRequest('Transfer-Encoding in HTTP/1.0')
    if len(codings) > 1 or codings[0].lower() != b'chunked':
        raise errors.NotImplementedByServer('unsupported Transfer-Encoding')


def tokens(values: Iterable[bytes]) -> list[bytes]:
    """Items of comma-separated field values (RFC 9110, section 5.6.1).

    :param values: the values of one field.
    :returns: its elements in lower case, without the empty ones.
    """
    elements = b','.join(values).lower().split(b',')
    return [stripped for raw in elements if (stripped := raw.strip(b' \t'))]


def keep_alive(connection: Sequence[bytes], is_http11: bool) -> bool:
    """Whether the connection may serve another request.

    :param connection: the Connection values.
    :param is_http11: True for HTTP/1.1.
    :returns: what RFC 9112, section 9.3 says.
    """
    if not connection:
        return is_http11
    options = tokens(connection)
    if b'close' in options:
        return False
    return is_http11 or b'keep-alive' in options


def expects_continue(values: Sequence[bytes], is_http11: bool) -> bool:
    """Whether the client waits for ``100 Continue``.

    :param values: the Expect values.
    :param is_http11: True for HTTP/1.1; HTTP/1.0 can't ask for it (RFC 9110,
        section 10.1.1).
    :returns: True if an interim response is awaited before the body.
    :raises ExpectationFailed: if anything else is expected.
    """
    if not values or not is_http11:
        return False
    # An empty list has no member that could fail.
    expected = tokens(values)
    if expected and expected != [b'100-continue']:
        raise errors.ExpectationFailed('unknown expectation')
    return bool(expected)


def checked_host(values: Sequence[bytes], is_http11: bool) -> bytes | None:
    """Check the Host field.

    :param values: the Host values.
    :param is_http11: True for HTTP/1.1, where it must be there (RFC 9112,
        section 3.2).
    :returns: the value; None if it is absent from an HTTP/1.0 request.
    :raises BadRequest: if it is missing, repeated or not a host.
    """
    if not values and not is_http11:
        return None
    if not values:
        raise errors.BadRequest('HTTP/1.1 needs a Host field')
    if len(values) > 1:
        raise errors.BadRequest('more than one Host field')
    if not _HOST.fullmatch(values[0]):
        raise errors.BadRequest('invalid Host')
    return values[0]
