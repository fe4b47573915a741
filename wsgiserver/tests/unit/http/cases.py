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

"""Tables of byte streams, and what each is put through."""

from typing import Any

from wsgiserver.tests.unit.http import wire
from wsgiserver.tests.unit import scenarios as unit_scenarios

Scenarios = list[tuple[str, dict[str, Any]]]


def refusals(status: str, streams: dict[str, bytes]) -> Scenarios:
    """Make scenarios of streams that are refused with the same status.

    :param status: the status line.
    :param streams: the streams by what is wrong with them.
    :returns: the scenarios.
    """
    return [
        (name.replace(' ', '_'), {'stream': stream, 'status': status})
        for name, stream in streams.items()
    ]


class Refused(unit_scenarios.ScenarioTestCase):
    """What a stream has to be refused with, wherever it is cut."""

    stream: bytes
    status: str
    limits = wire.Limits()

    def _check(self, pieces: list[bytes]) -> None:
        reader = wire.read(pieces, self.limits)
        shown = repr(pieces) if len(pieces) < 3 else 'byte by byte'
        self.assertEqual(self.status, reader.refused, shown)
        self.assertEqual([], reader.targets, shown)

    def test_it_is_refused_whole(self) -> None:
        self._check([self.stream])

    def test_it_is_refused_byte_by_byte(self) -> None:
        self._check(wire.byte_by_byte(self.stream))

    def test_it_is_refused_when_cut_in_two(self) -> None:
        for pieces in wire.cuts(self.stream):
            self._check(pieces)

    def test_nothing_behind_it_becomes_a_request(self) -> None:
        for pieces in wire.ways(self.stream + wire.BEHIND):
            self._check(pieces)


class Accepted(unit_scenarios.ScenarioTestCase):
    """What has to be read from a stream, wherever it is cut."""

    stream: bytes
    limits = wire.Limits()

    def check_message(self, message: wire.Message) -> None:
        """Compare what was read with what was to be read."""
        self.assertTrue(message.complete)

    def _check(self, pieces: list[bytes], *behind: bytes) -> None:
        reader = wire.read(pieces, self.limits)
        self.assertIsNone(reader.refused)
        self.assertEqual(1 + len(behind), len(reader.messages), repr(pieces))
        self.check_message(reader.messages[0])
        self.assertEqual(list(behind), reader.targets[1:])

    def test_it_is_read_whole(self) -> None:
        self._check([self.stream])

    def test_it_is_read_byte_by_byte(self) -> None:
        self._check(wire.byte_by_byte(self.stream))

    def test_it_is_read_when_cut_in_two(self) -> None:
        for pieces in wire.cuts(self.stream):
            self._check(pieces)

    def test_a_request_behind_it_is_read_as_well(self) -> None:
        for pieces in wire.ways(self.stream + wire.BEHIND):
            self._check(pieces, b'/behind')
