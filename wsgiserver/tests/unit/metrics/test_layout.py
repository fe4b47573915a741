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

"""Where the figures stand."""

import mmap

from wsgiserver._engine import connection_state
from wsgiserver._http import errors
from wsgiserver._metrics import layout
from wsgiserver.tests import base


class LayoutTestCase(base.TestCase):
    def test_no_two_figures_of_a_head_share_a_cell(self) -> None:
        places = [
            *(0, layout.SERIES_USED),
            *layout.COUNTERS.values(),
            *layout.GAUGES.values(),
            *(layout.STATE + n for n in range(len(layout.STATES))),
            *(layout.REFUSED + n for n in range(len(layout.REASONS))),
            *(layout.WAITS + n for n in range(layout.BUCKETS)),
        ]
        self.assertEqual(len(places), len(set(places)))
        self.assertLess(max(places), layout.HEAD_CELLS)

    def test_the_parts_of_a_block_follow_each_other(self) -> None:
        self.assertEqual(layout.KEY_SIZE, layout.DURATION * layout.CELL)
        rows = len(layout.CLASSES) * layout.BUCKETS
        self.assertEqual(layout.DURATION + rows, layout.DURATION_SUM)
        self.assertLess(layout.BYTES_OUT, layout.BLOCK_CELLS)

    def test_a_seat_has_room_for_all_series_and_can_be_mapped(self) -> None:
        end = layout.block(layout.MAX_SERIES) * layout.CELL
        self.assertLessEqual(end, layout.SLOT_SIZE)
        self.assertEqual(0, layout.SLOT_SIZE % mmap.ALLOCATIONGRANULARITY)

    def test_the_states_are_those_of_connections(self) -> None:
        names = [state.name.lower() for state in connection_state.State]
        self.assertEqual(['closed'], names[len(layout.STATES) :])
        self.assertEqual([*layout.STATES], names[: len(layout.STATES)])

    def test_each_refusal_has_its_reason(self) -> None:
        kinds = {each.kind for each in errors.ProtocolError.__subclasses__()}
        self.assertGreater(len(kinds), 5)
        self.assertEqual({*layout.REASONS} - {'tls_handshake'}, kinds)

    def test_the_bounds_ascend(self) -> None:
        self.assertEqual(sorted(set(layout.BOUNDS)), [*layout.BOUNDS])
