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

"""What connections cost that ask for nothing."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import socket
import statistics

from benchmarks import goals
from benchmarks import launch
from benchmarks import load
from benchmarks import measuring
from benchmarks import processes
from benchmarks.studies import base
from benchmarks import tables
from benchmarks import workloads

#: How many connections there are, and how many of them come first, for the
#: server to make once what all of them share.
CONNECTIONS = 10_000
FIRST = 500

#: How many requests are underway at once.
_BATCH = 250


def _usual(_number: int) -> bytes:
    return workloads.WORKLOADS['json'].request


class Crowd:
    """Connections on which a request was answered, and none follows.

    :param server: the server, which answers with ``hello``.
    :param request: makes the request of a connection, from its number.
    """

    def __init__(
        self,
        server: processes.ServerProcess,
        request: Callable[[int], bytes] = _usual,
    ) -> None:
        self._server = server
        self._request = request
        self._socks: list[socket.socket] = []

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._socks:
            sock.close()

    def grow(self, count: int) -> None:
        """Have so many of them.

        :raises ServerError: if one is refused or not answered.
        """
        while len(self._socks) < count:
            missing = count - len(self._socks)
            try:
                self._add(min(_BATCH, missing))
            except OSError as error:
                raise processes.ServerError(
                    f'after {len(self._socks)} connections: {error!r}'
                ) from error

    def _add(self, count: int) -> None:
        added = []
        for _turn in range(count):
            sock = socket.create_connection(
                ('127.0.0.1', self._server.told.port), processes.PATIENCE
            )
            self._socks.append(sock)
            sock.sendall(self._request(len(self._socks)))
            added.append(sock)
        for sock in added:
            # Some send the head and the body on their own.
            seen = b''
            while not seen.endswith(b'hello\n'):
                more = sock.recv(4096)
                if not more:
                    raise ConnectionError('closed')
                seen += more


class Idle(base.Study):
    """Memory and rate with 10,000 of them."""

    name = 'idle'
    title = '10,000 idle connections: memory of each, and small GETs beside'
    headings = (
        'server',
        'KB each',
        'req/s without',
        'req/s beside',
        'share',
        'trouble',
    )

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Look at each server, one after the other."""
        found: base.Found = {}
        request = plan.folder / 'idle-request'
        request.write_bytes(workloads.WORKLOADS['get'].request)
        for name in names:
            tell(f'{self.name}: {name}')
            told = launch.Launch(
                name,
                'hello',
                processors=plan.processors,
                connections=CONNECTIONS + 64,
            )
            try:
                with processes.ServerProcess(
                    told, plan.folder / 'idle.log'
                ) as server:
                    found[name] = _look_at(server, plan, str(request))
            except processes.ServerError as error:
                found[name] = {'trouble': str(error)}
        return found

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each server."""
        for name, seen in found.items():
            if 'trouble' in seen:
                yield (name, '-', '-', '-', '-', seen['trouble'])
                continue
            yield (
                name,
                f'{seen["bytes"] / 1024:.2f}',
                f'{seen["without"]:,.0f}',
                f'{seen["beside"]:,.0f}',
                f'{seen["beside"] / seen["without"]:.2f}',
                '',
            )

    def verdicts(self, found: base.Found) -> Iterator[goals.Verdict]:
        """At most 4 KB, at least 90 % of the rate."""
        for engine in base.engines(list(found)):
            seen = found[engine]
            if 'trouble' in seen:
                continue
            size = seen['bytes'] / 1024
            yield goals.Verdict(
                'idle connection, KB', engine, '<= 4', f'{size:.2f}', size <= 4
            )
            share = seen['beside'] / seen['without']
            yield goals.Verdict(
                'get beside 10,000 idle ones, share of the rate',
                *(engine, '>= 0.9', f'{share:.2f}', share >= 0.9),
            )


def _look_at(
    server: processes.ServerProcess, plan: measuring.Plan, request: str
) -> base.Found:
    def rate() -> float:
        return load.run(
            server.url, plan.folder / request, 64, plan.seconds
        ).rate

    rate()
    without, beside = [], []
    for turn in range(plan.rounds):
        without.append(rate())
        with contextlib.ExitStack() as stack:
            crowd = stack.enter_context(Crowd(server))
            crowd.grow(FIRST)
            before = server.memory().total
            crowd.grow(CONNECTIONS)
            if turn == 0:
                # Later ones get memory that those before have left.
                after = server.memory().total
                size = (after - before) / (CONNECTIONS - FIRST)
            beside.append(rate())
        without.append(rate())
    return {
        'bytes': size,
        'without': statistics.median(without),
        'beside': statistics.median(beside),
    }
