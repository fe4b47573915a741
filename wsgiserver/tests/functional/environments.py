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

"""A virtual environment that has what was installed there, and no more.

Nothing is fetched: what a requirement brings along is linked from where the
tests run, as pip would have resolved it.
"""

from __future__ import annotations

from importlib import metadata
import os
import pathlib
import venv

from packaging import requirements
from packaging import utils

import wsgiserver

_OWN = 'os-wsgiserver'


class Environment:
    """A virtual environment.

    :param folder: where it is to be; there is nothing yet.
    """

    def __init__(self, folder: str) -> None:
        venv.create(folder, symlinks=True)
        self._root = pathlib.Path(folder)
        #: The programs that it has.
        self.programs = self._root / 'bin'
        (self._site,) = self._root.glob('lib/python*/site-packages')
        # Names of distributions, and with each extra that was asked for.
        self._installed: set[tuple[str, str]] = set()

    def install(self, text: str) -> None:
        """Install a distribution and all that it needs, as pip does.

        :param text: the requirement, such as ``name[extra]``.
        :raises PackageNotFoundError: if it isn't there where the tests run.
        """
        wanted = requirements.Requirement(text)
        name = utils.canonicalize_name(wanted.name)
        found = metadata.distribution(name)
        for extra in ('', *wanted.extras):
            if (name, extra) in self._installed:
                continue
            self._installed.add((name, extra))
            if not extra:
                self._link(name, found)
            for line in found.requires or ():
                needed = requirements.Requirement(line)
                marker = needed.marker
                if marker is None or marker.evaluate({'extra': extra}):
                    self.install(line.partition(';')[0])

    def _link(self, name: str, found: metadata.Distribution) -> None:
        if name == _OWN:
            self._link_own(found)
            return
        for file in found.files or ():
            target = self._site / file
            # Not the programs, which begin with "..".
            if '..' in file.parts or target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(str(found.locate_file(file)))

    def _link_own(self, found: metadata.Distribution) -> None:
        """Link this library, which may be in a source tree."""
        source = os.path.dirname(str(wsgiserver.__file__))
        (self._site / 'wsgiserver').symlink_to(source)
        described = self._site / 'os_wsgiserver-0.dist-info'
        described.mkdir()
        text = found.read_text('METADATA') or found.read_text('PKG-INFO')
        (described / 'METADATA').write_text(text or '')
        entry_points = found.read_text('entry_points.txt') or ''
        (described / 'entry_points.txt').write_text(entry_points)
        program = self.programs / 'wsgiserver'
        program.write_text(
            f'#!{self.programs / "python3"}\n'
            'import sys\n'
            'from wsgiserver.cmd.serve import main\n'
            'sys.exit(main())\n'
        )
        program.chmod(0o755)
