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

"""Every option: its name, its place, and its peace with oslo.service."""

from collections.abc import Callable
import copy
import os
from typing import Any

import fixtures
from oslo_config import cfg
from oslo_config import generator
from oslo_service import _options as service_options

from wsgiserver import _config
from wsgiserver import opts
from wsgiserver.tests import base

Register = Callable[[cfg.ConfigOpts], None]


def register_upstream(conf: cfg.ConfigOpts) -> None:
    """Register what oslo.service has under the same names."""
    conf.register_opts(service_options.wsgi_opts)
    conf.register_opts(service_options.service_opts)
    conf.register_opts(service_options.ssl_opts, 'ssl')


class OptionsCase(base.TestCase):
    def _conf(self, *registers: Register, text: str = '') -> cfg.ConfigOpts:
        conf = cfg.ConfigOpts()
        for register in registers:
            register(conf)
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'a.conf')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        conf(['--config-file', path])
        return conf


class OptionsTestCase(OptionsCase):
    def test_every_option_is_there_with_its_default(self) -> None:
        conf = self._conf(_config.register_opts)
        for group, listed in _config.GROUPS:
            holder = conf if group is None else conf[group]
            for opt in listed:
                self.assertEqual(opt.default, getattr(holder, opt.dest))

    def test_the_shared_options_are_those_of_oslo_service(self) -> None:
        for ours, theirs in (
            (_config.default_opts, service_options.wsgi_opts),
            (_config.ssl_opts, service_options.ssl_opts),
        ):
            self.assertEqual(
                {opt.name: (opt.default, str(opt.type)) for opt in theirs},
                {opt.name: (opt.default, str(opt.type)) for opt in ours},
            )

    def test_oslo_service_may_register_before_and_after_and_between(
        self,
    ) -> None:
        ours, theirs = _config.register_opts, register_upstream
        text = '[DEFAULT]\nmax_header_line = 5\n[ssl]\nca_file = x\n'
        for order in (
            (ours, theirs),
            (theirs, ours),
            (ours, theirs, ours),
            (theirs, ours, theirs),
            (ours, ours),
        ):
            conf = self._conf(*order, text=text)
            self.assertEqual(5, conf.max_header_line)
            self.assertEqual('x', conf.ssl.ca_file)
            self.assertEqual(60, conf.graceful_shutdown_timeout)

    def test_an_option_of_another_meaning_is_refused(self) -> None:
        for other in (
            cfg.IntOpt('max_header_line', default=1),
            cfg.IntOpt('tcp_keepidle'),
            cfg.StrOpt('api_paste_config'),
        ):
            conf = cfg.ConfigOpts()
            conf.register_opt(other)
            self.assertRaises(
                cfg.DuplicateOptError, _config.register_opts, conf
            )
            conf = cfg.ConfigOpts()
            _config.register_opts(conf)
            self.assertRaises(cfg.DuplicateOptError, conf.register_opt, other)

    def test_a_shared_option_equals_no_other_thing(self) -> None:
        opt = _config.default_opts[0]
        self.assertNotEqual(opt, opt.name)
        self.assertNotEqual(opt, _config.default_opts[1])
        self.assertEqual(opt, copy.deepcopy(opt))
        # oslo.config asks with "!=".
        self.assertIs(False, opt != copy.deepcopy(opt))

    def test_the_names_that_others_had_still_work(self) -> None:
        for line, name, value in (
            ('bind_host = 192.0.2.1', 'bind_host', '192.0.2.1'),
            ('bind_ip = 192.0.2.1', 'bind_host', '192.0.2.1'),
            ('bind_port = 9292', 'bind_port', 9292),
            ('workers = 3', 'workers', 3),
            ('backlog = 5', 'backlog', 5),
            ('keepalive_timeout = 7', 'keep_alive_timeout', 7),
            ('require_proxy_protocol = true', 'proxy_protocol', True),
        ):
            conf = self._conf(
                _config.register_opts, text=f'[DEFAULT]\n{line}\n'
            )
            self.assertEqual(value, conf.wsgiserver[name], line)

    def test_a_value_that_makes_no_sense_is_refused(self) -> None:
        for line in (
            'bind_host = a b',
            'bind_port = 65536',
            'bind_port = -1',
            'workers = 0',
            'backlog = 0',
            'keep_alive_timeout = -1',
            'header_timeout = -1',
            'tls_handshake_timeout = -1',
            'max_request_line = 127',
            'max_header_fields = 0',
            'max_head_size = 1023',
            'max_chunk_extensions = -1',
            'max_trailer_size = -1',
            'max_request_body_size = -1',
            'max_connections = 0',
            'tls_minimum_version = TLSv1.1',
            'tls_minimum_version = SSLv3',
            'tls_client_certificates = perhaps',
            'socket_mode = 888',
            'socket_mode = 0o660',
            'max_requests = -1',
            'max_requests_jitter = -1',
            'request_timeout = -1',
            'worker_heartbeat_timeout = -1',
        ):
            conf = self._conf(
                _config.register_opts, text=f'[wsgiserver]\n{line}\n'
            )
            name = line.partition(' ')[0]
            self.assertRaises(
                cfg.ConfigFileValueError,
                getattr,
                conf.wsgiserver,
                name,
            )

    def test_the_smallest_values_are_taken(self) -> None:
        for line in (
            'bind_port = 0',
            'workers = 1',
            'backlog = 1',
            'header_timeout = 0',
            'max_request_line = 128',
            'max_header_fields = 1',
            'max_head_size = 1024',
            'max_connections = 1',
            'tls_minimum_version = TLSv1.3',
            'tls_client_certificates = off',
            'socket_mode = 000',
            'max_requests = 0',
            'max_requests_jitter = 0',
            'request_timeout = 0',
            'worker_heartbeat_timeout = 0',
        ):
            name, _equals, value = line.split(' ')
            conf = self._conf(
                _config.register_opts, text=f'[wsgiserver]\n{line}\n'
            )
            self.assertEqual(value, str(conf.wsgiserver[name]))

    def test_every_option_explains_itself(self) -> None:
        for _group, listed in _config.GROUPS:
            for opt in listed:
                text = opt.help or ''
                self.assertGreater(len(text), 30, opt.name)
                self.assertTrue(text.endswith('.'), opt.name)


class GroupTestCase(OptionsCase):
    @staticmethod
    def _register(conf: cfg.ConfigOpts) -> None:
        _config.register_opts(conf, 'admin')

    def test_a_further_group_has_the_same_options(self) -> None:
        conf = self._conf(
            self._register, self._register, text='[admin]\nworkers = 7\n'
        )
        self.assertEqual(7, conf.admin.workers)
        self.assertIsNone(conf.wsgiserver.workers)
        for opt in _config.server_opts:
            self.assertEqual(opt.mutable, self._opt(conf, opt.dest).mutable)

    @staticmethod
    def _opt(conf: cfg.ConfigOpts, name: str) -> cfg.Opt:
        return conf._groups['admin']._opts[name]['opt']

    def test_the_names_that_others_had_are_not_for_it(self) -> None:
        conf = self._conf(self._register, text='[DEFAULT]\nbind_port = 9292\n')
        self.assertEqual(9292, conf.wsgiserver.bind_port)
        self.assertEqual(8000, conf.admin.bind_port)


class CheckTestCase(OptionsCase):
    def _refusal(
        self, text: str, register: Register, *group: str
    ) -> _config.OptionError:
        conf = self._conf(register, text=text)
        return self.assertRaises(
            _config.OptionError, _config.check, conf, *group
        )

    def test_a_value_of_no_use_is_told_with_its_place(self) -> None:
        error = self._refusal(
            '[wsgiserver]\nworkers = 0\n', _config.register_opts
        )
        self.assertEqual('wsgiserver', error.section)
        self.assertEqual('workers', error.option)
        self.assertIn('greater than or equal to 1', error.cause)
        assert error.source is not None
        self.assertTrue(error.source.endswith('a.conf'))
        self.assertEqual(
            f'{error.source}, section [wsgiserver], '
            f'option workers: {error.cause}',
            str(error),
        )

    def test_the_options_shared_with_others_are_checked(self) -> None:
        for group, line in (
            ('DEFAULT', 'tcp_keepidle = x'),
            ('DEFAULT', 'graceful_shutdown_timeout = x'),
        ):
            error = self._refusal(
                f'[{group}]\n{line}\n', _config.register_opts
            )
            self.assertEqual(group, error.section)

    def test_each_group_is_checked_by_itself(self) -> None:
        text = '[admin]\nworkers = 0\n'

        def register(conf: cfg.ConfigOpts) -> None:
            _config.register_opts(conf, 'admin')

        error = self._refusal(text, register, 'admin')
        self.assertEqual('admin', error.section)
        _config.check(self._conf(register, text=text))

    def test_where_a_value_is_not_from_a_file_that_is_unknown(self) -> None:
        name = 'OS_WSGISERVER__WORKERS'
        self.useFixture(fixtures.EnvironmentVariable(name, 'x'))
        error = self._refusal('', _config.register_opts)
        self.assertEqual(name, error.source)
        self.assertIn(f'{name}, section [wsgiserver]', str(error))

    def test_what_anybody_has_registered_can_be_checked(self) -> None:
        def register(conf: cfg.ConfigOpts) -> None:
            conf.register_opt(cfg.IntOpt('number'), 'theirs')

        text = '[theirs]\nnumber = x\n'
        conf = self._conf(_config.register_opts, register, text=text)
        _config.check(conf)
        error = self.assertRaises(_config.OptionError, _config.check_all, conf)
        self.assertEqual(('theirs', 'number'), (error.section, error.option))

    def test_a_check_of_a_part_gets_to_know_the_place(self) -> None:
        conf = self._conf(
            _config.register_opts,
            text='[DEFAULT]\nmax_header_line = 1\n'
            '[wsgiserver]\nmetrics = true\n',
        )
        path = conf.config_file[0]
        for option, group in (
            ('metrics', 'wsgiserver'),
            ('max_header_line', 'DEFAULT'),
        ):
            error = self.assertRaises(
                _config.OptionError,
                self._locate,
                conf,
                _config.OptionError('it is wrong', option),
            )
            self.assertEqual(
                f'{path}, section [{group}], option {option}: it is wrong',
                str(error),
            )

    def _locate(self, conf: cfg.ConfigOpts, error: Exception) -> None:
        with _config.locating(conf, 'wsgiserver'):
            raise error

    def test_a_place_that_is_known_stays(self) -> None:
        conf = self._conf(_config.register_opts)
        for known in (
            _config.OptionError('it is wrong', 'metrics', 'admin', 'x.conf'),
            _config.OptionError('all of it is wrong'),
        ):
            error = self.assertRaises(
                _config.OptionError, self._locate, conf, known
            )
            self.assertIs(known, error)

    def test_what_is_fine_is_fine(self) -> None:
        conf = self._conf(_config.register_opts)
        _config.check(conf)
        _config.check_all(conf)


class ListTestCase(base.TestCase):
    def test_the_list_has_every_option_once(self) -> None:
        listed = dict(opts.list_opts())
        self.assertEqual({None, 'ssl', 'wsgiserver'}, set(listed))
        for group, expected in _config.GROUPS:
            self.assertEqual(expected, listed[group])

    def test_the_list_is_a_copy(self) -> None:
        _group, first = opts.list_opts()[0]
        first[0].default = 'changed'
        first.clear()
        _group, second = opts.list_opts()[0]
        self.assertEqual('api-paste.ini', second[0].default)

    def test_the_public_registration_registers_the_same(self) -> None:
        conf = cfg.ConfigOpts()
        opts.register_opts(conf)
        _config.register_opts(conf)
        conf([])
        self.assertEqual(8000, conf.wsgiserver.bind_port)

    def test_the_sample_generator_can_write_all_of_it(self) -> None:
        conf = cfg.ConfigOpts()
        generator.register_cli_opts(conf)
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'b.conf')
        conf(['--namespace', 'x', '--output-file', path])
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_config.generator._list_opts', _listed_alone
            )
        )
        generator.generate(conf)
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for name in ('#max_header_line', '#bind_port', '#cert_file'):
            self.assertIn(name, text)


def _listed_alone(_namespaces: object) -> list[tuple[str, Any]]:
    return [('x', opts.list_opts())]
