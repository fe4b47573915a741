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


"""Tables of what was measured, as text and as reStructuredText."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from benchmarks import goals
from benchmarks import measuring
from benchmarks import ratios
from benchmarks import workloads

_HEADINGS = (
    'server',
    'req/s',
    'p50 ms',
    'p99 ms',
    'CPU us',
    'eventlet engine, times',
    'threading engine, times',
)

Row = Sequence[str]


def rows(results: dict[str, measuring.Result]) -> Iterator[Row]:
    """Make the rows of a workload's table.

    :param results: what the servers did, by their names.
    """
    for name, result in results.items():
        seen = ratios.middle(result)
        if seen is None:
            yield (name, *'-----', result.trouble)
            continue
        times = [
            str(ratios.of(results[engine], result) or '-')
            if engine in results and name not in goals.ENGINES
            else ''
            for engine in goals.ENGINES
        ]
        yield (
            name,
            f'{seen.rate:,.0f}',
            f'{seen.p50 * 1e3:.2f}',
            f'{seen.p99 * 1e3:.2f}',
            f'{seen.cpu * 1e6:.1f}',
            *times,
        )


def _goal_rows(found: goals.Found) -> Iterator[Row]:
    for verdict in goals.judge(found):
        yield (
            verdict.what,
            verdict.engine,
            verdict.wanted,
            verdict.seen,
            'met' if verdict.is_met else 'missed',
        )


_GOAL_HEADINGS = ('goal', 'engine', 'wanted', 'seen', '')


def _as_text(title: str, headings: Row, body: Sequence[Row]) -> Iterator[str]:
    table = [headings, *body]
    # A sentence in the last column has no width that others must have.
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    widths[-1] = 0
    yield ''
    yield title
    for row in table:
        cells = zip(row, widths, strict=True)
        yield '  '.join(cell.ljust(width) for cell, width in cells).rstrip()


def _as_rst(title: str, headings: Row, body: Sequence[Row]) -> Iterator[str]:
    yield f'.. list-table:: {title}'
    yield '   :header-rows: 1'
    yield ''
    for row in (headings, *body):
        for number, cell in enumerate(row):
            bullet = '*' if number == 0 else ' '
            yield f'   {bullet} - {cell}'.rstrip()
    yield ''


def write(found: goals.Found, as_rst: bool = False) -> str:
    """Write all tables.

    :param found: results by workload and server.
    :param as_rst: for the documentation.
    """
    make = _as_rst if as_rst else _as_text
    lines: list[str] = []
    for name, results in found.items():
        title = f'{name}: {workloads.WORKLOADS[name].title}'
        lines += make(title, _HEADINGS, list(rows(results)))
    judged = list(_goal_rows(found))
    if judged:
        lines += make('Goals', _GOAL_HEADINGS, judged)
    return '\n'.join(lines).strip('\n') + '\n'
