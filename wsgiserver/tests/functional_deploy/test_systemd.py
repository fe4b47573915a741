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

import configparser
import os
import pathlib
import subprocess
import sys

import fixtures

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import wire
from wsgiserver.tests.functional_deploy import programs

_COMMAND = os.path.join(os.path.dirname(sys.executable), 'wsgiserver')


class TestUnits(base.TestCase):
    """The units that ship."""

    def test_the_service_is_not_roots(self) -> None:
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(programs.shipped('example.service'))
        self.assertNotIn(
            unit['Service'].get('User', 'root'), ('', '0', 'root')
        )

    def test_systemd_finds_nothing_wrong(self) -> None:
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        changes = {'/opt/example/bin/wsgiserver': _COMMAND}
        service = folder / 'example.service'
        service.write_text(programs.adapted('example.service', changes))
        socket = folder / 'example.socket'
        socket.write_text(programs.shipped('example.socket'))
        done = subprocess.run(
            [
                *(programs.find('systemd-analyze'), 'verify'),
                *(str(service), str(socket)),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        # Units of the machine itself may be wrong.
        said = [
            line for line in done.stderr.splitlines() if 'example.' in line
        ]
        self.assertEqual([], said)


class TestActivation(launched.LaunchedTest):
    """systemd makes the socket, and the command serves on it."""

    def test_a_request_is_answered_that_came_first(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        config = os.path.join(folder, 'example.conf')
        with open(config, 'w') as file:
            file.write('[wsgiserver]\nlisten = systemd\nworkers = 2\n')
        paste = os.path.join(folder, 'api-paste.ini')
        with open(paste, 'w') as file:
            file.write('[app:main]\nuse = egg:os-wsgiserver#hello\n')
        port = programs.free_port()
        program = programs.Program(
            [
                'systemd-socket-activate',
                f'--listen=127.0.0.1:{port}',
                *(_COMMAND, paste),
                *('--config-file', config, '--backend', self.backend),
            ],
            port,
            folder,
        )
        self.addCleanup(program.__exit__, None, None, None)
        for _turn in range(3):
            sock = harness.connected(('127.0.0.1', port))
            with wire.Wire(sock) as connection:
                connection.send(wire.request('GET', '/', 'Connection: close'))
                self.assertEqual(200, connection.response().status)
        self.assertIn(f'listening on 127.0.0.1:{port}', program.log())
