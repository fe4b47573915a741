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

"""How long a server takes to be there, and how much memory."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import statistics
import subprocess
import sys

from benchmarks import launch
from benchmarks import measuring
from benchmarks import processes
from benchmarks import servers
from benchmarks.studies import base
from benchmarks import tables
from benchmarks import workloads

#: Requests before a worker's memory is looked at.
_REQUESTS = 200

_IMPORT = """
import importlib, sys, time
began = time.perf_counter()
importlib.import_module(sys.argv[1])
print(time.perf_counter() - began)
"""


class Startup(base.Study):
    """The import, the first answer and the size of a worker."""

    name = 'startup'
    title = 'the import, the first answer, and the memory of a worker'
    headings = (
        'server',
        'import ms',
        'first answer ms',
        'worker MB',
        'all processes MB',
        'trouble',
    )

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Start each as often as there are rounds."""
        found: base.Found = {}
        for name in names:
            tell(f'{self.name}: {name}')
            try:
                found[name] = _look_at(name, plan)
            except processes.ServerError as error:
                found[name] = {'trouble': str(error)}
        return found

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each server."""
        for name, seen in found.items():
            if 'trouble' in seen:
                yield (name, '-', '-', '-', '-', seen['trouble'])
                continue
            imported = seen['import']
            yield (
                name,
                '-' if imported is None else f'{imported * 1e3:.0f}',
                f'{seen["startup"] * 1e3:.0f}',
                f'{seen["worker"] / 2**20:.1f}',
                f'{seen["total"] / 2**20:.1f}',
                '',
            )


def _look_at(name: str, plan: measuring.Plan) -> base.Found:
    module = servers.SERVERS[name].module
    imports, startups, workers, totals = [], [], [], []
    workload = workloads.WORKLOADS['get']
    for _turn in range(plan.rounds):
        if module:
            imports.append(_import(module))
        told = launch.Launch(name, 'hello', processors=plan.processors)
        with processes.ServerProcess(
            told, plan.folder / 'startup.log'
        ) as server:
            startups.append(server.startup)
            for _request in range(_REQUESTS):
                server.check(workload.request, workload.length)
            memory = server.memory()
            workers.append(memory.worker)
            totals.append(memory.total)
    return {
        'import': min(imports) if imports else None,
        'startup': min(startups),
        'worker': statistics.median(workers),
        'total': statistics.median(totals),
    }


def _import(module: str) -> float:
    said = subprocess.run(
        [sys.executable, '-c', _IMPORT, module],
        check=True,
        capture_output=True,
    )
    return float(said.stdout.split()[-1])
