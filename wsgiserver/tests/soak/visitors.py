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
"""Clients of all sorts, at the same time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
import contextlib
import itertools
import threading

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import load

request = harness.request

_BODY = b'x' * 1_000_000

_CHUNKED = b'%x\r\n%b\r\n' % (len(_BODY), _BODY) * 3 + b'0\r\n\r\n'


class Visitors:
    """Clients that come until the block ends.

    :param server: has TLS at its first address, and not at its second.
    """

    def __init__(self, server: harness.ServerProcess) -> None:
        self._server = server
        self._loads = [
            load.Load(server.connect, 6, '/pid', pause=0.02),
            load.Load(self._plainly, 6, '/pid', pause=0.02),
            load.Load(server.connect, 2, '/pid', lasting=False, pause=0.05),
            load.Load(self._plainly, 2, '/pid', lasting=False, pause=0.02),
        ]
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(visit, ways))
            for visit in (self._upload, self._download, self._abort)
            for ways in [itertools.cycle((server.connect, self._plainly))]
        ]
        self._visits = 0
        self._lost = 0

    def _plainly(self) -> harness.Wire:
        return self._server.connect(to=self._server.addresses[1][0], tls=False)

    def __enter__(self) -> Visitors:
        with contextlib.ExitStack() as stack:
            for each in self._loads:
                stack.enter_context(each)
            for thread in self._threads:
                thread.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        self._stack.close()

    @property
    def answered(self) -> int:
        """How many requests had an answer."""
        return self._visits + sum(each.answered for each in self._loads)

    def __str__(self) -> str:
        failures = sum(len(each.failures) for each in self._loads)
        return (
            f'{self.answered} requests answered, {failures + self._lost} lost '
            f'with a worker'
        )

    def complaints(self, killed: Collection[int]) -> list[load.Failure]:
        """Tell the failures that no kill explains.

        :param killed: the workers that were.
        """
        known = {b'', *(str(pid).encode() for pid in killed)}
        return [
            failure
            for each in self._loads
            for failure in each.failures
            if failure.before not in known
        ]

    def _repeat(
        self,
        visit: Callable[[harness.Wire], None],
        ways: itertools.cycle[Callable[[], harness.Wire]],
    ) -> None:
        while not self._ending.wait(0.05):
            try:
                with next(ways)() as wire:
                    visit(wire)
            except (OSError, EOFError):
                self._lost += 1
            else:
                self._visits += 1

    @staticmethod
    def _upload(wire: harness.Wire) -> None:
        length = f'Content-Length: {len(_BODY)}'
        wire.send(request('POST', '/count', length, body=_BODY))
        assert int(wire.response().body) == len(_BODY)
        chunked = 'Transfer-Encoding: chunked'
        wire.send(request('POST', '/count', chunked, body=_CHUNKED))
        assert int(wire.response().body) == 3 * len(_BODY)

    @staticmethod
    def _download(wire: harness.Wire) -> None:
        wire.send(request('GET', '/big/4'))
        assert len(wire.response().body) == 4 * 2**20
        wire.send(request('GET', '/file'))
        assert wire.response().status == 200

    def _abort(self, wire: harness.Wire) -> None:
        """Go away in the middle of a response, a body, and a head."""
        wire.send(request('GET', '/endless'))
        wire.read(1)
        with self._plainly() as half:
            half.send(request('POST', '/mirror', 'Content-Length: 9'))
            half.read(1)
        with self._server.connect() as half:
            half.send(b'GET / HTTP/1.1\r\nHost:')
