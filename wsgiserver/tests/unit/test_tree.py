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

"""Where tests are: their tree mirrors the package, and tests stand alone."""

import pathlib
import re

import wsgiserver
from wsgiserver.tests import base

_ROOT = pathlib.Path(wsgiserver.__file__).parent
_TESTS = _ROOT / 'tests'

#: Modules without a test module of their name, and the one that tests them;
#: both below their packages, wsgiserver and wsgiserver.tests.
_ELSEWHERE = {
    '_config.checks': 'unit.config.test_options',
    '_config.files': 'unit.cmd.test_configuration',
    '_config.life': 'unit.config.test_options',
    '_config.limits': 'unit.config.test_options',
    '_config.listening': 'unit.config.test_options',
    '_config.observing': 'unit.config.test_options',
    '_config.shared': 'unit.config.test_options',
    '_engine.base_engine': 'unit.engine.test_life',
    '_engine.channel': 'unit.engine.test_connection',
    '_engine.drain': 'unit.engine.test_life',
    '_engine.eventlet_engine': 'unit.engine.test_life',
    '_engine.forking': 'functional.test_forks',
    '_engine.green_worker': 'functional.test_identity',
    '_engine.lead': 'unit.engine.test_watched',
    '_engine.listener': 'unit.engine.test_life',
    '_engine.opening': 'functional.test_launchers',
    '_engine.patching': 'unit.service.test_foreground',
    '_engine.pool_thread': 'unit.engine.test_watched',
    '_engine.reactor': 'unit.engine.test_connection',
    '_engine.threading_engine': 'unit.engine.test_life',
    '_engine.ticker': 'unit.engine.test_watched',
    '_factories.hello': 'unit.test_factories',
    '_factories.serving': 'unit.test_factories',
    '_http.head': 'unit.http.test_head_accepted',
    '_launcher.config_snapshot': 'unit.launcher.test_changes',
    '_launcher.supervisor': 'unit.test_launcher',
    '_metrics.meter': 'unit.metrics.test_slot',
    '_metrics.snapshot': 'unit.metrics.test_slot',
    '_net.listener': 'unit.net.test_pickling',
    '_paste.loading': 'unit.test_loader',
    '_service.protocols': 'unit.service.test_foreground',
    '_service.specification': 'unit.test_server_reset',
    '_versions.answers': 'unit.middleware.test_versions',
    '_versions.negotiator': 'unit.middleware.test_versions',
    '_versions.reading': 'unit.versions.test_policies',
    '_wsgi.channel': 'unit.wsgi.test_body',
    '_wsgi.outcome': 'unit.wsgi.test_gateway',
    '_wsgi.response_head': 'unit.wsgi.test_start_response',
    '_wsgi.types': 'unit.wsgi.test_gateway',
    'cmd._errors': 'unit.cmd.test_run',
    'fixture': 'functional.test_fixture',
    'middleware._project': 'unit.versions.test_styles',
    'monitoring._base': 'unit.monitoring.test_visitors',
    'monitoring._families': 'unit.monitoring.test_metrics',
    'opts': 'unit.config.test_options',
    'sample.store': 'unit.sample.test_images',
    'version': 'unit.monitoring.test_status',
    'wsgi': 'unit.test_exceptions',
}

#: In statements, and in programs that tests hand to another interpreter.
_IMPORT_OF_A_TEST = re.compile(
    r'\bfrom wsgiserver\.tests(?:\.\w+)* import test_\w+'
    r'|\bimport wsgiserver\.tests(?:\.\w+)*\.test_\w+'
    r'|\bfrom wsgiserver\.tests(?:\.\w+)*\.test_\w+ import\b'
)


def _modules() -> set[str]:
    """List the modules of the package, those of the tests aside.

    A package's own module, ``__init__``, is tested with what it gives access
    to.
    """
    return {
        '.'.join(path.relative_to(_ROOT).with_suffix('').parts)
        for path in _ROOT.rglob('*.py')
        if path.stem != '__init__' and _TESTS not in path.parents
    }


def _own_test(module: str) -> str:
    """Name the test module of a module, whether it is there or not."""
    *packages, name = [part.lstrip('_') for part in module.split('.')]
    return '.'.join(['unit', *packages, f'test_{name}'])


def _is_there(test_module: str) -> bool:
    return (_TESTS / (test_module.replace('.', '/') + '.py')).is_file()


class TreeTestCase(base.TestCase):
    def test_each_module_has_a_test_module_of_its_name_or_a_line(self) -> None:
        modules = _modules()
        self.assertGreater(len(modules), 100)
        self.assertEqual(
            set(),
            {
                module
                for module in modules
                if not _is_there(_own_test(module))
                and module not in _ELSEWHERE
            },
        )

    def test_each_line_is_about_a_module_that_has_none(self) -> None:
        self.assertEqual(set(), _ELSEWHERE.keys() - _modules())
        self.assertEqual(
            set(), {name for name in _ELSEWHERE if _is_there(_own_test(name))}
        )

    def test_each_line_leads_to_a_test_module(self) -> None:
        for module, test_module in _ELSEWHERE.items():
            self.assertTrue(
                test_module.split('.')[-1].startswith('test_'), module
            )
            self.assertTrue(_is_there(test_module), module)

    def test_each_folder_of_unit_tests_is_that_of_a_package(self) -> None:
        packages = {
            path.parent.name.lstrip('_')
            for path in _ROOT.glob('*/__init__.py')
        } - {'tests'}
        folders = {
            path.parent.name for path in _TESTS.glob('unit/*/__init__.py')
        }
        self.assertEqual(packages, folders)

    def test_no_module_of_tests_imports_a_test_module(self) -> None:
        # What several need is in a module beside them, so that each can be
        # moved, split or removed by itself.
        importers = [
            str(path.relative_to(_ROOT.parent))
            for path in sorted(_TESTS.rglob('*.py'))
            if _IMPORT_OF_A_TEST.search(path.read_text(encoding='utf-8'))
        ]
        self.assertEqual([], importers)

    def test_such_an_import_is_seen(self) -> None:
        # In two pieces, so that this module isn't taken for one that does so.
        package = 'wsgiserver.tests.unit'
        for statement in (
            f'from {package} import test_server',
            f'from {package}.engine import test_life as life',
            f'import {package}.engine.test_life',
            f'from {package}.test_server import ServerTestCase',
            f"program = '''\nfrom {package} import test_server\n'''",
        ):
            self.assertTrue(_IMPORT_OF_A_TEST.search(statement), statement)
        for statement in (
            f'from {package} import servers',
            'import testscenarios',
            f'from {package}.http import cases as test_cases',
        ):
            self.assertFalse(_IMPORT_OF_A_TEST.search(statement), statement)
