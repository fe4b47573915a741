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

"""A Server that serves on for a while when it is told to stop."""

import dataclasses
import os
import signal
import socket
import threading
import time
from typing import Any

import fixtures

from wsgiserver import _config
from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests.functional import harness
from wsgiserver.tests.unit import servers

#: A delay that no test waits for, in seconds.
LONG = 600


class DelayCase(servers.LifeCase):
    delay = LONG

    def setUp(self) -> None:
        super().setUp()
        _config.register_opts(self.conf)
        self.set(self.delay)

    def set(self, delay: int) -> None:
        self.conf.set_override('drain_delay', delay, 'wsgiserver')
        self.conf.set_override('graceful_shutdown_timeout', 2 * LONG)

    def tell_of(self, made: server.Server) -> str:
        """Ask the application on a new connection."""
        address: Any = made.host
        if made.port is not None:
            address = (made.host, made.port)
        return self.ask(address).decode().rpartition('\r\n\r\n')[2]

    def serve(self, **given: Any) -> server.Server:
        """Have a server whose delay ends with the test."""
        made = self.make(servers.tell, **given)
        made.start()
        self.addCleanup(made.wait)
        self.addCleanup(made.drain, at_once=True)
        self.assertEqual('goes on', self.tell_of(made))
        return made

    def path(self) -> str:
        return self.useFixture(harness.SocketFile()).path

    def on_file(self) -> dict[str, Any]:
        """The arguments that have a server listen on a UNIX socket."""
        return {'socket_family': socket.AF_UNIX, 'socket_file': self.path()}


class TestDelay(DelayCase):
    def test_it_accepts_and_says_so(self) -> None:
        made = self.serve()
        made.drain()
        self.assertEqual('ends', self.tell_of(made))

    def test_it_may_be_told_again(self) -> None:
        made = self.serve()
        for _turn in range(3):
            made.drain()
            self.assertEqual('ends', self.tell_of(made))

    def test_it_can_be_ended_early(self) -> None:
        made = self.serve()
        made.drain()
        made.drain(at_once=True)
        made.wait()
        self.assertTrue(self.refused(made.port))

    def test_somebody_may_wait_for_the_end_of_it(self) -> None:
        made = self.serve()
        made.drain()
        waiting = threading.Thread(target=made.wait)
        waiting.start()
        harness.eventually(lambda: made._waiting)
        self.assertEqual('ends', self.tell_of(made))
        self.assertTrue(waiting.is_alive())
        made.drain(at_once=True)
        waiting.join(harness.PATIENCE)
        self.assertFalse(waiting.is_alive())

    def test_a_reset_within_it_does_not_take_it_back(self) -> None:
        made = self.serve()
        made.drain()
        made.reset()
        self.assertEqual('ends', self.tell_of(made))

    def test_the_file_of_a_unix_socket_stays_meanwhile(self) -> None:
        made = self.serve(**self.on_file())
        made.drain()
        self.assertEqual('ends', self.tell_of(made))
        made.drain(at_once=True)
        made.wait()
        self.assertFalse(os.path.exists(made.host))

    def test_a_start_within_it_ends_it(self) -> None:
        made = self.serve()
        made._engine_name = 'threading'
        first = made.engine
        assert first is not None
        # As eventlet's launcher does on SIGHUP, while nobody waits.
        first.stop(LONG)
        made._draining.set(True)
        made.start()
        self.assertEqual('goes on', self.tell_of(made))
        self.assertTrue(first.wait(harness.PATIENCE))
        self.assertEqual('goes on', self.tell_of(made))

    def test_a_delay_of_no_use_is_refused(self) -> None:
        self.conf.set_override('graceful_shutdown_timeout', LONG)
        error = self.assertRaises(exceptions.InvalidInput, self.make)
        self.assertIn('section [wsgiserver], option drain_delay: ', str(error))


class TestShortDelay(DelayCase):
    delay = 1

    def test_a_stop_takes_it(self) -> None:
        made = self.serve(**self.on_file())
        began = time.monotonic()
        made.stop()
        self.assertGreaterEqual(time.monotonic() - began, 1)
        self.assertFalse(os.path.exists(made.host))

    def test_the_next_life_begins_anew(self) -> None:
        made = self.serve()
        for _turn in range(2):
            made.stop()
            made.wait()
            self.assertTrue(self.refused(made.port))
            made.start()
            self.assertEqual('goes on', self.tell_of(made))


class TestNoDelay(DelayCase):
    delay = 0

    def test_requests_that_run_are_told(self) -> None:
        entered, leave = threading.Event(), threading.Event()

        def slow(environ: dict[str, Any], start: Any) -> list[bytes]:
            if environ['PATH_INFO'] == '/':
                entered.set()
                leave.wait(harness.PATIENCE)
            return servers.tell(environ, start)

        made = self.make(slow)
        made.start()
        self.addCleanup(made.wait)
        address = made.socket.getsockname()
        answers: list[bytes] = []
        asking = threading.Thread(
            target=lambda: answers.append(self.ask(address))
        )
        asking.start()
        entered.wait(harness.PATIENCE)
        made.drain()
        harness.eventually(lambda: self.refused(made.port))
        leave.set()
        asking.join(harness.PATIENCE)
        self.assertIn(b'ends', answers[0])


class TestReplaced(DelayCase):
    def test_nobody_is_told_and_nothing_waited_for(self) -> None:
        made = self.serve()
        made.drain(at_once=True)
        made.stop()
        made.wait()
        self.assertFalse(made._draining())

    def retired(self) -> server.Server:
        """Have one that has had its requests, and no launcher of ours."""
        sent: list[tuple[int, int]] = []
        self.useFixture(
            fixtures.MonkeyPatch('os.kill', lambda *given: sent.append(given))
        )
        made = self.serve()
        made.retire()
        self.assertEqual([(os.getpid(), signal.SIGTERM)], sent)
        return made

    def test_one_that_has_had_its_requests_is_replaced(self) -> None:
        made = self.retired()
        made.stop()
        self.assertFalse(made._draining())

    def test_it_accepts_while_it_tells_those_that_are_connected(self) -> None:
        made = self.retired()
        with socket.create_connection((made.host, made.port), 20) as kept:
            made.drain()
            self.assertEqual('goes on', self.tell_of(made))
            self.assert_last(kept)

    def test_it_does_so_for_a_part_of_the_time_it_has(self) -> None:
        made = self.retired()
        # A drain has half of it, and what it accepts in half of that.
        made._settings = dataclasses.replace(
            made._settings, graceful_shutdown_timeout=2
        )
        began = time.monotonic()
        made.stop()
        self.assertLess(time.monotonic() - began, 1)

    def test_one_with_a_successor_answers_what_is_connected(self) -> None:
        made = self.serve()
        with socket.create_connection((made.host, made.port), 20) as kept:
            # It is accepted once another one is served that came later.
            self.assertEqual('goes on', self.tell_of(made))
            made.drain(replaced=True)
            assert made.engine is not None
            self.assertTrue(made.engine._stop.has_successor)
            harness.eventually(lambda: self.refused(made.port))
            self.assert_last(kept)
            # Launchers go on to call this one; it takes nothing back.
            made.drain()
            self.assertTrue(made.engine._stop.has_successor)

    def assert_last(self, kept: socket.socket) -> None:
        """A connection has a request answered, and then no other."""
        kept.sendall(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        with kept.makefile('rb') as file:
            answer = file.read()
        self.assertIn(b'Connection: close', answer)
        self.assertTrue(answer.endswith(b'goes on'), answer)


class TestLauncherCopy(DelayCase):
    """What a launcher has, in whose process nobody accepts."""

    def test_the_others_serve_on(self) -> None:
        for given in ({}, self.on_file()):
            made = self.make(servers.tell, **given)
            copy = self.copy(made)
            copy.start()
            self.addCleanup(copy.wait)
            self.addCleanup(copy.drain, at_once=True)
            made.stop()
            self.assertEqual([], made.places)
            self.assertEqual('goes on', self.tell_of(copy))

    def test_a_port_is_refused_once_they_have_ended(self) -> None:
        made = self.make(servers.tell)
        made.stop()
        self.assertTrue(self.refused(made.port))

    def test_a_file_is_removed_at_the_end(self) -> None:
        made = self.make(servers.tell, **self.on_file())
        made.stop()
        self.assertTrue(os.path.exists(made.host))
        made.drain(at_once=True)
        self.assertFalse(os.path.exists(made.host))

    def test_a_start_takes_the_same_file(self) -> None:
        made = self.make(servers.tell, **self.on_file())
        made.stop()
        made.start()
        self.addCleanup(made.wait)
        self.addCleanup(made.drain, at_once=True)
        self.assertEqual('goes on', self.tell_of(made))
