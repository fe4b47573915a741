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

"""``egg:os-wsgiserver#metrics``: the metrics for Prometheus."""

from __future__ import annotations

import importlib
import os
from typing import Any

import webob

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver import _metrics
from wsgiserver.monitoring import _base
from wsgiserver.monitoring import _visitors

#: Where prometheus_client has an application's own metrics, if that has
#: several processes.
_FOLDER = 'PROMETHEUS_MULTIPROC_DIR'


class MetricsApp(_base.MonitoringApp):
    """Answers with the metrics of all worker processes.

    They are in Prometheus' text format, or in that of OpenMetrics for who
    prefers it, compressed for who takes that. What an application counts by
    itself with prometheus_client is behind them, if the environment variable
    ``PROMETHEUS_MULTIPROC_DIR`` names its folder.

    It needs the extra ``os-wsgiserver[metrics]``.

    :param allow: who may see them: addresses and networks, separated by
        commas or spaces. ``unix`` lets in who connects to a UNIX socket.
    :raises InvalidInput: if there is something else among them, or
        prometheus_client is not installed.
    """

    def __init__(self, allow: str = _visitors.LOOPBACK) -> None:
        super().__init__(allow)
        try:
            self._client: Any = importlib.import_module('prometheus_client')
            self._families: Any = importlib.import_module(
                'wsgiserver.monitoring._families'
            )
        except ImportError as error:
            raise _config.OptionError(
                _('metrics need prometheus_client: install %s')
                % 'os-wsgiserver[metrics]'
            ) from error

    def show(
        self, request: webob.Request, report: _metrics.Report
    ) -> webob.Response:
        """Show the metrics, in Prometheus' formats."""
        registry = self._client.CollectorRegistry(auto_describe=False)
        registry.register(self._families.Families(report))
        folder = os.environ.get(_FOLDER)
        if folder and os.path.isdir(folder):
            module = importlib.import_module('prometheus_client.multiprocess')
            module.MultiProcessCollector(registry)
        asked = request.copy_get()
        # The client has no HEAD, and an icon at that path.
        asked.environ.update(PATH_INFO='/metrics')
        response = asked.get_response(self._client.make_wsgi_app(registry))
        response.vary = ['Accept', 'Accept-Encoding']
        return response
