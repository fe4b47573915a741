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

from __future__ import annotations

import contextlib
import re
import socket as socket_module
import ssl

from wsgiserver._net import tls_subject

_RECORD = 16384  # RFC 8446, section 5.1: what one record holds, in bytes.
_READ_SIZE = 65536
# How much OpenSSL is handed at a time, unless a large body is read: what it
# keeps sealed bytes in stays as large as it ever was, for as long as the
# connection does. In 4 KB a body would take twice the time.
_SLICE = 4096


class PlainRequest(Exception):
    """The client speaks HTTP where TLS was to come."""


# Where in its own source Python met the error.
_PLACE = re.compile(r' \(_ssl\.c:\d+\)\Z')


def explain(error: OSError) -> tuple[str, str]:
    """Reason of a failed handshake.

    :param error: what was raised.
    :returns: a name that OpenSSL has for it, or that of the error, and what
        else it says. ``ALERT`` in the name says that it was the client who
        gave up.
    """
    name = getattr(error, 'reason', None) or type(error).__name__
    return name, _PLACE.sub('', str(error))


class Stream:
    """TLS stream on a socket that doesn't block.

    It has the calls of a socket that a connection uses, and raises what a
    socket raises: BlockingIOError where the socket has to become ready
    first, OSError (ssl.SSLError is one) where nothing more will come of it.

    :param socket: the accepted socket.
    :param tls: the context.
    """

    __slots__ = (
        'socket',
        'is_begun',
        '_incoming',
        '_unfed',
        '_outgoing',
        '_tls',
        '_out',
        '_sealed',
    )

    def __init__(
        self, socket: socket_module.socket, tls: ssl.SSLContext
    ) -> None:
        self.socket = socket
        #: Whether the client has sent anything of a handshake.
        self.is_begun = False
        self._incoming = ssl.MemoryBIO()
        # What was read off the socket and is still to go there.
        self._unfed: bytes | memoryview = b''
        self._outgoing = ssl.MemoryBIO()
        self._tls = tls.wrap_bio(
            self._incoming, self._outgoing, server_side=True
        )
        # Sealed bytes the socket did not take yet, and how many bytes of the
        # caller's they stand for.
        self._out = b''
        self._sealed = 0

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self.socket.fileno()

    def setsockopt(self, level: int, name: int, value: bytes) -> None:
        """Set an option of the socket."""
        self.socket.setsockopt(level, name, value)

    def shutdown(self, how: int) -> None:
        """Shut the socket down, without a closure alert."""
        self.socket.shutdown(how)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def feed(self, data: bytes) -> None:
        """Feed sealed bytes that were read off the socket already."""
        self.is_begun = bool(data)
        self._incoming.write(data)

    def pending(self) -> bool:
        """Whether bytes have arrived that no read returned yet."""
        return bool(
            self._incoming.pending or self._unfed or self._tls.pending()
        )

    def handshake(self) -> bool:
        """Continue the handshake.

        :returns: True once it is complete.
        :raises PlainRequest: if the first bytes are a plain HTTP request.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
                self.is_begun = self.is_begun or self._incoming.pending > 0
            except ssl.SSLError as error:
                self._flush()
                if error.reason == 'HTTP_REQUEST':
                    raise PlainRequest from error
                raise
            else:
                self._flush()
                return True

    @property
    def version(self) -> str:
        """Version of TLS, once the handshake is complete."""
        return self._tls.version() or ''

    def client_environ(self) -> dict[str, str]:
        """Environ keys about the client's certificate.

        :returns: once the handshake is complete: nothing where clients are
            asked for no certificate; else SSL_PROTOCOL, SSL_CIPHER and
            SSL_CLIENT_VERIFY (``SUCCESS``, or ``NONE`` without a
            certificate), and what :func:`_subject.environ` adds. The names
            are those of Apache's mod_ssl.
        :raises ssl.SSLError: if the client's certificate can't be read.
        """
        tls = self._tls
        if tls.context.verify_mode is ssl.CERT_NONE:
            return {}
        cipher = tls.cipher()
        found = {
            'SSL_PROTOCOL': tls.version() or '',
            'SSL_CIPHER': cipher[0] if cipher else '',
            'SSL_CLIENT_VERIFY': 'NONE',
        }
        try:
            certificate = tls.getpeercert()
            if certificate:
                found['SSL_CLIENT_VERIFY'] = 'SUCCESS'
                found.update(tls_subject.environ(certificate))
        # OpenSSL's own says no more than that something is wrong.
        except (ssl.SSLError, ValueError) as error:
            raise ssl.SSLError(f'client certificate: {error}') from error
        return found

    def _fill(self, most: int = _SLICE) -> None:
        """Fill OpenSSL's buffer with what has come.

        :param most: how much of it at once, in bytes.
        """
        data = self._unfed or self.socket.recv(_READ_SIZE)
        if not data:
            self._incoming.write_eof()
        elif len(data) <= most:
            self._incoming.write(data)
            self._unfed = b''
        else:
            view = memoryview(data)
            self._incoming.write(view[:most])
            self._unfed = view[most:]

    def _flush(self) -> bool:
        """Flush sealed bytes to the socket; True if none are left."""
        if self._outgoing.pending:
            self._out += self._outgoing.read()
        while self._out:
            try:
                self._out = self._out[self.socket.send(self._out) :]
            except BlockingIOError:
                return False
        return True

    def recv(self, size: int) -> bytes:
        """Read what is there, up to size bytes; b'' at the end."""
        # Only of a body is so much asked for.
        most = _SLICE if size <= _READ_SIZE else _READ_SIZE
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._flush()
                self._fill(most)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b''

    def recv_held(self, size: int) -> bytes:
        """Read what was read off the socket already; b'' at the end.

        The socket is left alone, so that a client that sends without a pause
        can't hold up whoever reads until nothing is :meth:`pending`.

        :param size: how much at most, in bytes.
        :raises BlockingIOError: if the rest of a record has to come first.
        """
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._flush()
                if not self._unfed:
                    raise BlockingIOError from None
                self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b''

    def recv_into(self, buffer: memoryview) -> int:
        """Read what is there into the buffer; 0 at the end."""
        while True:
            try:
                # With a buffer, read() returns the number of bytes.
                return self._tls.read(len(buffer), buffer)  # type: ignore[return-value]
            except ssl.SSLWantReadError:
                self._flush()
                self._fill(_READ_SIZE)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return 0

    def send(self, data: bytes | memoryview) -> int:
        """Send what the socket takes.

        As with OpenSSL itself, a caller that is told to wait must come back
        with the same bytes: some of them are sealed already.

        :returns: how many bytes have gone to the socket, at least one.
        """
        view = memoryview(data)
        done = 0
        while self._flush():
            done += self._sealed
            self._sealed = 0
            if done == len(view):
                return done
            self._sealed = self._tls.write(view[done : done + _RECORD])
        if not done:
            raise BlockingIOError
        return done

    def send_close_notify(self) -> socket_module.socket:
        """Send the closure alert (RFC 8446, section 6.1).

        :returns: the socket; this object is of no more use.
        """
        # The client's own alert is not waited for, and what arrived in its
        # place is of no interest.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        return self.socket
