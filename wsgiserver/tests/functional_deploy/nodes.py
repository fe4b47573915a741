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

"""Nodes of a service, to be put behind something."""

from __future__ import annotations

import os
from typing import Any

import fixtures

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

_PASTE = """\
[composite:main]
use = egg:os-wsgiserver#urlmap
/ = node
/healthcheck = healthcheck

[app:node]
paste.app_factory = wsgiserver.tests.functional_deploy.service:factory
name = {name}

[pipeline:healthcheck]
pipeline = draining health

[filter:draining]
use = egg:os-wsgiserver#draining

[app:health]
use = egg:oslo.middleware#healthcheck
backends = disable_by_file
disable_by_file_path = {disabled}
"""


class NodeTest(launched.LaunchedTest):
    """One that has nodes, of either engine."""

    launcher = 'own'

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path

    def disabled(self, name: str) -> str:
        """Name the file that takes a node out."""
        return os.path.join(self.folder, f'{name}.disabled')

    def node(
        self, name: str, transport: str = 'tcp', **options: Any
    ) -> harness.ServerProcess:
        """Start a node of two workers.

        :param options: those of ``[wsgiserver]``; ``port`` is the Server's.
        """
        port = options.pop('port', 0)
        return self.launch(
            transport,
            2,
            paste=_PASTE.format(name=name, disabled=self.disabled(name)),
            server={'port': port} if transport == 'tcp' else {},
            options={
                f'wsgiserver.{option}': value
                for option, value in options.items()
            },
        )
