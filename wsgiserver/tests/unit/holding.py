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


"""Measures what parked connections hold, in a process of its own.

``python -m wsgiserver.tests.unit.holding eventlet`` has clients send a head on
connections of their own to the engine of that name, and writes how many bytes
of memory each connection takes afterwards, by the name of the head, as a JSON
object.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import functools
import gc
import importlib
import json
import select
import socket
import sys
import time
import tracemalloc
from typing import Any

from wsgiserver._engine import listener as engine_listener
from wsgiserver.tests.unit.wsgi import fakes

#: How many connections there are; those before are for what all share.
CONNECTIONS = 100
_FIRST = 20

_START = b'GET / HTTP/1.1\r\nHost: a\r\n'


def _hello(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello\n']


def _request(*fields: bytes) -> bytes:
    return _START + b''.join(field + b'\r\n' for field in fields) + b'\r\n'


def _small(_number: int) -> bytes:
    return _request()


def _of_a_service(number: int) -> bytes:
    return _request(
        b'User-Agent: nova-compute keystoneauth1/5.10.0 '
        b'python-requests/2.32.3 CPython/3.11.7',
        b'Accept: application/json',
        b'Accept-Encoding: gzip, deflate',
        b'Connection: keep-alive',
        b'OpenStack-API-Version: placement 1.39',
        b'X-OpenStack-Request-ID: req-%032d' % number,
        b'X-Auth-Token: gAAAAABm%0176d' % number,
        b'X-Service-Token: gAAAAABm%0176d' % number,
    )


def _with_token(size: int, number: int) -> bytes:
    """Spread a token over as many fields as it needs."""
    count = -(-size // 16_000)
    return _request(
        *(
            b'X-Token-%d: %0*d' % (turn, size // count, number)
            for turn in range(count)
        )
    )


def _with_fields(number: int) -> bytes:
    return _request(*(b'X-%d-%d: ab' % (number, i) for i in range(90)))


#: The heads, each different on every connection.
HEADS: dict[str, Callable[[int], bytes]] = {
    'small': _small,
    'service': _of_a_service,
    'token of 700 bytes': functools.partial(_with_token, 700),
    'token of 2 KB': functools.partial(_with_token, 2000),
    'token of 16 KB': functools.partial(_with_token, 16_000),
    'token of 48 KB': functools.partial(_with_token, 48_000),
    'fields': _with_fields,
}


class _Crowd:
    """An engine and connections that wait for their next requests.

    :param engine: what is not started: its reactor and its worker are this
        class, since no engine leaves a slow request to the same thread.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._clients: list[socket.socket] = []
        self._sock = socket.create_server(('127.0.0.1', 0))
        self._listener = engine_listener.EngineListener(
            self._sock, fakes.base_environ(), None, engine.socket_class
        )

    def add(self, request: bytes) -> None:
        """Have another client send a request."""
        client = socket.create_connection(self._sock.getsockname(), 20)
        accepted, address = self._listener.socket.accept()
        fileno = accepted.fileno()
        self._engine.add_connection(self._listener, accepted, address)
        client.sendall(request)
        connection = self._engine._parked.pop(fileno)
        while not connection.readable():
            select.select([fileno], [], [])
        connection.run(None, time.monotonic(), {})
        if not client.recv(65536).startswith(b'HTTP/1.1 200 '):
            raise RuntimeError('the request was not answered')
        self._clients.append(client)

    def measure(self, make: Callable[[int], bytes]) -> float:
        """Tell what each of some connections takes in bytes."""
        for number in range(_FIRST):
            self.add(make(number))
        gc.collect()
        tracemalloc.start()
        try:
            before = self._taken()
            for number in range(_FIRST, _FIRST + CONNECTIONS):
                self.add(make(number))
            gc.collect()
            return (self._taken() - before) / CONNECTIONS
        finally:
            tracemalloc.stop()

    def _taken(self) -> int:
        """Tell what is taken, by all but the clients."""
        here = tracemalloc.Filter(False, __file__, all_frames=True)
        shot = tracemalloc.take_snapshot().filter_traces([here])
        return sum(trace.size for trace in shot.traces)


def _engine(name: str) -> Any:
    module = importlib.import_module(f'wsgiserver._engine.{name}_engine')
    engine = module.Engine(fakes.gateway_of(_hello))
    if name == 'eventlet':
        engine._hub = importlib.import_module('eventlet.hubs').get_hub()
    return engine


def main() -> None:
    """Write what connections take."""
    engine = _engine(sys.argv[1])
    print(
        json.dumps(
            {
                name: _Crowd(engine).measure(make)
                for name, make in HEADS.items()
            }
        )
    )


if __name__ == '__main__':
    main()
