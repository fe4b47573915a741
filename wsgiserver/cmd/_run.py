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

"""The command once its backend is chosen: load, listen, launch."""

import importlib
import ipaddress
import signal
import sys
import textwrap
from typing import Protocol
from wsgiref.types import WSGIApplication

from oslo_config import cfg
from oslo_log import log as logging

from wsgiserver.cmd import _application
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _configuration
from wsgiserver.cmd import _errors
from wsgiserver.cmd import _workers
from wsgiserver import exceptions
from wsgiserver import server

LOG = logging.getLogger(__name__)


def run(arguments: _arguments.Arguments) -> int:
    """Serve until a signal ends it.

    :param arguments: the command line.
    :returns: the exit status.
    """
    try:
        conf = _configuration.configure(arguments)
        loaded = _application.load(arguments, conf)
        listening = make_server(conf, loaded.app)
    except (_errors.CommandError, exceptions.WSGIServerError) as error:
        LOG.debug('The command failed', exc_info=True)
        print(f'wsgiserver: {error}', file=sys.stderr)
        return 1
    workers = conf.wsgiserver.workers or _workers.default()
    launcher = launch(conf, listening, workers)
    # Only now: whoever reads this may end the command at once.
    text = banner(loaded, listening, arguments.backend, workers)
    print(text, end='', flush=True)
    return launcher.wait() or 0


def make_server(conf: cfg.ConfigOpts, app: WSGIApplication) -> server.Server:
    """Listen, as the configuration says.

    :param conf: the configuration.
    :param app: the application.
    :returns: the server, not started.
    :raises CommandError: if the address, or a file of ``[ssl]``, can't be
        used.
    """
    own = conf.wsgiserver
    use_ssl = _uses_tls(conf)
    try:
        return server.Server(
            conf,
            'wsgiserver',
            app,
            host=own.bind_host,
            port=own.bind_port,
            backlog=own.backlog,
            use_ssl=use_ssl,
            logger_name='wsgiserver.access',
        )
    except RuntimeError as error:
        raise _errors.CommandError(f'section [ssl]: {error}') from error
    except OSError as error:
        raise _errors.CommandError(
            f'section [wsgiserver], options bind_host and bind_port: {error}'
        ) from error


class Launcher(Protocol):
    """A launcher of oslo.service."""

    def wait(self) -> int | None:
        """Run the workers until a signal ends them; tell the status."""


def launch(
    conf: cfg.ConfigOpts, service: server.Server, workers: int
) -> Launcher:
    """Have a service run in worker processes.

    :param conf: the configuration.
    :param service: the service.
    :param workers: the number of processes.
    :returns: the launcher, which handles SIGTERM from now on.
    """
    # It takes the backend's classes at import.
    launchers = importlib.import_module('oslo_service.service')
    launcher: Launcher = launchers.launch(
        conf, service, workers=workers, restart_method='mutate'
    )
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # eventlet's launcher of a single process has no handlers before
        # wait(). Its SignalHandler calls those that it then has, for a
        # signal that came earlier.
        launchers.SignalHandler().add_handler('SIGTERM', _wait_for_launcher)
    return launcher


def _wait_for_launcher(_number: int, _frame: object) -> None:
    """Do nothing about a signal, for the launcher will."""


def banner(
    loaded: _application.Loaded,
    listening: server.Server,
    backend: str,
    workers: int,
) -> str:
    """Say what is served, and where.

    :returns: a few lines, with the URL to open and a command to try.
    """
    scheme = 'https' if _uses_tls(listening.conf) else 'http'
    url = f'{scheme}://{_reachable(listening.host)}:{listening.port}'
    processes = 'process' if workers == 1 else 'processes'
    return textwrap.dedent(
        f"""\
        Serving {loaded.title},
        with {workers} worker {processes} on the {backend} backend.
        Open {url}/
        Try: curl -s {url}{loaded.tries}
        """
    )


def _uses_tls(conf: cfg.ConfigOpts) -> bool:
    return bool(conf.ssl.cert_file or conf.ssl.key_file)


def _reachable(host: str) -> str:
    """Write the host of a URL that leads to a listening address."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return '127.0.0.1' if address.version == 4 else '[::1]'
    return host if address.version == 4 else f'[{host}]'
