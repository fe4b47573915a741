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

"""Clients that go on asking, and keep count."""

from __future__ import annotations

from collections.abc import Callable
import threading
import time
from typing import NamedTuple

from wsgiserver.tests.functional import wire

#: A client's way to the server.
Connect = Callable[[], wire.Wire]


class Failure(NamedTuple):
    """A request that had no answer, or not the one it should have had.

    :param before: the body of the answer before it on its connection, empty
        where it was the first one.
    """

    before: bytes
    what: str


class Load:
    """Keep-alive clients that ask until the block that they run in ends.

    :param connect: makes a connection.
    :param clients: how many there are.
    :param path: what they ask for.
    :param lasting: whether a client stays on one connection.
    :param pause: the seconds between two requests of a client.
    :param forgiving: whether a connection may be closed between a response
        and the next request, as any server may that is about to end; the
        client then asks once more on a new one (RFC 9112, section 9.3.1).
    """

    def __init__(
        self,
        connect: Connect,
        clients: int = 32,
        path: str = '/hello',
        *,
        lasting: bool = True,
        pause: float = 0.01,
        forgiving: bool = False,
    ) -> None:
        self.failures: list[Failure] = []
        self.bodies: set[bytes] = set()
        self.slowest = 0.0
        self._connect = connect
        lines = () if lasting else ('Connection: close',)
        self._request = wire.request('GET', path, *lines)
        self._pause = pause
        self._forgiving = forgiving
        self._ending = threading.Event()
        self._counts = [0] * clients
        self._threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(clients)
        ]

    @property
    def answered(self) -> int:
        """How many requests have had their answer."""
        return sum(self._counts)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        client = _Client(self._connect, self._request, self._forgiving)
        while not self._ending.is_set():
            begun = time.monotonic()
            result = client.ask()
            if isinstance(result, Failure):
                self.failures.append(result)
            else:
                self.bodies.add(result)
                self._counts[number] += 1
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self._ending.wait(self._pause)
        client.close()


class _Client:
    def __init__(
        self, connect: Connect, request: bytes, forgiving: bool
    ) -> None:
        self._connect = connect
        self._request = request
        self._forgiving = forgiving
        self._wire: wire.Wire | None = None
        self._before = b''

    def ask(self) -> bytes | Failure:
        """Ask once; returns the body of the answer."""
        is_reused = self._wire is not None
        try:
            return self._exchange()
        except (OSError, EOFError, ValueError) as error:
            failed = Failure(self._before, repr(error))
            self.close()
            if not (self._forgiving and is_reused and _was_closed(error)):
                return failed
        return self.ask()

    def _exchange(self) -> bytes | Failure:
        if self._wire is None:
            self._wire = self._connect()
        self._wire.send(self._request)
        response = self._wire.response()
        if response.status != 200:
            failed = Failure(self._before, f'status {response.status}')
            self.close()
            return failed
        self._before = response.body
        if response.headers.get('connection') == 'close':
            self.close()
        return response.body

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._wire is not None:
            self._wire.socket.close()
        self._wire, self._before = None, b''


def _was_closed(error: Exception) -> bool:
    """Tell whether not a byte of a response came."""
    if isinstance(error, EOFError):
        return error.args == (b'',)
    return isinstance(error, ConnectionError)
