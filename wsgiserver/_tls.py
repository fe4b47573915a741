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

"""TLS over sockets that don't block."""

from __future__ import annotations

import contextlib
import socket as socket_module
import ssl

from oslo_config import cfg

from wsgiserver._i18n import _
from wsgiserver import _options

_RECORD = 16384  # RFC 8446, section 5.1: what one record holds, in bytes.
_READ_SIZE = 65536

_VERSIONS = {
    'tlsv1_2': ssl.TLSVersion.TLSv1_2,
    'tlsv1.2': ssl.TLSVersion.TLSv1_2,
    'tlsv1_3': ssl.TLSVersion.TLSv1_3,
    'tlsv1.3': ssl.TLSVersion.TLSv1_3,
}


def check(conf: cfg.ConfigOpts) -> None:
    """Check that the files of ``[ssl]`` are named and there.

    :param conf: the configuration.
    :raises RuntimeError: if not; the type that oslo_service.sslutils raises.
    """
    files = conf.ssl
    for name in ('cert_file', 'ca_file', 'key_file'):
        path = files[name]
        if path:
            try:
                open(path, 'rb').close()
            except OSError as error:
                raise RuntimeError(
                    _('Unable to find %(name)s : %(path)s (%(error)s)')
                    % {'name': name, 'path': path, 'error': error.strerror}
                ) from error
    if not files.cert_file or not files.key_file:
        raise RuntimeError(
            _(
                'When running server in SSL mode, you must specify both a '
                'cert_file and key_file option value in your configuration '
                'file'
            )
        )


def context(conf: cfg.ConfigOpts) -> ssl.SSLContext:
    """Make the TLS context of a server.

    :param conf: the configuration.
    :returns: a context with the certificates loaded.
    :raises RuntimeError: if an option of ``[ssl]`` is unusable.
    """
    check(conf)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _set_versions(made, conf)
    files = conf.ssl
    try:
        made.load_cert_chain(files.cert_file, files.key_file)
        if files.ca_file:
            made.load_verify_locations(files.ca_file)
            made.verify_mode = ssl.CERT_REQUIRED
        if files.ciphers:
            made.set_ciphers(files.ciphers)
    except (ssl.SSLError, OSError) as error:
        raise RuntimeError(
            _(
                'The TLS files of [ssl] are unusable (cert_file %(cert)s, '
                'key_file %(key)s, ca_file %(ca)s): %(error)s'
            )
            % {
                'cert': files.cert_file,
                'key': files.key_file,
                'ca': files.ca_file,
                'error': error,
            }
        ) from error
    made.set_alpn_protocols(['http/1.1'])
    return made


def _set_versions(made: ssl.SSLContext, conf: cfg.ConfigOpts) -> None:
    minimum = conf[_options.GROUP].tls_minimum_version
    made.minimum_version = _VERSIONS[minimum.lower()]
    pinned = (conf.ssl.version or 'sslv23').lower()
    if pinned == 'sslv23':
        return
    if pinned not in _VERSIONS:
        raise RuntimeError(_('Invalid SSL version : %s') % conf.ssl.version)
    made.minimum_version = made.maximum_version = _VERSIONS[pinned]


class PlainRequest(Exception):
    """The client speaks HTTP where TLS was to come."""


class Stream:
    """TLS on a socket that doesn't block.

    It has the calls of a socket that a connection uses, and raises what a
    socket raises: BlockingIOError where the socket has to become ready
    first, OSError (ssl.SSLError is one) where nothing more will come of it.

    :param socket: the accepted socket.
    :param tls: the context.
    """

    __slots__ = ('socket', '_incoming', '_outgoing', '_tls', '_out', '_sealed')

    def __init__(
        self, socket: socket_module.socket, tls: ssl.SSLContext
    ) -> None:
        self.socket = socket
        self._incoming = ssl.MemoryBIO()
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
        """Shut the socket down, without a word about it in TLS."""
        self.socket.shutdown(how)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def feed(self, data: bytes) -> None:
        """Take sealed bytes that were read off the socket already."""
        self._incoming.write(data)

    def pending(self) -> bool:
        """Tell whether bytes have arrived that no read returned yet."""
        return bool(self._incoming.pending or self._tls.pending())

    def handshake(self) -> bool:
        """Go on with the handshake.

        :returns: True once it is complete.
        :raises PlainRequest: if the first bytes are a plain HTTP request.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError as error:
                self._flush()
                if error.reason == 'HTTP_REQUEST':
                    raise PlainRequest from error
                raise
            else:
                self._flush()
                return True

    def _fill(self) -> None:
        data = self.socket.recv(_READ_SIZE)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> bool:
        """Hand sealed bytes to the socket; True if none are left."""
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
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._flush()
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
                self._fill()
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

    def say_goodbye(self) -> socket_module.socket:
        """Send the closure alert (RFC 8446, section 6.1).

        :returns: the socket; this object is of no more use.
        """
        # The client's own alert is not waited for, and what arrived in its
        # place is of no interest.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        return self.socket
