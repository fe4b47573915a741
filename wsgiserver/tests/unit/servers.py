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

"""The bases of the tests that have a Server, and its applications."""

from http import client
import logging
from multiprocessing import reduction
from multiprocessing import util
import os
import pickle
import socket
from typing import Any

import fixtures
from oslo_config import cfg

from wsgiserver import server
from wsgiserver.tests import base
from wsgiserver.tests.functional import certificates

# The folder in which multiprocessing passes descriptors on outlives a test's.
util.get_temp_dir()


def hello(environ: dict[str, Any], start: Any) -> list[bytes]:
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello\n']


class ServerTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.conf = cfg.ConfigOpts()
        self.conf([])

    def make(self, app: Any = hello, **given: Any) -> server.Server:
        given = {'host': '127.0.0.1', 'engine': 'threading'} | given
        made = server.Server(self.conf, 'test', app, **given)
        self.addCleanup(made.socket.close)
        return made

    def start(self, made: server.Server) -> server.Server:
        made.start()
        self.addCleanup(made.wait)
        self.addCleanup(made.stop)
        return made

    def get(self, made: server.Server) -> client.HTTPResponse:
        connection = client.HTTPConnection(made.host, made.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request('GET', '/')
        return connection.getresponse()


def serve_until_killed(copy: server.Server) -> None:
    """Be another process, which serves until it is ended."""
    copy.start()
    copy.wait()


class LifeCase(ServerTestCase):
    def refused(self, port: int | None) -> bool:
        """Tell whether a port of this machine takes no connection."""
        try:
            socket.create_connection(('127.0.0.1', port or 0), 20).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            # It is being closed just now.
            return False
        return False

    def copy(self, made: server.Server) -> server.Server:
        """Have it as another process gets it."""
        copy: server.Server = pickle.loads(
            bytes(reduction.ForkingPickler.dumps(made))
        )
        self.addCleanup(copy.stop)
        return copy

    def ask(self, address: Any) -> bytes:
        """Make a request on a connection of its own."""
        is_path = isinstance(address, str)
        with socket.socket(
            socket.AF_UNIX if is_path else socket.AF_INET
        ) as sock:
            sock.settimeout(20)
            sock.connect(address)
            sock.sendall(b'GET / HTTP/1.0\r\n\r\n')
            return sock.makefile('rb').read()


PASTE = """
[app:main]
use = egg:os-wsgiserver#hello
text = {text}
[app:other]
use = egg:os-wsgiserver#hello
text = other
"""

BROKEN = """
[app:main]
use = egg:os-wsgiserver#none
"""


class ResetCase(ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.paste = self.write('api-paste.ini', PASTE.format(text='old'))
        self.configure()
        self.conf = cfg.ConfigOpts()
        self.conf(['--config-file', os.path.join(self.folder, 'a.conf')])
        self.log = self.useFixture(
            fixtures.FakeLogger(
                'wsgiserver', logging.INFO, '%(levelname)s %(message)s'
            )
        )

    def write(self, name: str, text: str) -> str:
        return certificates.replace(self.folder, name, text.encode())

    def configure(self, *lines: str) -> None:
        """Write the configuration file."""
        text = [
            '[DEFAULT]',
            f'api_paste_config = {self.paste}',
            '[wsgiserver]',
            *lines,
        ]
        self.write('a.conf', '\n'.join(text))

    def serve(
        self, app_name: str | None = None, **given: Any
    ) -> server.Server:
        """Serve the application of the paste file."""
        given = {'host': '127.0.0.1', 'engine': 'threading'} | given
        made = server.Server.from_paste(self.conf, 'test', app_name, **given)
        return self.start(made)

    def errors(self) -> list[str]:
        return [
            line
            for line in self.log.output.splitlines()
            if line.startswith('ERROR')
        ]

    def text(self, made: server.Server) -> str:
        return self.get(made).read().decode()


def tell(environ: dict[str, Any], start: Any) -> list[bytes]:
    """Be an application that says whether its server ends."""
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'ends' if environ['wsgiserver.draining']() else b'goes on']
