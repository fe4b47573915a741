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

"""What becomes of the cost when something grows."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import socket
import time
from typing import Any

from benchmarks import goals
from benchmarks import launch
from benchmarks import measuring
from benchmarks import processes
from benchmarks import ratios
from benchmarks.studies import base
from benchmarks.studies import idle
from benchmarks import tables
from benchmarks import workloads

Series = dict[str, dict[str, float]]


def _server(
    name: str, application: str, plan: measuring.Plan, **more: Any
) -> processes.ServerProcess:
    told = launch.Launch(
        name, application, **{'processors': plan.processors, **more}
    )
    return processes.ServerProcess(told, plan.folder / 'growth.log')


class _Growth(base.Study):
    """One column for each size, one row for each engine."""

    #: The sizes, and how they are written.
    sizes: tuple[int, ...]
    #: How a figure is written.
    digits: str = '.1f'

    def write(self, size: int) -> str:
        """Write a size."""
        return f'{size:,}'

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each series."""
        for name, seen in found.items():
            cells = [
                format(seen[str(size)], self.digits)
                if str(size) in seen
                else '-'
                for size in self.sizes
            ]
            yield (name, *cells)


class Connections(_Growth):
    """All of them busy."""

    name = 'growth-connections'
    title = 'processor time of a small GET, in us, by connections in use'
    sizes = (1, 10, 100, 1000, 2500, 5000, 10_000)
    headings = ('engine', *(f'{size:,}' for size in sizes))

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Go through the sizes in rounds, the engines side by side."""
        request = plan.folder / 'growth-request'
        found: base.Found = {}
        results: dict[tuple[str, int], measuring.Result] = {}
        request.write_bytes(workloads.WORKLOADS['get'].request)
        with contextlib.ExitStack() as stack:
            running = {
                name: stack.enter_context(_server(name, 'hello', plan))
                for name in base.engines(names)
            }
            for turn in range(plan.rounds):
                tell(f'{self.name}: round {turn + 1} of {plan.rounds}')
                for size in self.sizes:
                    workload = dataclasses.replace(
                        workloads.WORKLOADS['get'], connections=size
                    )
                    for name, server in running.items():
                        results.setdefault(
                            (name, size), measuring.Result()
                        ).samples.append(
                            measuring.sample(
                                server,
                                workload,
                                request,
                                # They have to be opened, too, once.
                                max(plan.seconds, size / 1000),
                            )
                        )
        for (name, size), result in results.items():
            seen = ratios.middle(result)
            assert seen is not None
            found.setdefault(name, {})[str(size)] = seen.cpu * 1e6
        return found


class Memory(_Growth):
    """All of them idle."""

    name = 'growth-memory'
    title = 'memory of a worker, in MB, by idle connections'
    sizes = (0, 1000, 2500, 5000, 7500, 10_000)
    headings = ('engine', *(f'{size:,}' for size in sizes))

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Add connections, and look."""
        found: base.Found = {}
        for name in base.engines(names):
            tell(f'{self.name}: {name}')
            found[name] = {}
            with (
                _server(name, 'hello', plan) as server,
                idle.Crowd(server) as crowd,
            ):
                for size in self.sizes:
                    crowd.grow(size)
                    found[name][str(size)] = server.memory().worker / 2**20
        return found


class Workers(_Growth):
    """Processes that share a listener."""

    name = 'growth-workers'
    title = (
        'responses a second of an application that blocks for 10 ms, '
        '16 at once in each worker, by workers'
    )
    sizes = (1, 2, 4)
    headings = ('engine', *map(str, sizes))
    digits = ',.0f'

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Start so many workers, with connections for all of them."""
        request = plan.folder / 'growth-request'
        workload = dataclasses.replace(
            workloads.WORKLOADS['blocking'], connections=256
        )
        request.write_bytes(workload.request)
        found: base.Found = {}
        for name in base.engines(names):
            found[name] = {}
            for size in self.sizes:
                tell(f'{self.name}: {name}, {size}')
                with _server(
                    *(name, 'blocking', plan),
                    pool=workload.pool,
                    connections=256,
                    workers=size,
                ) as server:
                    result = measuring.Result(
                        [
                            measuring.sample(
                                server, workload, request, plan.seconds
                            )
                            for _turn in range(plan.rounds)
                        ]
                    )
                seen = ratios.middle(result)
                assert seen is not None
                found[name][str(size)] = seen.rate
        return found


_MB = 1 << 20


class Bodies(_Growth):
    """Bodies that don't fit into memory."""

    name = 'growth-bodies'
    title = 'most memory that a worker had, in MB, by the size of one body'
    sizes = (_MB, 10 * _MB, 100 * _MB, 1000 * _MB, 10_000 * _MB)
    headings = ('body', '1 MB', '10 MB', '100 MB', '1 GB', '10 GB')

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Send and receive one of each size, the smallest first."""
        found: base.Found = {}
        sizes = self.sizes[:3] if plan.is_quick else self.sizes
        for name in base.engines(names):
            for what, (application, transfer) in _TRANSFERS.items():
                key = f'{what}, {name}'
                found[key] = {}
                with _server(name, application, plan) as server:
                    for size in sizes:
                        tell(f'{self.name}: {key}, {size >> 20} MB')
                        transfer(server, size)
                        found[key][str(size)] = server.peak() / 2**20
        return found

    def verdicts(self, found: base.Found) -> Iterator[goals.Verdict]:
        """None takes more for a large one than for a small one.

        But for some megabytes, since each thread may have a heap of its own.
        """
        for key, seen in found.items():
            large = seen.get(str(self.sizes[-1]))
            if large is not None:
                more = large - seen[str(_MB)]
                yield goals.Verdict(
                    'more memory for 10 GB than for 1 MB, in MB',
                    *(key, '<= 16', f'{more:.1f}', more <= 16),
                )


def _connect(server: processes.ServerProcess) -> socket.socket:
    return socket.create_connection(
        ('127.0.0.1', server.told.port), processes.PATIENCE
    )


def _last_line(sock: socket.socket, begun: bytes = b'') -> bytes:
    """Read a short response to its end, and take its body."""
    seen = begun
    while more := sock.recv(65536):
        seen += more
    return seen.rpartition(b'\r\n\r\n')[2]


def _expect(size: int, said: bytes) -> None:
    if said != b'%d\n' % size:
        raise processes.ServerError(f'{said!r} instead of {size}')


def _upload(server: processes.ServerProcess, size: int) -> None:
    block = bytes(_MB)
    head = (
        'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
        f'Content-Length: {size}\r\n\r\n'
    )
    with _connect(server) as sock:
        sock.sendall(head.encode())
        for _turn in range(size // _MB):
            sock.sendall(block)
        _expect(size, _last_line(sock))


def _upload_chunked(server: processes.ServerProcess, size: int) -> None:
    chunk = b'%x\r\n%b\r\n' % (_MB, bytes(_MB))
    with _connect(server) as sock:
        sock.sendall(
            b'POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
            b'Transfer-Encoding: chunked\r\n\r\n'
        )
        for _turn in range(size // _MB):
            sock.sendall(chunk)
        sock.sendall(b'0\r\n\r\n')
        _expect(size, _last_line(sock))


def _download(server: processes.ServerProcess, size: int) -> None:
    head = (
        f'GET /?{size} HTTP/1.0\r\nHost: localhost\r\n'
        'Connection: close\r\n\r\n'
    )
    buffer = bytearray(_MB)
    total = 0
    deadline = time.monotonic() + 30 + size / 1e7
    with _connect(server) as sock:
        sock.sendall(head.encode())
        while (
            count := sock.recv_into(buffer)
        ) and time.monotonic() < deadline:
            total += count
    if not size < total < size + 4096:
        raise processes.ServerError(f'{total} bytes instead of {size}')


_TRANSFERS: dict[
    str, tuple[str, Callable[[processes.ServerProcess, int], None]]
] = {
    'upload': ('upload', _upload),
    'upload in chunks': ('upload', _upload_chunked),
    'download': ('stream', _download),
}
