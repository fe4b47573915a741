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


"""What a reset applies."""

from collections.abc import Sequence
import logging
import os
from typing import Any

import fixtures
from oslo_config import cfg
from oslo_log import log as oslo_log

from wsgiserver import _config
from wsgiserver._launcher import changes
from wsgiserver._launcher import config_snapshot
from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


class Other(fakes.Service):
    """A service that is no Server."""

    calls: list[str]

    def reset(self) -> None:
        self.calls = ['reset']


class ChangesCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path

    def write(self, text: str, name: str = 'a.conf') -> str:
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def read(self, text: str, name: str = 'a.conf') -> cfg.ConfigOpts:
        return fakes.configuration('--config-file', self.write(text, name))


class TestApply(ChangesCase):
    def test_options_that_may_change_do(self) -> None:
        conf = self.read('[wsgiserver]\nworkers = 2\nbacklog = 5\n')
        self.write('[wsgiserver]\nworkers = 3\nbacklog = 6\n')
        changes.apply(conf, [])
        self.assertEqual(3, conf.wsgiserver.workers)
        self.assertEqual(5, conf.wsgiserver.backlog)

    def test_each_server_follows_once(self) -> None:
        conf = self.read('')
        servers = [fakes.Server(conf), fakes.Server(conf)]
        changes.apply(conf, servers)
        self.assertEqual(
            [['load'], ['load']], [each.calls for each in servers]
        )

    def test_a_server_may_have_a_configuration_of_its_own(self) -> None:
        conf = self.read('')
        own = self.read('[wsgiserver]\nheader_timeout = 5\n', 'b.conf')
        self.write('[wsgiserver]\nheader_timeout = 6\n', 'b.conf')
        changes.apply(conf, [fakes.Server(own)])
        self.assertEqual(6, own.wsgiserver.header_timeout)

    def test_a_value_of_no_use_to_anybody_is_refused(self) -> None:
        conf = self.read('')
        own = self.read('', 'b.conf')
        self.write('[wsgiserver]\nworkers = 0\n', 'b.conf')
        for given in ((own, []), (conf, [fakes.Server(own)])):
            error = self.assertRaises(
                exceptions.ResetError, changes.apply, *given
            )
            self.assertIn('b.conf', str(error))
            self.assertIn('workers', str(error))

    def test_a_service_of_somebody_else_is_told_afterwards(self) -> None:
        ours, theirs = fakes.Server(self.read('')), Other()
        changes.apply(self.read(''), [theirs])
        self.assertFalse(hasattr(theirs, 'calls'))
        changes.reset_others([ours, theirs])
        self.assertEqual([], ours.calls)
        self.assertEqual(['reset'], theirs.calls)

    def test_the_level_of_the_log_follows(self) -> None:
        conf = cfg.ConfigOpts()
        oslo_log.register_options(conf)
        _config.register_opts(conf)
        conf(['--config-file', self.write('[DEFAULT]\n')], project='x')
        logger = logging.getLogger()
        self.addCleanup(logger.setLevel, logger.level)
        self.write('[DEFAULT]\ndebug = true\n')
        changes.apply(conf, [])
        self.assertEqual(logging.DEBUG, logger.level)

    def test_an_error_is_one_line(self) -> None:
        conf = self.read('')
        for text in ('nonsense', '[DEFAULT]\n a = b\nx', '[a'):
            path = self.write(text)
            error = self.assertRaises(
                exceptions.ResetError, changes.apply, conf, []
            )
            self.assertIn(path, str(error))
            self.assertNotIn('\n', str(error))

    def test_a_file_that_is_not_text_is_named(self) -> None:
        conf = self.read('')
        for data, cause in (
            (b'# \xe4\n', "can't decode byte 0xe4"),
            (b'\xef\xbb\xbf[DEFAULT]\n', 'byte order mark'),
        ):
            path = os.path.join(self.folder, 'a.conf')
            with open(path, 'wb') as file:
                file.write(data)
            error = self.assertRaises(
                exceptions.ResetError, changes.apply, conf, []
            )
            self.assertIn(f'{path}: ', str(error))
            self.assertIn(cause, str(error))

    def test_a_configuration_of_the_log_that_is_not_text_is_named(
        self,
    ) -> None:
        log = os.path.join(self.folder, 'log.ini')
        conf = cfg.ConfigOpts()
        oslo_log.register_options(conf)
        _config.register_opts(conf)
        text = f'[DEFAULT]\nlog_config_append = {log}\n'
        conf(['--config-file', self.write(text)], project='x')

        # The log of the tests stays as it is.
        def follow(*_ignored: object) -> None:
            with open(log, encoding='utf-8') as file:
                file.read()

        with open(log, 'wb') as file:
            file.write(b'\xe4')
        self.useFixture(
            fixtures.MonkeyPatch('oslo_log.log._load_log_config', follow)
        )
        error = self.assertRaises(
            exceptions.ResetError, changes.apply, conf, []
        )
        self.assertIn(f'{log}: ', str(error))

    def test_the_file_of_what_the_command_line_has_as_well_is_named(
        self,
    ) -> None:
        conf = cfg.ConfigOpts()
        for group in (None, 'own'):
            conf.register_cli_opt(cfg.IntOpt('number', mutable=True), group)
        _config.register_opts(conf)
        path = self.write('[DEFAULT]\n')
        conf(['--config-file', path])
        for section in ('DEFAULT', 'own'):
            self.write(f'[{section}]\nnumber = many\n')
            error = self.assertRaises(
                exceptions.ResetError, changes.apply, conf, []
            )
            place = f'{path}, section [{section}], option number: '
            self.assertIn(place, str(error))
            self.assertIn("'many'", str(error))


class Registering(fakes.Server):
    """A Server whose application registers an option when it is loaded."""

    def reload(self) -> None:
        super().reload()
        self.conf.register_opt(cfg.IntOpt('late', mutable=True), 'images')


class TestRehearse(ChangesCase):
    """Options of the service, which its requests would read first."""

    def read(self, text: str, name: str = 'a.conf') -> cfg.ConfigOpts:
        conf = super().read(text, name)
        conf.register_opt(cfg.IntOpt('size', mutable=True))
        conf.register_opt(cfg.IntOpt('size', mutable=True), 'images')
        return conf

    def refused(
        self, conf: cfg.ConfigOpts, services: Sequence[server.Server]
    ) -> str:
        error = self.assertRaises(
            exceptions.ResetError, changes.dry_run, conf, services
        )
        return str(error)

    def test_a_value_of_no_use_is_refused_with_its_place(self) -> None:
        conf = self.read('')
        for group in ('DEFAULT', 'images'):
            path = self.write(f'[{group}]\nsize = big\n')
            self.assertEqual(
                f'{path}, section [{group}], option '
                "size: invalid literal for int() with base 10: 'big'",
                self.refused(conf, []),
            )

    def test_so_is_one_in_the_configuration_of_a_server(self) -> None:
        own = self.read('', 'b.conf')
        service = fakes.Server(own)
        path = self.write('[images]\nsize = big\n', 'b.conf')
        message = self.refused(fakes.configuration(), [service])
        self.assertIn(f'{path}, section [images], option size: ', message)
        self.assertEqual([], service.calls)

    def test_so_is_one_that_refers_to_nothing(self) -> None:
        conf = self.read('')
        path = self.write('[images]\nsize = $nothing\n')
        self.assertIn(
            f'{path}, section [images], option size: it refers to',
            self.refused(conf, []),
        )

    def test_so_is_one_of_an_option_that_is_registered_late(self) -> None:
        service = Registering(self.read(''))
        path = self.write('[images]\nlate = x\n')
        self.assertIn(
            f'{path}, section [images], option late: ',
            self.refused(service.conf, [service]),
        )

    def test_what_is_of_use_is_applied(self) -> None:
        conf = self.read('')
        service = fakes.Server(conf)
        self.write('[images]\nsize = 7\n')
        changes.dry_run(conf, [service])
        self.assertEqual(7, conf.images.size)
        self.assertEqual(['load'], service.calls)


class TestConfigurations(ChangesCase):
    def test_each_is_there_once_the_launchers_first(self) -> None:
        conf, own = self.read(''), self.read('', 'b.conf')
        services: list[Any] = [
            fakes.Server(own),
            fakes.Server(conf),
            fakes.Server(own),
            Other(),
        ]
        found = changes.configurations(conf, services)
        self.assertEqual([id(conf), id(own)], [id(each) for each in found])


class TestSnapshot(ChangesCase):
    def setUp(self) -> None:
        super().setUp()
        self.snapshot = config_snapshot.ConfigSnapshot()
        self.addCleanup(self.snapshot.close)

    def test_the_values_of_then_are_given(self) -> None:
        conf = self.read('[wsgiserver]\nworkers = 2\n')
        copy = fakes.configuration()
        self.snapshot.write([conf])
        self.write('[wsgiserver]\nworkers = 3\n')
        self.snapshot.read([copy])
        self.assertEqual(2, copy.wsgiserver.workers)

    def test_a_shorter_one_replaces_a_longer_one(self) -> None:
        long = self.read(f'[DEFAULT]\nx = {"y" * 9999}\n')
        short = self.read('[wsgiserver]\nworkers = 4\n', 'b.conf')
        copy = fakes.configuration()
        self.snapshot.write([long])
        self.snapshot.write([short])
        self.snapshot.read([copy])
        self.assertEqual(4, copy.wsgiserver.workers)

    def test_several_are_kept_apart(self) -> None:
        confs = [
            self.read(f'[wsgiserver]\nworkers = {number}\n', f'{number}.conf')
            for number in (5, 6)
        ]
        copies = [fakes.configuration() for _turn in confs]
        self.snapshot.write(confs)
        self.snapshot.read(copies)
        self.assertEqual([5, 6], [c.wsgiserver.workers for c in copies])

    def test_before_it_was_taken_nothing_changes(self) -> None:
        copy = fakes.configuration(workers=3)
        self.snapshot.read([copy])
        self.assertEqual(3, copy.wsgiserver.workers)

    def test_a_worker_takes_it_in_place_of_files(self) -> None:
        conf = self.read('[wsgiserver]\nworkers = 2\n')
        copy = fakes.configuration()
        self.snapshot.write([conf])
        ours = fakes.Server(copy)
        changes.apply(copy, [ours], self.snapshot)
        self.assertEqual(2, copy.wsgiserver.workers)
        self.assertEqual(['load'], ours.calls)

    def test_it_can_be_closed_twice(self) -> None:
        for _turn in range(2):
            self.snapshot.close()
            self.assertRaises(OSError, self.snapshot.write, [])
