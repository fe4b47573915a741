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
"""Filters take of an application what the server takes."""

from collections.abc import Callable
from collections.abc import Iterable
import sys
from typing import Any

import fixtures

from wsgiserver import middleware
from wsgiserver.middleware import debug
from wsgiserver.tests.unit.middleware import fakes
from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes as wsgi_fakes


def _negotiating(app: Any) -> Any:
    return middleware.VersionNegotiationFilter(
        app, preset='nova', versions='v2.1 path=a CURRENT min=2.1 max=2.9'
    )


class AsTheServerTestCase(unit_scenarios.ScenarioTestCase):
    scenarios = [
        ('debug', {'filter': debug.Debug}),
        ('hooks', {'filter': fakes.Tags}),
        ('versions', {'filter': _negotiating}),
    ]

    filter: Callable[[Any], Any]

    def _fetch(self, app: wsgi_fakes.App) -> wsgi_fakes.Answer:
        self.useFixture(fixtures.FakeLogger())
        request = b'GET /a/servers HTTP/1.1\r\nHost: a\r\n\r\n'
        return wsgi_fakes.handle(self.filter(app), request).answer

    def test_a_status_needs_no_reason_phrase(self) -> None:
        answer = self._fetch(wsgi_fakes.app_of(status='203'))
        self.assertEqual('203', answer.status[:3])

    def test_exc_info_may_be_given_by_name(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            start_response('200 OK', [])
            try:
                raise LookupError('broken')
            except LookupError:
                start_response(
                    '503 Broken', headers=[], exc_info=sys.exc_info()
                )
            return [b'hello']

        self.assertEqual('503 Broken', self._fetch(app).status)

    def test_a_buffer_may_be_used_again(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[Any]:
            write = start_response('200 OK', [])
            buffer = bytearray(b'one ')
            write(buffer)
            buffer[:] = b'two '
            write(memoryview(buffer))
            buffer[:] = b'end '
            return iter([memoryview(buffer), bytearray(b'here')])

        self.assertEqual(b'one two end here', self._fetch(app).content)
