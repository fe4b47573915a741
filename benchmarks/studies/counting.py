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

"""What it costs to count and time each request."""

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

#: What is left of the rate, at least.
SHARE = 0.9


class Metrics(base.Study):
    """The rate with ``metrics``, against that without, round by round."""

    name = 'metrics'
    title = 'small GETs on 64 connections, with the option metrics and without'
    headings = ('engine', 'req/s without', 'req/s with', 'share')

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Have both run, and take turns, each of them first in turn."""
        request = plan.folder / 'metrics-request'
        workload = workloads.WORKLOADS['get']
        request.write_bytes(workload.request)
        found: base.Found = {}
        for name in base.engines(names):
            results = {on: measuring.Result() for on in (False, True)}
            with contextlib.ExitStack() as stack:
                running = {
                    on: stack.enter_context(self._server(name, on, plan))
                    for on in results
                }
                for server in running.values():
                    # The first second has the connections, too.
                    measuring.sample(server, workload, request, 1)
                for turn in range(plan.rounds):
                    tell(f'{self.name}: {name}, round {turn + 1}')
                    for on in (turn % 2 == 0, turn % 2 == 1):
                        results[on].samples.append(
                            measuring.sample(
                                running[on], workload, request, plan.seconds
                            )
                        )
            found[name] = _summary(results)
        return found

    @staticmethod
    def _server(
        name: str, on: bool, plan: measuring.Plan
    ) -> processes.ServerProcess:
        told = launch.Launch(
            name, 'hello', processors=plan.processors, metrics=on
        )
        return processes.ServerProcess(told, plan.folder / 'metrics.log')

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each engine."""
        for engine, seen in found.items():
            yield (
                engine,
                f'{seen["without"]:,.0f}',
                f'{seen["with"]:,.0f}',
                f'{seen["share"]:.3f} ({seen["least"]:.3f} to '
                f'{seen["most"]:.3f})',
            )

    def verdicts(self, found: base.Found) -> Iterator[goals.Verdict]:
        """At least nine tenths of the rate."""
        for engine, seen in found.items():
            share = seen['share']
            yield goals.Verdict(
                'get with metrics, share of the rate without',
                *(engine, f'>= {SHARE:g}', f'{share:.3f}', share >= SHARE),
            )


def _summary(results: dict[bool, measuring.Result]) -> base.Found:
    ratio = ratios.of(results[True], results[False])
    with_, without = (ratios.middle(results[on]) for on in (True, False))
    assert ratio is not None and with_ is not None and without is not None
    return {
        'without': without.rate,
        'with': with_.rate,
        'share': ratio.middle,
        'least': ratio.lowest,
        'most': ratio.highest,
    }
