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

"""The server of a paste file, under Pyramid's command pserve."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

import fixtures

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import wire
from wsgiserver.tests.unit import scenarios

_INI = """\
[app:main]
use = egg:os-wsgiserver#hello
text = served

[server:main]
use = egg:os-wsgiserver#{name}
host = 127.0.0.1
{options}

# pserve sets the log up by these.
[loggers]
keys = root
[handlers]
keys = errors
[formatters]
keys = plain
[logger_root]
level = INFO
handlers = errors
[handler_errors]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(levelname)s %(message)s
"""

_LISTENING = re.compile(r'INFO wsgiserver listening on 127\.0\.0\.1:(\d+)\n')


class PserveTest(scenarios.ScenarioTestCase):
    """Both entry points: a server_factory, and a server_runner."""

    name: str

    scenarios = [(name, {'name': name}) for name in ('main', 'runner')]

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self._log = tempfile.TemporaryFile(dir=self.folder)
        self.addCleanup(self._log.close)

    def pserve(self, options: str) -> subprocess.Popen[bytes]:
        """Run pserve with a file that has these options of the server."""
        path = os.path.join(self.folder, 'serve.ini')
        with open(path, 'w') as file:
            file.write(_INI.format(name=self.name, options=options))
        process = subprocess.Popen(
            [
                *(sys.executable, '-W', 'ignore'),
                *('-m', 'pyramid.scripts.pserve', path),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def log(self) -> str:
        return os.pread(self._log.fileno(), 1 << 20, 0).decode()

    def port(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the log to tell which port the system has chosen."""

        def found() -> re.Match[str] | None:
            self.assertIsNone(process.poll(), self.log())
            return _LISTENING.search(self.log())

        match: re.Match[str] = harness.eventually(found)
        return int(match[1])

    def get(self, port: int) -> wire.Response:
        sock = socket.create_connection(('127.0.0.1', port), harness.PATIENCE)
        with wire.Wire(sock) as connection:
            connection.send(wire.request('GET', '/', 'Connection: close'))
            return connection.response()


class TestServing(PserveTest):
    def end(self, number: signal.Signals) -> None:
        process = self.pserve('port = 0')
        response = self.get(self.port(process))
        self.assertEqual(200, response.status)
        self.assertEqual(b'served', response.body)
        process.send_signal(number)
        self.assertEqual(0, process.wait(harness.PATIENCE), self.log())
        for word in ('Traceback', 'ERROR', 'Exiting'):
            self.assertNotIn(word, self.log())

    def test_it_serves_until_sigterm(self) -> None:
        self.end(signal.SIGTERM)

    def test_it_serves_until_sigint(self) -> None:
        self.end(signal.SIGINT)

    def test_an_option_of_the_server_counts(self) -> None:
        process = self.pserve('port = 0\nserver_header = under pserve')
        response = self.get(self.port(process))
        self.assertEqual('under pserve', response.headers['server'])


class TestRefused(PserveTest):
    def refuse(self, options: str, last: str) -> None:
        """Check how pserve ends, and its last line."""
        process = self.pserve(options)
        self.assertEqual(1, process.wait(harness.PATIENCE))
        name, _colon, text = self.log().splitlines()[-1].partition(': ')
        self.assertTrue(name.endswith('.OptionError'), name)
        self.assertEqual(last, text)
        self.assertNotIn('listening', self.log())

    def test_an_option_that_is_unknown_is_named(self) -> None:
        self.refuse(
            'colour = red',
            'option colour: there is no such option',
        )

    def test_a_value_of_no_use_is_named(self) -> None:
        self.refuse(
            'port = many',
            "option port: invalid literal for int() with base 10: 'many'",
        )
