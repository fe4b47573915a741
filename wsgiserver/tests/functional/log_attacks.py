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

"""What peers send to have a log say what is not true, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import itertools
import json
import re
from typing import Any

import testtools

#: A format with what peers control, as the documentation has it: what may
#: have spaces stands in quotes.
FORMAT = (
    '%(timestamp)s %(client_ip)s %(remote_addr)s %(user_id)s %(project_id)s '
    '%(request_id)s %(global_request_id)s "%(request_line)s" %(status_code)s '
    '%(body_length)d %(wall_seconds).7f "%(user_agent)s"'
)

#: A line of it. Nothing in it is longer than a head may be.
LINE = re.compile(
    r'(?P<timestamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) '
    r'(?P<client_ip>127\.0\.0\.1|-) (?P<remote_addr>[!#-\[\]-~\\]+) '
    r'(?P<user_id>-) (?P<project_id>-) '
    r'(?P<request_id>req-[0-9a-f-]{36}|-) '
    r'(?P<global_request_id>req-[0-9a-f-]{36}|-) '
    r'"(?P<request_line>[A-Z-]+ [!#-~]+ HTTP/1\.[01]|-)" '
    r'(?P<status_code>\d{3}|-) (?P<body_length>\d+) '
    r'(?P<wall_seconds>\d+\.\d{7}) "(?P<user_agent>[ !#-~]*)"'
)

#: Where somebody wants to be seen, and was not.
MARK = 'FORGED'

_TEXTS = (
    *(b'\n', b'\r', b'\r\n', b'\n\n', b'\x00', b'\x0b', b'\x0c', b'\x1c'),
    *(b'\x85', b'\xc2\x85', b'\xe2\x80\xa8', b'\xe2\x80\xa9', b'\t'),
    *(b'\x1b[2J\x1b[1;1H', b'\x7f', b'\x08\x08\x08', b'"', b'\\', b'\\"'),
    *(b'"}', b'%0a', b'%0d%0a', b'%22', b'%s', b'%(user_id)s', b'%', b'%%'),
    *(
        b'" 200 5 0.1000000 "',
        b'", "user_id": "admin',
        b'\xff\xfe',
        b'\xed\xa0\x80',
    ),
)

# What each of them is followed by: a whole line, as the log would have it.
_LINES = (
    b'1 ERROR access FORGED 127.0.0.1 admin',
    b'FORGED',
    b'2026-01-01T00:00:00.000Z 127.0.0.1 FORGED admin admin - - '
    b'"GET / HTTP/1.1" 200 5 0.1000000 "x"',
    b'{"user_id": "FORGED"}',
)

_FIELDS = (
    *(b'User-Agent', b'X-Forwarded-For', b'X-Openstack-Request-Id'),
    *(b'X-User-Id', b'X-Project-Id', b'Referer', b'Forwarded'),
)


def attacks() -> Iterator[bytes]:
    """Make streams, each of them one request or less."""
    for text, line in itertools.product(_TEXTS, _LINES):
        for field in _FIELDS:
            yield _head(b'/hello', b'%s: a%s%s' % (field, text, line))
        yield _head(b'/hello/%s%s' % (text, line))
        yield _head(b'/hello?%s%s' % (text, line.replace(b' ', b'%20')))
        yield b'GET%s%s / HTTP/1.1\r\nHost: a\r\n\r\n' % (text, line)
        yield b'GET / HTTP/1.1%s%s\r\nHost: a\r\n\r\n' % (text, line)
        yield _head(b'/nosuch%s' % text, b'A: %s' % line)


def _head(target: bytes, *fields: bytes) -> bytes:
    lines = [b'GET %s HTTP/1.1' % target, b'Host: a', *fields]
    return b'\r\n'.join([*lines, b'Connection: close', b'', b''])


def read_text(line: str) -> dict[str, str]:
    """Read a line of text, or fail."""
    match = LINE.fullmatch(line)
    if match is None:
        raise AssertionError(f'not as documented: {line!r}')
    return match.groupdict()


def read_json(line: str) -> dict[str, Any]:
    """Read a line of JSON, or fail."""
    found: dict[str, Any] = json.loads(line)
    for name in ('user_id', 'project_id'):
        assert found[name] is None, line
    assert found['client_ip'] in ('127.0.0.1', None), line
    assert len(found) == 21, line
    return found


def check_log(test: testtools.TestCase, log: str) -> None:
    """Check that no line of a whole log is one that a peer has made."""
    for line in log.split('\n'):
        check_line(test, line)


def check_line(test: testtools.TestCase, line: str) -> None:
    """Check that a line is not one that a peer has made."""
    if MARK in line:
        # Whose own line it is, it begins with what the server wrote.
        test.assertRegex(
            line,
            r'^(\d+ [A-Z]+ [a-z_.]+ |  File |    |[A-Za-z.]+Error)',
        )
    test.assertTrue(line.isprintable(), repr(line))


Start = Callable[..., object]


class Token:
    """Stands for keystonemiddleware: believes a header of the tests' own."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(
        self, environ: dict[str, Any], start: Start
    ) -> Iterable[bytes]:
        token = environ.pop('HTTP_X_TEST_TOKEN', None)
        if token is not None:
            user, project = token.split(',')
            environ['HTTP_X_USER_ID'] = user
            environ['HTTP_X_PROJECT_ID'] = project
            environ['keystone.token_auth'] = object()
        return self._app(environ, start)


def token_factory(
    _global_conf: dict[str, str],
) -> Callable[[Callable[..., Iterable[bytes]]], Token]:
    """Make the filter (``paste.filter_factory``)."""
    return Token
