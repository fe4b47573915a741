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


"""Serves, in a process of its own: ``python -m benchmarks.serve LAUNCH``.

There is a function for each server. It gets the settings that come nearest to
those of the others: as many connections as there will be, a backlog for them,
a keep-alive longer than a measurement, and 16 threads where it would have
fewer. All the rest is as its authors ship it.
"""

from __future__ import annotations

from collections.abc import Callable
import importlib
import logging
import os
import sys
from typing import Any

from benchmarks import applications
from benchmarks import launch

HOST = '127.0.0.1'
BACKLOG = 4096
THREADS = 16

#: How long a connection may be idle, in seconds.
KEEP_ALIVE = 600


def _threads(told: launch.Launch) -> int:
    return told.pool or THREADS


def _green(told: launch.Launch) -> int:
    """How many green threads: there, one belongs to each connection."""
    return told.pool or max(1024, told.connections + 64)


def _log_to(name: str, path: str) -> logging.Logger:
    """Have a logger write to a file, or say nothing."""
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.setLevel(logging.INFO if path else logging.CRITICAL)
    if path:
        handler = logging.FileHandler(path)
        handler.setFormatter(
            logging.Formatter('%(asctime)s %(process)d INFO %(message)s')
        )
        logger.addHandler(handler)
    return logger


# -- this library -----------------------------------------------------------


def _conf(told: launch.Launch, *modules: str) -> Any:
    """Make the configuration of a server that has one.

    :param told: how to run it.
    :param modules: those that register its options.
    """
    cfg = importlib.import_module('oslo_config.cfg')
    conf = cfg.ConfigOpts()
    conf([], project='bench')
    for module in modules:
        importlib.import_module(module).register_opts(conf)
    if told.certificate:
        conf.set_override('cert_file', told.certificate, 'ssl')
        conf.set_override('key_file', told.key, 'ssl')
    return conf


def _ours(backend_name: str) -> Callable[[launch.Launch], None]:
    def serve(told: launch.Launch) -> None:
        if backend_name == 'eventlet':
            importlib.import_module('eventlet').monkey_patch()
        backend = importlib.import_module('oslo_service.backend')
        backend.init_backend(backend.BackendType(backend_name))
        wsgi = importlib.import_module('wsgiserver.wsgi')
        launcher = importlib.import_module('wsgiserver.launcher')

        conf = _conf(told, 'wsgiserver.wsgi')
        _log_to('bench.access', told.access_log)
        conf.set_override('keep_alive_timeout', KEEP_ALIVE, 'wsgiserver')
        conf.set_override('metrics', told.metrics, 'wsgiserver')
        server = wsgi.Server(
            conf,
            'bench',
            applications.make(told.application),
            host=HOST,
            port=told.port,
            backlog=BACKLOG,
            pool_size=told.pool or None,
            use_ssl=bool(told.certificate),
            logger_name='bench.access',
        )
        launcher.launch(conf, server, workers=told.workers).wait()

    return serve


# -- what it replaces -------------------------------------------------------


def _eventlet(told: launch.Launch) -> None:
    eventlet = importlib.import_module('eventlet')
    eventlet.monkey_patch()
    wsgi = importlib.import_module('eventlet.wsgi')
    sock = eventlet.listen((HOST, told.port), backlog=BACKLOG)
    if told.certificate:
        sock = eventlet.wrap_ssl(
            sock,
            certfile=told.certificate,
            keyfile=told.key,
            server_side=True,
        )
    wsgi.server(
        sock,
        applications.make(told.application),
        log=_log_to('bench', told.access_log),
        log_output=bool(told.access_log),
        max_size=_green(told),
        socket_timeout=KEEP_ALIVE,
    )


def _oslo_service(told: launch.Launch) -> None:
    importlib.import_module('eventlet').monkey_patch()
    backend = importlib.import_module('oslo_service.backend')
    backend.init_backend(backend.BackendType.EVENTLET)
    service = importlib.import_module('oslo_service.service')
    wsgi = importlib.import_module('oslo_service.wsgi')

    conf = _conf(told, 'oslo_service.wsgi', 'oslo_service.sslutils')
    _log_to('eventlet.wsgi.server', told.access_log)
    server = wsgi.Server(
        conf,
        'bench',
        applications.make(told.application),
        host=HOST,
        port=told.port,
        pool_size=_green(told),
        backlog=BACKLOG,
        use_ssl=bool(told.certificate),
    )
    service.launch(conf, server, workers=told.workers).wait()


# -- others -----------------------------------------------------------------


def _gevent(told: launch.Launch) -> None:
    importlib.import_module('gevent.monkey').patch_all()
    pywsgi = importlib.import_module('gevent.pywsgi')
    tls = (
        {'certfile': told.certificate, 'keyfile': told.key}
        if told.certificate
        else {}
    )
    pywsgi.WSGIServer(
        (HOST, told.port),
        applications.make(told.application),
        backlog=BACKLOG,
        spawn=told.pool or 'default',
        log=open(told.access_log, 'a') if told.access_log else None,
        **tls,
    ).serve_forever()


def _gunicorn(told: launch.Launch) -> None:
    base = importlib.import_module('gunicorn.app.base')
    settings: dict[str, object] = {
        'bind': f'{HOST}:{told.port}',
        'worker_class': 'gthread',
        'workers': told.workers,
        'threads': _threads(told),
        'worker_connections': max(1000, told.connections + 64),
        'keepalive': KEEP_ALIVE,
        'backlog': BACKLOG,
        'loglevel': 'critical',
    }
    if told.access_log:
        settings['accesslog'] = told.access_log
    if told.certificate:
        settings['certfile'] = told.certificate
        settings['keyfile'] = told.key

    class Gunicorn(base.BaseApplication):  # type: ignore[misc, name-defined]
        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> applications.Application:
            return applications.make(told.application)

    Gunicorn().run()


def _cheroot(limit: bool) -> Callable[[launch.Launch], None]:
    def serve(told: launch.Launch) -> None:
        wsgi = importlib.import_module('cheroot.wsgi')
        server = wsgi.Server(
            (HOST, told.port),
            applications.make(told.application),
            numthreads=_threads(told),
            request_queue_size=BACKLOG,
            timeout=KEEP_ALIVE,
        )
        # As it is shipped, it keeps no more than 10 connections.
        if not limit or told.connections > 1000:
            server.keep_alive_conn_limit = told.connections + 64
        if told.certificate:
            builtin = importlib.import_module('cheroot.ssl.builtin')
            server.ssl_adapter = builtin.BuiltinSSLAdapter(
                told.certificate, told.key
            )
        server.start()

    return serve


def _waitress(told: launch.Launch) -> None:
    importlib.import_module('waitress').serve(
        applications.make(told.application),
        host=HOST,
        port=told.port,
        threads=_threads(told),
        backlog=BACKLOG,
        connection_limit=max(100, told.connections + 64),
        channel_timeout=KEEP_ALIVE,
        # select() ends at 1,024 descriptors.
        asyncore_use_poll=True,
        _quiet=True,
    )


def _bjoern(told: launch.Launch) -> None:
    importlib.import_module('bjoern').run(
        applications.make(told.application),
        HOST,
        told.port,
        listen_backlog=BACKLOG,
    )


def _program(name: str) -> str:
    return os.path.join(os.path.dirname(sys.executable), name)


#: What names the application to servers that are commands.
TARGET = 'benchmarks.target:application'


def _uwsgi(told: launch.Launch) -> None:
    socket = 'http11-socket'
    place = f'{HOST}:{told.port}'
    if told.certificate:
        socket, place = (
            'https-socket',
            f'{place},{told.certificate},{told.key}',
        )
    # There, one thread belongs to each connection that is kept alive.
    threads = told.pool or max(THREADS, told.connections)
    arguments = [
        f'--{socket}={place}',
        f'--module={TARGET}',
        f'--virtualenv={sys.prefix}',
        f'--threads={threads}',
        f'--processes={told.workers}',
        # The kernel's own limit, which it checks.
        '--listen=1024',
        f'--socket-timeout={KEEP_ALIVE}',
        f'--http-timeout={KEEP_ALIVE}',
        '--master',
        '--die-on-term',
        '--need-app',
    ]
    if told.access_log:
        arguments.append(f'--req-logger=file:{told.access_log}')
    else:
        arguments.append('--disable-logging')
    os.execv(_program('uwsgi'), ['uwsgi', *arguments])


def _granian(told: launch.Launch) -> None:
    arguments = [
        '--interface=wsgi',
        f'--host={HOST}',
        f'--port={told.port}',
        f'--workers={told.workers}',
        f'--backlog={BACKLOG}',
        # It would take no more connections than the backlog is long.
        f'--backpressure={max(BACKLOG, told.connections + 64)}',
        '--no-ws',
        '--log-level=error',
    ]
    if told.pool:
        arguments.append(f'--blocking-threads={told.pool}')
    if told.access_log:
        arguments += ['--access-log', '--log-level=info']
        output = os.open(told.access_log, os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
    if told.certificate:
        arguments += [
            f'--ssl-certificate={told.certificate}',
            f'--ssl-keyfile={told.key}',
        ]
    os.execv(_program('granian'), ['granian', *arguments, TARGET])


RUN: dict[str, Callable[[launch.Launch], None]] = {
    'eventlet engine': _ours('eventlet'),
    'threading engine': _ours('threading'),
    'eventlet.wsgi': _eventlet,
    'oslo_service.wsgi': _oslo_service,
    'gevent': _gevent,
    'gunicorn gthread': _gunicorn,
    'cheroot': _cheroot(limit=True),
    'cheroot tuned': _cheroot(limit=False),
    'waitress': _waitress,
    'uWSGI': _uwsgi,
    'granian': _granian,
    'bjoern': _bjoern,
}


def main() -> None:
    """Serve until a signal ends the process."""
    told = launch.Launch.from_json(sys.argv[1])
    os.sched_setaffinity(0, told.processors)
    # For those that are commands, and load the application by name.
    os.environ['BENCHMARKS_APPLICATION'] = told.application
    RUN[told.server](told)


if __name__ == '__main__':
    main()
