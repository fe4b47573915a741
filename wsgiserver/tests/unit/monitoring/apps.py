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

"""Asks the applications that show a server at work."""

from typing import Any

import webob

from wsgiserver import _metrics
from wsgiserver import monitoring
from wsgiserver.tests import base
from wsgiserver.tests.unit.metrics import fakes


class MonitoringTestCase(base.TestCase):
    """A server that has answered a request.

    :param app: the class of the application.
    """

    app: type[monitoring.MetricsApp | monitoring.StatusApp]

    def setUp(self) -> None:
        super().setUp()
        self.memory = _metrics.SharedMemory()
        self.slot = self.memory.claim()
        self.slot.follow(_metrics.Routes(['/v2']))
        self.slot.publish([0, 0, 3, 0, 1, 0], pool_size=10, busy=1)
        self.slot.request(
            fakes.Head('GET', '/v2/images'), 0, fakes.Response(), 0, 0.25
        )
        self.statistics: _metrics.Statistics | None
        self.statistics = _metrics.Statistics(
            'some "server"\\', self.memory, []
        )

    def ask(
        self,
        path: str = '/',
        client: str = '127.0.0.1',
        allow: str | None = None,
        method: str = 'GET',
        **environ: Any,
    ) -> webob.Response:
        """Ask, as a server would."""
        app = self.app() if allow is None else self.app(allow)
        request = webob.Request.blank(path, method=method)
        request.environ['wsgiserver.client'] = client
        request.environ['wsgiserver.statistics'] = self.statistics
        request.environ['REMOTE_ADDR'] = client
        request.environ.update(environ)
        return request.get_response(app)
