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

import ast
import configparser
import logging
from logging import handlers as logging_handlers
import os
import pathlib
import re
import tempfile
from typing import Any

import fixtures
from oslo_config import cfg
from oslo_log import log as oslo_log

import wsgiserver
from wsgiserver._log import loggers
from wsgiserver import server
from wsgiserver.tests import base

_PACKAGE = pathlib.Path(wsgiserver.__file__).parent
_PAGE = _PACKAGE.parent / 'doc/source/user/logging.rst'

#: Whose logger is named by the caller, an argument of the Server.
_NAMED_BY_THE_CALLER = {'wsgiserver._service.specification'}


def _asked_for(path: pathlib.Path) -> list[Any]:
    """List the names of the loggers that a module asks for."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    return [
        arg.value if isinstance(arg, ast.Constant) else ast.unparse(arg)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).endswith('getLogger')
        for arg in call.args
    ]


class TestNames(base.TestCase):
    def test_every_module_uses_one_of_them(self) -> None:
        used = set()
        for path in _PACKAGE.rglob('*.py'):
            parts = path.relative_to(_PACKAGE.parent).with_suffix('').parts
            name = '.'.join(parts)
            own = {'wsgiserver._log.loggers', *_NAMED_BY_THE_CALLER}
            if 'tests' not in parts and name not in own:
                found = set(_asked_for(path))
                self.assertEqual(set(), found - loggers.NAMES, name)
                used |= found
        # The access log's is an argument that the command gives.
        self.assertEqual(loggers.NAMES - {'wsgiserver.access'}, used)

    def test_no_other_one_is_the_successor_of_a_former_one(self) -> None:
        self.assertEqual(set(), set(loggers.FORMER.values()) - loggers.NAMES)
        self.assertEqual(set(), loggers.NAMES & set(loggers.FORMER))

    def test_the_documentation_has_each_in_its_table(self) -> None:
        text = _PAGE.read_text(encoding='utf-8')
        table = text.partition('.. list-table::')[2].partition('\n\nTo ')[0]
        named = set(re.findall(r'``(wsgiserver\.[a-z_.]+)``', table))
        self.assertEqual(loggers.NAMES, named)


class FormerNameCase(base.TestCase):
    """The loggers are those of a process that has just begun."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._log.loggers._told', set())
        )
        # oslo.log resets all there are once it reads its file.
        known: Any = {
            name: logger
            for name, logger in logging.root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger)
        }
        known[None] = logging.getLogger()
        for name in [*loggers.FORMER, *loggers.NAMES]:
            known[name] = logging.getLogger(name)
        for logger in known.values():
            self.addCleanup(
                self._put_back,
                logger,
                (logger.level, logger.propagate, logger.disabled),
                [*logger.handlers],
                [*logger.filters],
            )

    def _put_back(
        self,
        logger: logging.Logger,
        state: tuple[int, bool, bool],
        handlers: list[logging.Handler],
        filters: list[Any],
    ) -> None:
        logger.setLevel(state[0])
        logger.propagate, logger.disabled = state[1:]
        logger.handlers = handlers
        logger.filters = filters

    def said(self) -> fixtures.FakeLogger:
        """Read along what is said of the names from here on."""
        return self.useFixture(fixtures.FakeLogger('wsgiserver.server'))


class TestAdopt(FormerNameCase):
    def former(self, name: str = 'wsgiserver._engine._refusals') -> Any:
        return logging.getLogger(name)

    def test_nothing_set_up_is_nothing_said(self) -> None:
        said = self.said()
        before = logging.getLogger('wsgiserver.refusals').level
        loggers.adopt()
        self.assertEqual('', said.output)
        self.assertEqual(
            before, logging.getLogger('wsgiserver.refusals').level
        )

    def test_looking_makes_no_loggers(self) -> None:
        name = 'wsgiserver._launch._nowhere'
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._log.loggers.FORMER', {name: 'wsgiserver.launcher'}
            )
        )
        loggers.adopt()
        self.assertNotIn(name, logging.root.manager.loggerDict)

    def test_the_level_is_taken_over(self) -> None:
        self.former().setLevel(logging.ERROR)
        loggers.adopt()
        new = logging.getLogger('wsgiserver.refusals')
        self.assertEqual(logging.ERROR, new.level)

    def test_that_of_the_new_name_goes_before(self) -> None:
        new = logging.getLogger('wsgiserver.refusals')
        new.setLevel(logging.DEBUG)
        self.former().setLevel(logging.ERROR)
        loggers.adopt()
        self.assertEqual(logging.DEBUG, new.level)

    def test_of_several_the_lowest_is_taken_over(self) -> None:
        self.former('wsgiserver._engine._channel').setLevel(logging.ERROR)
        self.former('wsgiserver._engine._ending').setLevel(logging.DEBUG)
        loggers.adopt()
        new = logging.getLogger('wsgiserver.connection')
        self.assertEqual(logging.DEBUG, new.level)

    def test_that_of_a_package_counts_where_there_is_no_nearer_one(
        self,
    ) -> None:
        self.former('wsgiserver._engine').setLevel(logging.ERROR)
        self.addCleanup(self.former('wsgiserver._engine').setLevel, 0)
        self.former('wsgiserver._engine._watched').setLevel(logging.DEBUG)
        said = self.said()
        loggers.adopt()
        levels = {
            name: logging.getLogger(f'wsgiserver.{name}').level
            for name in ('watchdog', 'listener', 'refusals')
        }
        self.assertEqual(
            {'watchdog': 10, 'listener': 40, 'refusals': 40}, levels
        )
        self.assertIn(
            'its name is wsgiserver.application, wsgiserver.connection, '
            'wsgiserver.engine, wsgiserver.listener, wsgiserver.refusals',
            said.output,
        )

    def test_a_handler_gets_the_records(self) -> None:
        handler = fixtures.FakeLogger()
        self.useFixture(handler)
        taken = logging_handlers.BufferingHandler(10)
        self.former().addHandler(taken)
        self.former().propagate = False
        loggers.adopt()
        loggers.adopt()
        logging.getLogger('wsgiserver.refusals').error('refused')
        self.assertEqual(['refused'], [r.getMessage() for r in taken.buffer])
        self.assertNotIn('refused', handler.output)

    def test_a_filter_sees_the_records(self) -> None:
        said = self.useFixture(fixtures.FakeLogger())
        self.former().addFilter(lambda r: 'secret' not in r.getMessage())
        loggers.adopt()
        logger = logging.getLogger('wsgiserver.refusals')
        logger.error('a secret')
        logger.error('a fact')
        self.assertNotIn('a secret', said.output)
        self.assertIn('a fact', said.output)

    def test_a_filter_by_name_finds_the_new_one(self) -> None:
        taken = logging_handlers.BufferingHandler(10)
        taken.addFilter(logging.Filter('wsgiserver._engine._refusals'))
        logging.getLogger().addHandler(taken)
        loggers.adopt()
        logging.getLogger('wsgiserver.refusals').error('refused')
        logging.getLogger('wsgiserver.listener').error('another')
        self.assertEqual(['refused'], [r.getMessage() for r in taken.buffer])

    def test_each_name_is_warned_of_once(self) -> None:
        said = self.said()
        self.former().setLevel(logging.ERROR)
        loggers.adopt()
        loggers.adopt()
        self.assertEqual(
            [
                'What is set up for the logger wsgiserver._engine._refusals '
                'counts in this release for the last time, for its name is '
                'wsgiserver.refusals now'
            ],
            said.output.splitlines(),
        )


def unused(_environ: object, _start_response: object) -> list[bytes]:
    """Be an application, of a server that nobody asks anything."""
    return []


class TestServer(FormerNameCase):
    """Both ways in which oslo.log sets loggers up."""

    def setUp(self) -> None:
        super().setUp()
        self.conf = cfg.ConfigOpts()
        oslo_log.register_options(self.conf)
        self.file = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'logging.ini'
        )
        self.useFixture(
            fixtures.MonkeyPatch('oslo_log.log._load_log_config.old_time', 0)
        )

    def set_up(self, **options: Any) -> None:
        """Start a process of a service: its log first, then its Server."""
        self.conf([])
        for name, value in options.items():
            self.conf.set_override(name, value)
        oslo_log.setup(self.conf, 'service')
        self.server = self.make_server()

    def make_server(self) -> server.Server:
        made = server.Server(self.conf, 'a', unused, '127.0.0.1', 0)
        self.addCleanup(made.stop)
        return made

    def write(self, level: str) -> None:
        """Write the file that log_config_append names."""
        parser = configparser.ConfigParser()
        parser.read_dict(
            {
                'loggers': {'keys': 'root, refusals'},
                'handlers': {'keys': 'null'},
                'formatters': {'keys': ''},
                'logger_root': {'level': 'INFO', 'handlers': 'null'},
                'logger_refusals': {
                    'level': level,
                    'handlers': 'null',
                    'propagate': '0',
                    'qualname': 'wsgiserver._engine._refusals',
                },
                'handler_null': {'class': 'NullHandler', 'args': '()'},
            }
        )
        with tempfile.NamedTemporaryFile(
            'w', dir=os.path.dirname(self.file), delete=False
        ) as file:
            parser.write(file)
        os.replace(file.name, self.file)

    def test_default_log_levels_may_have_a_former_name(self) -> None:
        self.set_up(default_log_levels=['wsgiserver._engine._refusals=ERROR'])
        logger = logging.getLogger('wsgiserver.refusals')
        self.assertFalse(logger.isEnabledFor(logging.WARNING))

    def test_a_file_may_have_a_former_name(self) -> None:
        self.write('ERROR')
        self.set_up(log_config_append=self.file)
        logger = logging.getLogger('wsgiserver.refusals')
        self.assertFalse(logger.isEnabledFor(logging.WARNING))
        self.assertFalse(logger.propagate)
        self.assertIsInstance(logger.handlers[0], logging.NullHandler)

    def test_a_log_set_up_after_the_constructor_counts_from_the_start_on(
        self,
    ) -> None:
        self.conf([])
        made = self.make_server()
        self.write('ERROR')
        self.conf.set_override('log_config_append', self.file)
        oslo_log.setup(self.conf, 'service')
        logger = logging.getLogger('wsgiserver.refusals')
        self.assertTrue(logger.isEnabledFor(logging.WARNING))
        made.start()
        made.stop()
        self.assertFalse(logger.isEnabledFor(logging.WARNING))

    def test_a_reset_follows_the_file(self) -> None:
        self.write('ERROR')
        self.set_up(log_config_append=self.file)
        self.write('DEBUG')
        os.utime(self.file, (1, 1))
        self.conf.mutate_config_files()
        self.server.reload()
        logger = logging.getLogger('wsgiserver.refusals')
        self.assertEqual(logging.DEBUG, logger.level)
        self.assertEqual(1, len(logger.handlers))
