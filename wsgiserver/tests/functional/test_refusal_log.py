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


"""Why a request was refused, or a handshake failed, is in the log."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import tempfile

import testscenarios

from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

#: What is sent, and what the log has of it. A reason is
#: given no more often than a server writes it down.
REFUSED: dict[str, tuple[bytes, str]] = {
    # What HAProxy sends for option httpchk, until a Host is added to it.
    'health_check': (
        b'OPTIONS /healthcheck HTTP/1.1\r\n\r\n',
        '400 Bad Request, HTTP/1.1 needs a Host field; '
        "it sent b'OPTIONS /healthcheck HTTP/1.1'",
    ),
    'two_hosts': (
        b'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
        "400 Bad Request, more than one Host field; it sent b'GET / HTTP/1.1'",
    ),
    'no_http': (
        b'\x16\x03\x01\x02\x00\x01\x00\x1b[31m\x00',
        '400 Bad Request, a line must end with CRLF; '
        r"it sent b'\x16\x03\x01\x02\x00\x01\x00\x1b[31m\x00'",
    ),
    'forged_line': (
        b'GET /\nRefused HTTP/1.1\r\n\r\n',
        r"it sent b'GET /\nRefused HTTP/1.1'",
    ),
    'late_head': (
        b'GET /late HTTP/1.1\r\nHost: a\r\n',
        '408 Request Timeout, the head took too long; '
        "it sent b'GET /late HTTP/1.1'",
    ),
    'large_body': (
        b'PUT /large HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n',
        '413 Content Too Large, the body is too large; '
        "it sent b'PUT /large HTTP/1.1'",
    ),
    'long_target': (
        b'GET /%b HTTP/1.1\r\nHost: a\r\n\r\n' % (b'a' * 9000),
        f'414 URI Too Long, the request target is too long; '
        f"it sent b'GET /{'a' * 95}'",
    ),
    'expectation': (
        b'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n',
        '417 Expectation Failed, unknown expectation; '
        "it sent b'GET / HTTP/1.1'",
    ),
    'long_field': (
        b'GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n' % (b'a' * 20_000),
        '431 Request Header Fields Too Large, a header field is too long; '
        "it sent b'GET / HTTP/1.1'",
    ),
    'method': (
        b'BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n',
        "501 Not Implemented, unknown method; it sent b'BREW /pot HTTP/1.1'",
    ),
    'version': (
        b'GET / HTTP/3.0\r\nHost: a\r\n\r\n',
        '505 HTTP Version Not Supported, HTTP/1.1 is spoken here; '
        "it sent b'GET / HTTP/3.0'",
    ),
}


class TestRefusals(launched.LaunchedTest):
    """Every refusal, on every transport."""

    scenarios = testscenarios.multiply_scenarios(
        harness.EVERYWHERE,
        [
            (name, {'sent': sent, 'said': said})
            for name, (sent, said) in REFUSED.items()
        ],
    )
    transport: str
    sent: bytes
    said: str

    def test_the_log_says_why(self) -> None:
        server = refusing(self.backend, self.transport)
        before = len(server.log())
        with server.connect() as wire:
            wire.send(self.sent)
            self.assertGreaterEqual(wire.response().status, 400)
        harness.eventually(lambda: self.said in server.log()[before:])
        [line] = [
            line
            for line in server.log()[before:].splitlines()
            if 'Refused' in line
        ]
        peer = '-' if self.transport == 'unix' else '127.0.0.1'
        self.assertRegex(line, rf'^\d+ INFO \S+ Refused {peer}: \d\d\d ')

    def test_so_does_the_access_log(self) -> None:
        server = refusing(self.backend, self.transport)
        before = len(server.log())
        with server.connect() as wire:
            wire.send(self.sent)
            wire.response()
        pattern = re.compile(r'^\d+ INFO eventlet\.wsgi\.server (.*)$', re.M)
        harness.eventually(lambda: pattern.search(server.log(), before))
        [text] = pattern.findall(server.log()[before:])
        refusal = json.loads(text)['refusal']
        self.assertTrue(refusal)
        if self.said[0].isdigit():
            self.assertIn(refusal, self.said)


_refusing: dict[tuple[str, str], harness.ServerProcess] = {}


def refusing(backend: str, transport: str) -> harness.ServerProcess:
    """Have a server of these tests, which is kept for the next one."""
    key = (backend, transport)
    if key not in _refusing:
        _refusing[key] = harness.kept(
            harness.ServerProcess(
                *key,
                options={
                    'wsgiserver.access_log_format': 'json',
                    'wsgiserver.header_timeout': 1,
                    'wsgiserver.max_request_body_size': 10,
                },
            )
        )
    return _refusing[key]


class TestTurnedAway(launched.LaunchedTest):
    """A connection of a client that has too many."""

    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [(name, {'transport': name}) for name in ('tcp', 'tls')],
    )
    transport: str

    def test_the_log_says_why(self) -> None:
        server = self.launch(
            self.transport,
            options={'wsgiserver.max_connections_per_client': 1},
        )
        with server.connect() as first:
            first.send(harness.request('GET', '/hello'))
            self.assertEqual(200, first.response().status)
            with contextlib.suppress(OSError), server.connect() as second:
                second.socket.recv(100)
            server.wait_for_log(
                'Refused 127.0.0.1: 503 Service Unavailable, '
                'too many connections\n'
            )


class HandshakeTest(launched.LaunchedTest):
    """The base of tests whose server asks for certificates."""

    def folder(self) -> str:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        return made.name

    def handshakes(self, **options: object) -> harness.ServerProcess:
        files = certificates.authority().issue(self.folder())
        return self.launch(
            'tls',
            options={
                'ssl.ca_file': files.ca,
                'wsgiserver.tls_client_certificates': 'required',
                **{f'wsgiserver.{name}': v for name, v in options.items()},
            },
        )

    def try_it(
        self, server: harness.ServerProcess, context: ssl.SSLContext
    ) -> None:
        # With TLS 1.3 the client learns of it when it reads.
        with contextlib.suppress(OSError), server.connect(tls=context) as wire:
            wire.socket.recv(1)

    def check(
        self, server: harness.ServerProcess, name: str, details: str = ''
    ) -> None:
        """Wait for the one line that the log has of a handshake."""
        log = server.wait_for_log(f'Refused 127.0.0.1: TLS handshake, {name}')
        [line] = [line for line in log.splitlines() if 'Refused' in line]
        self.assertIn(' INFO ', line)
        self.assertIn(details, line)
        self.assertNotIn('_ssl.c', line)


class TestCertificates(HandshakeTest):
    """In both versions of TLS."""

    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [(name, {'version': name}) for name in ('TLSv1_2', 'TLSv1_3')],
    )
    version: str

    def client(
        self, trusted: certificates.Authority | None = None
    ) -> ssl.SSLContext:
        made = (trusted or certificates.authority()).trusting()
        made.minimum_version = ssl.TLSVersion[self.version]
        made.maximum_version = ssl.TLSVersion[self.version]
        return made

    def test_a_client_that_does_not_trust_the_server(self) -> None:
        server = self.handshakes()
        self.try_it(server, self.client(certificates.Authority()))
        self.check(server, '', 'unknown ca')

    def test_a_client_without_a_certificate(self) -> None:
        server = self.handshakes()
        self.try_it(server, self.client())
        self.check(server, 'PEER_DID_NOT_RETURN_A_CERTIFICATE')

    def test_a_certificate_of_another_authority(self) -> None:
        server = self.handshakes()
        files = certificates.Authority().issue(self.folder(), 'a.example')
        context = self.client()
        context.load_cert_chain(files.cert, files.key)
        self.try_it(server, context)
        self.check(server, 'CERTIFICATE_VERIFY_FAILED', 'certificate verify')


class TestHandshakes(HandshakeTest):
    """Other ways to fail."""

    def test_a_version_that_is_not_spoken(self) -> None:
        server = self.handshakes(tls_minimum_version='TLSv1.3')
        context = certificates.authority().trusting()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.try_it(server, context)
        self.check(server, 'UNSUPPORTED_PROTOCOL')

    def test_a_client_that_speaks_something_else(self) -> None:
        server = self.handshakes()
        with server.connect(tls=False) as wire:
            wire.send(b'SSH-2.0-\x1b[31m\r\nRefused\r\n' + b'x' * 100)
            wire.socket.recv(100)
        self.check(server, 'WRONG_VERSION_NUMBER')

    def test_plain_http(self) -> None:
        server = self.handshakes()
        with server.connect(tls=False) as wire:
            wire.send(harness.request('GET', '/hello'))
            self.assertEqual(400, wire.response().status)
        server.wait_for_log(
            'Refused 127.0.0.1: 400 Bad Request, this port speaks HTTPS\n'
        )

    def test_one_that_takes_too_long(self) -> None:
        server = self.handshakes(tls_handshake_timeout=1)
        with server.connect(tls=False) as wire:
            wire.send(b'\x16\x03\x01')
            self.assertEqual(b'', wire.socket.recv(1))
        self.check(server, 'TimeoutError', 'took too long')

    def test_who_only_tries_the_port_is_not_worth_a_line(self) -> None:
        server = self.handshakes()
        for _turn in range(3):
            server.connect(tls=False).socket.close()
        self.try_it(server, certificates.trusting())
        self.check(server, 'PEER_DID_NOT_RETURN_A_CERTIFICATE')

    def test_a_flood_is_counted(self) -> None:
        server = self.handshakes()
        for _turn in range(20):
            self.try_it(server, certificates.trusting())
        line = 'TLS handshake, PEER_DID_NOT_RETURN_A_CERTIFICATE'
        harness.eventually(lambda: server.log().count(line) == 5)
        with server.connect(tls=False) as wire:
            wire.send(harness.request('GET', '/hello'))
        # This comes behind them.
        server.wait_for_log('this port speaks HTTPS')
        self.assertEqual(5, server.log().count(line))


class TestFormerName(launched.LaunchedTest):
    """A level for the name that the logger of refusals had before."""

    scenarios = launched.EVERYWHERE

    def test_it_counts_and_a_warning_says_the_name_of_today(self) -> None:
        server = self.serve(
            workers=2,
            options={
                'default_log_levels': [
                    'eventlet.wsgi.server=DEBUG',
                    'wsgiserver._engine._refusals=ERROR',
                ]
            },
        )
        with server.connect() as wire:
            wire.send(b'GET / HTTP/1.1\r\n\r\n')
            self.assertEqual(400, wire.response().status)
        # The access log has it, so the other line would be there by now.
        log = server.wait_for_log('status: 400')
        self.assertNotIn('Refused', log)
        warnings = re.findall(' WARNING .* is wsgiserver.refusals now\n', log)
        self.assertEqual(1, len(warnings), log)
