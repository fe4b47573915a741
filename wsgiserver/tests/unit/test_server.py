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
"""The Server as its callers see it; it serves in native threads here."""

import errno
from multiprocessing import reduction
import os
import pickle
import socket
import threading
from typing import Any

import fixtures
from oslo_config import cfg

from wsgiserver._engine import base_engine as base_engine
from wsgiserver._http import head
from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests.functional import harness
from wsgiserver.tests.unit import servers


class TestConstructor(servers.ServerTestCase):
    def test_arguments_of_upstream_can_be_given_by_position(self) -> None:
        made = server.Server(
            *(
                self.conf,
                'test',
                servers.hello,
                '127.0.0.1',
                0,
                7,
                None,
                5,
                False,
            ),
            *(100, 'access', socket.AF_INET, None, None),
        )
        self.addCleanup(made.socket.close)
        self.assertEqual(7, made.pool_size)

    def test_what_callers_read_is_there(self) -> None:
        made = self.make()
        self.assertEqual('127.0.0.1', made.host)
        self.assertEqual(made.socket.getsockname()[1], made.port)
        self.assertEqual('test', made.name)
        self.assertIs(servers.hello, made.app)
        self.assertIs(self.conf, made.conf)
        self.assertEqual(100, made.pool_size)
        self.assertEqual(100, made.default_pool_size)
        self.assertEqual(900, made.client_socket_timeout)

    def test_protocol_is_refused_with_a_reason(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, self.make, protocol=object
        )
        self.assertIn('protocol can only be None', str(error))

    def test_backlog_below_one_is_refused(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, self.make, backlog=0
        )
        self.assertIn('more than 0', str(error))

    def test_unknown_engine_is_refused(self) -> None:
        self.assertRaises(exceptions.InvalidInput, self.make, engine='twisted')

    def test_unknown_socket_family_is_refused(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, self.make, socket_family=12345
        )
        self.assertIn('12345', str(error))

    def test_unix_socket_without_a_file_is_refused(self) -> None:
        self.assertRaises(
            exceptions.InvalidInput, self.make, socket_family=socket.AF_UNIX
        )

    def test_unusable_log_format_is_refused(self) -> None:
        self.make()
        self.conf.set_override('wsgi_log_format', '%(nothing)s')
        error = self.assertRaises(exceptions.InvalidInput, self.make)
        self.assertIn('nothing', str(error))

    def test_port_in_use_is_one_clear_line(self) -> None:
        taken = self.make()
        error = self.assertRaises(OSError, self.make, port=taken.port)
        self.assertEqual(errno.EADDRINUSE, error.errno)
        self.assertEqual(
            f'Could not listen on 127.0.0.1:{taken.port}: '
            'Address already in use',
            str(error),
        )

    def test_missing_certificate_is_said_at_once(self) -> None:
        error = self.assertRaises(RuntimeError, self.make, use_ssl=True)
        self.assertIn('both a cert_file and key_file', str(error))

    def test_it_binds_without_an_application(self) -> None:
        made = self.make(None)
        self.assertIsNone(made.app)
        self.assertEqual(made.socket.getsockname()[1], made.port)
        socket.create_connection((made.host, made.port), 20).close()

    def test_without_an_application_all_else_is_checked(self) -> None:
        self.make()
        self.conf.set_override('wsgi_log_format', '%(nothing)s')
        self.assertRaises(exceptions.InvalidInput, self.make, None)
        self.conf.clear_override('wsgi_log_format')
        self.assertRaises(RuntimeError, self.make, None, use_ssl=True)

    def test_subclass_may_set_the_options_of_the_socket(self) -> None:
        seen = []

        class Own(server.Server):
            def _set_socket_opts(self, sock: socket.socket) -> socket.socket:
                seen.append(self.conf)
                return super()._set_socket_opts(sock)

        Own(self.conf, 'test', servers.hello, '127.0.0.1').socket.close()
        self.assertEqual([self.conf], seen)

    def test_kernel_looks_after_silent_peers(self) -> None:
        idle = self.make().socket.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_KEEPIDLE
        )
        self.assertEqual(600, idle)


class TestLife(servers.ServerTestCase):
    def test_it_serves_from_start_to_stop(self) -> None:
        made = self.start(self.make())
        self.assertEqual(b'hello\n', self.get(made).read())
        made.stop()
        made.wait()

    def test_stop_and_reset_before_start_keep_it_from_nothing(self) -> None:
        made = self.make()
        made.stop()
        made.reset()
        made.wait()
        self.start(made)
        self.assertEqual(200, self.get(made).status)

    def test_stop_may_be_called_twice(self) -> None:
        made = self.start(self.make())
        made.stop()
        made.stop()
        made.wait()
        made.start()
        self.assertEqual(200, self.get(made).status)

    def test_second_start_of_a_running_server_is_refused(self) -> None:
        made = self.start(self.make())
        self.assertRaises(RuntimeError, made.start)

    def test_a_start_without_an_application_says_so(self) -> None:
        for app in (None, 'hello'):
            made = self.make(app)
            error = self.assertRaises(RuntimeError, made.start)
            self.assertEqual(
                f'test has no application: {app!r} is not callable', str(error)
            )
            self.assertIsNone(made.engine)

    def test_an_application_may_come_before_the_start(self) -> None:
        made = self.make(None)
        made.app = servers.hello
        self.start(made)
        self.assertEqual(b'hello\n', self.get(made).read())

    def test_one_without_an_application_can_be_stopped(self) -> None:
        made = self.make(None)
        made.stop()
        made.wait()

    def test_a_reset_without_an_application_is_refused(self) -> None:
        made = self.make(None)
        error = self.assertRaises(exceptions.ResetError, made.reload)
        self.assertIn('test has no application', str(error))

    def test_it_starts_again_after_a_stop(self) -> None:
        made = self.start(self.make())
        for _turn in range(3):
            made.stop()
            made.start()
            self.assertEqual(200, self.get(made).status)

    def test_stop_waits_for_running_requests(self) -> None:
        entered, leave = threading.Event(), threading.Event()

        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            entered.set()
            leave.wait(20)
            return servers.hello(environ, start)

        made = self.start(self.make(app))
        answers: list[bytes] = []
        asking = threading.Thread(
            target=lambda: answers.append(self.get(made).read())
        )
        asking.start()
        entered.wait(20)
        stopping = threading.Thread(target=made.stop)
        stopping.start()
        self.assertTrue(stopping.is_alive())
        leave.set()
        stopping.join(20)
        asking.join(20)
        self.assertEqual([b'hello\n'], answers)

    def test_stop_by_the_application_is_no_deadlock(self) -> None:
        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            made.stop()
            return servers.hello(environ, start)

        made = self.start(self.make(app))
        response = self.get(made)
        self.assertEqual('close', response.getheader('Connection'))
        made.wait()

    def test_drain_is_bounded(self) -> None:
        leave = threading.Event()
        self.addCleanup(leave.set)
        entered = threading.Event()

        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            entered.set()
            leave.wait(50)
            return servers.hello(environ, start)

        made = self.make(app)
        self.conf.set_override('graceful_shutdown_timeout', 1)
        self.start(made)
        with socket.create_connection((made.host, made.port)) as sock:
            sock.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
            entered.wait(20)
            made.stop()
        self.assertFalse(leave.is_set())

    def test_reset_applies_the_options(self) -> None:
        made = self.start(self.make())
        self.assertIsNone(self.get(made).getheader('Server'))
        self.conf.set_override('server_header', 'own', 'wsgiserver')
        made.reset()
        self.assertEqual('own', self.get(made).getheader('Server'))

    def test_two_servers_have_settings_of_their_own(self) -> None:
        made = self.start(self.make())
        other = cfg.ConfigOpts()
        other([])
        second = server.Server(
            other, 'second', servers.hello, '127.0.0.1', engine='threading'
        )
        self.addCleanup(second.socket.close)
        other.set_override('server_header', 'second', 'wsgiserver')
        self.start(second)
        self.assertIsNone(self.get(made).getheader('Server'))
        self.assertEqual('second', self.get(second).getheader('Server'))

    def test_it_can_be_handed_to_another_process(self) -> None:
        made = self.make()
        copy = pickle.loads(reduction.ForkingPickler.dumps(made))
        self.addCleanup(copy.socket.close)
        self.assertEqual(made.port, copy.port)
        self.start(copy)
        self.assertEqual(b'hello\n', self.get(copy).read())

    def test_defect_in_the_reactor_costs_one_connection(self) -> None:
        parse = head.parse

        def broken(data: bytes, limits: head.Limits) -> head.RequestHead:
            if b'/broken' in data:
                raise ValueError('a defect')
            return parse(data, limits)

        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._http.head.parse', broken)
        )
        made = self.start(self.make())
        with socket.create_connection((made.host, made.port), 20) as sock:
            sock.sendall(b'GET /broken HTTP/1.1\r\nHost: a\r\n\r\n')
            self.assertEqual(b'', sock.recv(1))
        self.assertEqual(200, self.get(made).status)

    def test_defect_in_accepting_ends_nothing(self) -> None:
        add_connection = base_engine.Engine.add_connection
        failed: list[Any] = []

        def broken(*arguments: Any) -> None:
            if not failed:
                failed.append(arguments)
                raise ValueError('a defect')
            add_connection(*arguments)

        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._engine.base_engine.Engine.add_connection', broken
            )
        )
        made = self.start(self.make())
        with socket.create_connection((made.host, made.port), 20):
            harness.eventually(lambda: failed)
        self.assertEqual(200, self.get(made).status)

    def test_it_goes_on_where_no_more_threads_can_be_started(self) -> None:
        spawn = threading.Thread.start
        workers: list[threading.Thread] = []

        def start(thread: threading.Thread) -> None:
            if thread.name.startswith('wsgiserver-worker-'):
                if len(workers) == 2:
                    raise RuntimeError("can't start new thread")
                workers.append(thread)
            spawn(thread)

        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            held.acquire()
            held.release()
            return servers.hello(environ, start)

        self.useFixture(fixtures.MonkeyPatch('threading.Thread.start', start))
        held = threading.Lock()
        made = self.start(self.make(app))
        statuses: list[int] = []
        with held:
            asking = [
                threading.Thread(
                    target=lambda: statuses.append(self.get(made).status)
                )
                for _turn in range(10)
            ]
            for thread in asking:
                spawn(thread)
            harness.eventually(lambda: len(workers) == 2)
        for thread in asking:
            thread.join(20)
        self.assertEqual([200] * 10, statuses)
        self.assertEqual(2, len(workers))

    def test_no_descriptor_is_left_behind(self) -> None:
        made = self.make()

        def count() -> int:
            return len(os.listdir('/proc/self/fd'))

        before = count()
        for _turn in range(5):
            made.start()
            with socket.create_connection((made.host, made.port)) as sock:
                sock.sendall(b'GET / HTTP/1.0\r\n\r\n')
                sock.makefile('rb').read()
            made.stop()
            made.wait()
        harness.eventually(lambda: count() <= before)
