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


"""What a request costs, counted in calls and not in time.

A test fails once a request takes more calls than the budget has, and a little
more. Whoever has a good reason raises the budget, in the change that needs
it; whoever makes it cheaper lowers it.
"""

import functools
import json
import subprocess
import sys

import testscenarios

from wsgiserver.tests import base

#: The calls of a small GET on a connection that is kept, from the event to
#: the connection's being parked again.
REQUEST = 26

#: The calls that are added, by the names in ``counting``. There are six
#: filters each.
ADDED = {
    # Two of them spare the many that logging would make, a third one asks a
    # green thread for its name; each field has one, and each text another
    # one, which escapes it.
    'access log': 14,
    'metrics': 1,
    'silent filters': 6,
    'asking filters': 26,
    'filters of both kinds': 122,
    'glance': 26,
    'nova': 38,
}

#: How many attributes CPython keeps in the object itself; of one more, all
#: are looked up in a dictionary (SHARED_KEYS_MAX_SIZE).
ATTRIBUTES = 30

#: How much more there may be: WebOb's share differs from release to release.
TOLERANCE = 0.05


@functools.cache
def counts(engine: str) -> dict[str, int]:
    """Count, once for all tests, in an interpreter of its own."""
    module = 'wsgiserver.tests.unit.counting'
    output = subprocess.check_output(
        [sys.executable, '-W', 'ignore', '-m', module, engine], timeout=50
    )
    found: dict[str, int] = json.loads(output)
    return found


class TestCost(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = [
        (name, {'engine': name}) for name in ('eventlet', 'threading')
    ]
    engine: str

    def check(self, what: str, budget: int, count: int) -> None:
        limit = budget + int(budget * TOLERANCE)
        self.assertLessEqual(
            count,
            limit,
            f'{what}: {count} calls; {budget} before, {limit} are allowed',
        )

    def check_added(self, name: str) -> None:
        found = counts(self.engine)
        added = found[name] - found['request']
        self.check(f'{name}, added to a request', ADDED[name], added)

    def test_a_request_takes_no_more_calls_than_before(self) -> None:
        self.check('request', REQUEST, counts(self.engine)['request'])

    def test_it_takes_no_more_calls_on_a_busy_machine(self) -> None:
        found = counts(self.engine)
        self.assertEqual(found['request'], found['slow request'])

    def test_the_attributes_of_an_engine_are_found_quickly(self) -> None:
        self.assertLessEqual(counts(self.engine)['attributes'], ATTRIBUTES)

    def test_the_access_log_adds_no_more_calls_than_before(self) -> None:
        self.check_added('access log')

    def test_metrics_add_no_more_calls_than_before(self) -> None:
        self.check_added('metrics')

    def test_a_filter_without_hooks_adds_no_more_than_its_call(self) -> None:
        self.check_added('silent filters')

    def test_a_request_hook_adds_no_more_calls_than_before(self) -> None:
        self.check_added('asking filters')

    def test_both_hooks_add_no_more_calls_than_before(self) -> None:
        self.check_added('filters of both kinds')

    def test_negotiation_by_path_adds_no_more_calls_than_before(self) -> None:
        self.check_added('glance')

    def test_microversions_add_no_more_calls_than_before(self) -> None:
        self.check_added('nova')
