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

"""What a running request may do with its connection."""

from collections.abc import Callable
from typing import Any
from typing import Protocol


class Channel(Protocol):
    """The connection, as the worker that runs a request sees it.

    Its calls wait, bounded by ``client_socket_timeout``; only that worker
    may use it.
    """

    #: The client's address and port; ('', '') on a UNIX socket.
    peer: tuple[str, str]
    #: The address of the proxy that told of the client in a PROXY header.
    proxy: str
    #: How many bytes of the body of a request that has one were read.
    received: int
    #: How many bytes of that body, which nobody wanted, are to be thrown away
    #: ahead of the next request.
    skip: int
    #: When the request began to run, by the monotonic clock.
    began: float
    #: For how many seconds it had waited for a worker.
    waited: float
    #: Who runs it. Where a worker knows the name of its thread without asking
    #: for it, that is its ``thread_name``.
    worker: object
    #: Its environ, while it runs; for those who describe it.
    environ: dict[str, Any] | None
    #: True within a body that only the end of the connection ends.
    ends_body: bool

    @property
    def tls_version(self) -> str:
        """The version of TLS, such as ``TLSv1.3``; empty without TLS."""

    def is_last(self) -> bool:
        """Tell whether no request may follow: the response says ``close``.

        No property, which takes twice as long.
        """

    def disconnect_check(self) -> Callable[[], bool]:
        """Make what tells whether the client has left.

        :returns: a callable that any thread may use, at any time.
        """

    def receive(self, size: int) -> bytes:
        """Read what is there, waiting for the first byte.

        :param size: how much at most.
        :returns: the bytes; none at the end of the stream.
        :raises ClientDisconnected: as :meth:`receive_into`.
        :raises RequestBodyError: as :meth:`receive_into`.
        """

    def receive_into(self, buffer: memoryview) -> int:
        """Read what is there, waiting for the first byte.

        :param buffer: where to put it.
        :returns: the number of bytes; 0 at the end of the stream.
        :raises ClientDisconnected: if the connection broke.
        :raises RequestBodyError: with 408 if the client was silent for too
            long.
        """

    def unread(self, data: bytes) -> None:
        """Give back bytes that belong to what follows.

        :param data: they are what the next call reads first.
        """

    def probe(self) -> None:
        """Look for the end of the stream, without waiting.

        What arrives is kept for those who read next.

        :raises ClientDisconnected: if the client has left, or has said that
            it sends no more.
        """

    def send(self, data: bytes) -> None:
        """Send all of it.

        :param data: the bytes.
        :raises ClientDisconnected: if the client went away or took nothing
            for too long.
        """

    def send_file(self, fileno: int, offset: int, count: int) -> int:
        """Send a part of a file without copying it, if that can be done.

        :param fileno: the file's descriptor.
        :param offset: where to begin, in bytes.
        :param count: how many bytes.
        :returns: how many were sent: 0 where it can't be done at all, less
            than count if the file ended, or can't be read further this way.
        :raises ClientDisconnected: as :meth:`send`.
        """
