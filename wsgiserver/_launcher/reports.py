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


"""Guru Meditation Reports, with a section about this library's servers."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import importlib
import io
import logging
import os
import signal
import sys
import traceback
import types
from typing import Any

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._process import signals
from wsgiserver import server
from wsgiserver import version

LOG = logging.getLogger('wsgiserver.launcher')

_TITLE = 'WSGI Servers'


class _ProductVersion:
    """Vendor, product and version, as oslo.reports asks for them."""

    @staticmethod
    def vendor_string() -> str:
        return 'OpenStack'

    @staticmethod
    def product_string() -> str:
        return 'os-wsgiserver'

    @staticmethod
    def version_string_with_package() -> str:
        return version.version_string()


def set_up(conf: cfg.ConfigOpts, servers: Sequence[server.Server]) -> None:
    """Set up the signal that writes a report, if oslo.reports is there.

    A service that has set it up by itself gets the section added.

    :param conf: the configuration, with ``report_signal``.
    :param servers: the servers of this process; none in that of the launcher.
    """
    name = conf[_config.GROUP].report_signal
    try:
        reports = importlib.import_module(
            'oslo_reports.guru_meditation_report'
        )
        opts = importlib.import_module('oslo_reports.opts')
        models = importlib.import_module('oslo_reports.models.base')
    except ImportError:
        LOG.debug('No reports, for oslo.reports is not installed')
        return
    opts.set_defaults(conf)
    report = reports.TextGuruMeditation
    if servers:
        report.register_section(
            _TITLE,
            lambda: models.ReportModel(attached_view=lambda _: text(servers)),
        )
    number = _number(name)
    if number is None:
        return
    before = signal.getsignal(number)
    # A forked worker has that of its launcher.
    if signals.is_spare(number) or isinstance(before, _Handler):
        signal.signal(number, _Handler(report, conf.oslo_reports.log_dir))


class _Handler:
    """Writes a report of this process when it is sent a signal.

    :param report: the class of the report.
    :param folder: where to write it; None for standard error.
    """

    def __init__(self, report: Any, folder: str | None) -> None:
        self._report = report
        self._folder = folder
        self._name = f'wsgiserver_{os.getpid()}'

    def __call__(self, _number: int, frame: types.FrameType | None) -> None:
        # At once, whatever the process is busy with: that is what is asked.
        # It may be busy with writing to standard error, whose buffer takes
        # nothing in the middle of that.
        with contextlib.redirect_stderr(io.StringIO()) as written:
            self._report.handle_signal(
                _ProductVersion, self._name, self._folder, frame
            )
        _write(written.getvalue().encode('utf-8', 'backslashreplace'))


def _write(text: bytes) -> None:
    """Write to standard error, past its buffer."""
    # It may be closed, or nobody reads what it leads to; and no handler of a
    # signal may log.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        fileno = sys.stderr.fileno()
        while text:
            text = text[os.write(fileno, text) :]


def _number(name: str) -> signal.Signals | None:
    if not name:
        return None
    try:
        return signal.Signals['SIG' + name.upper().removeprefix('SIG')]
    except KeyError:
        LOG.error('report_signal: there is no signal %s', name)
        return None


def text(servers: Sequence[server.Server]) -> str:
    """Text of the section about servers.

    :param servers: the servers of this process.
    :returns: connections by their state, and the running requests with age,
        path and stack.
    """
    return '\n'.join(
        line for each in servers for line in (*_describe(each), '')
    )


def _describe(each: server.Server) -> list[str]:
    engine = each.engine
    lines = [f'{each.name} on {", ".join(each.places)}']
    if engine is None:
        return [*lines, '  not running in this process']
    states = [f'{s.name} {count}' for s, count in engine.count().items()]
    lines.append(f'  connections: {", ".join(states) or "none"}')
    lines.append(f'  requests so far: {engine.served}')
    running = sorted(engine.running(), key=lambda found: -found.age)
    lines.append(f'  requests running: {len(running)}')
    for found in running:
        lines.append(
            f'    {found.age:.3f} s {found.method!r} {found.target!r} '
            f'from {found.peer!r}'
        )
        stack = ''.join(traceback.format_list(found.stack))
        lines.extend(f'      {line}' for line in stack.splitlines())
    return lines
