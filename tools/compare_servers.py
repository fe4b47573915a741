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


"""The servers of compare_http.py, each to be run in a process of its own."""

from collections.abc import Callable
from collections.abc import Iterable
import importlib
from importlib import metadata
import json
from multiprocessing import connection
import sys
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., object]], Iterable[bytes]]

#: What is recorded for a body that can't be read.
FAILED = '(failed)'

#: Tells a port; what a server calls once it listens.
Tell = Callable[[int], None]


class Recorder:
    """An application that remembers what it was asked.

    ``/recorded`` answers with that, as JSON, and forgets it.
    """

    def __init__(self) -> None:
        self._requests: list[dict[str, str]] = []

    def __call__(
        self, environ: Environ, start: Callable[..., object]
    ) -> Iterable[bytes]:
        if environ['PATH_INFO'] == '/recorded':
            answer = json.dumps(self._requests).encode()
            self._requests = []
        else:
            self._requests.append(self._record(environ))
            answer = b'done'
        start('200 OK', [('Content-Length', str(len(answer)))])
        return [answer]

    @staticmethod
    def _record(environ: Environ) -> dict[str, str]:
        record = {k: v for k, v in environ.items() if isinstance(v, str)}
        try:
            body = environ['wsgi.input'].read()
        except Exception:
            # Each server has an error of its own for a malformed body.
            body = FAILED.encode()
        return {**record, 'body': body.decode('latin-1')}


def _eventlet(app: Application, tell: Tell) -> None:
    eventlet = importlib.import_module('eventlet')
    wsgi = importlib.import_module('eventlet.wsgi')
    sock = eventlet.listen(('127.0.0.1', 0))
    tell(sock.getsockname()[1])
    wsgi.server(sock, app)


def _gunicorn(app: Application, tell: Tell) -> None:
    base = importlib.import_module('gunicorn.app.base')

    class Gunicorn(base.BaseApplication):  # type: ignore[misc, name-defined]
        def load_config(self) -> None:
            self.cfg.set('bind', '127.0.0.1:0')
            self.cfg.set('worker_class', 'gthread')
            self.cfg.set('threads', 4)
            self.cfg.set('when_ready', self._ready)

        def load(self) -> Application:
            return app

        @staticmethod
        def _ready(arbiter: Any) -> None:
            tell(arbiter.LISTENERS[0].getsockname()[1])

    Gunicorn().run()


def _cheroot(app: Application, tell: Tell) -> None:
    wsgi = importlib.import_module('cheroot.wsgi')
    server = wsgi.Server(('127.0.0.1', 0), app)
    server.prepare()
    tell(server.bind_addr[1])
    server.serve()


def _waitress(app: Application, tell: Tell) -> None:
    waitress = importlib.import_module('waitress.server')
    server = waitress.create_server(app, host='127.0.0.1', port=0)
    tell(server.effective_port)
    server.run()


def _ours(name: str) -> Callable[[Application, Tell], None]:
    def serve(app: Application, tell: Tell) -> None:
        from oslo_service import backend

        backend.init_backend(backend.BackendType(name))
        if name == 'eventlet':
            engine = importlib.import_module(
                'wsgiserver._engine.eventlet_engine'
            )
            engine.monkey_patch()
        from oslo_config import cfg
        from oslo_service import service

        from wsgiserver import wsgi

        conf = cfg.ConfigOpts()
        conf([], project='compare')
        wsgi.register_opts(conf)
        server = wsgi.Server(conf, 'compare', app, host='127.0.0.1')
        assert server.port is not None
        tell(server.port)
        service.launch(conf, server).wait()

    return serve


#: The other servers and the distributions that they come from.
PEERS = {
    'eventlet.wsgi': 'eventlet',
    'gunicorn gthread': 'gunicorn',
    'cheroot': 'cheroot',
    'waitress': 'waitress',
}

#: What serves until the process ends.
RUN = {
    'engine on eventlet': _ours('eventlet'),
    'engine on threads': _ours('threading'),
    'eventlet.wsgi': _eventlet,
    'gunicorn gthread': _gunicorn,
    'cheroot': _cheroot,
    'waitress': _waitress,
}


def version(title: str) -> str:
    """Name a peer and its version; '' if it is none, or not installed."""
    distribution = PEERS.get(title, '')
    try:
        found = metadata.version(distribution)
    except (ValueError, metadata.PackageNotFoundError):
        return ''
    return f'{distribution} {found}'


def serve(name: str, told: 'connection.Connection[int, int]') -> None:
    """Serve until a signal ends the process.

    :param name: a key of :data:`RUN`.
    :param told: gets the port.
    """
    # What the servers say is of no interest here.
    sys.stdout = sys.stderr = open('/dev/null', 'w')
    RUN[name](Recorder(), told.send)
