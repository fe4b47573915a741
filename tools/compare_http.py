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


"""Send ambiguous requests to several servers and tabulate what they do.

Usage: compare_http.py [--output PAGE.rst]

Each server runs on the loopback interface, in a process of its own. One that
is not installed is left out, and a line says so. The page is written in
reStructuredText, to the standard output if no file is named.
"""

import argparse
from collections.abc import Iterator
import contextlib
import json
import multiprocessing
import pathlib
import re
import socket
import sys
from typing import NamedTuple

import compare_cases
import compare_servers

#: What is sent behind every input: it runs unless the connection was closed,
#: and closes it.
_NEXT = b'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

#: How long a server may be silent before it counts as waiting, in seconds.
_SILENCE = 1.0

#: How long it may take to start, in seconds.
_START = 20.0

_STATUS = re.compile(rb'HTTP/1\.[01] ([2-5][0-9][0-9])')

# A longer body is told by its length.
_SHORT = 12

_HEAD = """\
===============
Ambiguous input
===============

.. This page is written by tools/compare_http.py: change it there.

What this server and others do with requests that two programs may read
differently, a proxy and the server behind it for one. ``tox -e compare``
repeats the runs, and writes this page.

Behind each request stood another one on the same connection, the *next* one.
A cell says what became of both:

a status, or *closed*
    The first request was not run; that was the answer to it, or there was
    none. If *next runs* follows, the other one was run all the same, on a
    connection where it is not known any more where a request begins.

*runs*
    The first request was run, with the body or the value of the field that
    is shown, or *without it* where there was none. *read fails*: it was
    run, and the application got an error in place of the body; this server
    answers with 400 where the application lets it through. If a status
    follows, what stood behind the first request was not read as the next
    one.

*hidden runs*
    A request that stood in the body was run.

*waits*
    The server still waited for more after a second.

This server does the same on both engines, unless a cell tells them apart.
"""


class Outcome(NamedTuple):
    """What a server did with an input."""

    answers: bytes
    closed: bool
    requests: list[dict[str, str]]


@contextlib.contextmanager
def running(name: str) -> Iterator[int]:
    """Run a server.

    :param name: a key of :data:`compare_servers.RUN`.
    :returns: its port.
    """
    context = multiprocessing.get_context('spawn')
    told, telling = context.Pipe(duplex=False)
    process = context.Process(
        target=compare_servers.serve, args=(name, telling)
    )
    process.start()
    try:
        if not told.poll(_START):
            raise TimeoutError(f'{name} did not start')
        yield told.recv()
    finally:
        process.terminate()
        process.join(_START)
        if process.is_alive():
            process.kill()
            process.join()


def exchange(port: int, data: bytes) -> tuple[bytes, bool]:
    """Send bytes, and read until the end or until nothing comes any more.

    :param port: the server's port on the loopback interface.
    :param data: what is sent.
    :returns: what came, and whether the server closed.
    """
    answers = b''
    with socket.create_connection(('127.0.0.1', port), _START) as sock:
        sock.settimeout(_SILENCE)
        try:
            sock.sendall(data)
            while block := sock.recv(65536):
                answers += block
        except TimeoutError:
            return answers, False
        except ConnectionError:
            return answers, True
    return answers, True


def recorded(port: int) -> list[dict[str, str]]:
    """What the application was asked since the last time."""
    answer, _closed = exchange(
        port,
        b'GET /recorded HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    requests: list[dict[str, str]] = json.loads(answer.split(b'\r\n\r\n')[1])
    return requests


def outcome_of(port: int, case: compare_cases.Case) -> Outcome:
    """Send an input and see what becomes of it."""
    answers, closed = exchange(port, case.sent + _NEXT)
    return Outcome(answers, closed, recorded(port))


def describe(case: compare_cases.Case, outcome: Outcome) -> str:
    """Tell what a server did, in a few words."""
    ran = {r.get('PATH_INFO', ''): r for r in reversed(outcome.requests)}
    later = {'/next', '/hidden'} & set(ran)
    first = next((r for p, r in ran.items() if p not in later), None)
    statuses = [status.decode() for status in _STATUS.findall(outcome.answers)]
    words = []
    if first is not None:
        words.append(_seen(case.shown, first))
        if '/next' not in later:
            words += [status for status in statuses if status != '200']
    elif statuses:
        words.append(statuses[0])
    elif outcome.closed:
        words.append('closed')
    if '/hidden' in later:
        words.append('**hidden runs**')
    if '/next' in later and words[0][:4] != 'runs':
        words.append('**next runs**')
    if not outcome.closed:
        words.append('waits')
    return ', '.join(words)


def _seen(shown: str, request: dict[str, str]) -> str:
    if not shown:
        return 'runs'
    value = request.get(shown)
    if not value:
        return 'runs without it'
    if value == compare_servers.FAILED:
        return 'read fails'
    if len(value) > _SHORT:
        return f'runs with {len(value)} bytes'
    return f'runs with {compare_cases.literal(value.encode("latin-1"))}'


def outcomes(name: str) -> dict[str, list[str]]:
    """Send everything to one server; its cells by section."""
    with running(name) as port:
        return {
            title: [describe(case, outcome_of(port, case)) for case in cases]
            for title, cases in compare_cases.SECTIONS.items()
        }


def page(columns: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    """Write the page, line by line.

    :param columns: the cells of each server, by its title.
    """
    yield _HEAD
    versions = filter(None, map(compare_servers.version, columns))
    yield f'The others are {", ".join(versions)}.\n'
    for title, cases in compare_cases.SECTIONS.items():
        yield f'{title}\n{"=" * len(title)}\n'
        yield '.. list-table::\n   :header-rows: 1'
        yield f'   :widths: 30{" 14" * len(columns)}\n'
        yield from _row('Input', *columns)
        for number, case in enumerate(cases):
            cells = [column[title][number] for column in columns.values()]
            yield from _row(case.label, *cells)
        yield ''


def _row(*cells: str) -> Iterator[str]:
    for mark, cell in zip('*' + ' ' * len(cells), cells, strict=False):
        yield f'   {mark} - {cell}'


def merged(
    first: dict[str, list[str]], second: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Make one column of those of both engines."""
    return {
        title: [
            one if one == other else f'eventlet: {one}; threading: {other}'
            for one, other in zip(first[title], second[title], strict=True)
        ]
        for title in first
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--output', type=pathlib.Path)
    given = parser.parse_args()
    columns = {
        'this server': merged(
            *map(outcomes, ('engine on eventlet', 'engine on threads'))
        )
    }
    for title in compare_servers.PEERS:
        if compare_servers.version(title):
            columns[title] = outcomes(title)
        else:
            print(f'{title} is not installed', file=sys.stderr)
    text = '\n'.join(page(columns)).rstrip() + '\n'
    if given.output is None:
        print(text, end='')
    else:
        given.output.write_text(text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
