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

"""Runs a server for the functional tests, as a process of its own.

``python -m wsgiserver.tests.functional.serve`` and a JSON object:

- ``backend``: eventlet or threading;
- ``launcher``: ``stock`` for that of oslo.service, ``own`` for that of this
  library, ``none`` to do what comes on the socket ``control``;
- ``start_method`` and ``workers``, for the launcher;
- ``config``: the configuration file;
- ``descriptors``: how many the process may have open, or null;
- ``services``: what each Server is given, see :func:`_server`.

The addresses of each server are written to standard output as JSON.
"""

import importlib
import json
import logging
import resource
import signal
import socket
import sys
import threading
import time
from typing import Any

from oslo_service import backend


def _prepare(name: str) -> None:
    """Choose the backend, before anything else is imported."""
    if name == 'eventlet':
        # Ahead of the backend, which imports oslo.context.
        importlib.import_module('wsgiserver._engine.patching').monkey_patch()
    if backend.get_backend_type() is None:
        backend.init_backend(backend.BackendType(name))


def _configure(given: dict[str, Any]) -> Any:
    from oslo_config import cfg
    from oslo_log import log

    from wsgiserver import wsgi

    conf = cfg.ConfigOpts()
    log.register_options(conf)
    wsgi.register_opts(conf)
    # What a service registers for itself.
    conf.register_opt(cfg.IntOpt('size', default=1, mutable=True), 'service')
    conf(
        ['--config-file', given['config']],
        project='wsgiserver-test',
        default_config_dirs=[],
    )
    # With it, the workers that oslo.service forks share the locks of the log,
    # and one that is killed while it has one leaves the others waiting.
    is_fixed = given['launcher'] != 'stock'
    log.setup(conf, 'wsgiserver-test', fix_eventlet=is_fixed)
    return conf


def _slow_class() -> Any:
    """Make a Server that takes its time to start."""
    from wsgiserver import wsgi

    class SlowServer(wsgi.Server):
        def start(self) -> None:
            time.sleep(0.5)
            super().start()
            logging.getLogger('slow').info('it accepts from now on')

    return SlowServer


def _server(conf: Any, spec: dict[str, Any]) -> Any:
    """Make a Server.

    :param spec: ``transport``, tcp, unix or tls; ``path``, the UNIX socket;
        ``text``, what the application answers to /text; ``paste``, the name
        of the application in the paste file or null; ``given``, 'bound' or
        'listening' for a socket to pass, or null; ``slow``, whether it takes
        its time to start; ``arguments``, all else that the Server is given.
    """
    from wsgiserver import wsgi

    arguments = spec['arguments']
    if spec['transport'] == 'unix':
        arguments['socket_family'] = socket.AF_UNIX
        arguments.setdefault('socket_file', spec['path'])
    if spec['given']:
        arguments['listen'] = [_socket(spec['given'])]
    if 'listen' not in arguments:
        arguments.setdefault('host', '127.0.0.1')
    arguments['use_ssl'] = spec['transport'] == 'tls'
    kind = _slow_class() if spec['slow'] else wsgi.Server
    if spec['paste']:
        return kind.from_paste(conf, 'test', spec['paste'], **arguments)
    from wsgiserver.tests.functional import life_apps

    return kind(conf, 'test', life_apps.Life(spec['text']), **arguments)


def _socket(state: str) -> socket.socket:
    sock = socket.socket()
    sock.bind(('127.0.0.1', 0))
    if state == 'listening':
        sock.listen()
    return sock


def _announce(servers: list[Any]) -> None:
    """Write the addresses of all sockets of each server."""
    addresses = [
        [
            _address(sock.getsockname())
            for sock in getattr(server, 'sockets', None) or [server.socket]
        ]
        for server in servers
    ]
    print(json.dumps(addresses), flush=True)


def _address(name: Any) -> Any:
    if isinstance(name, bytes):
        return '@' + name[1:].decode()
    return name if isinstance(name, str) else name[:2]


def _run_stock(conf: Any, servers: list[Any], given: dict[str, Any]) -> int:
    from oslo_service import service

    more = {}
    if given['start_method']:
        more['start_method'] = given['start_method']
    workers = given['workers']
    launcher = service.launch(conf, servers[0], workers=workers, **more)
    for server in servers[1:]:
        launcher.launch_service(server, workers=workers)
    _announce(servers)
    return launcher.wait() or 0


def _run_own(conf: Any, servers: list[Any], given: dict[str, Any]) -> int:
    launchers = importlib.import_module('wsgiserver.launcher')
    launcher = launchers.launch(
        conf, servers, start_method=given['start_method']
    )
    _announce(servers)
    status: int = launcher.wait()
    return status


def _obey(_conf: Any, servers: list[Any], given: dict[str, Any]) -> int:
    """Call the methods that are asked for, until nobody asks any more."""
    _announce(servers)
    with socket.socket(fileno=given['control']) as control:
        for line in control.makefile():
            method, where = json.loads(line)
            result = _PLACES[where](getattr(servers[0], method))
            control.sendall(json.dumps(result).encode() + b'\n')
    return 0


def _call(method: Any) -> str:
    try:
        method()
    except Exception as error:
        return repr(error)
    return 'returned'


def _call_in_thread(method: Any) -> str:
    results: list[str] = []
    kind: Any = threading.Thread
    if backend.get_backend_type() is backend.BackendType.EVENTLET:
        # A native one, that is no green thread.
        patcher = importlib.import_module('eventlet.patcher')
        kind = patcher.original('threading').Thread
    thread = kind(target=lambda: results.append(_call(method)))
    thread.start()
    deadline = time.monotonic() + 10
    while not results and time.monotonic() < deadline:
        time.sleep(0.01)
    return ''.join(results)


def _call_in_handler(method: Any) -> str:
    results: list[str] = []
    signal.signal(
        signal.SIGUSR1, lambda *_arguments: results.append(_call(method))
    )
    signal.raise_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 10
    while not results and time.monotonic() < deadline:
        time.sleep(0.01)
    return ''.join(results)


def _call_in_background(method: Any) -> str:
    threading.Thread(target=_call, args=(method,), daemon=True).start()
    return 'begun'


def _restart(wait: Any) -> str:
    """Do what oslo.service's launcher of one process does on SIGHUP."""
    eventlet = importlib.import_module('eventlet')
    server = wait.__self__
    server.stop()
    eventlet.spawn(wait)
    eventlet.spawn(server.start)
    return 'begun'


_PLACES = {
    'here': _call,
    'thread': _call_in_thread,
    'handler': _call_in_handler,
    'background': _call_in_background,
    'restart': _restart,
}

_RUN = {'stock': _run_stock, 'own': _run_own, 'none': _obey}


def main() -> int:
    """Serve until a signal comes."""
    given = json.loads(sys.argv[1])
    _prepare(given['backend'])
    if given['descriptors']:
        limits = given['descriptors'], given['descriptors']
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    conf = _configure(given)
    try:
        servers = [_server(conf, spec) for spec in given['services']]
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return _RUN[given['launcher']](conf, servers, given)


if __name__ == '__main__':
    sys.exit(main())
if __name__ == '__mp_main__':
    # A process that multiprocessing has spawned: it gets the Server next.
    _given = json.loads(sys.argv[1])
    _prepare(_given['backend'])
    _configure(_given)
