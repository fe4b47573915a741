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

"""Accepting: what fails, what is given up, and what goes on."""

from __future__ import annotations

import collections
from collections.abc import Callable
import errno
import os
import socket
from typing import Any
from typing import cast

from wsgiserver._engine import accept_pace
from wsgiserver._engine import acceptor
from wsgiserver._engine import listener as engine_listener
from wsgiserver.tests.unit import scenarios


class Sock:
    """A socket that was accepted."""

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


class Listening:
    """A listening socket with connections, and errors, in its backlog."""

    family = socket.AF_INET

    def __init__(self, fileno: int) -> None:
        self._fileno = fileno
        self.backlog: collections.deque[Sock | OSError] = collections.deque()
        #: Raised by each accept() as long as it is set.
        self.failure: OSError | None = None
        self.is_open = True

    def fileno(self) -> int:
        return self._fileno

    def accept(self) -> tuple[Sock, object]:
        if self.failure is not None:
            raise self.failure
        if not self.backlog:
            raise BlockingIOError
        found = self.backlog.popleft()
        if isinstance(found, OSError):
            raise found
        return found, ('192.0.2.1', 4711)

    def close(self) -> None:
        self.is_open = False


class Reactor:
    """An engine that notes what it is asked to do."""

    def __init__(self) -> None:
        self.watched: list[int] = []
        self.added: list[Any] = []
        self.logged: list[str] = []
        self.failures = 0
        self.room = 1000
        #: Raised by add_connection().
        self.failure: Exception | None = None

    def share(self, fileno: int) -> None:
        self.watched.append(fileno)

    def unwatch(self, fileno: int) -> None:
        self.watched.remove(fileno)

    def later(self, call: Callable[..., None], *args: object) -> None:
        self.logged.append(str(args[0]) % args[1:])

    def accept_failed(self) -> None:
        self.failures += 1

    def has_room(self) -> bool:
        return self.room > len(self.added)

    def add_connection(
        self, listener: object, sock: Any, address: object
    ) -> None:
        if self.failure is not None:
            raise self.failure
        self.added.append(sock)


class AcceptorTestCase(scenarios.ScenarioTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.reactor = Reactor()
        pace = accept_pace.Pace(lambda _seconds: None, lambda: self.now)
        self.acceptor = acceptor.Acceptor(
            cast('Any', self.reactor), pace, lambda: self.now
        )
        self.listening = self.add(5)

    def add(self, fileno: int) -> Listening:
        made = Listening(fileno)
        listener = cast('Any', object.__new__(engine_listener.EngineListener))
        listener.socket = made
        listener.tls = None
        self.acceptor.add(listener)
        return made

    def arrive(self, count: int) -> list[Sock]:
        made = [Sock() for _turn in range(count)]
        self.listening.backlog.extend(made)
        return made

    def turn(self) -> None:
        """Tell of a listener, if it is watched and has something to tell."""
        for fileno in list(self.reactor.watched):
            self.acceptor.accept(fileno)

    def tick(self) -> None:
        self.now += 1
        self.acceptor.accept_missed()


class TakingTestCase(AcceptorTestCase):
    def test_nothing_is_accepted_ahead_of_the_start(self) -> None:
        self.assertEqual([], self.reactor.watched)
        self.acceptor.resume()
        self.acceptor.resume()
        self.assertEqual([5], self.reactor.watched)

    def test_one_connection_is_taken_at_a_time(self) -> None:
        self.acceptor.resume()
        made = self.arrive(3)
        for count in (1, 2, 3):
            self.turn()
            self.assertEqual(made[:count], self.reactor.added)

    def test_whoever_took_one_goes_to_the_end_of_the_queue(self) -> None:
        self.add(6)
        self.acceptor.resume()
        self.arrive(1)
        self.acceptor.accept(5)
        self.assertEqual([6, 5], self.reactor.watched)
        self.acceptor.accept(6)
        self.assertEqual([6, 5], self.reactor.watched)

    def test_what_nobody_was_woken_for_is_found_by_the_tick(self) -> None:
        self.acceptor.resume()
        made = self.arrive(1)
        self.tick()
        self.assertEqual(made, self.reactor.added)

    def test_a_full_house_leaves_them_in_the_backlog(self) -> None:
        self.reactor.room = 2
        self.acceptor.resume()
        made = self.arrive(5)
        for _turn in range(5):
            self.turn()
        self.assertEqual(made[:2], self.reactor.added)
        self.assertEqual([], self.reactor.watched)
        self.reactor.room = 5
        self.tick()
        for _turn in range(5):
            self.turn()
        self.assertEqual(made, self.reactor.added)

    def test_what_waits_can_be_taken_at_once(self) -> None:
        self.add(6)
        self.acceptor.resume()
        made = self.arrive(100)
        self.acceptor.empty()
        self.assertEqual(made, self.reactor.added)

    def test_what_never_ends_is_not_taken_to_its_end(self) -> None:
        self.reactor.room = 10**6
        self.acceptor.resume()
        self.arrive(acceptor.LONGEST_BACKLOG + 1)
        self.acceptor.empty()
        self.assertEqual(acceptor.LONGEST_BACKLOG, len(self.reactor.added))

    def test_closing_ends_it(self) -> None:
        other = self.add(6)
        self.acceptor.resume()
        self.acceptor.close()
        self.assertEqual([], self.reactor.watched)
        self.assertFalse(self.listening.is_open or other.is_open)
        self.assertFalse(self.acceptor.owns(5))
        self.tick()
        self.assertEqual([], self.reactor.watched)


class NetworkErrorTestCase(AcceptorTestCase):
    """What the network did to one connection (accept(2))."""

    scenarios = [
        (errno.errorcode[number], {'number': number})
        for number in (
            errno.ECONNABORTED,
            errno.ECONNRESET,
            errno.EPROTO,
            errno.ENETDOWN,
            errno.ENOPROTOOPT,
            errno.EHOSTDOWN,
            errno.ENONET,
            errno.EHOSTUNREACH,
            errno.EOPNOTSUPP,
            errno.ENETUNREACH,
            errno.EPERM,
        )
    ]
    number: int

    def test_the_next_one_is_accepted(self) -> None:
        self.acceptor.resume()
        self.listening.backlog.append(OSError(self.number, 'of one'))
        made = self.arrive(1)
        self.turn()
        self.turn()
        self.assertEqual(made, self.reactor.added)
        self.assertEqual([], self.reactor.logged)
        self.assertEqual([5], self.reactor.watched)

    def test_one_that_is_lost_on_its_way_in_is_closed(self) -> None:
        self.acceptor.resume()
        lost = self.arrive(1)
        self.reactor.failure = OSError(self.number, 'of one')
        self.turn()
        self.assertFalse(lost[0].is_open)
        self.reactor.failure = None
        made = self.arrive(1)
        self.turn()
        self.assertEqual(made, self.reactor.added)


class ExhaustedTestCase(AcceptorTestCase):
    """The system lacks something."""

    scenarios = [
        (errno.errorcode[number], {'number': number})
        for number in (
            errno.EMFILE,
            errno.ENFILE,
            errno.ENOBUFS,
            errno.ENOMEM,
        )
    ]
    number: int

    def setUp(self) -> None:
        super().setUp()
        self.failure = OSError(self.number, os.strerror(self.number))
        self.acceptor.resume()

    def exhaust(self) -> None:
        self.listening.failure = self.failure
        self.turn()

    def test_nothing_turns_meanwhile(self) -> None:
        self.exhaust()
        self.assertEqual([], self.reactor.watched)
        for _turn in range(10):
            self.tick()
            self.assertEqual([], self.reactor.watched)

    def test_it_is_said_once(self) -> None:
        self.exhaust()
        for _turn in range(10):
            self.tick()
        [line] = self.reactor.logged
        self.assertIn('Not accepting connections for now', line)
        self.assertIn(os.strerror(self.number), line)

    def test_what_waits_is_accepted_when_there_is_enough_again(self) -> None:
        made = self.arrive(20)
        self.exhaust()
        self.tick()
        self.listening.failure = None
        self.tick()
        self.assertEqual([5], self.reactor.watched)
        for _turn in range(30):
            self.turn()
        self.assertEqual(made, self.reactor.added)

    def test_the_recovery_is_said_once_it_lasts(self) -> None:
        self.exhaust()
        for _turn in range(10):
            # A descriptor is freed, taken, and the next one is missing.
            self.listening.failure = None
            self.arrive(1)
            self.tick()
            self.exhaust()
        self.assertEqual(1, len(self.reactor.logged))
        self.listening.failure = None
        for _turn in range(10):
            self.arrive(1)
            self.tick()
        self.assertEqual(2, len(self.reactor.logged))
        self.assertIn('again', self.reactor.logged[1])
        self.exhaust()
        self.assertEqual(3, len(self.reactor.logged))

    def test_a_connection_that_can_not_be_kept_is_closed(self) -> None:
        made = self.arrive(2)
        self.reactor.failure = self.failure
        self.turn()
        self.assertFalse(made[0].is_open)
        self.assertEqual([], self.reactor.watched)
        self.reactor.failure = None
        self.tick()
        self.assertEqual(made[1:], self.reactor.added)
        self.assertTrue(made[1].is_open)

    def test_a_defect_leaves_no_connection_open(self) -> None:
        made = self.arrive(1)
        self.reactor.failure = LookupError()
        self.assertRaises(LookupError, self.turn)
        self.assertFalse(made[0].is_open)
