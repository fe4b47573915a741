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


"""What is unusual and in order, on the wire."""

import json

from wsgiserver.tests.functional import accepted_cases
from wsgiserver.tests.functional import framing_cases
from wsgiserver.tests.functional import refusals


class TestEnviron(refusals.RefusalTest):
    """The application sees what the head said, and not more."""

    scenarios = refusals.everywhere(
        {
            name: {'sent': sent, 'expected': expected}
            for name, (sent, expected) in accepted_cases.ENVIRONS.items()
        }
    )
    expected: accepted_cases.Environ

    def test_seen_by_the_application(self) -> None:
        self.send(self.sent)
        response = self.wire.response()
        self.assertEqual(200, response.status, repr(response))
        environ = json.loads(response.body)
        self.assertEqual(
            self.expected, {key: environ.get(key) for key in self.expected}
        )


class TestBody(refusals.RefusalTest):
    """Where the body ends, the next request begins."""

    scenarios = refusals.everywhere(
        {
            name: {'sent': sent, 'body': body}
            for name, (sent, body) in accepted_cases.BODIES.items()
        }
    )
    body: bytes

    def test_followed_by_the_next_request(self) -> None:
        self.send(self.sent + framing_cases.SMUGGLED)
        response = self.wire.response()
        self.assertEqual(200, response.status, repr(response))
        self.assertEqual(self.body, response.body)
        self.assertEqual(b'0\n1\n2\n3\n4\n', self.wire.response().body)
        self.assert_usable()
        self.assertEqual(['closed'], self.events())
