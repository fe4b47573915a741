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

"""How large a head may be: each limit, from both of its sides."""

from wsgiserver._http import errors
from wsgiserver._http import head
from wsgiserver.tests import base
from wsgiserver.tests.unit.http import cases
from wsgiserver.tests.unit.http import wire

_LIMITS = wire.Limits(
    max_head_size=320,
    max_request_line=40,
    max_header_fields=6,
    max_header_line=60,
)

_TOO_LARGE = '431 Request Header Fields Too Large'


def target(length: int, method: bytes = b'GET') -> bytes:
    """Make a request with a target of a length."""
    return wire.head_of(
        b'%s /%s HTTP/1.1' % (method, b'a' * (length - 1)), b'Host: a'
    )


def sized(size: int) -> bytes:
    """Make a request whose head has a size."""
    fields = [b'A%d: %s' % (i, b'b' * 60) for i in range(4)]
    rest = size - len(wire.get(*fields, b'B: '))
    return wire.get(*fields, b'B: ' + b'c' * rest)


class WithinLimitsTestCase(cases.Accepted):
    limits = _LIMITS

    scenarios = [
        ('target', {'stream': target(40)}),
        (
            'target_of_the_longest_method',
            {'stream': target(40, b'UNSUBSCRIBE')},
        ),
        ('fields', {'stream': wire.get(*[b'A: b'] * 5)}),
        ('value', {'stream': wire.get(b'A: ' + b'b' * 60)}),
        ('name', {'stream': wire.get(b'A' * head.MAX_FIELD_NAME + b': b')}),
        ('head', {'stream': sized(320)}),
        ('head_with_an_empty_line_ahead', {'stream': b'\r\n' + sized(320)}),
    ]


class BeyondLimitsTestCase(cases.Refused):
    limits = _LIMITS

    scenarios = cases.refusals(
        '414 URI Too Long',
        {
            'target': target(41),
            'target of the longest method': target(41, b'UNSUBSCRIBE'),
            'target that fills more than a head': target(400),
        },
    ) + cases.refusals(
        _TOO_LARGE,
        {
            'fields': wire.get(*[b'A: b'] * 6),
            'empty fields': wire.get(*[b'A:'] * 6),
            'fields of one name': wire.get(*[b'Accept: b'] * 20),
            'value': wire.get(b'A: ' + b'b' * 61),
            'value of host': wire.head_of(
                b'GET / HTTP/1.1', b'Host: ' + b'a' * 61
            ),
            'last value': wire.get(b'A: b', b'B: ' + b'b' * 61),
            'name': wire.get(b'A' * head.MAX_FIELD_NAME + b'A: b'),
            'head': sized(321),
            'head with an empty line ahead': b'\r\n' + sized(321),
        },
    )


class EndlessHeadTestCase(base.TestCase):
    """A head that never ends is refused before it takes memory."""

    def _feed(self, start: bytes, more: bytes, size: int) -> tuple[str, int]:
        parser = head.HeadParser(wire.Limits())
        fed = len(start)
        piece = more * max(size // len(more), 1)
        try:
            parser.feed(start)
            while fed < 1_000_000:
                fed += len(piece)
                parser.feed(piece)
        except errors.ProtocolError as error:
            return error.status, fed
        self.fail('it was never refused')

    def test_an_endless_request_line_is_refused(self) -> None:
        for size in (1, 100, 4096):
            status, fed = self._feed(b'GET /', b'a', size)
            self.assertEqual('414 URI Too Long', status)
            self.assertLess(fed, 8192 + 64 + size)

    def test_an_endless_method_is_refused(self) -> None:
        _status, fed = self._feed(b'G', b'G', 1)
        self.assertLess(fed, 8192 + 64)

    def test_an_endless_field_is_refused(self) -> None:
        start = b'GET / HTTP/1.1\r\nA: '
        for size in (1, 100, 4096):
            status, fed = self._feed(start, b'b', size)
            self.assertEqual(_TOO_LARGE, status)
            self.assertLessEqual(fed, 65536 + size)

    def test_endless_fields_are_refused(self) -> None:
        status, fed = self._feed(b'GET / HTTP/1.1\r\n', b'A: b\r\n', 600)
        self.assertEqual(_TOO_LARGE, status)
        self.assertLessEqual(fed, 65536 + 600)

    def test_endless_empty_lines_are_refused(self) -> None:
        status, fed = self._feed(b'\r\n', b'\r\n', 2)
        self.assertEqual('400 Bad Request', status)
        self.assertLess(fed, 10)
