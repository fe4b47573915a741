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

"""A connection in the hands of a reactor that does nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import errno
import logging
import socket
import tempfile
import time
from typing import Any

import fixtures

from wsgiserver._engine import connection as engine_connection
from wsgiserver._engine import connection_state
from wsgiserver._engine import ending
from wsgiserver._log import access
from wsgiserver._net import tls_stream
from wsgiserver._wsgi import files
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit.engine import reactors
from wsgiserver.tests.unit.wsgi import fakes

State = connection_state.State

_PEER = ('192.0.2.7', '40000')


class Stream(tls_stream.Stream):
    """TLS whose other end has said what it will."""

    __slots__ = ('pieces', 'sent', 'parting')

    def __init__(self, sock: socket.socket, *pieces: bytes) -> None:
        self.socket = sock
        self.pieces = list(pieces)
        self.sent = b''
        self.parting = False
        self.is_begun = False

    def handshake(self) -> bool:
        return True

    def client_environ(self) -> dict[str, str]:
        return {'SSL_CLIENT_VERIFY': 'SUCCESS', 'SSL_CLIENT_S_DN': 'CN=a'}

    def pending(self) -> bool:
        return False

    def recv(self, size: int) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        return self.pieces.pop(0)

    def send(self, data: bytes | memoryview) -> int:
        self.sent += data
        return len(data)

    def send_close_notify(self) -> socket.socket:
        self.parting = True
        return self.socket


class Failing(logging.Handler):
    """A log that is waited for until the request is over."""

    def handle(self, record: logging.LogRecord) -> bool:
        raise exceptions.RequestTimeout


class ConnectionTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.seen: list[dict[str, Any]] = []
        self.reactor = reactors.Reactor(fakes.gateway_of(self.app))
        self.reconnect()

    def reconnect(self) -> None:
        """Have another connection."""
        with socket.create_server(('127.0.0.1', 0)) as listening:
            self.client = socket.create_connection(listening.getsockname(), 20)
            self.sock, _address = listening.accept()
        self.sock.setblocking(False)
        self.addCleanup(self.client.close)
        self.addCleanup(self.sock.close)

    def app(
        self, environ: dict[str, Any], start: Callable[..., Any]
    ) -> Iterable[bytes]:
        self.seen.append(environ)
        start('200 OK', [('Content-Length', '5')])
        return [b'hello']

    def make(
        self, stream: socket.socket | tls_stream.Stream | None = None
    ) -> engine_connection.Connection:
        """Make a connection."""
        return engine_connection.Connection(
            self.reactor, stream or self.sock, _PEER, fakes.base_environ()
        )

    def run_one(self, connection: engine_connection.Connection) -> None:
        """Have a connection take a request, and run it."""
        self.assertTrue(connection.readable())
        connection.run('worker', time.monotonic(), {})

    def get(self, *fields: str) -> bytes:
        return fakes.request(*fields, method='GET')

    def received(self) -> bytes:
        """What the client reads up to the end of the connection."""
        pieces = []
        while piece := self.client.recv(65536):
            pieces.append(piece)
        return b''.join(pieces)


class RunTestCase(ConnectionTestCase):
    def test_it_is_parked_behind_its_requests(self) -> None:
        connection = self.make()
        self.client.sendall(self.get() * 3)
        self.run_one(connection)
        self.assertEqual([connection], self.reactor.parked)
        self.assertIs(State.IDLE, connection.state)
        self.assertEqual(3, self.reactor.served)
        self.assertEqual(3, len(self.seen))

    def test_another_worker_may_have_to_run_the_next_one(self) -> None:
        self.reactor.goes_on = False
        connection = self.make()
        self.client.sendall(self.get() * 2)
        self.run_one(connection)
        self.assertIs(State.RUNNING, connection.state)
        self.assertIsNone(connection.worker)
        self.assertEqual([], self.reactor.parked)
        self.assertEqual(1, self.reactor.served)
        connection.run('another', time.monotonic(), {})
        self.assertEqual(2, self.reactor.served)
        self.assertEqual([connection], self.reactor.parked)

    def test_who_cuts_is_waited_for_once(self) -> None:
        connection = self.make()
        self.client.sendall(self.get() * 2)
        self.assertTrue(connection.readable())
        connection.is_overdue = True
        connection.run('worker', time.monotonic(), {})
        self.assertEqual(1, self.reactor.awaited)

    def test_nobody_runs_it_and_nothing_of_a_request_is_kept_then(
        self,
    ) -> None:
        connection = self.make()
        self.client.sendall(self.get())
        self.run_one(connection)
        self.assertIsNone(connection.worker)
        self.assertIsNone(connection.head)

    def test_while_it_runs_it_tells_what_and_for_whom(self) -> None:
        found: list[object] = []

        def app(
            environ: dict[str, Any], start: Callable[..., Any]
        ) -> Iterable[bytes]:
            assert connection.head is not None
            found.extend((connection.worker, connection.head.uri))
            return self.app(environ, start)

        self.reactor.gateway = fakes.gateway_of(app)
        connection = self.make()
        self.client.sendall(self.get())
        self.run_one(connection)
        self.assertEqual(['worker', '/a'], found)

    def test_each_request_asks_for_the_gateway_anew(self) -> None:
        other = fakes.gateway_of(fakes.app_of([b'other']))

        def app(
            environ: dict[str, Any], start: Callable[..., Any]
        ) -> Iterable[bytes]:
            self.reactor.gateway = other
            return self.app(environ, start)

        self.reactor.gateway = fakes.gateway_of(app)
        self.client.sendall(self.get() * 2)
        self.run_one(self.make())
        received = self.client.recv(65536)
        self.assertIn(b'hello', received)
        self.assertTrue(received.endswith(b'other'))

    def test_a_time_out_behind_the_response_costs_the_connection(
        self,
    ) -> None:
        logger = logging.getLogger('wsgiserver.tests.failing')
        logger.setLevel(logging.INFO)
        logger.propagate = False
        handler = Failing()
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        settings = fakes.settings()
        log = access.AccessLog(logger, settings.wsgi_log_format)
        self.reactor.gateway = wsgi_gateway.Gateway(self.app, settings, log)
        connection = self.make()
        self.client.sendall(self.get())
        self.run_one(connection)
        # The client has all of it, and nothing else is answered.
        self.assertIs(State.LINGERING, connection.state)
        self.assertTrue(self.received().endswith(b'hello'))


class EndTestCase(ConnectionTestCase):
    def lingering(self) -> engine_connection.Connection:
        connection = self.make()
        self.client.sendall(b'nonsense\r\n\r\n')
        while connection.state is not State.LINGERING:
            connection.readable()
        return connection

    def patience(self, connection: engine_connection.Connection) -> float:
        assert connection.deadline is not None
        return connection.deadline - time.monotonic()

    def test_it_lingers_for_a_retransmission(self) -> None:
        earliest = time.monotonic() + ending.LINGER_TIME
        deadline = self.lingering().deadline
        assert deadline is not None
        latest = time.monotonic() + ending.LINGER_TIME
        self.assertTrue(earliest <= deadline <= latest)

    def test_its_linger_may_be_shortened(self) -> None:
        connection = self.lingering()
        soon = time.monotonic() + 0.3
        connection.shorten_deadline(soon)
        self.assertEqual(soon, connection.deadline)
        # However much comes, and however often it is told.
        for _turn in range(3):
            self.client.sendall(b'x' * 1000)
            connection.readable()
            connection.shorten_deadline(soon + 1)
        self.assertEqual(soon, connection.deadline)

    def test_an_idle_one_may_be_told_so_too(self) -> None:
        connection = self.make()
        soon = time.monotonic() + 0.3
        for moment in (soon, soon + 1):
            connection.shorten_deadline(moment)
            self.assertEqual(soon, connection.deadline)
        connection.deadline = None
        connection.shorten_deadline(soon)
        self.assertEqual(soon, connection.deadline)

    def test_a_late_head_is_told_nothing_while_the_server_stops(self) -> None:
        connection = self.make()
        self.client.sendall(b'GET / HTTP/1.1\r\n')
        while connection.state is not State.HEAD:
            connection.readable()
        self.reactor.stopping = True
        connection.expire()
        self.assertFalse(connection.is_open)
        self.assertEqual(b'', self.client.recv(10))

    def test_a_late_head_is_told_so(self) -> None:
        connection = self.make()
        self.client.sendall(b'GET / HTTP/1.1\r\n')
        while connection.state is not State.HEAD:
            connection.readable()
        connection.expire()
        self.assertIs(State.LINGERING, connection.state)
        self.assertIn(b' 408 ', self.client.recv(65536))

    def test_an_idle_one_is_closed_when_it_is_late(self) -> None:
        connection = self.make()
        connection.expire()
        self.assertFalse(connection.is_open)
        self.assertEqual(b'', self.client.recv(10))


class BreakTestCase(ConnectionTestCase):
    """Responses that break off."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())

    def run_broken(
        self,
        *fields: tuple[str, str],
        version: int = 1,
        stream: tls_stream.Stream | None = None,
    ) -> engine_connection.Connection:
        """Have a response broken off behind its first block."""
        body = fakes.Pieces(b'hello', LookupError('broken'))
        self.reactor.gateway = fakes.gateway_of(fakes.app_of(body, *fields))
        connection = self.make(stream)
        self.client.sendall(fakes.request(version=version, method='GET'))
        self.run_one(connection)
        return connection

    def test_its_framing_says_so_and_what_there_is_arrives(self) -> None:
        length = ('Content-Length', '10')
        for fields, version, end in (
            ((), 1, b'5\r\nhello\r\n'),
            ((length,), 1, b'\r\n\r\nhello'),
            ((length,), 0, b'\r\n\r\nhello'),
        ):
            self.reconnect()
            connection = self.run_broken(*fields, version=version)
            self.assertIs(State.LINGERING, connection.state)
            self.assertTrue(self.received().endswith(end))

    def test_what_ends_with_the_connection_is_reset(self) -> None:
        connection = self.run_broken(version=0)
        self.assertFalse(connection.is_open)
        self.assertRaises(ConnectionResetError, self.received)

    def test_it_is_reset_by_whatever_closes_it(self) -> None:
        connection = self.make()

        def app(
            environ: dict[str, Any], start: Callable[..., Any]
        ) -> Iterable[bytes]:
            start('200 OK', [])
            yield b'hello'
            connection.close()

        self.reactor.gateway = fakes.gateway_of(app)
        self.client.sendall(fakes.request(version=0, method='GET'))
        self.run_one(connection)
        self.assertRaises(ConnectionResetError, self.received)

    def test_what_has_ended_with_the_connection_is_not_reset(self) -> None:
        body = fakes.Pieces(b'hello', b'again')
        self.reactor.gateway = fakes.gateway_of(fakes.app_of(body))
        self.client.sendall(fakes.request(version=0, method='GET'))
        self.run_one(self.make())
        self.assertTrue(self.received().endswith(b'helloagain'))

    def test_tls_says_goodbye_where_the_framing_says_it(self) -> None:
        for version, says in ((1, True), (0, False)):
            self.reconnect()
            request = fakes.request(version=version, method='GET')
            stream = Stream(self.sock, request)
            self.run_broken(version=version, stream=stream)
            self.assertIs(says, stream.parting)


class SendFileTestCase(ConnectionTestCase):
    """Files that the system can't send."""

    def serve_file(self, error: OSError) -> bytes:
        """Have a file served, though the system can't send it."""

        def sendfile(*_args: int) -> int:
            raise error

        self.useFixture(fixtures.MonkeyPatch('os.sendfile', sendfile))
        file = tempfile.TemporaryFile()
        file.write(b'hello')
        file.seek(0)
        self.reactor.gateway = fakes.gateway_of(
            fakes.app_of(files.FileWrapper(file))
        )
        self.client.sendall(self.get('Connection: close'))
        self.run_one(self.make())
        return self.received()

    def test_a_file_that_it_can_not_send_is_read(self) -> None:
        # Some file systems say so (EINVAL); that is no client that has left.
        for code in (errno.EINVAL, errno.ENOSYS, errno.EIO):
            self.reconnect()
            received = self.serve_file(OSError(code, 'no'))
            self.assertTrue(received.endswith(b'hello'), code)

    def test_a_client_that_left_is_no_error_of_the_file(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        error = BrokenPipeError(errno.EPIPE, 'gone')
        self.assertRaises(ConnectionResetError, self.serve_file, error)
        self.assertIn('left during', log.output)


class ProbeTestCase(ConnectionTestCase):
    """The look for the client's end."""

    def test_a_client_that_waits_is_there(self) -> None:
        self.make().probe()

    def test_a_client_that_left_is_not(self) -> None:
        connection = self.make()
        self.client.close()
        self.assertRaises(exceptions.ClientDisconnected, connection.probe)

    def test_a_client_that_left_behind_a_request_is_not(self) -> None:
        connection = self.make()
        self.client.sendall(self.get())
        self.client.close()
        connection.probe()
        self.assertRaises(exceptions.ClientDisconnected, connection.probe)

    def test_what_it_reads_is_the_next_request(self) -> None:
        connection = self.make()
        self.client.sendall(self.get() * 2)
        connection.probe()
        connection.probe()
        self.run_one(connection)
        self.assertEqual(2, self.reactor.served)

    def test_it_keeps_no_more_than_it_may(self) -> None:
        connection = self.make()
        self.sock.setblocking(True)
        for _turn in range(8):
            self.client.sendall(b'x' * 65536)
            connection.probe()
        self.assertLess(len(connection.ahead), 2 * 65536 + 1)


class TLSTestCase(ConnectionTestCase):
    def test_what_it_tells_of_the_client_is_in_each_environ(self) -> None:
        stream = Stream(self.sock, self.get(), self.get())
        base_environ = fakes.base_environ()
        connection = engine_connection.Connection(
            self.reactor, stream, _PEER, base_environ
        )
        for _turn in range(2):
            self.run_one(connection)
        for environ in self.seen:
            self.assertEqual('SUCCESS', environ['SSL_CLIENT_VERIFY'])
            self.assertEqual('CN=a', environ['SSL_CLIENT_S_DN'])
        # It is that of all connections.
        self.assertNotIn('SSL_CLIENT_VERIFY', base_environ)

    def test_a_client_can_not_say_so_itself(self) -> None:
        stream = Stream(self.sock, self.get('SSL-Client-S-DN: CN=b'))
        self.run_one(self.make(stream))
        self.assertEqual('CN=a', self.seen[0]['SSL_CLIENT_S_DN'])

    def test_an_idle_one_says_goodbye(self) -> None:
        for pieces in ((), (b'GET / HTTP/1.1\r\n',), (b'',)):
            stream = Stream(self.sock, b'\r\n', *pieces)
            connection = self.make(stream)
            for _turn in pieces:
                connection.readable()
            connection.readable()
            connection.close_gracefully()
            self.assertTrue(stream.parting)

    def test_a_last_response_is_followed_by_goodbye(self) -> None:
        stream = Stream(self.sock, self.get('Connection: close'))
        connection = self.make(stream)
        self.run_one(connection)
        self.assertTrue(stream.parting)
        self.assertFalse(connection.is_open)

    def test_a_handshake_that_is_late_ends_without_a_word(self) -> None:
        stream = Stream(self.sock)
        connection = self.make(stream)
        connection.expire()
        self.assertFalse(stream.parting)
        self.assertFalse(connection.is_open)
