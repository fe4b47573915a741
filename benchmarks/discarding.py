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


"""A client that has the kernel throw bodies away.

wrk copies what it receives, 8 KB at a time, and is slower at that than a
server is that has the kernel send a file: both would wait for the client.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import select
import socket
import statistics
import time
from urllib import parse

from benchmarks import load

#: How much is received at once: of a head, and of what is thrown away.
_HEAD = 4096
_BODY = 1 << 22

_END = b'\r\n\r\n'


class ReadError(Exception):
    """A response was not what was expected."""


class _Download:
    """One connection, with a response under way."""

    def __init__(
        self,
        place: tuple[str, int],
        request: bytes,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self.sock = socket.create_connection(place, load.TIMEOUT)
        self._request = request
        self.ask()

    def ask(self) -> None:
        """Send the request."""
        self._head = b''
        self._left = -1
        self.began = self._clock()
        self.sock.sendall(self._request)

    def take(self, buffer: memoryview) -> bool:
        """Read what is there; True once the response is whole."""
        if self._left < 0:
            count = self.sock.recv_into(buffer, _HEAD)
        else:
            # tcp(7): the bytes are discarded, and nothing is written there.
            count = self.sock.recv_into(buffer, 0, socket.MSG_TRUNC)
        if not count:
            raise ReadError('the server closed')
        if self._left < 0:
            self._head += buffer[:count]
            head, end, rest = self._head.partition(_END)
            if not end:
                return False
            self._left = _length(head) - len(rest)
        else:
            self._left -= count
        if self._left < 0:
            raise ReadError('more bytes than were announced')
        return not self._left


def _length(head: bytes) -> int:
    status, *fields = head.decode('latin-1').split('\r\n')
    if status.split(' ')[1] != '200':
        raise ReadError(status)
    for field in fields:
        name, _colon, value = field.partition(':')
        if name.lower() == 'content-length':
            return int(value)
    raise ReadError('no Content-Length')


def run(
    url: str,
    request: bytes,
    connections: int,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> load.Seen:
    """Send requests for some time.

    :param url: where to connect to, in plain HTTP.
    :param request: the bytes of one.
    :param connections: how many connections, with a request on each.
    :param seconds: for how long.
    :param clock: tells the time, in seconds.
    :returns: what was seen; an error ends it.
    """
    parts = parse.urlsplit(url)
    place = (parts.hostname or '', parts.port or 80)
    buffer = memoryview(bytearray(_BODY))
    latencies = []
    errors = {}
    with contextlib.ExitStack() as stack:
        poller = stack.enter_context(select.epoll())
        began = now = clock()
        try:
            downloads = {}
            for _turn in range(connections):
                download = _Download(place, request, clock)
                stack.callback(download.sock.close)
                downloads[download.sock.fileno()] = download
                poller.register(download.sock, select.EPOLLIN)
            while now - began < seconds:
                for fileno, _mask in poller.poll(load.TIMEOUT):
                    download = downloads[fileno]
                    if download.take(buffer):
                        now = clock()
                        latencies.append(now - download.began)
                        download.ask()
        except (OSError, ReadError) as error:
            errors = {str(error): 1}
    ordered = sorted(latencies) or [0.0]
    return load.Seen(
        requests=len(latencies),
        seconds=now - began,
        p50=statistics.median(ordered),
        p99=ordered[len(ordered) * 99 // 100],
        longest=ordered[-1],
        errors=errors,
    )
