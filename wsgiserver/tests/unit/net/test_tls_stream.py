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

"""TLS over a socket that doesn't block."""

import contextlib
import os
import socket
import ssl

from wsgiserver._net import tls_stream
from wsgiserver.tests.unit.net import tls_peer


class Recording:
    """The buffer of what is sealed, and how it was filled."""

    def __init__(self, bio: ssl.MemoryBIO) -> None:
        self._bio = bio
        self.written: list[int] = []

    @property
    def pending(self) -> int:
        return self._bio.pending

    def write(self, data: bytes | memoryview) -> int:
        self.written.append(len(data))
        return self._bio.write(data)

    def write_eof(self) -> None:
        self._bio.write_eof()


class BufferTestCase(tls_peer.StreamTestCase):
    """What OpenSSL is handed at once, which is what it keeps room for."""

    def recording(
        self,
    ) -> tuple[tls_stream.Stream, tls_peer.Client, Recording]:
        stream, client = self.connected()
        made = Recording(stream._incoming)
        stream._incoming = made  # type: ignore[assignment]  # it quacks
        return stream, client, made

    def test_a_head_is_handed_over_in_small_parts(self) -> None:
        stream, client, seen = self.recording()
        data = bytes(range(256)) * 190
        client.tls.write(data)
        client.flush()
        found = b''
        while len(found) < len(data):
            found += stream.recv(65536)
        self.assertEqual(data, found)
        self.assertGreater(len(seen.written), 10)
        self.assertEqual(4096, max(seen.written))
        self.assertFalse(stream.pending())
        self.assertRaises(BlockingIOError, stream.recv, 65536)

    def test_a_body_is_handed_over_as_it_comes(self) -> None:
        data = bytes(range(256)) * 190

        def receive(stream: tls_stream.Stream, size: int) -> bytes:
            buffer = bytearray(size)
            return bytes(buffer[: stream.recv_into(memoryview(buffer))])

        for way in (tls_stream.Stream.recv, receive):
            stream, client, seen = self.recording()
            client.tls.write(data)
            client.flush()
            found = b''
            while len(found) < len(data):
                found += way(stream, 262_144)
            self.assertEqual(data, found)
            self.assertLess(len(seen.written), 5)

    def test_what_is_not_handed_over_yet_is_pending(self) -> None:
        stream, client, _seen = self.recording()
        for _turn in range(5):
            client.tls.write(b'a' * 4000)
        client.flush()
        self.assertEqual(b'a' * 4000, stream.recv(65536))
        for _turn in range(4):
            self.assertTrue(stream.pending())
            self.assertEqual(b'a' * 4000, stream.recv(65536))
        self.assertFalse(stream.pending())

    def test_the_end_comes_behind_what_was_there(self) -> None:
        stream, client, _seen = self.recording()
        for _turn in range(5):
            client.tls.write(b'a' * 4000)
        client.flush()
        client.socket.close()
        for _turn in range(5):
            self.assertEqual(b'a' * 4000, stream.recv(65536))
        self.assertEqual(b'', stream.recv(65536))


class ReceiveTestCase(tls_peer.StreamTestCase):
    def test_a_handshake_waits_without_blocking(self) -> None:
        stream, client = self.pair()
        self.assertRaises(BlockingIOError, stream.handshake)
        self.shake(stream, client)

    def test_a_handshake_may_arrive_byte_by_byte(self) -> None:
        stream, client = self.pair()
        done = False
        for _turn in range(4):
            with contextlib.suppress(ssl.SSLWantReadError):
                client.tls.do_handshake()
            for byte in client.outgoing.read():
                self.assertFalse(done)
                client.socket.sendall(bytes([byte]))
                done = self.step(stream)
            client.fill()
        self.assertTrue(done)
        self.assertEqual('TLSv1.3', client.tls.version())

    def test_http_1_1_is_what_is_spoken(self) -> None:
        tls = self.client_context()
        tls.set_alpn_protocols(['h2', 'http/1.1'])
        stream, client = self.pair(tls)
        self.shake(stream, client)
        self.assertEqual('http/1.1', client.tls.selected_alpn_protocol())

    def test_plain_http_is_recognised(self) -> None:
        for request in (b'GET / HTTP/1.1\r\n\r\n', b'POST / HTTP/1.1\r\n\r\n'):
            stream, client = self.pair()
            client.socket.sendall(request)
            self.assertRaises(tls_stream.PlainRequest, stream.handshake)

    def test_a_client_that_speaks_no_tls_is_an_os_error(self) -> None:
        for data in (b'\x00' * 100, b'\x16\x03\x01\x00\x05hello', b'SSH-2.0'):
            stream, client = self.pair()
            client.socket.sendall(data + b'\r\n' * 20)
            self.assertRaises(OSError, stream.handshake)

    def test_a_client_that_leaves_the_handshake_is_an_os_error(self) -> None:
        for sent in (0, 1, 50):
            stream, client = self.pair()
            try:
                client.tls.do_handshake()
            except ssl.SSLWantReadError:
                client.socket.sendall(client.outgoing.read()[:sent])
            client.socket.close()
            self.assertRaises(OSError, stream.handshake)

    def test_a_handshake_is_begun_with_the_first_byte(self) -> None:
        stream, client = self.pair()
        self.assertFalse(self.step(stream))
        self.assertFalse(stream.is_begun)
        client.socket.sendall(b'\x16')
        self.assertFalse(self.step(stream))
        self.assertTrue(stream.is_begun)
        for data in (b'', b'\x16'):
            stream, _client = self.pair()
            stream.feed(data)
            self.assertEqual(bool(data), stream.is_begun)

    def test_a_client_that_sends_nothing_begins_none(self) -> None:
        stream, client = self.pair()
        client.socket.close()
        self.assertRaises(OSError, stream.handshake)
        self.assertFalse(stream.is_begun)

    def test_a_failure_is_explained(self) -> None:
        stream, client = self.pair()
        client.socket.sendall(b'SSH-2.0' + b'\r\n' * 20)
        error = self.assertRaises(OSError, stream.handshake)
        name, details = tls_stream.explain(error)
        self.assertEqual('WRONG_VERSION_NUMBER', name)
        self.assertTrue(details.endswith('wrong version number'), details)
        self.assertEqual(
            ('ConnectionResetError', '[Errno 104] gone'),
            tls_stream.explain(ConnectionResetError(104, 'gone')),
        )

    def test_bytes_are_read(self) -> None:
        stream, client = self.connected()
        self.assertRaises(BlockingIOError, stream.recv, 100)
        client.tls.write(b'hello')
        client.flush()
        self.assertEqual(b'hello', stream.recv(100))
        self.assertRaises(BlockingIOError, stream.recv, 100)

    def test_bytes_are_read_into_a_buffer(self) -> None:
        stream, client = self.connected()
        buffer = bytearray(10)
        self.assertRaises(BlockingIOError, stream.recv_into, buffer)
        client.tls.write(b'hello')
        client.flush()
        view = memoryview(buffer)
        self.assertEqual(5, stream.recv_into(view))
        self.assertEqual(b'hello', bytes(buffer[:5]))

    def test_a_record_is_read_in_parts(self) -> None:
        stream, client = self.connected()
        self.assertFalse(stream.pending())
        client.tls.write(b'hello')
        client.tls.write(b'world')
        client.flush()
        self.assertEqual(b'hel', stream.recv(3))
        self.assertTrue(stream.pending())
        self.assertEqual(b'lo', stream.recv(100))
        # The second record is there, though the socket has nothing.
        self.assertTrue(stream.pending())
        self.assertEqual(b'world', stream.recv(100))
        self.assertFalse(stream.pending())

    def test_what_was_read_off_the_socket_is_read_without_it(self) -> None:
        stream, client = self.connected()
        client.tls.write(b'hello')
        client.tls.write(b'world')
        client.flush()
        self.assertEqual(b'hello', stream.recv(100))
        client.tls.write(b'again')
        client.flush()
        self.assertEqual(b'world', stream.recv_held(100))
        # It is the socket's, and wakes whoever polls that.
        self.assertFalse(stream.pending())
        self.assertRaises(BlockingIOError, stream.recv_held, 100)
        self.assertEqual(b'again', stream.recv(100))

    def test_a_part_of_a_record_is_left_for_its_rest(self) -> None:
        stream, client = self.connected()
        client.tls.write(b'hello')
        client.tls.write(b'world')
        data = client.outgoing.read()
        client.socket.sendall(data[:-3])
        self.assertEqual(b'hello', stream.recv(100))
        self.assertTrue(stream.pending())
        self.assertRaises(BlockingIOError, stream.recv_held, 100)
        client.socket.sendall(data[-3:])
        self.assertEqual(b'world', stream.recv(100))

    def test_the_end_may_be_held_too(self) -> None:
        stream, client = self.connected()
        client.tls.write(b'hello')
        self.assertRaises(ssl.SSLWantReadError, client.tls.unwrap)
        client.flush()
        self.assertEqual(b'hello', stream.recv(100))
        self.assertEqual(b'', stream.recv_held(100))

    def test_bytes_read_off_the_socket_before_are_taken(self) -> None:
        stream, client = self.pair()
        client.handshake()
        stream.feed(stream.socket.recv(65536))
        self.shake(stream, client)

    def test_the_end_is_no_bytes(self) -> None:
        for polite in (True, False):
            for read in (
                lambda stream: len(stream.recv(10)),
                lambda stream: stream.recv_into(memoryview(bytearray(10))),
            ):
                stream, client = self.connected()
                if polite:
                    self.assertRaises(ssl.SSLWantReadError, client.tls.unwrap)
                    client.flush()
                else:
                    client.socket.close()
                self.assertEqual(0, read(stream))

    def test_bytes_that_were_tampered_with_are_an_os_error(self) -> None:
        stream, client = self.connected()
        client.tls.write(b'hello')
        data = client.outgoing.read()
        client.socket.sendall(data[:-1] + bytes([data[-1] ^ 1]))
        self.assertRaises(ssl.SSLError, stream.recv, 100)


class SendTestCase(tls_peer.StreamTestCase):
    def test_bytes_are_sent(self) -> None:
        stream, client = self.connected()
        for data in (b'hello', memoryview(b'world'), b'x' * 20000):
            self.assertEqual(len(data), stream.send(data))
            self.assertEqual(bytes(data), client.read())

    def test_what_the_socket_takes_is_counted(self) -> None:
        stream, client = self.connected()
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        data = os.urandom(1_000_000)
        sent = 0
        received = b''
        while sent < len(data):
            try:
                sent += stream.send(memoryview(data)[sent:])
            except BlockingIOError:
                # Nothing was read meanwhile: it has to be ready by then.
                received += client.read()
        received += client.read()
        self.assertEqual(len(data), len(received))
        self.assertEqual(data, received)

    def test_a_socket_that_is_full_blocks(self) -> None:
        stream, _client = self.connected()
        data = memoryview(b'x' * 10_000_000)
        sent = stream.send(data)
        self.assertLess(sent, len(data))
        self.assertRaises(BlockingIOError, stream.send, data[sent:])
        self.assertRaises(BlockingIOError, stream.send, data[sent:])

    def test_sending_to_a_client_that_left_is_an_os_error(self) -> None:
        stream, client = self.connected()
        client.socket.close()
        self.assertRaises(BrokenPipeError, stream.send, b'hello')

    def test_a_goodbye_is_said(self) -> None:
        stream, client = self.connected()
        stream.send(b'hello')
        self.assertIs(stream.socket, stream.send_close_notify())
        stream.socket.shutdown(socket.SHUT_WR)
        client.fill()
        self.assertEqual(b'hello', client.tls.read(100))
        # The end by an alert, for that of the connection was not read.
        self.assertEqual(b'', client.tls.read(1))

    def test_a_goodbye_is_answered(self) -> None:
        stream, client = self.connected()
        self.assertRaises(ssl.SSLWantReadError, client.tls.unwrap)
        client.flush()
        self.assertEqual(b'', stream.recv(10))
        stream.send_close_notify()
        self.assertTrue(client.fill())
        client.tls.unwrap()

    def test_a_goodbye_to_a_client_that_left_is_an_os_error_at_most(
        self,
    ) -> None:
        stream, client = self.connected()
        client.socket.close()
        try:
            self.assertIs(stream.socket, stream.send_close_notify())
        except OSError as error:
            self.assertIsInstance(error, BrokenPipeError)

    def test_it_stands_in_for_its_socket(self) -> None:
        stream, client = self.connected()
        self.assertEqual(stream.socket.fileno(), stream.fileno())
        stream.setsockopt(
            socket.SOL_SOCKET, socket.SO_KEEPALIVE, (1).to_bytes(4, 'little')
        )
        stream.shutdown(socket.SHUT_WR)
        self.assertEqual(b'', client.socket.recv(10)[:0])
        stream.close()
        self.assertEqual(-1, stream.socket.fileno())
