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

"""Imports go down, and eventlet has one door."""

import ast
from collections.abc import Iterator
import os
import pathlib
import re
import subprocess
import sys

import wsgiserver
from wsgiserver.tests import base

_ROOT = pathlib.Path(wsgiserver.__file__).parent

_PAGE = _ROOT.parent / 'doc/source/contributor/architecture.rst'

#: The layers, the lowest first. A module belongs to the longest name that it
#: begins with, and may import from its own layer and from those before it. The
#: page on the architecture has the same, the highest first.
_LAYERS = (
    ('_i18n', 'version', ''),
    ('exceptions',),
    ('_http',),
    ('_process',),
    ('_config', 'opts'),
    ('_log',),
    ('_paste', 'loader'),
    ('microversion',),
    ('_versions',),
    ('_metrics',),
    ('_wsgi',),
    ('_net',),
    ('_engine',),
    ('middleware', 'routing', 'serialization', 'resource', 'sample'),
    ('_service',),
    ('server', 'fixture'),
    ('_launcher',),
    ('_factories', 'factories', 'launcher', 'monitoring'),
    ('cmd',),
    ('wsgi',),
)


#: What may import eventlet.
_EVENTLETS = {
    f'wsgiserver._engine.{name}'
    for name in ('eventlet_engine', 'green_worker', 'patching')
}


def _modules() -> dict[str, pathlib.Path]:
    """Find every module but those of the tests, by its name."""
    found = {}
    for path in _ROOT.rglob('*.py'):
        parts = path.relative_to(_ROOT.parent).with_suffix('').parts
        if parts[-1] == '__init__':
            parts = parts[:-1]
        if 'tests' not in parts:
            found['.'.join(parts)] = path
    return found


def _imports(path: pathlib.Path) -> Iterator[tuple[str, int]]:
    """List what a module imports, at its top or within, and the lines."""
    tree = ast.parse(path.read_text(encoding='utf-8'), str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            # Relative imports are against the rules of the project.
            source = '.' * node.level + (node.module or '')
            for alias in node.names:
                yield f'{source}.{alias.name}', node.lineno


def _run_time(path: pathlib.Path) -> set[int]:
    """List the lines of a module that are there for more than its types."""
    tree = ast.parse(path.read_text(encoding='utf-8'), str(path))
    lines = set(range(len(path.read_text(encoding='utf-8').splitlines()) + 1))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
            if node.test.id == 'TYPE_CHECKING':
                lines -= set(range(node.lineno, (node.end_lineno or 0) + 1))
    return lines


def _documented() -> list[set[str]]:
    """Read the layers of the page, the highest first."""
    text = _PAGE.read_text(encoding='utf-8')
    block = text.partition('.. code-block:: text\n\n')[2]
    # It ends where something stands at the margin again.
    block = re.split(r'^(?=\S)', block, maxsplit=1, flags=re.MULTILINE)[0]
    return [
        set(re.findall(r'^    (\w+) ', layer, flags=re.MULTILINE))
        for layer in block.strip('\n').split('\n\n')
    ]


def _layer(name: str) -> int | None:
    """Tell a module's place in the order; None if it has none."""
    below = name.partition('.')[2]
    for place, layer in enumerate(_LAYERS):
        for start in layer:
            if below == start or start and below.startswith(start + '.'):
                return place
    return None


class LayersTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.modules = _modules()
        self.edges: list[tuple[str, str, int]] = []
        for name, path in self.modules.items():
            for imported, line in _imports(path):
                if imported.split('.')[0] == 'wsgiserver':
                    self.edges.append((name, self._module(imported), line))

    def _module(self, imported: str) -> str:
        # "from a.b import c": c may be a module, or a name in a.b.
        if imported in self.modules:
            return imported
        return imported.rpartition('.')[0]

    def test_every_module_has_its_layer(self) -> None:
        self.assertGreater(len(self.modules), 30)
        self.assertEqual(
            [], [name for name in self.modules if _layer(name) is None]
        )

    def test_the_page_on_the_architecture_has_the_same_layers(self) -> None:
        ours = [set(layer) - {''} for layer in reversed(_LAYERS)]
        self.assertEqual(ours, _documented())

    def test_every_name_in_a_layer_is_there(self) -> None:
        names = [f'wsgiserver.{n}' for layer in _LAYERS for n in layer if n]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertEqual(set(), set(names) - self.modules.keys())

    def test_no_private_module_lies_at_the_root(self) -> None:
        loose = {path.stem for path in _ROOT.glob('_*.py')} - {
            '__init__',
            '_i18n',
        }
        self.assertEqual(set(), loose)

    def test_nothing_is_twice_private(self) -> None:
        self.assertEqual(
            [], [name for name in self.modules if name.count('._') > 1]
        )

    def test_every_import_is_that_of_a_module(self) -> None:
        self.assertGreater(len(self.edges), 100)
        self.assertEqual(
            [], [edge for edge in self.edges if edge[1] not in self.modules]
        )

    def test_no_module_imports_from_a_layer_above(self) -> None:
        upward = []
        for name, imported, line in self.edges:
            ours, theirs = _layer(name), _layer(imported)
            if ours is None or theirs is None or theirs > ours:
                upward.append(f'{name}:{line} imports {imported}')
        self.assertEqual([], upward)

    def test_no_module_imports_itself_by_way_of_others(self) -> None:
        below: dict[str, set[str]] = {name: set() for name in self.modules}
        lines = {n: _run_time(path) for n, path in self.modules.items()}
        for name, imported, line in self.edges:
            # A package and what it re-exports are one thing.
            if line in lines[name] and not imported.startswith(name + '.'):
                below[name].add(imported)
        done: set[str] = set()

        def visit(name: str, path: tuple[str, ...]) -> None:
            self.assertNotIn(name, path, ' -> '.join((*path, name)))
            if name not in done:
                for other in sorted(below.get(name, ())):
                    visit(other, (*path, name))
                done.add(name)

        for name in sorted(below):
            visit(name, ())

    def test_no_import_is_relative(self) -> None:
        relative = [
            f'{name}:{line}'
            for name, path in self.modules.items()
            for imported, line in _imports(path)
            if imported.startswith('.')
        ]
        self.assertEqual([], relative)

    def test_eventlet_is_imported_by_its_engine_alone(self) -> None:
        importers = {
            name
            for name, path in self.modules.items()
            for imported, _line in _imports(path)
            if imported.split('.')[0] in ('eventlet', 'greenlet')
        }
        self.assertEqual(_EVENTLETS, importers)

    def test_the_protocol_imports_nothing_else_of_the_package(self) -> None:
        others = {
            (name, imported)
            for name, imported, _line in self.edges
            if name.startswith('wsgiserver._http')
            and not imported.startswith('wsgiserver._http')
        }
        self.assertEqual(set(), others)

    def test_the_protocol_knows_no_socket_clock_log_or_option(self) -> None:
        forbidden = 'logging oslo_config oslo_log select socket ssl time'
        for name, path in self.modules.items():
            if name.startswith('wsgiserver._http'):
                sources = {i.split('.')[0] for i, _line in _imports(path)}
                found = sources & set(forbidden.split())
                if name == 'wsgiserver._http.proxy':
                    # For the notation of addresses.
                    found.discard('socket')
                self.assertEqual(set(), found, name)


# futurist, which the backend needs, imports eventlet wherever it is installed;
# here it isn't, until the backend is there.
_THREADING = (
    'import sys',
    "sys.modules['eventlet'] = None",
    'from oslo_service import backend',
    'backend.init_backend(backend.BackendType.THREADING)',
    "del sys.modules['eventlet']",
)


class FreshInterpreterTestCase(base.TestCase):
    """What an import pulls in, seen in a process of its own."""

    def _run(self, *lines: str) -> str:
        environ = dict(os.environ, PYTHONPATH=str(_ROOT.parent))
        done = subprocess.run(
            [sys.executable, '-c', '\n'.join(lines)],
            env=environ,
            capture_output=True,
            text=True,
            timeout=50,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.strip()

    def _loaded(self, *lines: str) -> str:
        # What measures the coverage may have imported greenlet before.
        return self._run(
            'import sys',
            "names = {'eventlet', 'greenlet'}.difference(sys.modules)",
            *lines,
            'print(sorted(names.intersection(sys.modules)))',
        )

    def test_the_threading_backend_leaves_eventlet_out(self) -> None:
        self.assertEqual(
            '[]',
            self._loaded(
                *_THREADING,
                'import wsgiserver.wsgi',
                'import wsgiserver._engine.threading_engine',
            ),
        )

    def test_no_module_but_the_engine_imports_eventlet(self) -> None:
        names = [
            name
            for name in sorted(_modules())
            if name not in _EVENTLETS and not name.endswith('__main__')
        ]
        self.assertEqual(
            '[]', self._loaded(*(f'import {name}' for name in names))
        )

    def test_the_choice_of_a_backend_imports_nothing_of_ours(self) -> None:
        # What it imported would be there ahead of eventlet's patches.
        self.assertEqual(
            "['wsgiserver', 'wsgiserver._engine', "
            "'wsgiserver._engine.backends']",
            self._run(
                'import sys',
                'import wsgiserver._engine.backends',
                "ours = [n for n in sys.modules if n[:10] == 'wsgiserver']",
                'print(sorted(ours))',
            ),
        )

    def test_importing_chooses_no_backend(self) -> None:
        self.assertEqual(
            'None',
            self._run(
                'import wsgiserver.wsgi',
                'from oslo_service import backend',
                'print(backend.get_backend_type())',
            ),
        )

    def test_a_server_can_be_made_without_eventlet(self) -> None:
        self.assertEqual(
            '[]',
            self._loaded(
                *_THREADING,
                'from oslo_config import cfg',
                'from wsgiserver import wsgi',
                'conf = cfg.ConfigOpts()',
                'conf([])',
                "server = wsgi.Server(conf, 'a', print, '127.0.0.1')",
                'server.start()',
                'server.stop()',
                'server.wait()',
            ),
        )
