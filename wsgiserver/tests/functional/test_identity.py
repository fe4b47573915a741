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

"""Whose a request is, beside both predecessors of this library.

What an application may take for granted under eventlet.wsgi, whose green
thread per connection is one that nobody else's request runs in.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
from typing import Any

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import identities
from wsgiserver.tests.functional import wire

PATIENCE = conditions.PATIENCE
eventually = conditions.eventually


def on(*servers: str) -> list[tuple[str, dict[str, Any]]]:
    """Make the scenarios of a test on these servers."""
    return [(name, {'server': name}) for name in servers]


GREEN = on(
    identities.EVENTLET, identities.EVENTLET_WSGI, identities.OSLO_SERVICE
)
OURS = on(identities.EVENTLET, identities.THREADING)


class IdentityTest(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    """Asks a server of the test's own."""

    server: str

    def setUp(self) -> None:
        super().setUp()
        self._log = self.enterContext(tempfile.TemporaryFile('w+'))
        module = 'wsgiserver.tests.functional.identities'
        self.process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-m', module, self.server],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.addCleanup(self._end)
        assert self.process.stdout is not None
        self._port = int(self.process.stdout.readline())

    def _end(self) -> None:
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def log(self) -> list[list[str]]:
        """The log, as the fields of each line."""
        self._log.seek(0)
        return [line.rstrip().split('|') for line in self._log]

    @contextlib.contextmanager
    def client(self) -> Iterator[http.client.HTTPConnection]:
        """Have a connection."""
        made = http.client.HTTPConnection('127.0.0.1', self._port, PATIENCE)
        with contextlib.closing(made):
            yield made

    def get(self, path: str) -> Any:
        """Ask on a connection of its own."""
        return self.at_once(path)[0]

    def at_once(self, path: str, count: int = 1) -> list[Any]:
        """Ask so many times at once, each on a connection of its own."""
        with contextlib.ExitStack() as stack:
            clients = [
                stack.enter_context(self.client()) for _turn in range(count)
            ]
            for client in clients:
                client.request('GET', path, headers={'Connection': 'close'})
            return [json.load(client.getresponse()) for client in clients]


class TestEverywhere(IdentityTest):
    scenarios = on(*identities.SERVERS)

    def test_one_at_a_time_is_inside_a_write_lock(self) -> None:
        self.assertEqual([1] * 3, self.at_once('/write_lock', 3))

    def test_one_at_a_time_is_inside_a_fair_lock(self) -> None:
        self.assertEqual([1] * 3, self.at_once('/fair_lock', 3))

    def test_requests_that_run_at_once_are_told_apart(self) -> None:
        found = self.at_once('/whose', 3)
        for what in ('ident', 'current', 'name'):
            self.assertEqual(3, len({one[what] for one in found}), what)

    def test_the_current_thread_is_the_one_that_runs(self) -> None:
        for one in self.at_once('/whose', 3):
            self.assertEqual(one['ident'], one['current'])

    def test_the_log_names_the_thread_that_runs(self) -> None:
        names = {one['name'] for one in self.at_once('/whose', 3)}
        logged = {line[1] for line in self.log() if line[0] == 'application'}
        self.assertEqual(names, logged)

    def test_context_variables_are_not_left_for_others(self) -> None:
        for _turn in range(3):
            self.assertFalse(self.get('/variable'))


class TestGreen(IdentityTest):
    scenarios = GREEN

    def test_a_request_runs_in_a_green_thread(self) -> None:
        self.assertEqual('GreenThread', self.get('/kind'))

    def test_thread_locals_are_not_left_for_others(self) -> None:
        for _turn in range(3):
            self.assertEqual([False, 0, None], self.get('/locals'))

    def test_attributes_are_not_left_for_others(self) -> None:
        for _turn in range(3):
            self.assertFalse(self.get('/attribute'))

    def test_a_link_is_told_of_the_end(self) -> None:
        self.get('/links')
        eventually(lambda: self.get('/notes') == ['end'])
        self.get('/links')
        eventually(lambda: self.get('/notes') == ['end'] * 2)

    def test_one_that_others_know_ends_with_its_request(self) -> None:
        self.get('/holds/me')
        eventually(lambda: self.get('/is_dead/me'))

    def test_a_call_that_is_to_be_made_later_ends_with_it(self) -> None:
        self.get('/calls_later/0.2')
        self.get('/sleep/0.4')
        self.assertEqual([], self.get('/notes'))

    def test_a_time_out_that_was_left_meets_nobody_else(self) -> None:
        for _turn in range(3):
            self.get('/times_out/0.1')
        self.assertEqual(['slept'] * 4, self.at_once('/sleep/0.3', 4))

    def test_one_can_be_killed_and_the_others_go_on(self) -> None:
        with self.client() as client:
            client.request('GET', '/is_held/me')
            eventually(lambda: self.get('/is_held_by/me'))
            self.get('/kill/me')
            eventually(lambda: self.get('/is_dead/me'))
            with contextlib.suppress(http.client.RemoteDisconnected):
                self.assertEqual(500, client.getresponse().status)
        self.assertEqual(['killed'], self.get('/notes'))
        self.assertEqual(['slept'] * 4, self.at_once('/sleep/0.01', 4))


class TestOurs(IdentityTest):
    scenarios = OURS

    def test_a_kept_connection_leaves_nothing_in_variables(self) -> None:
        with self.client() as client:
            for _turn in range(3):
                client.request('GET', '/variable')
                self.assertFalse(json.load(client.getresponse()))

    def test_pipelined_requests_leave_nothing_in_variables(self) -> None:
        self.assertEqual([False] * 3, self.pipelined('/variable', 3))

    def pipelined(self, path: str, count: int) -> list[Any]:
        """Have requests answered that are sent in one piece."""
        with self.client() as client:
            client.connect()
            made = wire.Wire(client.sock)
            made.send(wire.request('GET', path) * count)
            return [made.response().json() for _turn in range(count)]

    def test_lines_of_one_request_name_the_same_thread(self) -> None:
        self.at_once('/whose', 3)
        eventually(lambda: len(self._names('access')) == 3)
        self.assertEqual(self._names('application'), self._names('access'))

    def _names(self, logger: str) -> set[str]:
        return {line[1] for line in self.log() if line[0] == logger}


class TestOursOnEventlet(TestOurs):
    scenarios = on(identities.EVENTLET)

    def test_a_link_that_fails_costs_nothing(self) -> None:
        with self.client() as client:
            for _turn in range(3):
                client.request('GET', '/failing_link')
                self.assertIsNone(json.load(client.getresponse()))
        eventually(lambda: self.get('/notes') == ['end'] * 3)
        lines = [line for line in self.log() if 'left behind' in line[-1]]
        self.assertEqual(3, len(lines))

    def test_a_pipelined_request_is_not_hit_by_the_time_out_of_another(
        self,
    ) -> None:
        with self.client() as client:
            client.connect()
            made = wire.Wire(client.sock)
            for _turn in range(3):
                made.send(
                    wire.request('GET', '/times_out/0.05')
                    + wire.request('GET', '/sleep/0.2')
                )
                self.assertEqual(200, made.response().status)
                self.assertEqual('slept', made.response().json())

    def test_a_kept_connection_leaves_nothing_in_locals(self) -> None:
        with self.client() as client:
            for _turn in range(3):
                client.request('GET', '/locals')
                found = json.load(client.getresponse())
                self.assertEqual([False, 0, None], found)

    def test_pipelined_requests_leave_nothing_in_locals(self) -> None:
        self.assertEqual([[False, 0, None]] * 3, self.pipelined('/locals', 3))


class TestErrors(IdentityTest):
    """What is no Exception is an error of the application like any other."""

    scenarios = testscenarios.multiply_scenarios(
        on(identities.THREADING),
        [
            (name, {'error': name})
            for name in (
                'KeyboardInterrupt',
                'SystemExit',
                'GeneratorExit',
                'BaseException',
            )
        ],
    )
    error: str

    def test_it_takes_no_place(self) -> None:
        # The pool has four.
        for _turn in range(9):
            with self.client() as client:
                client.request('GET', f'/raises/{self.error}')
                self.assertEqual(500, client.getresponse().status)
        self.assertEqual(['slept'] * 4, self.at_once('/sleep/0.01', 4))
