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


"""Counts what a request costs, in a process of its own.

``python -m wsgiserver.tests.unit.counting eventlet`` serves one small request
after the other on the engine of that name, with each of a few applications,
and writes the counts as a JSON object. Nothing is timed.

What is counted is every call of a Python function of this library or of
WebOb. Functions of the standard library aren't, and calls that only some
versions of Python make neither: the counts are to be the same on all.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import functools
import importlib
import itertools
import json
import logging
import os
import socket
import sys
import time
import types
from types import FrameType
from typing import Any

import webob

import wsgiserver
from wsgiserver._engine import listener as engine_listener
from wsgiserver._engine import pool_thread
from wsgiserver import _metrics
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import middleware
from wsgiserver.tests.unit.wsgi import fakes

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

#: Where the functions are that count.
_COUNTED = tuple(
    package.__path__[0] + os.sep for package in (wsgiserver, webob)
)

#: The tests of this library are in its folder.
_TESTS = os.path.join(_COUNTED[0], 'tests') + os.sep

#: From Python 3.12 on, these are no calls any more (PEP 709).
_INLINED = frozenset(['<listcomp>', '<dictcomp>', '<setcomp>'])

#: The count of the attributes of an engine.
ATTRIBUTES = 'attributes'

#: How many filters are in a row.
FILTERS = 6

#: How many requests go ahead of the one whose calls are counted.
AHEAD = 3

_SLOW_TURNS = itertools.count()

_REQUEST = b'GET /v2.1/servers HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n'


def hello(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Answer at once."""
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello\n']


def slow(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Answer as on a machine that is busy with something else."""
    time.sleep(0.02)
    if next(_SLOW_TURNS) == AHEAD:
        # The one that counts; a new second has begun when it goes on.
        time.sleep(1.02 - time.time() % 1)
    return hello(environ, start)


class _Silent(middleware.Middleware):
    """Overrides nothing."""


class _Asking(middleware.Middleware):
    """Looks at requests."""

    def process_request(self, req: webob.Request) -> None:
        return None


class _Both(_Asking):
    """Looks at requests and at responses."""

    def process_response(self, response: webob.Response) -> webob.Response:
        return response


def _wrapped(filter_: type[middleware.Middleware]) -> Application:
    app: Application = hello
    for _turn in range(FILTERS):
        app = filter_(app)
    return app


def _negotiated(preset: str, versions: str) -> Application:
    return middleware.VersionNegotiationFilter(
        hello, preset=preset, versions=versions
    )


#: What is served, by the name of its count.
APPLICATIONS: dict[str, Callable[[], Application]] = {
    'request': lambda: hello,
    'slow request': lambda: slow,
    'access log': lambda: hello,
    'metrics': lambda: hello,
    'silent filters': lambda: _wrapped(_Silent),
    'asking filters': lambda: _wrapped(_Asking),
    'filters of both kinds': lambda: _wrapped(_Both),
    'glance': lambda: _negotiated('glance', 'v2.1 v2.0'),
    'nova': lambda: _negotiated(
        'nova', 'v2.0 path=v2/ v2.1 CURRENT min=2.1 max=2.96'
    ),
}


class _Counter:
    """Counts calls while it is the profile function."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, frame: FrameType, event: str, _arg: object) -> None:
        code = frame.f_code
        if (
            event == 'call'
            and code.co_filename.startswith(_COUNTED)
            and not code.co_filename.startswith(_TESTS)
            and code.co_name not in _INLINED
        ):
            self.calls += 1


class _Served:
    """An engine with one connection, and its client.

    :param engine: what is not started: its reactor is this class.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        with socket.create_server(('127.0.0.1', 0)) as sock:
            listener = engine_listener.EngineListener(
                sock, fakes.base_environ(), None, engine.socket_class
            )
            self._client = socket.create_connection(sock.getsockname(), 20)
            accepted, address = listener.socket.accept()
        self._fileno = accepted.fileno()
        engine.add_connection(listener, accepted, address)

    def count(self) -> int:
        """Count the calls of a request that is neither first nor last."""
        for _turn in range(AHEAD):
            self._serve()
        counter = _Counter()
        self._serve(counter)
        return counter.calls

    def _serve(self, counter: _Counter | None = None) -> None:
        self._client.sendall(_REQUEST)
        if self._engine.is_threaded:
            # Whoever leads would pass the lead on if the requests before took
            # long, as they do on a busy machine.
            self._engine._lead.smoothed = 0.0
        sys.setprofile(counter)
        try:
            self._engine._event(self._fileno)
        finally:
            sys.setprofile(None)
        if not self._client.recv(65536).startswith(b'HTTP/1.1 200 '):
            raise RuntimeError('the request was not answered')


def _access_logger(name: str) -> logging.Logger | None:
    if name != 'access log':
        return None
    logger = logging.getLogger('wsgiserver.tests.on')
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.NullHandler())
    return logger


def _gateway(name: str) -> wsgi_gateway.Gateway:
    """Make what runs the requests of a count."""
    made = fakes.gateway_of(APPLICATIONS[name](), None, _access_logger(name))
    if name == 'metrics':
        slot = _metrics.SharedMemory().claim()
        slot.follow(_metrics.Routes(['/v2.1']))
        made.meter = slot
    return made


def _on_threads() -> dict[str, int]:
    module = importlib.import_module('wsgiserver._engine.threading_engine')
    counts = {}
    for name in APPLICATIONS:
        engine = module.Engine(_gateway(name))
        # This thread is the leader.
        thread = pool_thread.PoolThread()
        thread.leading = True
        engine._local.thread = engine._lead.holder = thread
        counts[name] = _Served(engine).count()
        counts[ATTRIBUTES] = len(vars(engine))
    return counts


def _on_eventlet() -> dict[str, int]:
    module = importlib.import_module('wsgiserver._engine.eventlet_engine')
    event = importlib.import_module('eventlet.event')
    hubs = importlib.import_module('eventlet.hubs')
    counts = {}
    for name in APPLICATIONS:
        engine = module.Engine(_gateway(name))
        engine._hub = hubs.get_hub()
        done = event.Event()
        # Workers switch back to the hub, so that it has to count.
        engine._hub.schedule_call_global(
            0, _send, done, functools.partial(_count, engine)
        )
        counts[name] = done.wait()
        counts[ATTRIBUTES] = len(vars(engine))
    return counts


def _count(engine: Any) -> int:
    return _Served(engine).count()


def _send(done: Any, call: Callable[[], int]) -> None:
    try:
        done.send(call())
    except Exception as error:
        done.send_exception(error)


def main() -> None:
    """Write the counts."""
    # A new second would make a new Date, which takes a call.
    second = time.time()
    clock: Any = types.SimpleNamespace(
        time=lambda: second, monotonic=time.monotonic
    )
    wsgi_gateway.time = clock  # type: ignore[attr-defined]  # it is imported
    count = {'eventlet': _on_eventlet, 'threading': _on_threads}
    print(json.dumps(count[sys.argv[1]]()))


if __name__ == '__main__':
    main()
