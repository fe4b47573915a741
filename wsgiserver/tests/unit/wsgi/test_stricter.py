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

"""What eventlet.wsgi takes, and what the migration guide says to write."""

from typing import Any

from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes


class CureTestCase(unit_scenarios.ScenarioTestCase):
    scenarios: list[Any] = [
        (name, {'before': before, 'after': after})
        for name, before, after in (
            (
                'hop_by_hop',
                ('200 OK', [('Connection', 'close')]),
                ('200 OK', []),
            ),
            (
                'length',
                ('200 OK', [('Content-Length', 5)]),
                ('200 OK', [('Content-Length', str(5))]),
            ),
            (
                'value',
                ('200 OK', [('X-Name', 'a\r\nb')]),
                ('200 OK', [('X-Name', ' '.join('a\r\nb'.split()))]),
            ),
            (
                'name',
                ('200 OK', [('X Name', 'a')]),
                ('200 OK', [('X-Name', 'a')]),
            ),
            (
                'text',
                ('200 OK', [], ['hello']),
                ('200 OK', [], [b'hello']),
            ),
            ('interim', ('103 Early Hints', []), ('200 OK', [])),
        )
    ]

    before: Any
    after: Any

    @staticmethod
    def _answer(
        status: str, headers: Any, body: Any = (b'hello',)
    ) -> fakes.Answer:
        return fakes.handle(fakes.app_of(body, *headers, status=status)).answer

    def test_the_one_is_a_500_and_the_other_is_not(self) -> None:
        refused = self._answer(*self.before)
        self.assertEqual('500 Internal Server Error', refused.status)
        taken = self._answer(*self.after)
        self.assertEqual('200 OK', taken.status)
        self.assertEqual(b'hello', taken.content)
