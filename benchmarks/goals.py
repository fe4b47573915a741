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


"""What this library is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from benchmarks import measuring
from benchmarks import ratios

ENGINES = ('eventlet engine', 'threading engine')

#: What the application that blocks allows 16 workers at most, a second.
CEILING = 16 / 0.010


@dataclasses.dataclass(frozen=True)
class Goal:
    """How many times faster than a peer both engines are to be."""

    workload: str
    peer: str
    least: float


GOALS = (
    Goal('get', 'eventlet.wsgi', 6),
    Goal('get', 'oslo_service.wsgi', 6),
    Goal('get', 'cheroot', 6),
    Goal('get', 'gunicorn gthread', 6),
    Goal('get', 'waitress', 4),
    Goal('get', 'uWSGI', 1),
    Goal('get', 'granian', 0.85),
    Goal('log', 'eventlet.wsgi', 6),
    Goal('file', 'eventlet.wsgi', 3),
    Goal('file', 'gunicorn gthread', 1),
    Goal('stream', 'eventlet.wsgi', 1.5),
    Goal('upload', 'eventlet.wsgi', 2),
    Goal('upload', 'granian', 1),
    Goal('upload-chunked', 'eventlet.wsgi', 2),
    Goal('upload-chunked', 'granian', 1),
)

Found = dict[str, dict[str, measuring.Result]]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether an engine reaches a goal."""

    what: str
    engine: str
    wanted: str
    seen: str
    is_met: bool


def judge(found: Found) -> Iterator[Verdict]:
    """Hold what was measured against the goals.

    :param found: results by workload and server; goals that have none there
        are passed over.
    """
    for goal in GOALS:
        results = found.get(goal.workload, {})
        for engine in ENGINES:
            if engine in results and goal.peer in results:
                yield from _compare(goal, engine, results)
    for engine in ENGINES:
        yield from _share_of_ceiling(engine, found)


def _compare(
    goal: Goal, engine: str, results: dict[str, measuring.Result]
) -> Iterator[Verdict]:
    ratio = ratios.of(results[engine], results[goal.peer])
    if ratio is not None:
        yield Verdict(
            f'{goal.workload}, times {goal.peer}',
            engine,
            f'>= {goal.least:g}',
            str(ratio),
            ratio.middle >= goal.least,
        )


def _share_of_ceiling(engine: str, found: Found) -> Iterator[Verdict]:
    seen = ratios.middle(
        found.get('blocking', {}).get(engine, measuring.Result())
    )
    if seen is not None:
        share = seen.rate / CEILING
        yield Verdict(
            'blocking, share of 16/0.010 req/s',
            *(engine, '>= 0.95', f'{share:.3f}', share >= 0.95),
        )
