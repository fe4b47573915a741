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


"""What the tests of refused requests have in common."""

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import testscenarios

from wsgiserver.tests.functional import framing_cases
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import wired

# Above this many bytes, a request comes in larger pieces than single bytes.
_SHORT = 400


def everywhere(
    cases: Mapping[str, Mapping[str, Any]],
) -> list[tuple[str, dict[str, Any]]]:
    """Make the scenarios of cases.

    :param cases: what each case sets, by its name.
    :returns: each of them whole on every engine and transport, and in small
        pieces on every engine; how the bytes came is all the same above it.
    """
    ways = [
        (f'{name},whole', {**where, 'in_pieces': False})
        for name, where in harness.EVERYWHERE
    ] + [
        (f'{name},in_pieces', {**where, 'transport': 'tcp', 'in_pieces': True})
        for name, where in harness.ON_BACKENDS
    ]
    scenarios: list[tuple[str, dict[str, Any]]]
    scenarios = testscenarios.multiply_scenarios(
        ways, [(name, dict(case)) for name, case in cases.items()]
    )
    return scenarios


def refused(
    cases: Mapping[str, framing_cases.Case],
) -> list[tuple[str, dict[str, Any]]]:
    """Make the scenarios of refusals: the status, and what is sent."""
    return everywhere(
        {
            name: {'status': status, 'sent': sent}
            for name, (status, sent) in cases.items()
        }
    )


def pieces_of(data: bytes) -> Iterator[bytes]:
    """Cut bytes in very small pieces."""
    size = 1 if len(data) <= _SHORT else 61
    for start in range(0, len(data), size):
        yield data[start : start + size]


class RefusalTest(wired.WireTest):
    """What all refusals have in common."""

    in_pieces: bool
    sent: bytes
    status: int

    def send(self, data: bytes) -> None:
        """Send what the server may refuse before its end has come."""
        try:
            for piece in pieces_of(data) if self.in_pieces else (data,):
                self.wire.send(piece)
        except OSError as error:
            self.fail(f'the client was cut off: {error!r}')

    def assert_refused(self) -> None:
        """The answer, the end, and nothing that ran behind it."""
        response = self.wire.response()
        self.assertEqual(self.status, response.status, repr(response))
        self.assertEqual('HTTP/1.1', response.version)
        self.assertEqual('close', response.headers['connection'])
        self.assert_ends()
        self.assertEqual([], self.events())


class RefusedHead(RefusalTest):
    """Heads that are refused, with a request behind each."""

    def test_refused(self) -> None:
        self.send(self.sent + framing_cases.SMUGGLED)
        self.assert_refused()
