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

"""Draws what was measured, as SVG for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import importlib
import io
import pathlib
from typing import Any

from benchmarks import goals
from benchmarks import ratios
from benchmarks import reports
from benchmarks.studies import base
from benchmarks.studies import filtering
from benchmarks.studies import growth

#: Blue and orange are told apart by all eyes; the others are grey.
_COLOURS = {goals.ENGINES[0]: '#1f6fb2', goals.ENGINES[1]: '#d9731a'}
_OTHER = '#9aa3ab'

_STYLE = {
    'svg.hashsalt': 'wsgiserver',
    'svg.fonttype': 'none',
    'font.family': 'sans-serif',
    'font.size': 10,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.titlesize': 11,
    'axes.titlelocation': 'left',
    'legend.frameon': False,
}


@contextlib.contextmanager
def _figure(path: pathlib.Path, height: float = 3.4) -> Iterator[Any]:
    """Make a drawing, and write it."""
    # Only who draws needs it.
    matplotlib = importlib.import_module('matplotlib')
    matplotlib.use('svg')
    pyplot = importlib.import_module('matplotlib.pyplot')
    with matplotlib.rc_context(_STYLE):
        figure, axes = pyplot.subplots(
            figsize=(7.2, height), layout='constrained'
        )
        yield axes
        # The same figures make the same file.
        written = io.StringIO()
        figure.savefig(written, format='svg', metadata={'Date': None})
        pyplot.close(figure)
    lines = [line.rstrip() for line in written.getvalue().splitlines()]
    path.write_text('\n'.join(lines) + '\n')


def draw(report: reports.Report, folder: pathlib.Path) -> None:
    """Draw a chart of each kind that there are figures for.

    :param report: what was measured.
    :param folder: where the files go.
    :raises ImportError: if matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if 'get' in report.workloads:
        _race(report.workloads['get'], folder / 'get.svg')
    for name, make in _GROWTH.items():
        if name in report.studies:
            make(report.studies[name], folder / f'{name}.svg')


def _race(results: dict[str, Any], path: pathlib.Path) -> None:
    """One bar for each server, the fastest at the top."""
    seen = {
        name: (middle.rate, middle.cpu)
        for name, result in results.items()
        if (middle := ratios.middle(result)) is not None
    }
    names = sorted(seen, key=lambda name: seen[name][0])
    with _figure(path, height=0.6 + 0.33 * len(names)) as axes:
        bars = axes.barh(
            names,
            [seen[name][0] / 1000 for name in names],
            color=[_COLOURS.get(name, _OTHER) for name in names],
            height=0.7,
        )
        axes.bar_label(bars, fmt='%.1f', padding=3)
        axes.set_title('Small GET, 64 connections, one processor')
        axes.set_xlabel('1,000 responses a second')


def _lines(
    found: base.Found,
    path: pathlib.Path,
    title: str,
    labels: tuple[str, str],
    *,
    scale: str = 'linear',
    unit: float = 1,
    ticks: Sequence[int] | None = None,
) -> None:
    """One line for each series.

    :param labels: of the axes.
    :param scale: of the sizes.
    :param unit: what the figures are multiplied by.
    :param ticks: the sizes that the axis names; None leaves it to matplotlib.
    """
    with _figure(path) as axes:
        for name, series in found.items():
            points = [
                (int(size), figure * unit) for size, figure in series.items()
            ]
            axes.plot(
                [size for size, _figure in points],
                [figure for _size, figure in points],
                marker='o',
                markersize=4,
                label=name,
                color=_colour(name),
                linestyle=_dash(name),
            )
        axes.set_title(title)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.set_xscale(scale)
        axes.set_ylim(bottom=0)
        if ticks is not None:
            axes.set_xticks(ticks)
        axes.grid(axis='y', alpha=0.25)
        axes.legend(fontsize=9)


def _colour(name: str) -> str | None:
    """Give an engine its own; None lets matplotlib choose."""
    return next(
        (colour for end, colour in _COLOURS.items() if name.endswith(end)),
        None,
    )


def _dash(name: str) -> str:
    """Tell the series of one engine apart."""
    if name.startswith('download'):
        return '--'
    return ':' if 'chunks' in name else '-'


def _connections(found: base.Found, path: pathlib.Path) -> None:
    _lines(
        found,
        path,
        'Processor time of a small GET',
        ('connections, all of them in use', 'us'),
        scale='log',
    )


def _memory(found: base.Found, path: pathlib.Path) -> None:
    _lines(
        found,
        path,
        'Memory of a worker',
        ('idle connections', 'MB'),
    )


def _workers(found: base.Found, path: pathlib.Path) -> None:
    _lines(
        found,
        path,
        'An application that blocks for 10 ms, 16 at once in each worker',
        ('workers', 'responses a second'),
        ticks=growth.Workers.sizes,
    )


def _filters(found: base.Found, path: pathlib.Path) -> None:
    _lines(
        {filtering.KINDS[kind]: series for kind, series in found.items()},
        path,
        'A request in a pipeline of filters that do nothing',
        ('filters', 'us'),
        unit=1e6,
    )


def _bodies(found: base.Found, path: pathlib.Path) -> None:
    in_megabytes = {
        name: {str(int(size) >> 20): figure for size, figure in series.items()}
        for name, series in found.items()
    }
    _lines(
        in_megabytes,
        path,
        'Most memory that a worker had',
        ('size of the body in MB', 'MB'),
        scale='log',
    )


_GROWTH = {
    'growth-connections': _connections,
    'growth-memory': _memory,
    'growth-workers': _workers,
    'filters': _filters,
    'growth-bodies': _bodies,
}
