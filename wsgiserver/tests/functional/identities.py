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

"""Serves what tells whose a request is, on four servers.

``python -m wsgiserver.tests.functional.identities SERVER``, where that is one
of :data:`SERVERS`: this library's two engines and both of its predecessors.
The port is written to standard output.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import contextvars
import importlib
import json
import logging
import sys
import threading
import time
from typing import Any

#: What the servers are called.
EVENTLET, THREADING = 'wsgiserver, eventlet', 'wsgiserver, threading'
EVENTLET_WSGI, OSLO_SERVICE = 'eventlet.wsgi', 'oslo_service.wsgi'
SERVERS = (EVENTLET, THREADING, EVENTLET_WSGI, OSLO_SERVICE)

Environ = dict[str, Any]

#: For how long a request stays where another one must not be, in seconds.
STAY = 0.05


def _eventlet() -> Any:
    """Import what only some of the servers have."""
    return importlib.import_module('eventlet')


def _initialised() -> Any:
    """Make a thread-local with a constructor, as oslo.db has one."""

    # Not before eventlet has replaced the base class.
    class Initialised(threading.local):
        def __init__(self) -> None:
            self.uses = 0

    return Initialised()


class Application:
    """Does what the path says, and answers in JSON."""

    def __init__(self) -> None:
        from oslo_context import context

        fasteners: Any = importlib.import_module('fasteners')
        self._context = context
        self._lock = fasteners.ReaderWriterLock()
        self._inside = 0
        self._local = threading.local()
        self._initialised = _initialised()
        self._variable = contextvars.ContextVar[bool]('v', default=False)
        self._notes: list[str] = []
        self._held: dict[str, Any] = {}

    def __call__(
        self, environ: Environ, start: Callable[..., object]
    ) -> Iterable[bytes]:
        _root, name, *rest = environ['PATH_INFO'].split('/')
        result = getattr(self, f'do_{name}')(*rest)
        body = json.dumps(result).encode()
        start(
            '200 OK',
            [
                ('Content-Type', 'application/json'),
                ('Content-Length', str(len(body))),
            ],
        )
        return [body]

    def _most_inside(self) -> int:
        self._inside += 1
        time.sleep(STAY)
        found = self._inside
        self._inside -= 1
        return found

    def do_write_lock(self) -> int:
        """Tell how many there were inside a lock for one."""
        with self._lock.write_lock():
            return self._most_inside()

    def do_fair_lock(self) -> int:
        """The same of the fair locks of oslo.concurrency."""
        from oslo_concurrency import lockutils

        with lockutils.lock('wsgiserver-tests', fair=True):
            return self._most_inside()

    def do_whose(self) -> dict[str, Any]:
        """Tell who runs this, while another one does, too."""
        logging.getLogger('application').info('it is asked whose it is')
        time.sleep(STAY)
        thread = threading.current_thread()
        return {
            'ident': threading.get_ident(),
            'current': thread.ident,
            'name': thread.name,
        }

    def do_kind(self) -> str:
        """Tell what eventlet has the request run in."""
        return type(_eventlet().getcurrent()).__mro__[-3].__name__

    def do_locals(self) -> list[object]:
        """Tell what there was in thread-locals, and leave something."""
        found = [
            getattr(self._local, 'used', False),
            self._initialised.uses,
            getattr(self._context.get_current(), 'user_id', None),
        ]
        self._local.used = True
        self._initialised.uses += 1
        self._context.RequestContext(user_id='somebody')
        return found

    def do_variable(self) -> bool:
        """The same of a context variable."""
        found = self._variable.get()
        self._variable.set(True)
        return found

    def do_links(self) -> None:
        """Have it noted that the green thread has ended."""
        _eventlet().getcurrent().link(
            lambda _thread: self._notes.append('end')
        )

    def do_failing_link(self) -> None:
        """The same, behind one that fails; the log asks for its name."""

        def fail(_thread: object) -> None:
            raise ValueError('the link fails')

        current = _eventlet().getcurrent()
        current.link(fail)
        current.link(lambda _thread: self._notes.append('end'))
        logging.getLogger('application').info('it is about to fail')

    def do_attribute(self) -> bool:
        """Leave something on the green thread itself."""
        current = _eventlet().getcurrent()
        found = hasattr(current, 'used')
        current.used = True
        return found

    def do_times_out(self, seconds: str) -> None:
        """Leave a time-out running."""
        _eventlet().Timeout(float(seconds))

    def do_calls_later(self, seconds: str) -> None:
        """Leave a call behind that is to be made if this goes on."""
        _eventlet().greenthread.spawn_after_local(
            float(seconds), self._notes.append, 'late'
        )

    def do_is_held(self, name: str) -> str:
        """Be there until somebody kills it."""
        self._held[name] = _eventlet().getcurrent()
        try:
            time.sleep(20)
        finally:
            self._notes.append('killed')
        return 'went on'

    def do_holds(self, name: str) -> None:
        """Be known to others, and end."""
        self._held[name] = _eventlet().getcurrent()

    def do_kill(self, name: str) -> None:
        self._held[name].kill()

    def do_is_held_by(self, name: str) -> bool:
        return name in self._held

    def do_is_dead(self, name: str) -> bool:
        return bool(self._held[name].dead)

    def do_sleep(self, seconds: str) -> str:
        time.sleep(float(seconds))
        return 'slept'

    def do_raises(self, name: str) -> None:
        """Raise an error that is no Exception."""
        raise {
            'KeyboardInterrupt': KeyboardInterrupt,
            'SystemExit': SystemExit,
            'GeneratorExit': GeneratorExit,
            'BaseException': BaseException,
        }[name]

    def do_notes(self) -> list[str]:
        """What was noted so far."""
        return self._notes


def _conf() -> Any:
    from oslo_config import cfg

    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    return conf


def _serve_ours(engine: str) -> None:
    from wsgiserver import wsgi

    server = wsgi.Server(
        _conf(),
        'test',
        Application(),
        host='127.0.0.1',
        pool_size=4,
        logger_name='access',
        engine=engine,
    )
    server.start()
    print(server.port, flush=True)
    server.wait()


def _serve_eventlet() -> None:
    wsgi = importlib.import_module('eventlet.wsgi')
    sock = _eventlet().listen(('127.0.0.1', 0))
    print(sock.getsockname()[1], flush=True)
    wsgi.server(sock, Application(), log=logging.getLogger('access'))


def _serve_oslo() -> None:
    wsgi: Any = importlib.import_module('oslo_service.wsgi')
    server = wsgi.Server(
        _conf(), 'test', Application(), '127.0.0.1', logger_name='access'
    )
    server.start()
    print(server.port, flush=True)
    # Its wait() returns as soon as nothing runs.
    threading.Event().wait()


def main() -> None:
    """Serve for ever."""
    name = sys.argv[1]
    if name != THREADING:
        from wsgiserver._engine import patching

        patching.monkey_patch()
    logging.basicConfig(
        format='%(name)s|%(threadName)s|%(message)s', level=logging.INFO
    )
    {
        EVENTLET: lambda: _serve_ours('eventlet'),
        THREADING: lambda: _serve_ours('threading'),
        EVENTLET_WSGI: _serve_eventlet,
        OSLO_SERVICE: _serve_oslo,
    }[name]()


if __name__ == '__main__':
    main()
