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

"""Programs of the distribution, and the files that ship for them."""

from __future__ import annotations

import importlib.resources
import os
import pathlib
import shutil
import socket
import subprocess
import sys
from types import TracebackType

from wsgiserver.tests import conditions

_FOLDER = 'etc/wsgiserver/deploy'

# Some are in no PATH but root's.
_PATH = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'


def shipped(name: str) -> str:
    """Read a file that ships for a deployment.

    It is in the source tree, or where the installed package has its data.
    """
    source = importlib.resources.files('wsgiserver').joinpath('..')
    for root in (pathlib.Path(str(source)), pathlib.Path(sys.prefix)):
        path = root / _FOLDER / name
        if path.exists():
            return path.read_text()
    raise FileNotFoundError(name)


def adapted(name: str, changes: dict[str, str]) -> str:
    """Read such a file, with other addresses in it.

    :param changes: what stands there, and what is to stand there.
    """
    text = shipped(name)
    for before, after in changes.items():
        if before not in text:
            raise ValueError(f'{name} has no {before!r}')
        text = text.replace(before, after)
    return text


def find(name: str) -> str:
    """Find a program.

    :raises FileNotFoundError: if it is not installed.
    """
    path = shutil.which(name, path=_PATH)
    if path is None:
        raise FileNotFoundError(f'{name} is missing: bindep.txt has it')
    return path


def free_port() -> int:
    """Have the system choose a port."""
    with socket.create_server(('127.0.0.1', 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


class Program:
    """A program that listens, until the block ends.

    :param words: its command line.
    :param port: where it listens.
    :param folder: where its log goes.
    """

    def __init__(self, words: list[str], port: int, folder: str) -> None:
        self.port = port
        self._log = os.path.join(folder, 'program.log')
        with open(self._log, 'wb') as log:
            self._process = subprocess.Popen(
                [find(words[0]), *words[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        conditions.eventually(self._listens)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(conditions.PATIENCE)

    def log(self) -> str:
        """What it has said."""
        return pathlib.Path(self._log).read_text(errors='replace')

    def _listens(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(self.log())
        try:
            socket.create_connection(('127.0.0.1', self.port)).close()
        except ConnectionRefusedError:
            return False
        return True
