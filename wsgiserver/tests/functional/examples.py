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

"""The examples of paste files, each served at a port of its own."""

from __future__ import annotations

import atexit
import functools
import pathlib
import tempfile

from wsgiserver.tests.functional import harness

#: Where the examples are, and what they are called.
FOLDER = pathlib.Path(__file__).parents[3] / 'etc' / 'wsgiserver' / 'examples'
NAMES = tuple(sorted(path.stem for path in FOLDER.glob('*.ini')))

#: For testscenarios: every example on every engine.
EVERYWHERE = [
    (f'{name},{backend}', {'preset': name, 'backend': backend})
    for name in NAMES
    for backend in harness.BACKENDS
]

#: The application of the examples, and the one that says what it is told.
_THEIRS = 'use = egg:os-wsgiserver#hello'
_TELLING = 'paste.app_factory = wsgiserver.tests.functional.preset_app:factory'

# Tests have temporary folders of their own; shared servers outlive them.
_FOLDER = tempfile.gettempdir()


class Examples:
    """A process that serves all of them.

    :param backend: ``eventlet`` or ``threading``.
    :param application: ``hello``, that of the examples as they stand, or
        ``telling``, that of preset_app in its place.
    """

    def __init__(self, backend: str, application: str) -> None:
        self._folder = tempfile.TemporaryDirectory(
            prefix='wsgiserver-', dir=_FOLDER
        )
        for name in NAMES:
            text = (FOLDER / f'{name}.ini').read_text()
            if application == 'telling':
                # An example without it would be served as it stands.
                assert text.count(_THEIRS) == 1, name
                text = text.replace(_THEIRS, _TELLING)
            self._path(name).write_text(text)
        self._server = harness.ServerProcess(
            backend,
            launcher='own',
            paste=self._paste_file(),
            more=[{'paste': name} for name in NAMES],
        )
        ports = [address[0][1] for address in self._server.addresses[1:]]
        self._ports = dict(zip(NAMES, ports, strict=True))

    def _path(self, name: str) -> pathlib.Path:
        return pathlib.Path(self._folder.name, f'{name}.ini')

    def _paste_file(self) -> str:
        sections = {'main': NAMES[0], **{name: name for name in NAMES}}
        # An option's value, and not use: PasteDeploy would look for the rest
        # of a composite in this file.
        return '\n'.join(
            f'[composite:{section}]\n'
            'use = egg:os-wsgiserver#urlmap\n'
            f'/ = config:{self._path(name)}\n'
            for section, name in sections.items()
        )

    def port(self, name: str) -> int:
        """Tell where an example is served.

        :param name: its name, which is that of its preset.
        """
        return int(self._ports[name])

    def url(self, name: str) -> str:
        """Tell the URL of an example's root, without a slash at its end.

        :param name: its name, which is that of its preset.
        """
        return f'http://127.0.0.1:{self.port(name)}'

    def log(self) -> str:
        """What the servers have logged so far."""
        return self._server.log()

    def stop(self) -> None:
        """End it, whatever state it is in."""
        self._server.stop()
        self._folder.cleanup()


@functools.cache
def shared(backend: str, application: str) -> Examples:
    """The examples that the tests of this process share."""
    made = Examples(backend, application)
    atexit.register(made.stop)
    return made
