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


"""A Server's listeners and its copies, from the constructor to the end."""

import multiprocessing
import os
import signal
import socket
import threading
from typing import Any

import fixtures

from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests.functional import harness
from wsgiserver.tests.unit import servers


class TestStop(servers.LifeCase):
    def test_before_a_start_it_closes_the_listener(self) -> None:
        made = self.make()
        made.stop()
        self.assertTrue(self.refused(made.port))
        self.assertEqual([], made.places)

    def test_before_a_start_it_may_be_called_again(self) -> None:
        made = self.make()
        for _turn in range(3):
            made.stop()
            made.wait()

    def test_a_start_after_it_listens_on_the_same_port(self) -> None:
        made = self.make()
        port = made.port
        made.stop()
        self.start(made)
        self.assertEqual(port, made.port)
        self.assertEqual(port, made.socket.getsockname()[1])
        self.assertEqual(200, self.get(made).status)

    def test_a_port_that_was_taken_meanwhile_is_named(self) -> None:
        made = self.make()
        made.stop()
        self.make(port=made.port)
        error = self.assertRaises(exceptions.ListenError, made.start)
        self.assertIn(str(made.port), str(error))
        made.stop()
        made.wait()

    def test_it_closes_the_listener_of_one_that_runs(self) -> None:
        made = self.start(self.make())
        made.stop()
        self.assertTrue(self.refused(made.port))

    def test_a_start_after_the_end_listens_on_the_same_port(self) -> None:
        made = self.start(self.make())
        port = made.port
        for _turn in range(2):
            made.stop()
            made.wait()
            self.assertTrue(self.refused(port))
            made.start()
            self.assertEqual(port, made.port)
            self.assertEqual(200, self.get(made).status)

    def test_another_thread_may_call_it(self) -> None:
        made = self.start(self.make())
        thread = threading.Thread(target=made.stop)
        thread.start()
        made.wait()
        thread.join(20)
        self.assertFalse(thread.is_alive())
        self.assertTrue(self.refused(made.port))

    def test_a_signal_handler_may_call_it(self) -> None:
        made = self.start(self.make())
        self.addCleanup(
            signal.signal, signal.SIGUSR1, signal.getsignal(signal.SIGUSR1)
        )
        signal.signal(signal.SIGUSR1, lambda *_given: made.stop())
        signal.raise_signal(signal.SIGUSR1)
        made.wait()
        self.assertTrue(self.refused(made.port))

    def test_several_threads_may_wait(self) -> None:
        made = self.start(self.make())
        made.stop()
        made.start()
        waiting = [threading.Thread(target=made.wait) for _turn in range(4)]
        for thread in waiting:
            thread.start()
        made.stop()
        for thread in waiting:
            thread.join(20)
        self.assertFalse(any(thread.is_alive() for thread in waiting))

    def test_a_drain_does_not_wait_for_what_runs(self) -> None:
        entered, leave = threading.Event(), threading.Event()

        def app(environ: dict[str, Any], start: Any) -> list[bytes]:
            entered.set()
            leave.wait(20)
            return servers.hello(environ, start)

        made = self.start(self.make(app))
        address = made.socket.getsockname()
        answers: list[bytes] = []
        asking = threading.Thread(
            target=lambda: answers.append(self.ask(address))
        )
        asking.start()
        entered.wait(20)
        made.drain()
        harness.eventually(lambda: self.refused(made.port))
        self.assertEqual([], answers)
        leave.set()
        made.wait()
        asking.join(20)
        self.assertIn(b'200 OK', answers[0])


class TestListeners(servers.LifeCase):
    def listen(self, *where: str | socket.socket) -> server.Server:
        made = self.make(listen=where)
        self.addCleanup(made.stop)
        return made

    def folder(self) -> str:
        return os.path.dirname(self.useFixture(harness.SocketFile()).path)

    def test_one_server_may_have_several(self) -> None:
        path = os.path.join(self.folder(), 's')
        made = self.listen('127.0.0.1:0', '127.0.0.1:0', f'unix:{path}')
        self.start(made)
        addresses = [sock.getsockname() for sock in made.sockets]
        self.assertEqual(3, len(set(addresses)))
        self.assertEqual(addresses[0], (made.host, made.port))
        self.assertIs(made.sockets[0], made.socket)
        for address in addresses:
            self.assertIn(b'200 OK', self.ask(address))
        self.assertEqual(
            [
                *(f'127.0.0.1:{port}' for _host, port in addresses[:2]),
                f'unix:{path}',
            ],
            made.places,
        )

    def test_all_of_them_end_with_it(self) -> None:
        made = self.start(self.listen('127.0.0.1:0', '127.0.0.1:0'))
        ports = [sock.getsockname()[1] for sock in made.sockets]
        made.stop()
        self.assertEqual([True, True], [self.refused(port) for port in ports])

    def test_one_that_can_not_be_had_closes_the_others(self) -> None:
        taken, free = self.make(), self.make()
        free.stop()
        self.assertRaises(
            exceptions.ListenError,
            self.listen,
            f'127.0.0.1:{free.port}',
            f'127.0.0.1:{taken.port}',
        )
        self.assertTrue(self.refused(free.port))

    def test_a_socket_of_the_caller_stays_open(self) -> None:
        sock = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(sock.close)
        made = self.start(self.listen(sock))
        for _turn in range(2):
            self.assertIn(b'200 OK', self.ask(sock.getsockname()))
            made.stop()
            made.wait()
            made.start()
        self.assertNotEqual(-1, sock.fileno())

    def test_the_file_of_a_unix_socket_is_removed_at_the_end(self) -> None:
        path = os.path.join(self.folder(), 's')
        made = self.start(
            self.make(socket_family=socket.AF_UNIX, socket_file=path)
        )
        self.assertEqual((path, None), (made.host, made.port))
        made.stop()
        made.wait()
        self.assertFalse(os.path.exists(path))

    def test_a_socket_file_has_the_mode_of_the_argument(self) -> None:
        path = os.path.join(self.folder(), 's')
        made = self.make(
            socket_family=socket.AF_UNIX, socket_file=path, socket_mode=0o640
        )
        self.addCleanup(made.stop)
        self.assertEqual(0o640, os.stat(path).st_mode & 0o777)

    def test_an_empty_list_is_no_list(self) -> None:
        made = self.listen()
        self.assertEqual('127.0.0.1', made.host)

    def test_a_place_that_is_none_is_named(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, self.listen, 'nowhere'
        )
        self.assertIn('nowhere', str(error))


class TestCopies(servers.LifeCase):
    def test_another_process_can_serve(self) -> None:
        made = self.make()
        process = multiprocessing.get_context('spawn').Process(
            target=servers.serve_until_killed, args=(made,)
        )
        process.start()
        self.addCleanup(process.join)
        self.addCleanup(process.kill)
        made.stop()
        address = (made.host, made.port)
        self.assertIn(b'hello', harness.eventually(lambda: self.ask(address)))

    def test_a_copy_takes_turns_with_the_one_it_is_of(self) -> None:
        made = self.make()
        copy = self.copy(made)
        self.assertEqual(made.port, copy.port)
        made.stop()
        self.start(copy)
        self.assertEqual(b'hello\n', self.get(copy).read())

    def test_a_copy_leaves_the_socket_file_to_the_one_it_is_of(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        made = self.make(socket_family=socket.AF_UNIX, socket_file=path)
        copy = self.copy(made)
        copy.stop()
        self.assertTrue(os.path.exists(path))
        made.stop()
        self.assertFalse(os.path.exists(path))

    def test_a_copy_of_one_that_was_stopped_listens_when_it_starts(
        self,
    ) -> None:
        made = self.make()
        made.stop()
        copy = self.start(self.copy(made))
        self.assertEqual(made.port, copy.port)
        self.assertEqual(200, self.get(copy).status)

    def test_a_copy_of_one_that_runs_does_not_run(self) -> None:
        made = self.start(self.make())
        copy = self.copy(made)
        self.assertIsNone(copy.engine)
        copy.stop()
        self.assertEqual(200, self.get(made).status)

    def test_a_copy_can_be_reset_before_it_starts(self) -> None:
        copy = self.copy(self.make())
        copy.conf.set_override('server_header', 'own', 'wsgiserver')
        copy.reset()
        self.start(copy)
        self.assertEqual('own', self.get(copy).getheader('Server'))


class TestRetirement(servers.LifeCase):
    def setUp(self) -> None:
        super().setUp()
        self.made = self.make()
        self.conf.set_override('max_requests', 3, 'wsgiserver')
        self.conf.set_override('max_requests_jitter', 0, 'wsgiserver')
        self.retired = threading.Event()

    def serve(self, made: server.Server, requests: int) -> None:
        for _turn in range(requests):
            self.assertEqual(200, self.get(made).status)

    def test_a_process_of_a_launcher_retires_after_its_requests(
        self,
    ) -> None:
        made = self.copy(self.made)
        made.retire = self.retired.set
        self.start(made)
        self.serve(made, 2)
        self.assertFalse(self.retired.is_set())
        self.serve(made, 1)
        self.assertTrue(self.retired.wait(20))

    def test_a_process_that_nobody_replaces_goes_on(self) -> None:
        self.made.retire = self.retired.set
        log = self.useFixture(fixtures.FakeLogger())
        self.start(self.made)
        self.serve(self.made, 10)
        self.assertIn('nobody would replace this process', log.output)
        self.assertFalse(self.retired.is_set())

    def test_a_reset_changes_the_number(self) -> None:
        made = self.copy(self.made)
        made.retire = self.retired.set
        made.conf.set_override('max_requests', 0, 'wsgiserver')
        self.start(made)
        self.serve(made, 4)
        made.conf.set_override('max_requests', 5, 'wsgiserver')
        made.reset()
        self.serve(made, 1)
        self.assertTrue(self.retired.wait(20))

    def test_by_itself_it_ends_the_process(self) -> None:
        killed: list[tuple[int, int]] = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'os.kill', lambda *given: killed.append(given)
            )
        )
        self.made.retire()
        self.assertEqual([(os.getpid(), signal.SIGTERM)], killed)


class TestGroups(servers.LifeCase):
    def test_servers_of_one_process_may_have_options_of_their_own(
        self,
    ) -> None:
        public, admin = self.make(), self.make(group='admin')
        self.conf.set_override('server_header', 'public', 'wsgiserver')
        self.conf.set_override('server_header', 'admin', 'admin')
        for made, name in ((public, 'public'), (admin, 'admin')):
            self.start(made)
            self.assertEqual(name, self.get(made).getheader('Server'))

    def test_a_value_of_no_use_is_named_with_its_section(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(folder, 'a.conf')
        with open(path, 'w') as file:
            file.write('[admin]\nheader_timeout = never\n')
        self.conf(['--config-file', path])
        error = self.assertRaises(
            exceptions.InvalidInput, self.make, group='admin'
        )
        self.assertIn('section [admin], option header_timeout', str(error))

    def test_a_check_that_is_not_the_options_own_names_the_section(
        self,
    ) -> None:
        self.make(group='admin').stop()
        self.conf.set_override('server_header', 'a\nb', 'admin')
        error = self.assertRaises(
            exceptions.InvalidInput, self.make, group='admin'
        )
        self.assertIn('section [admin], option server_header: ', str(error))
