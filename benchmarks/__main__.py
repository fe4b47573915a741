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


"""Measures this server against others: ``python -m benchmarks --help``."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import pathlib
import platform
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks import charts
from benchmarks import load
from benchmarks import measuring
from benchmarks import reports
from benchmarks import servers
from benchmarks import studies
from benchmarks import workloads


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks',
        description='Measure this server against others, in rounds that '
        'take turns, each server in a process on one processor, the client '
        'on another.',
    )
    add = parser.add_argument
    add(
        '--workload',
        action='append',
        choices=[*workloads.WORKLOADS, *studies.STUDIES],
        help='only this one; may be given again',
    )
    add(
        '--server',
        action='append',
        choices=servers.SERVERS,
        help='only this one; may be given again',
    )
    add('--rounds', type=int, help='how many rounds (5)')
    add('--seconds', type=float, help='how long a round is (2)')
    add(
        '--quick',
        action='store_true',
        help='one round of a second: it says whether all work, and little '
        'about speed',
    )
    add('--json', type=pathlib.Path, help='write the results to this file')
    add(
        '--report',
        type=pathlib.Path,
        nargs='+',
        help='measure nothing; show the results of these files',
    )
    add('--rst', action='store_true', help='show reStructuredText')
    add(
        '--page',
        type=pathlib.Path,
        help='with --report: write tables and charts for the documentation '
        'into this folder',
    )
    add('--list', action='store_true', help='name all workloads and servers')
    return parser.parse_args(words)


def _tell(text: str) -> None:
    """Say how far it is; on a terminal, in the place of the line before."""
    if sys.stderr.isatty():
        print(f'\r\x1b[K{text}', end='', file=sys.stderr, flush=True)
    elif 'round' not in text and 'starting' not in text:
        print(text, file=sys.stderr, flush=True)


def _make_certificate(folder: pathlib.Path) -> None:
    """Make what the servers have in TLS; openssl is on every machine."""
    subprocess.run(
        [
            *('openssl', 'req', '-x509', '-nodes', '-days', '1'),
            *('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'),
            *('-subj', '/CN=localhost'),
            *('-keyout', str(folder / 'key'), '-out', str(folder / 'cert')),
        ],
        check=True,
        capture_output=True,
    )


def _environment() -> dict[str, Any]:
    """Tell on what it was measured."""
    model = ''
    for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            model = line.partition(':')[2].strip()
    return {
        'date': datetime.datetime.now(datetime.UTC).isoformat('T', 'seconds'),
        'python': platform.python_version(),
        'kernel': platform.release(),
        'processor': model,
        'client': load.version(),
        'versions': {
            name: server.version for name, server in servers.SERVERS.items()
        },
    }


def _installed(wanted: list[str] | None) -> list[str]:
    names = []
    for name, server in servers.SERVERS.items():
        if wanted and name not in wanted:
            continue
        if server.version:
            names.append(name)
        else:
            print(f'{name}: {server.distribution} is not installed, skipped')
    return names


def _able(workload: str, names: list[str]) -> list[str]:
    """Leave out those that can't do a workload."""
    able = []
    for name in names:
        reason = servers.SERVERS[name].lacks.get(workload)
        if reason is None:
            able.append(name)
        else:
            print(f'{workload}: {name} is left out, {reason}')
    return able


def _plan(
    arguments: argparse.Namespace, folder: pathlib.Path
) -> measuring.Plan:
    """Decide how it is measured, and get this process ready for it."""
    _make_certificate(folder)
    measuring.allow_descriptors()
    processors, warning = measuring.separate()
    if warning:
        print(warning)
    return measuring.Plan(
        rounds=arguments.rounds or (1 if arguments.quick else 5),
        seconds=arguments.seconds or (1 if arguments.quick else 2),
        folder=folder,
        processors=processors,
        is_quick=arguments.quick,
    )


def _measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    names = _installed(arguments.server)
    plan = _plan(arguments, folder)
    report = reports.Report(environment=_environment())
    for name in arguments.workload or [*workloads.WORKLOADS, *studies.STUDIES]:
        _tell(name)
        able = _able(name, names)
        if name in workloads.WORKLOADS:
            report.workloads[name] = measuring.measure(
                workloads.WORKLOADS[name], able, plan, _tell
            )
        else:
            report.studies[name] = studies.STUDIES[name].measure(
                able, plan, _tell
            )
        if arguments.json:
            # After each, so that an interruption loses one.
            text = json.dumps(report.to_json(), indent=1)
            arguments.json.write_text(text + '\n')
    _tell('')
    print(report.write(arguments.rst))


def _report(arguments: argparse.Namespace) -> None:
    """Show results again; a later file's replace an earlier's."""
    report = reports.Report()
    for path in arguments.report:
        report.add(json.loads(path.read_text()))
    if arguments.page:
        charts.draw(report, arguments.page)
        text = report.write(as_rst=True)
        (arguments.page / 'results.txt').write_text(text)
    print(report.write(arguments.rst), end='')


def main(words: list[str] | None = None) -> int:
    """Measure, or show what was measured.

    :param words: the arguments; None for those of the command line.
    :returns: the exit status.
    """
    arguments = _arguments(words)
    if arguments.list:
        print('workloads:', ', '.join(workloads.WORKLOADS))
        print('studies:', ', '.join(studies.STUDIES))
        print('servers:', ', '.join(servers.SERVERS))
        return 0
    try:
        if arguments.report:
            _report(arguments)
            return 0
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            _measure(arguments, pathlib.Path(folder))
    except (OSError, load.ToolMissing) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\ninterrupted', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
