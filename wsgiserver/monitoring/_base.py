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

"""Base class of the applications that show a server's metrics."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Self
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver import _metrics
from wsgiserver.monitoring import _visitors


class MonitoringApp(abc.ABC):
    """Base class: shows the metrics of the server that it is served by.

    :param allow: who may see them: addresses and networks, separated by
        commas or spaces. ``unix`` lets in who connects to a UNIX socket.
    :raises InvalidInput: if there is something else among them.
    """

    def __init__(self, allow: str = _visitors.LOOPBACK) -> None:
        self._visitors = _visitors.Visitors(allow)

    @classmethod
    def factory(
        cls,
        global_conf: Mapping[str, str] | None,
        allow: str = _visitors.LOOPBACK,
    ) -> Self:
        """Make the application (``paste.app_factory``).

        :param global_conf: the ``[DEFAULT]`` section of the paste file,
            unused.
        :param allow: as for the class.
        :returns: the application.
        :raises InvalidInput: as the class.
        """
        return cls(allow)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        request = webob.Request(environ)
        response = self._visitors.refusal(request) or self._answer(request)
        # What it says is old the moment it was said.
        response.headers['Cache-Control'] = 'no-store'
        response.headers['X-Content-Type-Options'] = 'nosniff'
        return response(environ, start_response)

    def _answer(self, request: webob.Request) -> webob.Response:
        if request.method not in ('GET', 'HEAD'):
            response = _problem(405, 'GET and HEAD only')
            response.allow = ['GET', 'HEAD']
            return response
        statistics = request.environ.get('wsgiserver.statistics')
        if statistics is None:
            return _problem(503, 'this server keeps no figures')
        report = statistics.read()
        if not report.workers:
            # Not even the process that is asked.
            return _problem(503, 'the option metrics is off')
        return self.show(request, report)

    @abc.abstractmethod
    def show(
        self, request: webob.Request, report: _metrics.Report
    ) -> webob.Response:
        """Show the metrics.

        :param request: a GET or HEAD.
        :param report: the metrics.
        """


def _problem(status: int, text: str) -> webob.Response:
    response = webob.Response(
        status=status, content_type='text/plain', charset='utf-8'
    )
    response.text = f'{response.status}: {text}\n'
    return response
