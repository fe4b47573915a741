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


"""What was measured, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import itertools
from typing import Any

from benchmarks import goals
from benchmarks import measuring
from benchmarks import ratios
from benchmarks import studies
from benchmarks.studies import base
from benchmarks import tables
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


def rows(results: dict[str, measuring.Result]) -> Iterator[tables.Row]:
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


_GOAL_HEADINGS = ('goal', 'engine', 'wanted', 'seen', '')


@dataclasses.dataclass
class Report:
    """All that was measured."""

    #: Results by workload and server.
    workloads: goals.Found = dataclasses.field(default_factory=dict)
    #: What the studies found, by their names.
    studies: dict[str, base.Found] = dataclasses.field(default_factory=dict)
    #: On what it was measured, and with which releases.
    environment: dict[str, Any] = dataclasses.field(default_factory=dict)

    def all_tables(self) -> Iterator[tables.Table]:
        """Make all tables but that of the goals."""
        for name, results in self.workloads.items():
            title = f'{name}: {workloads.WORKLOADS[name].title}'
            yield tables.Table(title, _HEADINGS, list(rows(results)))
        for name, found in self.studies.items():
            yield studies.STUDIES[name].table(found)

    def goal_tables(self) -> Iterator[tables.Table]:
        """Make the table of the goals, if there are any."""
        judged = list(self._judged())
        if judged:
            yield tables.Table('Goals', _GOAL_HEADINGS, judged)

    def _judged(self) -> Iterator[tables.Row]:
        verdicts = itertools.chain(
            goals.judge(self.workloads),
            *(
                studies.STUDIES[name].verdicts(found)
                for name, found in self.studies.items()
            ),
        )
        for verdict in verdicts:
            yield (
                verdict.what,
                verdict.engine,
                verdict.wanted,
                verdict.seen,
                'met' if verdict.is_met else 'missed',
            )

    def write(self, as_rst: bool = False) -> str:
        """Write all tables.

        :param as_rst: for the documentation.
        """
        lines = self._told()
        if as_rst:
            for table in (*self.goal_tables(), *self.all_tables()):
                lines += table.as_rst()
        else:
            # What is asked first stands last, where a terminal shows it.
            for table in (*self.all_tables(), *self.goal_tables()):
                lines += table.as_text()
        return '\n'.join(lines).strip('\n') + '\n'

    def _told(self) -> list[str]:
        """Tell of the environment."""
        facts = dict(self.environment)
        versions = facts.pop('versions', {})
        lines = [', '.join(f'{name} {fact}' for name, fact in facts.items())]
        lines.append(
            ', '.join(
                f'{name} {version}'
                for name, version in versions.items()
                if version
            )
        )
        return [*lines, ''] if facts else []

    def to_json(self) -> dict[str, Any]:
        """Make of it what JSON knows."""
        return {
            'environment': self.environment,
            'workloads': {
                name: measuring.to_json(each)
                for name, each in self.workloads.items()
            },
            'studies': self.studies,
        }

    def add(self, document: dict[str, Any]) -> None:
        """Undo :meth:`to_json`; what is there already is replaced."""
        self.environment = document['environment']
        for name, results in document['workloads'].items():
            self.workloads[name] = measuring.from_json(results)
        self.studies.update(document['studies'])
