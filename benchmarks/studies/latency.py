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

"""How even the answers come, by the size of the pool."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib

from benchmarks import goals
from benchmarks import launch
from benchmarks import measuring
from benchmarks import processes
from benchmarks import ratios
from benchmarks.studies import base
from benchmarks import tables
from benchmarks import workloads

POOLS = (1, 4, 16, 100)


class Latency(base.Study):
    """The slowest hundredth, against the middle."""

    name = 'latency'
    title = 'small GETs on 64 connections, by wsgi_default_pool_size'
    headings = ('engine', 'pool', 'req/s', 'p50 ms', 'p99 ms', 'p99 / p50')

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Have all of them run, and take turns."""
        request = plan.folder / 'latency-request'
        workload = workloads.WORKLOADS['get']
        request.write_bytes(workload.request)
        results: dict[tuple[str, int], measuring.Result] = {}
        with contextlib.ExitStack() as stack:
            running = {}
            for name in base.engines(names):
                for pool in POOLS:
                    told = launch.Launch(
                        name, 'hello', processors=plan.processors, pool=pool
                    )
                    running[name, pool] = stack.enter_context(
                        processes.ServerProcess(
                            told, plan.folder / 'latency.log'
                        )
                    )
                    results[name, pool] = measuring.Result()
                    # The first second has the connections, too.
                    measuring.sample(
                        *(running[name, pool], workload, request, 1)
                    )
            for turn in range(plan.rounds):
                tell(f'{self.name}: round {turn + 1} of {plan.rounds}')
                for key, server in running.items():
                    results[key].samples.append(
                        measuring.sample(
                            server, workload, request, plan.seconds
                        )
                    )
        found: base.Found = {}
        for (name, pool), result in results.items():
            seen = ratios.middle(result)
            assert seen is not None
            found.setdefault(name, {})[str(pool)] = {
                'rate': seen.rate,
                'p50': seen.p50,
                'p99': seen.p99,
            }
        return found

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each engine and size."""
        for engine, pools in found.items():
            for pool, seen in pools.items():
                yield (
                    engine,
                    pool,
                    f'{seen["rate"]:,.0f}',
                    f'{seen["p50"] * 1e3:.2f}',
                    f'{seen["p99"] * 1e3:.2f}',
                    f'{seen["p99"] / seen["p50"]:.2f}',
                )

    def verdicts(self, found: base.Found) -> Iterator[goals.Verdict]:
        """At most three times."""
        for engine, pools in found.items():
            for pool, seen in pools.items():
                spread = seen['p99'] / seen['p50']
                yield goals.Verdict(
                    f'p99 / p50 of get, pool of {pool}',
                    *(engine, '<= 3', f'{spread:.2f}', spread <= 3),
                )
