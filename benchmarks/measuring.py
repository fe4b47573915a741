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


"""Has servers do the same work in turn."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import os
import pathlib
import resource
from typing import Any

from benchmarks import discarding
from benchmarks import launch
from benchmarks import load
from benchmarks import processes
from benchmarks import workloads

#: Tells how far it is.
Tell = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Plan:
    """How it is measured."""

    rounds: int
    #: How long a round is, in seconds.
    seconds: float
    #: Where files go that are of no use afterwards.
    folder: pathlib.Path
    #: The processors that the servers may use.
    processors: tuple[int, ...] = ()
    #: Whether it is to say that all works, and little about speed.
    is_quick: bool = False

    @property
    def certificate(self) -> pathlib.Path:
        """The certificate of the servers in TLS."""
        return self.folder / 'cert'

    @property
    def key(self) -> pathlib.Path:
        """The key of that."""
        return self.folder / 'key'


@dataclasses.dataclass(frozen=True)
class Sample:
    """What a server did in a round."""

    #: Requests a second.
    rate: float
    #: Latencies, in seconds.
    p50: float
    p99: float
    #: Seconds of a processor for each request.
    cpu: float


@dataclasses.dataclass
class Result:
    """What a server did in all rounds, or why it did not."""

    samples: list[Sample] = dataclasses.field(default_factory=list)
    trouble: str = ''


def separate() -> tuple[tuple[int, ...], str]:
    """Take a processor for this process and its clients.

    :returns: the processors of the servers, and a warning if they are the
        clients' too.
    """
    found = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, found[-1:])
    warning = 'one processor only: client and server share it'
    return tuple(found[:1]), warning if len(found) < 2 else ''


def allow_descriptors() -> int:
    """Have as many descriptors as may be; returns how many."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def launch_of(
    workload: workloads.Workload,
    name: str,
    plan: Plan,
) -> launch.Launch:
    """Tell how a server is to be run for a workload."""
    log = plan.folder / f'access-{name.replace(" ", "-")}.log'
    return launch.Launch(
        server=name,
        application=workload.application,
        processors=plan.processors,
        certificate=str(plan.certificate) if workload.has_tls else '',
        key=str(plan.key) if workload.has_tls else '',
        access_log=str(log) if workload.has_log else '',
        pool=workload.pool,
        connections=workload.connections,
    )


def measure(
    workload: workloads.Workload,
    names: list[str],
    plan: Plan,
    tell: Tell,
) -> dict[str, Result]:
    """Have servers do some work, in rounds, one after the other in each.

    :param workload: the work.
    :param names: the servers.
    :param plan: how.
    :param tell: is told how far it is.
    :returns: what they did.
    """
    results = {name: Result() for name in names}
    request = plan.folder / 'request'
    request.write_bytes(workload.request)
    with contextlib.ExitStack() as stack:
        running: dict[str, processes.ServerProcess] = {}
        for name in names:
            tell(f'{workload.name}: starting {name}')
            told = launch_of(workload, name, plan)
            with _noting(results[name]):
                running[name] = stack.enter_context(
                    _started(workload, told, plan)
                )
                sample(running[name], workload, request, plan.seconds / 2)
        for turn in range(plan.rounds):
            tell(f'{workload.name}: round {turn + 1} of {plan.rounds}')
            for name in _rotated(names, turn):
                if results[name].trouble:
                    continue
                with _noting(results[name]):
                    results[name].samples.append(
                        sample(running[name], workload, request, plan.seconds)
                    )
    return results


def _rotated(names: list[str], turn: int) -> list[str]:
    """Let another server be the first in each round."""
    cut = turn % len(names) if names else 0
    return names[cut:] + names[:cut]


@contextlib.contextmanager
def _noting(result: Result) -> Iterator[None]:
    """Note why a server can't do it, and go on with the others."""
    try:
        yield
    except processes.ServerError as error:
        result.trouble = str(error)


@contextlib.contextmanager
def _started(
    workload: workloads.Workload, told: launch.Launch, plan: Plan
) -> Iterator[processes.ServerProcess]:
    log = plan.folder / f'{told.server.replace(" ", "-")}.log'
    with processes.ServerProcess(told, log) as server:
        server.check(workload.request, workload.length)
        yield server


def sample(
    server: processes.ServerProcess,
    workload: workloads.Workload,
    request: pathlib.Path,
    seconds: float,
) -> Sample:
    """Send requests to a server for some time.

    :param request: the file that has the bytes of one.
    :raises ServerError: if some were not answered as they should be.
    """
    before = server.cpu_seconds()
    if workload.discards:
        seen = discarding.run(
            *(server.url, workload.request, workload.connections, seconds)
        )
    else:
        seen = load.run(server.url, request, workload.connections, seconds)
    cpu = server.cpu_seconds() - before
    if seen.errors or not seen.requests:
        raise processes.ServerError(
            f'{seen.requests} responses and the errors {seen.errors}'
        )
    return Sample(seen.rate, seen.p50, seen.p99, cpu / seen.requests)


def to_json(results: dict[str, Result]) -> dict[str, Any]:
    """Make of results what JSON knows."""
    return {name: dataclasses.asdict(found) for name, found in results.items()}


def from_json(found: dict[str, Any]) -> dict[str, Result]:
    """Undo :func:`to_json`."""
    return {
        name: Result(
            [Sample(**sample) for sample in fields['samples']],
            fields['trouble'],
        )
        for name, fields in found.items()
    }
