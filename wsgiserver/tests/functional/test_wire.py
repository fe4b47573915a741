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

"""PEP 3333 and HTTP/1.1 on the wire, on every engine and transport."""

import json

import testscenarios

from wsgiserver.tests.functional import apps
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import wired

request = harness.request


class TestRequests(wired.WireTest):
    def test_get_is_answered(self) -> None:
        response = self.ask('GET', '/hello')
        self.assertEqual(200, response.status)
        self.assertEqual('HTTP/1.1', response.version)
        self.assertEqual(b'hello\n', response.body)
        self.assertEqual('6', response.headers['content-length'])
        self.assertIn('GMT', response.headers['date'])
        self.assertNotIn('connection', response.headers)

    def test_connection_serves_many_requests(self) -> None:
        for _turn in range(50):
            self.assert_usable()

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        self.wire.send(
            request('GET', '/environ/1')
            + request('POST', '/echo', 'Content-Length: 3', body=b'two')
            + request('GET', '/environ/3')
        )
        first = json.loads(self.wire.response().body)
        self.assertEqual('/environ/1', first['PATH_INFO'])
        self.assertEqual(b'two', self.wire.response().body)
        third = json.loads(self.wire.response().body)
        self.assertEqual('/environ/3', third['PATH_INFO'])

    def test_many_pipelined_requests_are_all_answered(self) -> None:
        self.wire.send(request('GET', '/hello') * 200)
        for _turn in range(200):
            self.assertEqual(b'hello\n', self.wire.response().body)

    def test_request_may_arrive_byte_by_byte(self) -> None:
        for byte in request('GET', '/hello'):
            self.wire.send(bytes((byte,)))
        self.assertEqual(200, self.wire.response().status)
        self.assert_usable()

    def test_http_1_0_closes(self) -> None:
        self.wire.send(b'GET /hello HTTP/1.0\r\n\r\n')
        response = self.wire.response()
        self.assertEqual(b'hello\n', response.body)
        self.assertEqual('close', response.headers['connection'])
        self.assert_closed()

    def test_http_1_0_is_kept_alive_where_asked_for(self) -> None:
        head = b'GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
        for _turn in range(2):
            self.wire.send(head)
            response = self.wire.response()
            self.assertEqual('keep-alive', response.headers['connection'])

    def test_http_1_0_stream_ends_with_the_connection(self) -> None:
        self.wire.send(b'GET /stream HTTP/1.0\r\n\r\n')
        response = self.wire.response()
        self.assertEqual(b'0\n1\n2\n3\n4\n', response.body)
        self.assertNotIn('transfer-encoding', response.headers)

    def test_connection_close_is_honoured(self) -> None:
        response = self.ask('GET', '/hello', 'Connection: close')
        self.assertEqual('close', response.headers['connection'])
        self.assert_closed()

    def test_environ_is_that_of_pep_3333(self) -> None:
        response = self.ask(
            'GET', '/environ/a%20b/%C3%A9?x=%20y', 'X-Some: one', 'X-Some: two'
        )
        environ = json.loads(response.body)
        self.assertEqual('/environ/a b/\xc3\xa9', environ['PATH_INFO'])
        self.assertEqual('x=%20y', environ['QUERY_STRING'])
        self.assertEqual('', environ['SCRIPT_NAME'])
        self.assertEqual('one,two', environ['HTTP_X_SOME'])
        self.assertEqual('localhost', environ['HTTP_HOST'])
        self.assertNotIn('CONTENT_LENGTH', environ)
        scheme = 'https' if self.transport == 'tls' else 'http'
        self.assertEqual(scheme, environ['wsgi.url_scheme'])
        address = '' if self.transport == 'unix' else '127.0.0.1'
        self.assertEqual(address, environ['REMOTE_ADDR'])

    def test_absolute_target_replaces_host(self) -> None:
        response = self.ask('GET', 'http://other:81/environ?q')
        environ = json.loads(response.body)
        self.assertEqual('other:81', environ['HTTP_HOST'])
        self.assertEqual('/environ', environ['PATH_INFO'])
        self.assertEqual('q', environ['QUERY_STRING'])

    def test_upgrade_is_ignored_and_the_body_read(self) -> None:
        self.wire.send(
            request(
                *('POST', '/echo', 'Upgrade: h2c', 'Connection: Upgrade'),
                'Content-Length: 5',
                body=b'hello',
            )
        )
        self.assertEqual(b'hello', self.wire.response().body)
        self.assert_usable()

    def test_large_token_and_long_url_pass(self) -> None:
        response = self.ask(
            'GET', '/hello?' + 'u' * 7500, 'X-Auth-Token: ' + 't' * 16384
        )
        self.assertEqual(200, response.status)


class TestBodies(wired.WireTest):
    def test_body_with_length_is_read(self) -> None:
        body = bytes(range(256)) * 4096
        self.wire.send(
            request('POST', '/echo', f'Content-Length: {len(body)}')
        )
        self.wire.send(body)
        self.assertEqual(body, self.wire.response().body)
        self.assert_usable()

    def test_chunked_body_is_read(self) -> None:
        head = request('POST', '/echo', 'Transfer-Encoding: chunked')
        self.wire.send(head + b'5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: v\r\n\r\n')
        self.assertEqual(b'hello!', self.wire.response().body)
        self.assert_usable()

    def test_chunked_body_may_arrive_byte_by_byte(self) -> None:
        head = request('POST', '/echo', 'Transfer-Encoding: chunked')
        for byte in head + b'5\r\nhello\r\n0\r\n\r\n':
            self.wire.send(bytes((byte,)))
        self.assertEqual(b'hello', self.wire.response().body)
        self.assert_usable()

    def test_request_behind_a_chunked_body_is_the_next(self) -> None:
        self.wire.send(
            request('POST', '/echo', 'Transfer-Encoding: chunked')
            + b'5\r\nhello\r\n0\r\n\r\n'
            + request('GET', '/hello')
        )
        self.assertEqual(b'hello', self.wire.response().body)
        self.assertEqual(b'hello\n', self.wire.response().body)

    def test_large_chunked_body_is_streamed(self) -> None:
        chunk = b'10000\r\n' + b'x' * 65536 + b'\r\n'
        self.wire.send(request('POST', '/count', 'Transfer-Encoding: chunked'))
        for _turn in range(64):
            self.wire.send(chunk)
        self.wire.send(b'0\r\n\r\n')
        self.assertEqual(b'4194304', self.wire.response().body)

    def test_lines_of_a_body_are_iterated(self) -> None:
        self.wire.send(
            request('POST', '/lines', 'Content-Length: 7', body=b'a\nb\n\ncd')
        )
        lines = json.loads(self.wire.response().body)
        self.assertEqual(['a\n', 'b\n', '\n', 'cd'], lines)

    def test_continue_is_sent_when_the_body_is_read(self) -> None:
        self.wire.send(
            request(
                'PUT', '/echo', 'Expect: 100-continue', 'Content-Length: 4'
            )
        )
        self.assertEqual(
            b'HTTP/1.1 100 Continue\r\n\r\n',
            self.wire.read_until(b'\r\n\r\n'),
        )
        self.wire.send(b'body')
        self.assertEqual(b'body', self.wire.response().body)
        self.assert_usable()

    def test_continue_is_not_sent_for_a_body_nobody_reads(self) -> None:
        self.wire.send(
            request(
                'PUT', '/ignore', 'Expect: 100-continue', 'Content-Length: 4'
            )
        )
        response = self.wire.response()
        self.assertEqual(403, response.status)
        self.assertEqual('close', response.headers['connection'])

    def test_small_unread_body_is_skipped(self) -> None:
        self.wire.send(
            request('POST', '/ignore', 'Content-Length: 9', body=b'123')
        )
        self.assertEqual(403, self.wire.response().status)
        self.wire.send(b'456789')
        self.assert_usable()

    def test_answer_ahead_of_a_large_body_can_be_read(self) -> None:
        length = 8 * 1024 * 1024
        self.wire.send(request('POST', '/ignore', f'Content-Length: {length}'))
        try:
            self.wire.send(b'x' * length)
        except OSError as error:
            self.fail(f'the client was cut off: {error!r}')
        response = self.wire.response()
        self.assertEqual(403, response.status)
        self.assertEqual('close', response.headers['connection'])

    def test_truncated_body_raises(self) -> None:
        self.wire.send(
            request('POST', '/swallow', 'Content-Length: 9', body=b'123')
        )
        if self.transport == 'tls':
            self.wire.socket.close()
        else:
            self.wire.finish_sending()
            self.assertEqual(b'ClientDisconnected', self.wire.response().body)

    def test_malformed_chunk_raises_and_closes(self) -> None:
        self.wire.send(
            request('POST', '/swallow', 'Transfer-Encoding: chunked')
            + b'5\r\nhelloX\r\n0\r\n\r\n'
            + request('GET', '/hello')
        )
        response = self.wire.response()
        self.assertEqual(b'RequestBodyError', response.body)
        self.assertEqual('close', response.headers['connection'])
        self.assert_closed()

    def test_malformed_chunk_is_400_where_nobody_catches_it(self) -> None:
        self.wire.send(
            request('POST', '/echo', 'Transfer-Encoding: chunked')
            + b'-5\r\nhello\r\n0\r\n\r\n'
        )
        self.assertEqual(400, self.wire.response().status)
        self.assert_closed()


class TestResponses(wired.WireTest):
    def test_head_has_the_length_and_no_body(self) -> None:
        response = self.ask('HEAD', '/hello')
        self.assertEqual('6', response.headers['content-length'])
        self.assert_usable()

    def test_head_of_a_stream_has_no_body(self) -> None:
        self.assertEqual(200, self.ask('HEAD', '/stream').status)
        self.assert_usable()

    def test_stream_is_chunked_and_closed(self) -> None:
        response = self.ask('GET', '/stream')
        self.assertEqual('chunked', response.headers['transfer-encoding'])
        self.assertEqual(b'0\n1\n2\n3\n4\n', response.body)
        self.assert_usable()
        self.assertEqual(['closed'], self.events())

    def test_empty_strings_are_no_end(self) -> None:
        self.assertEqual(b'ab', self.ask('GET', '/empty_strings').body)
        self.assert_usable()

    def test_empty_iterable_is_an_empty_body(self) -> None:
        response = self.ask('GET', '/nothing')
        self.assertEqual('0', response.headers['content-length'])
        self.assert_usable()

    def test_no_content_has_no_framing(self) -> None:
        response = self.ask('GET', '/no_content')
        self.assertEqual(204, response.status)
        self.assertNotIn('content-length', response.headers)
        self.assertNotIn('transfer-encoding', response.headers)
        self.assert_usable()

    def test_not_modified_has_no_body(self) -> None:
        self.assertEqual(304, self.ask('GET', '/not_modified').status)
        self.assert_usable()

    def test_big_stream_arrives_whole(self) -> None:
        body = self.ask('GET', '/big/20').body
        self.assertEqual(20 * 1024 * 1024, len(body))
        self.assertEqual({ord('x')}, set(body))
        self.assert_usable()

    def test_write_comes_before_what_is_returned(self) -> None:
        self.assertEqual(b'written returned', self.ask('GET', '/write').body)
        self.assert_usable()

    def test_file_is_sent(self) -> None:
        with open(apps.__file__, 'rb') as file:
            self.assertEqual(file.read(), self.ask('GET', '/file').body)
        self.assert_usable()

    def test_file_is_sent_from_its_position(self) -> None:
        with open(apps.__file__, 'rb') as file:
            part = file.read()[100:150]
        self.assertEqual(part, self.ask('GET', '/file_part').body)
        self.assert_usable()

    def test_file_in_memory_is_sent(self) -> None:
        self.assertEqual(b'abc' * 10, self.ask('GET', '/memory_file').body)
        self.assert_usable()

    def test_failing_application_is_a_500_that_tells_nothing(self) -> None:
        response = self.ask('GET', '/fail')
        self.assertEqual(500, response.status)
        self.assertNotIn(b'broken', response.body)
        self.assert_usable()

    def test_failure_after_start_response_is_a_500(self) -> None:
        self.assertEqual(500, self.ask('GET', '/fail_started').status)
        self.assert_usable()

    def test_failure_in_the_middle_cuts_the_response(self) -> None:
        self.wire.send(request('GET', '/fail_midway'))
        self.assertRaises((EOFError, ConnectionError), self.wire.response)
        self.assertEqual(['closed'], self.events())

    def test_exc_info_replaces_the_response(self) -> None:
        response = self.ask('GET', '/exc_info')
        self.assertEqual(502, response.status)
        self.assertEqual(b'replaced\n', response.body)

    def test_exit_of_the_application_is_a_500(self) -> None:
        self.assertEqual(500, self.ask('GET', '/exit').status)
        self.assert_usable()

    def test_response_without_start_is_a_500(self) -> None:
        self.assertEqual(500, self.ask('GET', '/silent').status)

    def test_too_short_a_body_closes(self) -> None:
        self.wire.send(request('GET', '/too_short'))
        self.assertRaises((EOFError, ConnectionError), self.wire.response)

    def test_too_long_a_body_is_cut(self) -> None:
        self.wire.send(request('GET', '/too_long'))
        self.assertIn(b'longe', self.wire.read_until(b'longe'))
        self.assert_usable()

    def test_response_splitting_is_a_500(self) -> None:
        response = self.ask('GET', '/split')
        self.assertEqual(500, response.status)
        self.assertNotIn('x-injected', response.headers)

    def test_hop_by_hop_header_is_a_500(self) -> None:
        self.assertEqual(500, self.ask('GET', '/hop').status)


class TestRefusals(wired.WireTest):
    cases = {
        'no host': (b'GET / HTTP/1.1\r\n\r\n', 400),
        'two hosts': (b'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400),
        'bare LF': (b'GET / HTTP/1.1\nHost: a\n\n', 400),
        'HTTP/0.9': (b'GET /\r\n\r\n', 400),
        'HTTP/2 preface': (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
        'unknown method': (b'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 501),
        'CONNECT': (b'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 501),
        'garbage': (b'\x16\x03\x01\x02\x00\x01\x00', 400),
        'negative length': (
            b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
            400,
        ),
        'both framings': (
            b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n'
            b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
            400,
        ),
        'gzip coding': (
            b'POST / HTTP/1.1\r\nHost: a\r\n'
            b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
            501,
        ),
        'unknown expectation': (
            b'POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n'
            b'Content-Length: 1\r\n\r\nx',
            417,
        ),
        'long target': (
            b'GET /' + b'a' * 8192 + b' HTTP/1.1\r\nHost: a\r\n\r\n',
            414,
        ),
        'long field': (
            b'GET / HTTP/1.1\r\nHost: a\r\nX: ' + b'a' * 16385 + b'\r\n\r\n',
            431,
        ),
        'many fields': (
            b'GET / HTTP/1.1\r\nHost: a\r\n' + b'X: y\r\n' * 100 + b'\r\n',
            431,
        ),
    }
    scenarios = testscenarios.multiply_scenarios(
        harness.EVERYWHERE,
        [
            (name, {'sent': sent, 'status': status})
            for name, (sent, status) in cases.items()
        ],
    )
    sent: bytes
    status: int

    def test_refused_and_closed(self) -> None:
        smuggled = request('GET', '/hello')
        self.wire.send(self.sent + smuggled)
        response = self.wire.response()
        self.assertEqual(self.status, response.status)
        self.assertEqual('close', response.headers['connection'])
        self.assert_ends()
