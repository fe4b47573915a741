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

"""What a server reads from its options."""

import ast
from collections.abc import Iterator
import dataclasses
import pathlib
from typing import Any

from oslo_config import cfg

import wsgiserver
from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver import exceptions
from wsgiserver.tests import base


def conf_of(**values: Any) -> cfg.ConfigOpts:
    """Make a configuration with some values."""
    conf = cfg.ConfigOpts()
    _config.register_opts(conf)
    conf([])
    for name, value in values.items():
        group = 'wsgiserver' if name in conf.wsgiserver else None
        conf.set_override(name, value, group)
    return conf


def settings_of(**values: Any) -> config_settings.Settings:
    """Make settings of some values."""
    return config_settings.Settings.from_conf(conf_of(**values))


#: What is read where it is used, at the moment of a reset as well: the names
#: of files are read by who loads them, and what a TLS context is made with by
#: who makes it. The pool's default is an attribute of the Server.
_ELSEWHERE = {
    'api_paste_config',
    'tls_ciphersuites',
    'tls_client_certificates',
    'tls_key_password',
    'tls_minimum_version',
    'wsgi_default_pool_size',
    *(opt.dest for opt in _config.ssl_opts),
}


def _readers(names: set[str]) -> Iterator[str]:
    """List where options are read of a configuration, or of a group."""
    root = pathlib.Path(wsgiserver.__file__).parent
    for path in sorted(root.rglob('*.py')):
        if 'tests' in path.relative_to(root).parts:
            continue
        if path == pathlib.Path(config_settings.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Attribute) and node.attr in names:
                owner = ast.unparse(node.value).rpartition('.')[2]
                if owner in ('conf', 'own') or owner.startswith('conf['):
                    yield f'{path.name}:{node.lineno} reads {node.attr}'
                elif owner == _config.GROUP:
                    yield f'{path.name}:{node.lineno} reads {node.attr}'


def _lookups() -> set[str]:
    """Tell what is looked up in anything but a configuration."""
    root = pathlib.Path(wsgiserver.__file__).parent
    found = set()
    for path in root.rglob('*.py'):
        if 'tests' in path.relative_to(root).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Attribute):
                if ast.unparse(node.value) not in ('conf', 'own'):
                    found.add(node.attr)
    return found


class ReadersTestCase(base.TestCase):
    def test_each_setting_is_looked_up_by_somebody(self) -> None:
        found = _lookups()
        for kind in (
            config_settings.Settings,
            config_settings.LauncherSettings,
        ):
            names = {field.name for field in dataclasses.fields(kind)}
            self.assertEqual(set(), names - found)

    def test_an_option_that_may_change_is_read_into_the_settings_alone(
        self,
    ) -> None:
        mutable = {
            opt.dest
            for _group, opts in _config.GROUPS
            for opt in opts
            if opt.mutable
        }
        mutable.add('graceful_shutdown_timeout')
        self.assertEqual([], [*_readers(mutable - _ELSEWHERE)])
        # It would find one.
        self.assertNotEqual([], [*_readers({'backlog'})])


class SettingsTestCase(base.TestCase):
    def test_each_field_has_the_name_of_an_option(self) -> None:
        conf = conf_of()
        for kind in (
            config_settings.Settings,
            config_settings.LauncherSettings,
        ):
            for field in dataclasses.fields(kind):
                self.assertTrue(
                    field.name in conf or field.name in conf.wsgiserver,
                    field.name,
                )

    def test_each_setting_is_read_from_its_option(self) -> None:
        unusual: dict[str, Any] = {
            'access_log_format': 'json',
            'access_log_levels': {'4xx': 'WARNING'},
            'metrics_routes': ('/v9',),
            'proxy_protocol_peers': ['192.0.2.1'],
            'server_header': 'unusual',
            'wsgi_log_format': 'unusual',
        }
        conf = conf_of(client_socket_timeout=9999, proxy_protocol=True)
        before = config_settings.Settings.from_conf(conf)
        for field in dataclasses.fields(config_settings.Settings):
            name = field.name
            usual = getattr(before, name)
            value = not usual if isinstance(usual, bool) else 4321
            if name == 'drain_delay':
                value = 21
            value = unusual.get(name, value)
            conf = conf_of(
                **{'client_socket_timeout': 9999, 'proxy_protocol': True}
                | {name: value}
            )
            found = config_settings.Settings.from_conf(conf)
            if name == 'proxy_protocol_peers':
                self.assertTrue(found.is_proxy('192.0.2.1'))
            else:
                self.assertEqual(value, getattr(found, name), name)
            changed = [
                other.name
                for other in dataclasses.fields(found)
                if getattr(found, other.name) != getattr(before, other.name)
            ]
            if name == 'client_socket_timeout':
                # It bounds the other one.
                changed = [n for n in changed if n != 'keep_alive_timeout']
            self.assertEqual([name], changed)

    def test_0_means_no_bound_where_the_option_says_so(self) -> None:
        for name in (
            'max_request_body_size',
            'max_requests_per_connection',
            'max_connections_per_client',
            'header_timeout',
            'tls_handshake_timeout',
            'client_socket_timeout',
            'request_timeout',
            'graceful_shutdown_timeout',
            'max_requests',
            'worker_heartbeat_timeout',
            'queue_wait_warning',
        ):
            self.assertIsNone(getattr(settings_of(**{name: 0}), name))
        self.assertIsNone(
            settings_of(graceful_shutdown_timeout=0).drain_timeout
        )

    def test_the_shorter_of_two_times_bounds_an_idle_connection(self) -> None:
        for keep_alive, client, expected in (
            (75, 900, 75),
            (75, 20, 20),
            (75, 0, 75),
            (0, 900, 900),
            (0, 0, None),
        ):
            found = settings_of(
                keep_alive_timeout=keep_alive, client_socket_timeout=client
            )
            self.assertEqual(expected, found.keep_alive_timeout)

    def test_a_drain_ends_before_the_launcher_ends_the_process(self) -> None:
        for graceful in (1, 2, 3, 4, 60, 600):
            found = settings_of(graceful_shutdown_timeout=graceful)
            assert found.drain_timeout is not None
            self.assertGreater(found.drain_timeout, 0)
            self.assertLess(found.drain_timeout, graceful)
            self.assertGreaterEqual(found.drain_timeout, graceful - 2)

    def test_a_delay_that_leaves_nothing_of_the_drain_is_refused(
        self,
    ) -> None:
        for graceful, longest in ((60, 57), (4, 1), (3, 1), (1, 0), (0, 999)):
            found = settings_of(
                graceful_shutdown_timeout=graceful, drain_delay=longest
            )
            self.assertEqual(longest, found.drain_delay)
        for graceful, delay, bound in (
            (60, 58, '58'),
            (60, 60, '58'),
            (4, 2, '2'),
            (3, 2, '1.5'),
            (1, 1, '0.5'),
        ):
            error = self.assertRaises(
                exceptions.InvalidInput,
                settings_of,
                graceful_shutdown_timeout=graceful,
                drain_delay=delay,
            )
            self.assertEqual(
                'section [wsgiserver], option drain_delay: it must be less '
                f'than {bound} with [DEFAULT]/graceful_shutdown_timeout at '
                f'{graceful}',
                str(error),
            )

    def test_a_server_may_override_two_of_them(self) -> None:
        conf = conf_of()
        found = config_settings.Settings.from_conf(conf, 7, 500)
        self.assertEqual(
            (7, 500), (found.wsgi_default_pool_size, found.max_request_line)
        )
        found = config_settings.Settings.from_conf(conf, None, None)
        self.assertEqual(
            (100, 8192), (found.wsgi_default_pool_size, found.max_request_line)
        )

    def test_a_server_field_that_would_break_responses_is_refused(
        self,
    ) -> None:
        for value in ('a\r\nX: y', 'a\n', 'a\x00', 'a\x7f', '\u20ac'):
            self.assertRaises(
                exceptions.InvalidInput, settings_of, server_header=value
            )

    def test_a_value_with_which_nothing_would_be_served_is_refused(
        self,
    ) -> None:
        # oslo.service, which shares these options, sets no bounds for them.
        for option, value in (
            ('wsgi_default_pool_size', 0),
            ('wsgi_default_pool_size', -1),
            ('max_header_line', 0),
            ('max_header_line', -1),
            ('client_socket_timeout', -1),
        ):
            error = self.assertRaises(
                exceptions.InvalidInput, settings_of, **{option: value}
            )
            self.assertIn(option, str(error))

    def test_settings_do_not_follow_their_options(self) -> None:
        conf = conf_of()
        found = config_settings.Settings.from_conf(conf)
        conf.set_override('max_header_line', 5)
        self.assertEqual(16384, found.max_header_line)

    def test_settings_can_not_be_changed(self) -> None:
        found: Any = settings_of()
        self.assertRaises(
            dataclasses.FrozenInstanceError, setattr, found, 'metrics', True
        )

    def test_debug_and_the_server_field_are_off_by_default(self) -> None:
        found = settings_of()
        self.assertFalse(found.wsgi_server_debug)
        self.assertEqual('', found.server_header)

    def test_the_default_limits_let_large_tokens_and_urls_through(
        self,
    ) -> None:
        found = settings_of()
        self.assertGreaterEqual(found.max_header_line, 16384)
        self.assertGreaterEqual(found.max_request_line, 8000)
        self.assertGreaterEqual(found.max_head_size, 3 * found.max_header_line)


class LauncherSettingsTestCase(base.TestCase):
    def test_each_setting_is_read_from_its_option(self) -> None:
        for field in dataclasses.fields(config_settings.LauncherSettings):
            conf = conf_of(**{field.name: 4321})
            found = config_settings.LauncherSettings.from_conf(conf)
            self.assertEqual(4321, getattr(found, field.name))

    def test_0_means_no_bound(self) -> None:
        for name in ('worker_heartbeat_timeout', 'graceful_shutdown_timeout'):
            found = config_settings.LauncherSettings.from_conf(
                conf_of(**{name: 0})
            )
            self.assertIsNone(getattr(found, name))


class GroupTestCase(base.TestCase):
    """The options of a second server, in a group of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.conf = conf_of()
        _config.register_opts(self.conf, 'admin')

    def found(self) -> config_settings.Settings:
        return config_settings.Settings.from_conf(self.conf, group='admin')

    def test_its_own_options_count(self) -> None:
        self.conf.set_override('max_connections', 7, 'admin')
        self.conf.set_override('max_connections', 8, 'wsgiserver')
        self.assertEqual(7, self.found().max_connections)
        self.conf.set_override('request_timeout', 9, 'admin')
        self.assertEqual(9, self.found().request_timeout)

    def test_the_defaults_are_not_the_other_ones_values(self) -> None:
        self.conf.set_override('request_timeout', 9, 'wsgiserver')
        self.assertIsNone(self.found().request_timeout)

    def test_what_is_shared_counts_for_both(self) -> None:
        self.conf.set_override('max_header_line', 5)
        self.assertEqual(5, self.found().max_header_line)

    def test_a_value_that_is_refused_is_named_with_its_group(self) -> None:
        for option, value in (
            ('server_header', '\n'),
            ('proxy_protocol_peers', ['nowhere']),
        ):
            self.conf.set_override('proxy_protocol', True, 'admin')
            self.conf.set_override(option, value, 'admin')
            error = self.assertRaises(exceptions.InvalidInput, self.found)
            self.assertIn(f'section [admin], option {option}: ', str(error))
            self.conf.clear_override(option, 'admin')


class ProxyPeersTestCase(base.TestCase):
    def _proxy(self, *peers: str) -> config_settings.Settings:
        return settings_of(
            proxy_protocol=True, proxy_protocol_peers=list(peers)
        )

    def test_nobody_is_a_proxy_unless_the_protocol_is_on(self) -> None:
        found = settings_of(proxy_protocol_peers=['127.0.0.1'])
        self.assertIsNone(found.proxy_protocol_peers)
        for address in ('127.0.0.1', '::1', ''):
            self.assertFalse(found.is_proxy(address))

    def test_the_machine_itself_is_a_proxy_by_default(self) -> None:
        found = settings_of(proxy_protocol=True)
        for address in ('127.0.0.1', '::1', '::ffff:127.0.0.1', ''):
            self.assertTrue(found.is_proxy(address), address)
        for address in ('127.0.0.2', '192.0.2.1', '::2', '::'):
            self.assertFalse(found.is_proxy(address), address)

    def test_networks_are_proxies_up_to_their_edges(self) -> None:
        found = self._proxy('192.0.2.0/25', '2001:db8::/64')
        for address in (
            '192.0.2.0',
            '192.0.2.127',
            '::ffff:192.0.2.5',
            '2001:db8::ffff',
            'fe80::1%eth0',
        ):
            self.assertIs(
                not address.startswith('fe80'),
                found.is_proxy(address),
                address,
            )
        for address in ('192.0.2.128', '2001:db8:0:1::', '127.0.0.1'):
            self.assertFalse(found.is_proxy(address), address)

    def test_a_zone_does_not_matter(self) -> None:
        found = self._proxy('fe80::/10')
        self.assertTrue(found.is_proxy('fe80::1%eth0'))

    def test_a_peer_that_is_no_network_is_refused(self) -> None:
        for peer in ('localhost', '192.0.2.256', '192.0.2.1/25', '', '::/129'):
            error = self.assertRaises(
                exceptions.InvalidInput, self._proxy, peer
            )
            self.assertIn('proxy_protocol_peers', str(error))
