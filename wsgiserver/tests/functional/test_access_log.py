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

"""The access log of real servers: what it says, and that none can forge it."""

from __future__ import annotations

import re
import time
from typing import Any

from wsgiserver.tests.functional import access_log
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import log_attacks

request = harness.request

_GLOBAL = 'req-11111111-2222-3333-4444-555555555555'

_ID = re.compile(
    r'req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
)


class TestFields(access_log.AccessLogTest):
    """Every field, where a real server has it."""

    scenarios = launched.EVERYWHERE

    def test_who_asked(self) -> None:
        server = self.logging()
        self.ask(
            server,
            '/hello?who',
            *('X-Test-Token: u1,p1', f'X-Openstack-Request-Id: {_GLOBAL}'),
            *('X-Forwarded-For: 198.51.100.7', 'User-Agent: me/1'),
        )
        found = self.about(server, '?who')
        self.assertTrue(_ID.fullmatch(found['request_id']))
        expected = {
            'client_ip': '127.0.0.1',
            'peer_ip': '127.0.0.1',
            'remote_addr': '198.51.100.7',
            'global_request_id': _GLOBAL,
            'user_id': 'u1',
            'project_id': 'p1',
            'user_agent': 'me/1',
            'tls_version': None,
            'request_line': 'GET /hello?who HTTP/1.1',
            'method': 'GET',
            'target': '/hello?who',
            'status_code': 200,
        }
        self.assertEqual(expected, {name: found[name] for name in expected})

    def test_who_only_says_so(self) -> None:
        server = self.logging()
        self.ask(
            server,
            '/hello?forged',
            *('X-User-Id: admin', 'X-Project-Id: admin'),
            'X-Openstack-Request-Id: req-of-mine',
        )
        found = self.about(server, '?forged')
        for name in ('user_id', 'project_id', 'global_request_id'):
            self.assertIsNone(found[name], name)

    def test_sizes_are_those_on_the_wire(self) -> None:
        server = self.logging()
        for path, lines, body in (
            ('/echo?length', ['Content-Length: 5'], b'hello'),
            (
                '/echo?chunked',
                ['Transfer-Encoding: chunked'],
                b'5\r\nhello\r\n0\r\n\r\n',
            ),
            ('/stream?out', [], b''),
        ):
            with server.connect() as wire:
                sent = request('POST', path, 'Connection: close', *lines)
                wire.send(sent + body)
                got = wire.rest()
            found = self.about(server, path)
            self.assertEqual(len(sent) + len(body), found['bytes_in'], path)
            self.assertEqual(len(got), found['bytes_out'], path)

    def test_times_follow_the_response(self) -> None:
        server = self.logging()
        with server.connect() as wire:
            wire.send(
                request('POST', '/mirror?slow', 'Content-Length: 3') + b'a'
            )
            wire.read_until(b'begun\n')
            time.sleep(0.3)
            wire.send(b'bc')
            wire.read_until(b'0\r\n\r\n')
        found = self.about(server, '?slow')
        self.assertLess(found['first_byte_seconds'], 0.3)
        self.assertGreaterEqual(found['wall_seconds'], 0.3)

    def test_the_time_in_the_queue_is_there(self) -> None:
        server = self.logging(options={'wsgi_default_pool_size': 1})
        first = self.connect(server)
        first.send(request('GET', '/nap/0.5'))
        server.wait_for_log('about to sleep')
        self.assertEqual(200, self.ask(server, '/hello?queued').status)
        found = self.about(server, '?queued')
        self.assertGreater(found['queue_seconds'], 0.1)
        self.assertLess(found['wall_seconds'], 0.4)
        self.assertEqual(200, first.response().status)

    def test_tls_and_its_version(self) -> None:
        server = self.logging('tls')
        self.ask(server, '/hello?secret')
        version = self.about(server, '?secret')['tls_version']
        self.assertEqual('TLSv1.3', version)

    def test_a_unix_socket_has_no_client(self) -> None:
        server = self.logging('unix')
        self.ask(server, '/hello?unix')
        found = self.about(server, '?unix')
        self.assertIsNone(found['client_ip'])
        self.assertIsNone(found['remote_addr'])

    def test_a_proxy_is_told_from_its_client(self) -> None:
        server = self.launch(
            paste=access_log.PASTE,
            server={'logger_name': 'access'},
            options={
                'wsgiserver.access_log_format': 'json',
                'wsgiserver.proxy_protocol': True,
            },
        )
        header = b'PROXY TCP4 198.51.100.9 192.0.2.1 4711 80\r\n'
        self.ask(server, '/hello?proxied', ahead=header)
        found = self.about(server, '?proxied')
        self.assertEqual('198.51.100.9', found['client_ip'])
        self.assertEqual('127.0.0.1', found['peer_ip'])

    def test_what_is_refused_has_a_line(self) -> None:
        server = self.logging()
        with server.connect() as wire:
            wire.send(b'nonsense\r\n\r\n')
            self.assertEqual(400, wire.response().status)
        found = self.about(server, '"status_code": 400')
        self.assertIsNone(found['request_line'])
        self.assertEqual('127.0.0.1', found['client_ip'])


class TestErrors(access_log.AccessLogTest):
    """The request id is with all that is said about a failure."""

    scenarios = launched.EVERYWHERE

    def test_the_id_is_everywhere_the_same(self) -> None:
        server = self.logging()
        response = self.ask(server, '/nosuch?failed')
        self.assertEqual(500, response.status)
        name = response.headers['x-openstack-request-id']
        self.assertTrue(_ID.fullmatch(name))
        self.assertIn(f'Request id: {name}\n', response.body.decode())
        self.assertEqual(name, self.about(server, '?failed')['request_id'])
        self.assertIn(f'request id {name}', server.log())

    def test_the_id_is_with_a_request_that_takes_too_long(self) -> None:
        server = self.logging(options={'wsgiserver.request_timeout': 1})
        with server.connect() as wire:
            wire.send(request('GET', '/sleep/4?late'))
            log = server.wait_for_log('It takes too long')
        self.assertTrue(re.search(rf"request id '{_ID.pattern}'", log), log)


class TestLevels(access_log.AccessLogTest):
    scenarios = launched.EVERYWHERE

    def test_each_class_has_its_level(self) -> None:
        server = self.logging(
            options={
                'wsgiserver.access_log_levels': '2xx:OFF,4xx:WARNING,5xx:ERROR'
            }
        )
        self.ask(server, '/hello?fine')
        self.ask(server, '/ignore?no')
        self.ask(server, '/nosuch?bad')
        self.line_about(server, '?bad')
        log = server.log()
        self.assertTrue(re.search(r'\d+ WARNING access .*\?no', log), log)
        self.assertTrue(re.search(r'\d+ ERROR access .*\?bad', log), log)
        self.assertNotIn('?fine', log)


class TestForgery(access_log.AccessLogTest):
    """Whatever peers send, each line parses as documented, and is true."""

    scenarios = launched.EVERYWHERE

    def test_lines_of_text(self) -> None:
        self.check(self.logging(style='text'), log_attacks.read_text)

    def test_lines_of_json(self) -> None:
        self.check(self.logging(), log_attacks.read_json)

    def check(self, server: harness.ServerProcess, read: Any) -> None:
        sent = 0
        for attack in log_attacks.attacks():
            with server.connect() as wire:
                wire.send(attack)
                wire.finish_sending()
                wire.rest()
            sent += 1
        harness.eventually(lambda: len(self.lines(server)) >= sent)
        lines = self.lines(server)
        for line in lines:
            read(line)
        log_attacks.check_log(self, server.log())
