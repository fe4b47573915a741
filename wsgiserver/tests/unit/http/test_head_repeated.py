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


"""A parser reads the same fields once, and misses nothing by that."""

import dataclasses

import testscenarios

from wsgiserver._http import errors
from wsgiserver._http import head
from wsgiserver.tests import base
from wsgiserver.tests.unit.http import wire

_FIELDS = b'Host: a\r\nX-Auth-Token: t\r\n\r\n'
_FIRST = b'GET /first HTTP/1.1\r\n' + _FIELDS


def long_target(length: int) -> bytes:
    """Make a request whose target has so many bytes."""
    return b'GET /%b HTTP/1.1\r\n%b' % (b'a' * (length - 1), _FIELDS)


def outcome(parser: head.HeadParser, data: bytes) -> object:
    """Tell what a parser makes of a head: what it reads, or says of it."""
    try:
        taken = parser.feed(data)
    except errors.ProtocolError as error:
        return error.status, error.reason
    assert taken is not None
    return dataclasses.asdict(taken[0]), taken[1]


def warm(**limits: int) -> head.HeadParser:
    """Make a parser that has read the fields."""
    parser = head.HeadParser(wire.Limits(**limits))
    parser.feed(_FIRST)
    return parser


class SameOutcomeTestCase(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    """What comes second is read as if it came first."""

    scenarios = [
        (name, {'data': data})
        for name, data in {
            'another path': b'GET /%41?b#' + b' HTTP/1.1\r\n' + _FIELDS,
            'another query': b'GET /a?b=%63 HTTP/1.1\r\n' + _FIELDS,
            'another method': b'M-SEARCH /a HTTP/1.1\r\n' + _FIELDS,
            'an unknown method': b'GETS /a HTTP/1.1\r\n' + _FIELDS,
            'no method': b' /a HTTP/1.1\r\n' + _FIELDS,
            'CONNECT': b'CONNECT /a HTTP/1.1\r\n' + _FIELDS,
            'an empty line ahead': b'\r\nGET /a HTTP/1.1\r\n' + _FIELDS,
            'two spaces': b'GET  /a HTTP/1.1\r\n' + _FIELDS,
            'a space in it': b'GET /a b HTTP/1.1\r\n' + _FIELDS,
            'two versions': b'GET /a HTTP/1.1 HTTP/1.1\r\n' + _FIELDS,
            'another version': b'GET /a HTTP/1.0\r\n' + _FIELDS,
            'no version': b'GET /a\r\n' + _FIELDS,
            'a version in a field': b'GET /a\r\nX: HTTP/1.1\r\n' + _FIELDS,
            'the absolute form': b'GET http://b/a HTTP/1.1\r\n' + _FIELDS,
            'a question': b'OPTIONS * HTTP/1.1\r\n' + _FIELDS,
            'a host only': b'GET a:1 HTTP/1.1\r\n' + _FIELDS,
            'a field more': b'GET /a HTTP/1.1\r\nX: y\r\n' + _FIELDS,
            'a field less': b'GET /a HTTP/1.1\r\nHost: a\r\n\r\n',
            'another value': _FIRST.replace(b'n: t', b'n: u'),
            'another host': _FIRST.replace(b't: a', b't: @'),
            'a target at the limit': long_target(wire.Limits.max_request_line),
            'a target over it': long_target(wire.Limits.max_request_line + 1),
        }.items()
    ]
    data: bytes

    def test_it_is_read_as_if_it_came_first(self) -> None:
        cold = head.HeadParser(wire.Limits())
        self.assertEqual(outcome(cold, self.data), outcome(warm(), self.data))


class TargetTestCase(base.TestCase):
    def test_a_target_may_hold_what_llhttp_lets_through(self) -> None:
        for form in (b'/%b', b'/a%bb', b'/?%b', b'/a?b%bc'):
            for byte in range(256):
                target = form.replace(b'%b', bytes([byte]))
                data = b'GET %b HTTP/1.1\r\n' % target + _FIELDS
                cold = head.HeadParser(wire.Limits())
                self.assertEqual(
                    outcome(cold, data), outcome(warm(), data), repr(data)
                )


class LimitsTestCase(base.TestCase):
    def test_the_head_may_not_be_larger_for_its_fields_are_known(self) -> None:
        longer = _FIRST.replace(b'/first', b'/' + b'a' * 100)
        for limit in (len(longer) - 1, len(longer)):
            cold = head.HeadParser(wire.Limits(max_head_size=limit))
            self.assertEqual(
                outcome(cold, longer),
                outcome(warm(max_head_size=limit), longer),
            )


class SharedSectionTestCase(base.TestCase):
    def test_requests_with_the_same_fields_share_them(self) -> None:
        parser = head.HeadParser(wire.Limits())
        first, second, third = (
            parser.feed(data)
            for data in (_FIRST, _FIRST, _FIRST.replace(b'n: t', b'n: u'))
        )
        assert first and second and third
        self.assertIs(first[0].section, second[0].section)
        self.assertIsNot(first[0].section, third[0].section)

    def is_remembered(self, *fields: bytes) -> bool:
        """Tell whether fields are read once for two requests."""
        parser = head.HeadParser(wire.Limits())
        first, second = (parser.feed(wire.get(*fields)) for _turn in range(2))
        assert first and second
        return first[0].section is second[0].section

    def test_a_parser_remembers_what_a_service_sends(self) -> None:
        token = b'gAAAAABm' + b'x' * 176
        self.assertTrue(
            self.is_remembered(
                b'User-Agent: nova-compute keystoneauth1/5.10.0 '
                b'python-requests/2.32.3 CPython/3.11.7',
                b'Accept: application/json',
                b'Accept-Encoding: gzip, deflate, br, zstd',
                b'Connection: keep-alive',
                b'Content-Type: application/json',
                b'OpenStack-API-Version: placement 1.39',
                b'X-OpenStack-Request-ID: req-' + b'0' * 36,
                b'X-Auth-Token: ' + token,
                b'X-Service-Token: ' + token,
            )
        )

    def test_fields_are_remembered_up_to_a_size(self) -> None:
        # A long value counts twice, and as a string.
        around = len(wire.get(b'X: ')) - len('GET / HTTP/')
        room = head.MAX_REMEMBERED - around - 2 * 32 - 49
        for size, is_so in ((room // 2, True), (room // 2 + 1, False)):
            with self.subTest(size):
                self.assertEqual(
                    is_so, self.is_remembered(b'X: ' + b'a' * size)
                )

    def test_many_fields_are_not_remembered(self) -> None:
        for count, is_so in ((20, True), (60, False)):
            fields = [b'X-%d: a' % number for number in range(count)]
            self.assertEqual(is_so, self.is_remembered(*fields))
