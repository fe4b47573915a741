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


"""What a worker process looks after, tick by tick, with a fake engine."""

from collections.abc import Callable
import logging
import math
import ssl
from typing import Any
from typing import cast

import fixtures
from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver._service import housekeeping
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


def nothing() -> None:
    """Be the end of a process that goes on."""


class Engine:
    """An engine that the test lets tick."""

    request_limit: float = math.inf
    on_limit: Callable[[], None] | None = None
    on_tick: Callable[[], None] = staticmethod(nothing)

    def __init__(self) -> None:
        self.contexts: list[object] = []

    def later(self, call: Callable[..., None], *arguments: object) -> None:
        call(*arguments)

    def set_tls(self, context: object) -> None:
        self.contexts.append(context)


class ServerSpecification:
    """What a server is made of, of the test's making.

    :param conf: its configuration.
    :param use_ssl: whether it speaks TLS.
    """

    def __init__(self, conf: cfg.ConfigOpts, use_ssl: bool) -> None:
        self.conf = conf
        self.use_ssl = use_ssl
        self.problem: Exception | None = None
        self.loaded = 0

    def tls(self) -> ssl.SSLContext | None:
        if self.problem is not None:
            raise self.problem
        self.loaded += 1
        return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


class Files:
    """Files that change when the test says so."""

    def __init__(self, _conf: object) -> None:
        self.looks = [False]

    def changed(self) -> bool:
        return self.looks.pop(0) if self.looks else False


class HousekeepingCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.files: list[Files] = []
        self.armed: list[tuple[float, bool]] = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._net.tls_files.FileWatch', self.watch
            )
        )
        for name, call in (
            ('dump_traceback_later', self.arm),
            ('cancel_dump_traceback_later', self.disarm),
        ):
            self.useFixture(fixtures.MonkeyPatch(f'faulthandler.{name}', call))
        self.log = self.useFixture(
            fixtures.FakeLogger(
                'wsgiserver', logging.INFO, '%(levelname)s %(message)s'
            )
        )
        self.conf = fakes.configuration()
        self.engine: Any = Engine()

    def watch(self, conf: cfg.ConfigOpts) -> Files:
        self.files.append(Files(conf))
        return self.files[-1]

    def arm(self, timeout: float, *, exit: bool, file: int) -> None:
        self.assertEqual(2, file)
        self.armed.append((timeout, exit))

    def disarm(self) -> None:
        self.armed.clear()

    def set(self, name: str, value: object) -> None:
        self.conf.set_override(name, value, _config.GROUP)

    def make(
        self,
        retire: Callable[[], None] | None = nothing,
        use_ssl: bool = False,
        is_watched: bool = False,
    ) -> housekeeping.Housekeeping:
        self.spec: Any = ServerSpecification(self.conf, use_ssl)
        return housekeeping.Housekeeping(
            'test',
            cast('Any', self.spec),
            self.engine,
            self.settings(),
            retire,
            is_watched,
        )

    def settings(self) -> config_settings.Settings:
        """The options as they are now."""
        return config_settings.Settings.from_conf(self.conf)


class TestRequestLimit(HousekeepingCase):
    def limits(self) -> set[float]:
        """The limits that many processes choose."""
        found = set()
        for _turn in range(300):
            self.make()
            found.add(self.engine.request_limit)
        return found

    def test_without_the_option_there_is_none(self) -> None:
        self.assertEqual({math.inf}, self.limits())
        self.assertIsNone(housekeeping.request_limit(self.settings()))

    def test_by_default_processes_differ_by_a_tenth(self) -> None:
        self.set('max_requests', 40)
        self.assertEqual({40, 41, 42, 43, 44}, self.limits())

    def test_by_how_much_they_differ_can_be_said(self) -> None:
        self.set('max_requests', 40)
        self.set('max_requests_jitter', 2)
        self.assertEqual({40, 41, 42}, self.limits())
        self.set('max_requests_jitter', 0)
        self.assertEqual({40}, self.limits())

    def test_who_reaches_it_retires(self) -> None:
        self.set('max_requests', 40)
        self.make()
        self.assertIs(nothing, self.engine.on_limit)

    def test_one_that_nobody_would_replace_goes_on_and_says_so(self) -> None:
        self.set('max_requests', 40)
        self.make(retire=None)
        self.assertEqual(math.inf, self.engine.request_limit)
        self.assertEqual(
            'WARNING test ignores max_requests: '
            'nobody would replace this process\n',
            self.log.output,
        )

    def test_a_reset_changes_it(self) -> None:
        housekeeping = self.make()
        self.set('max_requests', 40)
        self.set('max_requests_jitter', 0)
        housekeeping.follow(self.settings())
        self.assertEqual(40, self.engine.request_limit)
        self.assertIs(nothing, self.engine.on_limit)
        self.set('max_requests', 0)
        housekeeping.follow(self.settings())
        self.assertEqual(math.inf, self.engine.request_limit)

    def test_a_reset_of_something_else_leaves_it_alone(self) -> None:
        self.set('max_requests', 10**9)
        housekeeping = self.make()
        before = self.engine.request_limit
        housekeeping.follow(self.settings())
        self.assertEqual(before, self.engine.request_limit)


class TestHeartbeat(HousekeepingCase):
    def setUp(self) -> None:
        super().setUp()
        self.set('worker_heartbeat_timeout', 30)

    def test_each_tick_puts_the_end_off(self) -> None:
        self.make()
        self.assertEqual([(30, True)], self.armed)
        self.engine.on_tick()
        self.engine.on_tick()
        self.assertEqual([(30, True)] * 3, self.armed)

    def test_a_process_that_nobody_replaces_is_never_ended(self) -> None:
        self.make(retire=None)
        self.engine.on_tick()
        self.assertEqual([], self.armed)

    def test_a_process_that_its_launcher_watches_does_not_end_itself(
        self,
    ) -> None:
        self.make(is_watched=True)
        self.engine.on_tick()
        self.assertEqual([], self.armed)

    def test_without_the_option_no_process_is_ended(self) -> None:
        self.set('worker_heartbeat_timeout', 0)
        self.make()
        self.engine.on_tick()
        self.assertEqual([], self.armed)

    def test_a_time_that_the_ticks_could_not_keep_is_made_longer(
        self,
    ) -> None:
        self.set('worker_heartbeat_timeout', 1)
        self.make()
        self.assertEqual([(3, True)], self.armed)

    def test_a_reset_changes_it(self) -> None:
        housekeeping = self.make()
        self.set('worker_heartbeat_timeout', 60)
        housekeeping.follow(self.settings())
        self.engine.on_tick()
        self.assertEqual((60, True), self.armed[-1])
        self.set('worker_heartbeat_timeout', 0)
        housekeeping.follow(self.settings())
        self.engine.on_tick()
        self.assertEqual([], self.armed)

    def test_what_a_reset_refused_does_not_count(self) -> None:
        self.make()
        # As oslo.config has it once it has read a file that is broken.
        conf = self.conf

        class Broken:
            def __getattr__(self, name: str) -> Any:
                raise cfg.ConfigFileValueError(name)

        self.spec.conf = {_config.GROUP: Broken()}
        self.addCleanup(setattr, self.spec, 'conf', conf)
        self.engine.on_tick()
        self.assertEqual((30, True), self.armed[-1])

    def test_it_stops_once_the_server_has(self) -> None:
        housekeeping = self.make()
        housekeeping.end()
        self.assertEqual([], self.armed)

    def test_the_end_of_one_that_was_never_armed_cancels_nothing(
        self,
    ) -> None:
        self.set('worker_heartbeat_timeout', 0)
        housekeeping = self.make()
        self.armed.append((7, True))  # of the application
        housekeeping.end()
        self.assertEqual([(7, True)], self.armed)


class TestTLS(HousekeepingCase):
    def tick(self, *looks: bool) -> None:
        """Let the engine tick; the files change as ``looks`` says."""
        self.files[-1].looks = list(looks)
        for _look in looks:
            self.engine.on_tick()

    def test_files_that_change_are_loaded_once(self) -> None:
        self.set('tls_reload_on_change', True)
        self.make(use_ssl=True)
        self.tick(False, False, True, False)
        self.assertEqual(1, len(self.engine.contexts))
        self.assertEqual(
            'INFO test has loaded its new TLS files\n', self.log.output
        )

    def test_files_of_no_use_leave_everything_as_it_is(self) -> None:
        self.set('tls_reload_on_change', True)
        self.make(use_ssl=True)
        self.spec.problem = RuntimeError('key and certificate differ')
        self.tick(True)
        self.assertEqual([], self.engine.contexts)
        self.assertEqual(
            'ERROR test keeps its certificate: key and certificate differ\n',
            self.log.output,
        )
        self.spec.problem = None
        self.tick(True)
        self.assertEqual(1, len(self.engine.contexts))

    def test_without_the_option_they_wait_for_a_reset(self) -> None:
        self.make(use_ssl=True)
        self.tick(True)
        self.assertEqual(0, self.spec.loaded)

    def test_a_reset_has_them_looked_at(self) -> None:
        housekeeping = self.make(use_ssl=True)
        self.set('tls_reload_on_change', True)
        housekeeping.follow(self.settings())
        self.tick(True)
        self.assertEqual(1, self.spec.loaded)

    def test_without_tls_there_is_nothing_to_be_loaded(self) -> None:
        self.set('tls_reload_on_change', True)
        self.make()
        self.tick(True)
        self.assertEqual(0, self.spec.loaded)
