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

"""What an idle connection keeps of the request that it sent last."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import functools

from benchmarks import goals
from benchmarks import launch
from benchmarks import measuring
from benchmarks import processes
from benchmarks.studies import base
from benchmarks.studies import idle
from benchmarks import tables

#: How long the last head was, in bytes: hardly anything; that of a service
#: which asks another one; with a token that has the catalogue in it; and as
#: long as can be expected.
SIZES = (30, 700, 16_000, 48_000)

#: The most that an idle connection may take, in bytes.
MOST = 4096

# The longest field that is sent: what others accept as well.
_LONGEST = 8000

_START = b'GET / HTTP/1.1\r\nHost: a\r\n'

# What keystoneauth sends beside the token.
_CLIENT = (
    b'User-Agent: nova-compute keystoneauth1/5.10.0 python-requests/2.32.3 '
    b'CPython/3.11.7\r\n'
    b'Accept: application/json\r\n'
    b'Accept-Encoding: gzip, deflate, zstd\r\n'
    b'Connection: keep-alive\r\n'
    b'Content-Type: application/json\r\n'
    b'X-OpenStack-Nova-API-Version: 2.96\r\n'
    b'OpenStack-API-Version: compute 2.96\r\n'
)


def request_of(size: int, number: int) -> bytes:
    """Make a request whose head is so large, another one for each number.

    :param size: the size of the head in bytes, 30 or 600 at least.
    :param number: what tokens differ in.
    """
    if size < len(_START + _CLIENT):
        return _START + b'\r\n'
    head = bytearray(_START + _CLIENT)
    turn = 0
    while (left := size - len(head) - 2) > 0:
        name = b'X-Auth-Token-%d: ' % turn if turn else b'X-Auth-Token: '
        room = min(left, _LONGEST) - len(name) - 2
        value = b'gAAAAABm%08d' % number
        head += name + value.ljust(room, b'x') + b'\r\n'
        turn += 1
    return bytes(head + b'\r\n')


class IdleHeads(base.Study):
    """Memory with 10,000 of them, by the size of the last head."""

    name = 'idle-heads'
    title = '10,000 idle connections: KB of each, by the size of its last head'
    headings = ('server', *(f'{size:,} bytes' for size in SIZES), 'trouble')

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Look at each server, and at each size in a process of its own."""
        found: base.Found = {}
        for name in names:
            seen = found[name] = {}
            for size in SIZES:
                tell(f'{self.name}: {name}, {size:,} bytes')
                try:
                    seen[str(size)] = _look_at(name, size, plan)
                except processes.ServerError as error:
                    seen['trouble'] = str(error)
        return found

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each server."""
        for name, seen in found.items():
            kilobytes = (
                f'{seen[str(size)] / 1024:.2f}' if str(size) in seen else '-'
                for size in SIZES
            )
            yield (name, *kilobytes, seen.get('trouble', ''))

    def verdicts(self, found: base.Found) -> Iterator[goals.Verdict]:
        """At most 4 KB, whatever the last head was."""
        for engine in base.engines(list(found)):
            for size in SIZES:
                seen = found[engine].get(str(size))
                if seen is not None:
                    yield goals.Verdict(
                        f'idle after a head of {size:,} bytes, KB',
                        *(engine, '<= 4', f'{seen / 1024:.2f}', seen <= MOST),
                    )


def _look_at(name: str, size: int, plan: measuring.Plan) -> float:
    """Tell what a connection takes, in bytes."""
    told = launch.Launch(
        name,
        'hello',
        processors=plan.processors,
        connections=idle.CONNECTIONS + 64,
    )
    with (
        processes.ServerProcess(
            told, plan.folder / 'idle-heads.log'
        ) as server,
        idle.Crowd(server, functools.partial(request_of, size)) as crowd,
    ):
        crowd.grow(idle.FIRST)
        before = server.memory().total
        crowd.grow(idle.CONNECTIONS)
        after = server.memory().total
    return (after - before) / (idle.CONNECTIONS - idle.FIRST)
