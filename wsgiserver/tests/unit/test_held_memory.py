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


"""What a parked connection holds, whatever its last request was."""

import functools
import json
import subprocess
import sys

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.unit import holding

#: What a connection may hold, in bytes: what the options' help and the
#: documentation say.
MOST = 4096


@functools.cache
def held(engine: str) -> dict[str, float]:
    """Measure, once for all tests, in an interpreter of its own."""
    module = 'wsgiserver.tests.unit.holding'
    output = subprocess.check_output(
        [sys.executable, '-W', 'ignore', '-m', module, engine], timeout=50
    )
    found: dict[str, float] = json.loads(output)
    return found


class TestHeldMemory(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = testscenarios.multiply_scenarios(
        [(name, {'engine': name}) for name in ('eventlet', 'threading')],
        [(name, {'head': name}) for name in holding.HEADS],
    )
    engine: str
    head: str

    def test_an_idle_connection_holds_four_kilobytes(self) -> None:
        self.assertLessEqual(held(self.engine)[self.head], MOST)
