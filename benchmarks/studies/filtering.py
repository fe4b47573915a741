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

"""What a filter costs that does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import statistics
import timeit
from typing import Any
from wsgiref import util

from benchmarks import applications
from benchmarks import goals
from benchmarks import measuring
from benchmarks.studies import base
from benchmarks import tables

#: How many filters there are before the application.
COUNTS = (0, 1, 2, 6, 10, 20, 30)

#: The kinds of filters, and what to call them.
KINDS = {
    'silent': 'Middleware that overrides nothing',
    'asking': 'Middleware with process_request',
    'both': 'Middleware with both hooks',
    'wrapping': 'one that asks through WebOb, as base classes did',
}

_CALLS = 2000


class Filtering(base.Study):
    """One process, no server: a pipeline is called, and its body read."""

    name = 'filters'
    title = 'time of a request in a pipeline, in us, by how many filters'
    headings = ('filter', *map(str, COUNTS), 'each of six')

    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> base.Found:
        """Call each pipeline, in rounds that take turns."""
        pipelines = {
            (kind, count): applications.make(f'{kind}:{count}')
            for kind in KINDS
            for count in COUNTS
        }
        times: dict[tuple[str, int], list[float]] = {
            key: [] for key in pipelines
        }
        for turn in range(plan.rounds):
            tell(f'{self.name}: round {turn + 1} of {plan.rounds}')
            for key, app in pipelines.items():
                times[key].append(_time(app))
        found: base.Found = {kind: {} for kind in KINDS}
        for (kind, count), seen in times.items():
            found[kind][str(count)] = statistics.median(seen)
        return found

    def rows(self, found: base.Found) -> Iterator[tables.Row]:
        """One for each kind of filter."""
        for kind, seen in found.items():
            cells = [f'{seen[str(count)] * 1e6:.2f}' for count in COUNTS]
            yield (KINDS[kind], *cells, f'{_each(seen) * 1e6:.2f}')

    def verdicts(self, found: base.Found) -> Iterator[goals.Verdict]:
        """At most a microsecond for one that overrides nothing."""
        cost = _each(found['silent']) * 1e6
        yield goals.Verdict(
            'filter that overrides nothing, us',
            *('both engines', '<= 1', f'{cost:.2f}', cost <= 1),
        )


def _each(seen: dict[str, float]) -> float:
    return (seen['6'] - seen['0']) / 6


def _time(app: applications.Application) -> float:
    environ: dict[str, Any] = {}
    util.setup_testing_defaults(environ)

    def start(*_: object) -> None:
        pass

    def call() -> None:
        # A request has an environ of its own.
        body = app(dict(environ), start)
        b''.join(body)
        close = getattr(body, 'close', None)
        if close is not None:
            close()

    return min(timeit.repeat(call, number=_CALLS, repeat=3)) / _CALLS
