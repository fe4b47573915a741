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

"""The states of a connection: the table, and the page that shows it."""

import pathlib
import re

import wsgiserver
from wsgiserver._engine import connection_state
from wsgiserver.tests import base

State = connection_state.State

_PAGE = (
    pathlib.Path(wsgiserver.__file__).parents[1]
    / 'doc/source/contributor/architecture.rst'
)


def _documented() -> dict[str, set[str]]:
    """Read each state's successors off the page."""
    text = _PAGE.read_text(encoding='utf-8')
    section = text.partition("A connection's life\n=")[2].partition('\n===')[0]
    found = {}
    for row in re.split(r'^   \* - ', section, flags=re.MULTILINE)[1:]:
        cells = re.split(r'^     -', row, flags=re.MULTILINE)
        # The table ends where a line is empty.
        following = cells[-1].partition('\n\n')[0]
        found[cells[0].strip()] = set(re.findall(r'[A-Z]+', following))
    # The row above the others.
    del found['State']
    return found


class StateTestCase(base.TestCase):
    def test_each_has_its_successors(self) -> None:
        self.assertEqual(len(State), len(connection_state.NEXT))

    def test_those_are_what_the_page_on_the_architecture_says(self) -> None:
        self.assertEqual(
            {
                state.name: {after.name for after in following}
                for state, following in zip(
                    State, connection_state.NEXT, strict=True
                )
            },
            _documented(),
        )

    def test_nothing_follows_the_end_and_each_comes_to_it(self) -> None:
        self.assertEqual((), connection_state.NEXT[State.CLOSED])
        for state in State:
            if state is not State.CLOSED:
                self.assertIn(State.CLOSED, connection_state.NEXT[state])

    def test_the_names_in_the_module_are_the_states(self) -> None:
        for state in State:
            self.assertIs(state, getattr(connection_state, state.name))
