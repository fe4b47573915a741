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


"""Types the commands of the tutorial, in its order, and compares."""

from __future__ import annotations

from collections.abc import Iterator
import os
import pathlib
import re
import signal
import socket
import subprocess
import textwrap
from typing import NamedTuple

import fixtures

from wsgiserver.tests import base
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import environments

_PAGE = pathlib.Path(__file__).parents[3] / 'doc/source/user/tutorial.rst'

_BLOCK = re.compile(
    r'^\.\. code-block:: (?P<kind>\w+)\n'
    r'(?:   :caption: (?P<file>.+)\n)?\n'
    r'(?P<text>(?:(?:    .*)?\n)+)',
    re.M,
)


_INSTALL = re.compile(r"python3 -m pip install -q '(?P<what>[^']+)'")


class Step(NamedTuple):
    """A file to be written, or a command to be typed."""

    file: str
    command: str
    #: What the file has, or what the command says.
    text: str


def steps() -> Iterator[Step]:
    """Read the page."""
    for block in _BLOCK.finditer(_PAGE.read_text()):
        text = textwrap.dedent(block['text']).strip('\n') + '\n'
        if block['file']:
            yield Step(block['file'], '', text)
        elif block['kind'] == 'console':
            for part in re.split(r'^\$ ', text, flags=re.M)[1:]:
                command, _newline, said = part.partition('\n')
                yield Step('', command, said.strip('\n') + '\n')


def pattern(text: str) -> re.Pattern[str]:
    """Have ``...`` stand for anything, several lines included."""
    parts = map(re.escape, text.split('...'))
    return re.compile('.*?'.join(parts), re.S)


class TestTutorial(base.TestCase):
    """One test, for each command needs what those before it have made."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        with socket.create_server(('127.0.0.1', 0)) as sock:
            self.port = str(sock.getsockname()[1])
        # What the reader has, and nothing of what these tests need.
        self.installed = environments.Environment(
            os.path.join(self.useFixture(fixtures.TempDir()).path, 'venv')
        )
        # The tutorial leaves that to the page about it.
        self.installed.install('os-wsgiserver')
        self.environ = {
            **os.environ,
            'PATH': f'{self.installed.programs}:{os.environ["PATH"]}',
            'OS_WSGISERVER__BIND_PORT': self.port,
        }
        self.environ.pop('PYTHONPATH', None)
        self.server: subprocess.Popen[str] | None = None
        self.addCleanup(self.end_server)

    def end_server(self) -> None:
        """End the server that runs, if one does."""
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGTERM)
            self.server.communicate(timeout=conditions.PATIENCE)
            self.server = None

    def start_server(self, command: str, lines: int) -> str:
        """Start one; returns the first lines that it says."""
        self.end_server()
        self.server = subprocess.Popen(
            ['sh', '-c', f'exec {command}'],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self.server.stdout is not None
        return ''.join(self.server.stdout.readline() for _ in range(lines))

    def type(self, command: str) -> str:
        """Type a command; returns what it says."""
        installing = _INSTALL.fullmatch(command)
        if installing:
            self.installed.install(installing['what'])
            return ''
        done = subprocess.run(
            ['sh', '-c', command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return done.stdout.replace('\r', '')

    def test_all_of_it_is_true(self) -> None:
        typed = 0
        for step in steps():
            text = step.text.replace('8000', self.port)
            if step.file:
                path = pathlib.Path(self.folder, step.file)
                path.write_text(text)
                continue
            command = step.command.replace('8000', self.port)
            serves = command.startswith('wsgiserver') and not re.search(
                '--(check|show)', command
            )
            if serves:
                said = self.start_server(command, text.count('\n'))
            else:
                if '--check' in command:
                    # It wants the address for itself.
                    self.end_server()
                said = self.type(command)
            if '--check' in command:
                # The log comes in between.
                said = said.splitlines(keepends=True)[-1]
            said = said.rstrip('\n') + '\n'
            if not pattern(text).fullmatch(said):
                self.assertEqual(text, said, command)
            typed += 1
        # Else the page is not read as it should be.
        self.assertGreater(typed, 8)
