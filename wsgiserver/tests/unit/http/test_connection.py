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

"""What a request says about its connection."""

from wsgiserver._http import errors
from wsgiserver._http import framing
from wsgiserver.tests import base


class ConnectionTestCase(base.TestCase):
    def test_http_1_1_keeps_a_connection_unless_close_is_asked_for(
        self,
    ) -> None:
        for expected, values in (
            (True, []),
            (True, [b'']),
            (True, [b'keep-alive']),
            (True, [b'closed']),
            (True, [b'not close']),
            (False, [b'close']),
            (False, [b'CLOSE']),
            (False, [b'upgrade, \tclose ,']),
            (False, [b'keep-alive', b'close']),
            (False, [b'close', b'keep-alive']),
        ):
            kept = framing.keep_alive(values, True)
            self.assertIs(expected, kept, repr(values))

    def test_http_1_0_keeps_a_connection_only_when_asked_to(self) -> None:
        for expected, values in (
            (False, []),
            (False, [b'']),
            (False, [b'close']),
            (False, [b'keep-alive, close']),
            (False, [b'keep-alive-not']),
            (True, [b'keep-alive']),
            (True, [b'x', b'Keep-Alive']),
        ):
            kept = framing.keep_alive(values, False)
            self.assertIs(expected, kept, repr(values))

    def test_only_http_1_1_can_ask_for_100_continue(self) -> None:
        for value in (b'100-continue', b'100-Continue', b',100-continue,'):
            self.assertTrue(framing.expects_continue([value], True))
            self.assertFalse(framing.expects_continue([value], False))
        self.assertFalse(framing.expects_continue([], True))

    def test_an_empty_list_of_expectations_expects_nothing(self) -> None:
        for values in ([b''], [b'', b''], [b', ,']):
            self.assertFalse(framing.expects_continue(values, True))

    def test_http_1_0_can_expect_anything_and_gets_nothing(self) -> None:
        self.assertFalse(framing.expects_continue([b'x'], False))

    def test_the_same_expectation_twice_is_refused(self) -> None:
        self.assertRaises(
            errors.ExpectationFailed,
            framing.expects_continue,
            [b'100-continue', b'100-continue'],
            True,
        )

    def test_empty_elements_of_a_list_are_left_out(self) -> None:
        self.assertEqual(
            [b'a', b'b c', b'd'],
            framing.tokens([b' ,A,,\tb C ', b'', b'D,']),
        )

    def test_framings_of_equal_requests_are_equal(self) -> None:
        for host in (b'a', b'a' * 255, b'a' * 256):
            for is_http11 in (True, False):
                read = framing.read([(b'host', host)], is_http11)
                self.assertEqual(
                    framing.Framing(0, is_http11, False, host), read
                )


class BodyLengthTestCase(base.TestCase):
    """What llhttp refuses by itself is refused here as well.

    It is the one thing that both ends have to agree on.
    """

    def test_a_single_decimal_length_is_the_length(self) -> None:
        for value, length in ((b'0', 0), (b'5', 5), (b'9' * 18, 10**18 - 1)):
            self.assertEqual(length, framing.body_length([value], [], True))
            self.assertEqual(length, framing.body_length([value], [], False))

    def test_chunked_has_no_length(self) -> None:
        self.assertIsNone(framing.body_length([], [b'Chunked'], True))

    def test_without_either_there_is_no_body(self) -> None:
        self.assertEqual(0, framing.body_length([], [], True))

    def test_anything_else_is_refused(self) -> None:
        lengths: list[bytes]
        codings: list[bytes]
        for lengths, codings, is_http11 in (
            ([b'5'], [b'chunked'], True),
            ([b'0'], [b'chunked'], True),
            ([], [b'chunked'], False),
            ([b'5', b'5'], [], True),
            ([b''], [], True),
            ([b'+5'], [], True),
            ([b'5_0'], [], True),
            ([b'1' * 19], [], True),
            ([b'5\n'], [], True),
        ):
            self.assertRaises(
                errors.BadRequest,
                framing.body_length,
                lengths,
                codings,
                is_http11,
            )
        for codings in (
            [b'chunked', b'chunked'],
            [b'gzip, chunked'],
            [b'chunked\x00'],
            [b''],
        ):
            self.assertRaises(
                errors.NotImplementedByServer,
                framing.body_length,
                [],
                codings,
                True,
            )
