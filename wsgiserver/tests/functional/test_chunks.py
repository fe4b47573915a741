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


"""Chunked bodies on the wire, on every engine and transport."""

from wsgiserver.tests.functional import chunk_cases
from wsgiserver.tests.functional import framing_cases
from wsgiserver.tests.functional import refusals

_CHUNKED = b'Transfer-Encoding: chunked'


def head(target: bytes) -> bytes:
    return framing_cases.lines(
        b'POST %b HTTP/1.1' % target, b'Host: a', _CHUNKED
    )


class TestRefusedChunks(refusals.RefusalTest):
    """An application that reads a malformed body doesn't get to its end."""

    scenarios = refusals.refused(
        {
            name: (400, head(b'/echo') + body)
            for name, body in chunk_cases.REFUSED.items()
        }
    )

    def test_refused(self) -> None:
        self.send(self.sent + framing_cases.SMUGGLED)
        self.assert_refused()


class TestUnreadChunks(refusals.RefusalTest):
    """Nothing behind a malformed body runs if nobody reads it either."""

    scenarios = refusals.refused(
        {
            name: (403, head(b'/ignore') + body)
            for name, body in chunk_cases.REFUSED.items()
        }
    )

    def test_answered_and_closed(self) -> None:
        self.send(self.sent + framing_cases.SMUGGLED)
        self.assert_refused()


class TestAcceptedChunks(refusals.RefusalTest):
    """A request behind the body is the next one, wherever it is cut."""

    scenarios = refusals.everywhere(
        {
            name: {'sent': head(b'/echo') + body, 'content': content}
            for name, (body, content) in chunk_cases.ACCEPTED.items()
        }
    )

    content: bytes

    def test_read_to_its_end_and_no_further(self) -> None:
        self.send(self.sent + framing_cases.SMUGGLED)
        response = self.wire.response()
        self.assertEqual(200, response.status)
        self.assertEqual(self.content, response.body)
        self.assertEqual(b'0\n1\n2\n3\n4\n', self.wire.response().body)
        self.assert_usable()
        self.assertEqual(['closed'], self.events())
