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

"""Run of the command once its backend is chosen: load, listen, launch."""

from collections.abc import Callable
import ipaddress
import os
import sys
import traceback
from typing import TextIO

from oslo_config import cfg
from oslo_log import log as logging

from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver._factories import serving
from wsgiserver._launcher import processors
from wsgiserver._process import signals
from wsgiserver.cmd import _application
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _configuration
from wsgiserver.cmd import _errors
from wsgiserver.cmd import _pipeline
from wsgiserver import exceptions
from wsgiserver import launcher
from wsgiserver import server

LOG = logging.getLogger('wsgiserver.command')


def run(arguments: _arguments.Arguments) -> int:
    """Serve until a signal ends it.

    :param arguments: the command line.
    :returns: the exit status.
    """
    # From here on: the application may take its time to load.
    signals.spare()
    try:
        conf = _configuration.configure(arguments)
        if arguments.show_pipeline:
            return _show_pipeline(_application.find(arguments, conf), conf)
        loaded = _application.load(arguments, conf)
        listening = make_server(conf, loaded)
    except (_errors.CommandError, exceptions.WSGIServerError) as error:
        if '--debug' in arguments.oslo and not LOG.isEnabledFor(logging.DEBUG):
            # The application has set the log up as its own options say.
            traceback.print_exc()
        LOG.debug('The command failed', exc_info=True)
        print(f'wsgiserver: {error}', file=sys.stderr)
        return 1
    if arguments.check:
        places = listening.places
        listening.drain(at_once=True)
        if not conf.use_stderr:
            # Whoever checks is to see it, and not the log's file alone.
            for line in loaded.dropped:
                print(f'wsgiserver: {line}', file=sys.stderr)
        print(f'{loaded.title} can be served on {", ".join(places)}')
        return 0
    launching = launcher.launch(conf, listening)
    # Only now: whoever reads this may end the command at once.
    settings = config_settings.LauncherSettings.from_conf(conf)
    workers = settings.workers or processors.default()
    text = banner(
        loaded, listening, arguments.backend, workers, _bold(sys.stdout)
    )
    print(text, end='', flush=True)
    return launching.wait()


def _show_pipeline(
    source: _application.ApplicationSource, conf: cfg.ConfigOpts
) -> int:
    if source.paste is None:
        raise _errors.CommandError(f'{source.title} is in no paste file')
    name = source.paste_app or 'main'
    for line in _pipeline.lines(source.paste.config_path, name, conf):
        print(line)
    return 0


def make_server(
    conf: cfg.ConfigOpts, loaded: _application.Loaded
) -> server.Server:
    """Server, which listens as the configuration says.

    :param conf: the configuration.
    :param loaded: the application.
    :returns: the server, not started.
    :raises CommandError: if the address, or a file of ``[ssl]``, can't be
        used.
    """
    try:
        return serving.make_server(
            conf, loaded.app, paste_app=loaded.paste_app
        )
    except OSError as error:
        source, options = None, ['bind_host', 'bind_port']
        if conf.wsgiserver.listen:
            source = _config.source(conf, _config.GROUP, 'listen')
            options = ['listen']
        raise _errors.CommandError(
            _config.sentence(str(error), source, _config.GROUP, *options)
        ) from error
    except RuntimeError as error:
        raise _errors.CommandError(
            _config.sentence(str(error), None, 'ssl')
        ) from error


def banner(
    loaded: _application.Loaded,
    listening: server.Server,
    backend: str,
    workers: int,
    emphasise: Callable[[str], str] = str,
) -> str:
    """Banner: what is served, and where.

    :param emphasise: what the terminal needs to show something as important.
    :returns: a few lines, with the URL to open and a command to try.
    """
    listens, url, tool = _way_to(listening, emphasise)
    processes = 'process' if workers == 1 else 'processes'
    lines = [
        f'Serving {emphasise(loaded.title)},',
        f'with {workers} worker {processes} on the {backend} backend.',
        listens,
        f'Try: {tool} {url}{loaded.tries}',
    ]
    if loaded.through:
        lines.insert(2, f'Pipeline: {loaded.through}')
    if len(listening.places) > 1:
        lines.insert(-1, f'It listens on {", ".join(listening.places)}')
    return '\n'.join(lines) + '\n'


def _bold(stream: TextIO) -> Callable[[str], str]:
    """Function that emphasises on a stream: on terminals alone."""
    if not stream.isatty() or os.environ.get('NO_COLOR'):
        return str
    return '\x1b[1m{}\x1b[0m'.format


def _way_to(
    listening: server.Server, emphasise: Callable[[str], str]
) -> tuple[str, str, str]:
    """Addresses, URL and tool to try a server with."""
    scheme = 'https' if listening.uses_tls else 'http'
    if listening.port is not None:
        url = f'{scheme}://{_reachable(listening.host)}:{listening.port}'
        return f'Open {emphasise(f"{url}/")}', url, 'curl -s'
    option = '--unix-socket'
    path = listening.host
    if path.startswith('@'):
        option = '--abstract-unix-socket'
    listens = f'It listens on {", ".join(listening.places)}'
    tool = f'curl -s {option} {path.removeprefix("@")}'
    return listens, f'{scheme}://localhost', tool


def _reachable(host: str) -> str:
    """Host of a URL that leads to a listening address."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return '127.0.0.1' if address.version == 4 else '[::1]'
    return host if address.version == 4 else f'[{host}]'
