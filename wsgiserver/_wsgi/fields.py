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

"""Checks of a response's status and fields, said in ``start_response``."""

import enum
import functools
import re

# RFC 9112, section 4: the phrase may be missing, and clients ignore it.
_STATUS = re.compile(r'[2-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*)?')
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# RFC 9110, section 5.5. CR, LF and NUL would let a value end the header
# section; other control characters are of no use to anybody.
_VALUE = re.compile(r'[\t\x20-\x7e\x80-\xff]*')


class Kind(enum.IntEnum):
    """Kind of a response field: what it means to the server."""

    ORDINARY = 0
    CONTENT_LENGTH = 1
    DATE = 2
    SERVER = 3


# Looked up here, and not in the enumeration, which up to Python 3.11 takes
# twenty times as long.
ORDINARY, CONTENT_LENGTH, DATE, SERVER = Kind

_KINDS = {
    'content-length': CONTENT_LENGTH,
    'date': DATE,
    'server': SERVER,
}

# PEP 3333, "Other HTTP Features": applications must not send them.
_HOP_BY_HOP = frozenset(
    (
        'connection',
        'keep-alive',
        'proxy-authenticate',
        'proxy-authorization',
        'te',
        'trailer',
        'transfer-encoding',
        'upgrade',
    )
)


@functools.lru_cache(maxsize=256)
def status_line(status: str) -> tuple[int, str]:
    """Status line, of a status that is checked.

    :param status: the code, and perhaps the reason phrase.
    :returns: the code, and the line with its end.
    :raises ValueError: if it is not a final status.
    """
    if not _STATUS.fullmatch(status):
        raise ValueError(f'not a status: {status!r}')
    # The space behind the code is not a part of the phrase.
    line = status if len(status) > 3 else f'{status} '
    return int(status[:3]), f'HTTP/1.1 {line}\r\n'


@functools.lru_cache(maxsize=1024)
def kind_of(name: str) -> Kind:
    """Kind of a field, whose name is checked.

    :param name: the name.
    :returns: what it means to the server.
    :raises ValueError: if it is not a token, or is hop-by-hop.
    """
    if not _TOKEN.fullmatch(name):
        raise ValueError(f'not a header name: {name!r}')
    lower = name.lower()
    if lower in _HOP_BY_HOP:
        raise ValueError(
            f'a hop-by-hop header is not for applications: {name}'
        )
    return _KINDS.get(lower, ORDINARY)


def check_value(name: str, value: str) -> None:
    """Check a field value.

    :param name: the field's name, for the message.
    :param value: the value.
    :raises ValueError: if it has control characters or is not latin-1.
    """
    if not _VALUE.fullmatch(value):
        raise ValueError(f'not a value for header {name}: {value!r}')


@functools.lru_cache(maxsize=1024)
def content_length(value: str) -> int:
    """Length that the application declares.

    :param value: the value of Content-Length.
    :returns: the length in bytes.
    :raises ValueError: if it is not decimal.
    """
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f'not a Content-Length: {value!r}')
    return int(value)
