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


"""What the log says of those who were refused."""

import logging
from typing import Any

import fixtures

from wsgiserver._engine import refusals
from wsgiserver.tests import base

_LOGGER = 'wsgiserver.refusals'


class RefusalsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger(_LOGGER, level=logging.INFO)
        )
        self.seen = 0
        self.now = 1000.0
        self.useFixture(
            fixtures.MonkeyPatch('time.monotonic', lambda: self.now)
        )
        self.refusals = refusals.Refusals(self.later)

    def later(self, call: Any, *args: object) -> None:
        call(*args)

    def lines(self) -> list[str]:
        """Read what was written since the last look."""
        found = self.log.output.splitlines()[self.seen :]
        self.seen += len(found)
        return found

    def test_a_line_has_peer_reason_and_details(self) -> None:
        self.refusals.note('192.0.2.1', '400 Bad Request, no', "it sent b'x'")
        self.refusals.note('', '400 Bad Request, no')
        self.assertEqual(
            [
                "Refused 192.0.2.1: 400 Bad Request, no; it sent b'x'",
                'Refused -: 400 Bad Request, no',
            ],
            self.lines(),
        )

    def test_details_are_one_line_of_bounded_length(self) -> None:
        self.refusals.note('a', 'b', '\r\nforged\x1b\u2028' + 'x' * 10_000)
        [line] = self.lines()
        self.assertTrue(line.startswith(r'Refused a: b; \x0d\x0aforged\x1b'))
        self.assertLess(len(line), 300)

    def test_each_reason_has_few_lines_and_a_count(self) -> None:
        for reason in ('a', 'b'):
            for _turn in range(10_000):
                self.refusals.note('c', reason)
        self.assertEqual(2 * refusals.MOST, len(self.lines()))
        self.now += refusals.PERIOD - 1
        self.refusals.tell_rest(self.now)
        self.assertEqual([], self.lines())
        self.now += 1
        self.refusals.tell_rest(self.now)
        more = 10_000 - refusals.MOST
        self.assertEqual(
            [f'Refused, and {more} more within 60 s: {name}' for name in 'ab'],
            self.lines(),
        )

    def test_a_period_begins_with_the_first_after_the_last(self) -> None:
        for _turn in range(refusals.MOST):
            self.refusals.note('a', 'b')
        self.lines()
        self.now += 1000
        self.refusals.tell_rest(self.now)
        # There were no more of them.
        self.assertEqual([], self.lines())
        self.refusals.note('a', 'b')
        self.assertEqual(['Refused a: b'], self.lines())
        self.now += 1
        self.refusals.tell_rest(self.now)
        self.refusals.note('a', 'b')
        self.assertEqual(['Refused a: b'], self.lines())

    def test_nothing_is_counted_where_the_log_is_off(self) -> None:
        logging.getLogger(_LOGGER).setLevel(logging.WARNING)
        for _turn in range(100):
            self.refusals.note('a', 'b')
        self.now += 1000
        self.refusals.tell_rest(self.now)
        self.assertEqual([], self.lines())


class SentTestCase(base.TestCase):
    def test_the_first_line_is_shown(self) -> None:
        for data in (
            b'GET / HTTP/1.1\r\nX-Auth-Token: secret\r\n\r\n',
            b'GET / HTTP/1.1\r\n',
            b'GET / HTTP/1.1',
            b'\r\nGET / HTTP/1.1\r\n',
        ):
            self.assertEqual("it sent b'GET / HTTP/1.1'", refusals.sent(data))

    def test_it_is_shown_as_python_writes_bytes(self) -> None:
        self.assertEqual(
            r"it sent b'\x16\x03\x01\n\x1b[31m\xff'",
            refusals.sent(b'\x16\x03\x01\n\x1b[31m\xff'),
        )

    def test_no_more_than_its_beginning_is(self) -> None:
        for ahead in (b'', b'\r\n'):
            shown = refusals.sent(ahead + b'a' * 100_000)
            self.assertEqual(f'it sent {b"a" * refusals.SHOWN!r}', shown)

    def test_nothing_is_said_of_nothing(self) -> None:
        self.assertEqual('', refusals.sent(b''))
