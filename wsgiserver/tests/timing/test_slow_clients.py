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


"""Slow and silent clients cost no other client anything."""

import functools
import math
import resource
import socket
import statistics
import time

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness

request = harness.request

#: How many clients of each kind there are.
SLOW = 200
IDLE = 2000

#: How much slower the median request may be beside them.
RATIO = 1.5

#: How often it is measured until it is as it should be: a machine that has
#: more to do can spoil it, and what the slow clients cost is there each time.
ROUNDS = 5

# What a slow body is short of; it never arrives within a test.
_MISSING = 50

# More than the server takes of a body before a worker does the rest.
_LARGE = 200_000


def _post(body: bytes, *lines: str) -> bytes:
    length = f'Content-Length: {len(body) + _MISSING}'
    return request('POST', '/count', length, *lines, body=body)


_CONTINUE = b'HTTP/1.1 100 Continue\r\n\r\n'

#: What a slow client sends first, and what it hears, if anything.
KINDS: dict[str, tuple[bytes, bytes]] = {
    'body_begun': (_post(b'x'), b''),
    'body_well_begun': (_post(b'x' * _LARGE), b''),
    'body_after_continue': (_post(b'', 'Expect: 100-continue'), _CONTINUE),
    'chunk_begun': (
        request(
            'POST', '/count', 'Transfer-Encoding: chunked', body=b'ff\r\n'
        ),
        b'',
    ),
    'large_response_unread': (request('GET', '/big/64'), b'HTTP/1.1 200 OK'),
}


@functools.cache
def allow_descriptors() -> None:
    """Let this process and the servers it starts have as many as may be."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class TestSlowClients(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    """One server with slow clients and one without, asked in turn.

    What else the machine does slows down both.
    """

    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [
            (name, {'first': first, 'heard': heard})
            for name, (first, heard) in KINDS.items()
        ],
    )
    backend: str
    first: bytes
    heard: bytes

    def setUp(self) -> None:
        super().setUp()
        allow_descriptors()
        self.quiet = self.start()
        self.crowded = self.start()

    def start(self) -> harness.ServerProcess:
        server = harness.ServerProcess(
            self.backend, server={'backlog': SLOW + IDLE}
        )
        self.addCleanup(server.stop)
        return server

    def connect(
        self, server: harness.ServerProcess, first: bytes
    ) -> harness.Wire:
        wire = server.connect()
        self.addCleanup(wire.socket.close)
        wire.send(first)
        return wire

    def crowd(self) -> list[harness.Wire]:
        """Connect those that are in no hurry; the slow ones are returned."""
        for _turn in range(IDLE):
            self.connect(self.crowded, request('GET', '/hello')).response()
        slow = []
        for first in (self.first, b'GET /hello HTTP/1.1\r\nHost: a'):
            for _turn in range(SLOW):
                slow.append(self.connect(self.crowded, first))
        return slow

    def ratio(self, slow: list[harness.Wire]) -> float:
        """Ask both servers in turn, and compare the medians.

        Before each turn, another one of the slow clients sends a byte.
        """
        quiet = self.connect(self.quiet, b'')
        crowded = self.connect(self.crowded, b'')
        without: list[float] = []
        beside: list[float] = []
        for wire in slow:
            wire.send(b'x')
            without.append(_time_of_request(quiet))
            beside.append(_time_of_request(crowded))
        return statistics.median(beside) / statistics.median(without)

    def test_others_are_answered_as_fast_as_without_them(self) -> None:
        slow = self.crowd()
        for wire in slow[:SLOW]:
            _wait_for(wire, self.heard)
        ratios: list[float] = []
        while len(ratios) < ROUNDS and min(ratios, default=math.inf) > RATIO:
            ratios.append(self.ratio(slow))
        self.assertLessEqual(min(ratios), RATIO, repr(ratios))
        for wire in slow[:SLOW]:
            _wait_for(wire, self.heard)
        for wire in slow[SLOW:]:
            _wait_for(wire, b'')


def _time_of_request(wire: harness.Wire) -> float:
    began = time.perf_counter()
    wire.send(request('GET', '/hello'))
    wire.response()
    return time.perf_counter() - began


def _wait_for(wire: harness.Wire, heard: bytes) -> None:
    """Wait until a client has heard so much, and is not done with."""
    harness.eventually(lambda: _heard(wire, len(heard) or 1) == heard)


def _heard(wire: harness.Wire, size: int) -> bytes:
    """What a client can read now, up to a size in bytes."""
    wire.socket.setblocking(False)
    try:
        data = wire.socket.recv(size, socket.MSG_PEEK)
    except BlockingIOError:
        return b''
    finally:
        wire.socket.settimeout(harness.PATIENCE)
    if not data:
        raise EOFError('the server has closed')
    return data
