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

"""Reads the metrics of a server."""

from prometheus_client import parser

from wsgiserver.tests.functional import harness

#: An application to be asked, beside those that show the server.
PASTE = """\
[composite:main]
use = egg:os-wsgiserver#urlmap
/ = life
/metrics = metrics
/status = status

[app:life]
paste.app_factory = wsgiserver.tests.functional.life_apps:factory

[app:metrics]
use = egg:os-wsgiserver#metrics
allow = 127.0.0.1 unix

[app:status]
use = egg:os-wsgiserver#status
allow = 127.0.0.1 unix
"""


class Metrics:
    """What a server has answered.

    :param text: its metrics, in Prometheus' text format.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._samples = [
            sample
            for family in parser.text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def total(self, name: str, **labels: str) -> float:
        """Add up the samples that have these labels.

        :param name: the name, ``wsgiserver_`` aside.
        """
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == f'wsgiserver_{name}'
            and labels.items() <= sample.labels.items()
        )

    def names(self) -> set[str]:
        """List the names of the samples."""
        return {sample.name for sample in self._samples}


def ask(server: harness.ServerProcess, data: bytes) -> harness.Response:
    """Make a request; again, if its connection is closed without an answer.

    Any server may do that which is about to be replaced (RFC 9112, section
    9.3.1), and then it has not run the request.
    """
    for _turn in range(3):
        with server.connect() as wire:
            try:
                wire.send(data)
                return wire.response()
            except (EOFError, ConnectionError):
                continue
    raise AssertionError(server.log())


def read(server: harness.ServerProcess) -> Metrics:
    """Ask a server for its metrics."""
    response = ask(server, harness.request('GET', '/metrics'))
    assert response.status == 200, server.log()
    return Metrics(response.body.decode())
