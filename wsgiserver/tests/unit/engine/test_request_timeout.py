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

"""Requests that run for longer than they may."""

import time

import testscenarios

from wsgiserver.tests.unit.engine import engines

request = engines.request

#: How long a request may run in these tests, in seconds; a tick later it is
#: over.
TIMEOUT = 0.3


class TooLongTestCase(engines.EngineTestCase):
    def serve_briefly(self) -> engines.Child:
        return self.serve(request_timeout=TIMEOUT)

    def test_it_is_logged_once_with_its_stack(self) -> None:
        child = self.serve_briefly()
        self.ask(child, '/sleep/3.5?a=b').socket.shutdown(1)
        engines.eventually(lambda: "'/sleep/3.5?a=b'" in child.log())
        ticks = child.call('look')['ticks']
        engines.eventually(lambda: child.call('look')['ticks'] > ticks + 2)
        log = child.log()
        self.assertEqual(1, log.count('takes too long'))
        self.assertIn("ERROR It takes too long: 'POST'", log)
        self.assertIn("from '127.0.0.1'", log)
        self.assertIn('in _sleep\n', log)

    def test_quick_requests_of_one_connection_may_take_longer(self) -> None:
        child = self.serve_briefly()
        made = self.connect(child)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            made.send(request('GET', '/sleep/0.1'))
            self.assertEqual(b'slept', made.response().body)
        self.assertNotIn('takes too long', child.log())

    def test_a_connection_that_waits_is_no_request(self) -> None:
        child = self.serve_briefly()
        made = self.connect(child)
        made.send(request('GET', '/text'))
        made.response()
        ticks = child.call('look')['ticks']
        engines.eventually(lambda: child.call('look')['ticks'] > ticks + 2)
        made.send(request('GET', '/text'))
        self.assertEqual(b'first', made.response().body)


class EndedTestCase(engines.EngineTestCase):
    """On eventlet the application is ended."""

    scenarios = testscenarios.multiply_scenarios(
        [case for case in engines.ENGINES if case[0] == 'eventlet'],
        [
            (path, {'path': path, 'lines': lines})
            for path, lines in (
                ('/sleep/9', ()),
                ('/lock', ()),
                ('/queue', ()),
                ('/event', ()),
                ('/body', ('Content-Length: 9',)),
                ('/body', ('Transfer-Encoding: chunked',)),
                ('/stubborn/9', ()),
            )
        ],
    )
    path: str
    lines: tuple[str, ...]

    def test_it_is_answered_and_its_place_is_free(self) -> None:
        child = self.serve(request_timeout=TIMEOUT, wsgi_default_pool_size=1)
        response = self.ask(child, self.path, *self.lines).response()
        self.assertEqual(503, response.status)
        self.assertIn(b'took too long', response.body)
        # One slot, no more and no less.
        began = time.monotonic()
        slow = [self.ask(child, '/sleep/0.2') for _turn in range(3)]
        for made in slow:
            self.assertEqual(b'slept', made.response().body)
        self.assertGreater(time.monotonic() - began, 0.6)
        self.assertNotIn('failed', child.log())


class EventletTestCase(engines.EngineTestCase):
    scenarios = [case for case in engines.ENGINES if case[0] == 'eventlet']

    def test_a_response_that_has_begun_breaks_off(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        made = self.ask(child, '/begin/9')
        self.assertIn(b' 200 ', made.read_until(b'begun '))
        # There is no last chunk.
        self.assertEqual(b'\r\n', made.rest())
        self.assertEqual(['closed'], self.get(child, '/notes').json())

    def test_one_that_ends_with_the_connection_is_reset(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        made = self.connect(child)
        made.send(b'GET /begin/9 HTTP/1.0\r\n\r\n')
        made.read_until(b'begun ')
        self.assertRaises(ConnectionResetError, made.rest)

    def test_a_client_that_reads_nothing_is_reset(self) -> None:
        child = self.serve(request_timeout=TIMEOUT, wsgi_default_pool_size=1)
        made = self.ask(child, '/fill')
        engines.eventually(lambda: not child.call('running'))
        self.assertRaises(ConnectionResetError, made.rest)
        self.assertEqual(['closed'], self.get(child, '/notes').json())

    def test_the_connection_of_an_ended_request_is_used_again(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        made = self.connect(child)
        made.send(request('GET', '/sleep/9') + request('GET', '/text'))
        self.assertEqual(503, made.response().status)
        self.assertEqual(b'first', made.response().body)

    def test_what_catches_exceptions_does_not_go_on(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        self.assertEqual(503, self.get(child, '/stubborn/9').status)
        self.assertEqual(['cleaned up'], self.get(child, '/notes').json())

    def test_what_catches_everything_is_told_once(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        response = self.get(child, '/more_stubborn/9')
        self.assertEqual(b'still here', response.body)
        self.assertEqual(['RequestTimeout'], self.get(child, '/notes').json())

    def test_many_at_once_are_each_ended(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        wires = [self.ask(child, '/sleep/9') for _turn in range(50)]
        for made in wires:
            self.assertEqual(503, made.response().status)
        self.assertEqual(50, child.log().count('takes too long'))


class ThreadsTestCase(engines.EngineTestCase):
    """A thread can't be ended, but its client need not wait for it."""

    scenarios = [case for case in engines.ENGINES if case[0] == 'threading']

    def test_the_client_is_free_at_once(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        self.assertEqual(b'', self.ask(child, '/event').rest())
        self.wait_for_running(child, 1)

    def test_the_next_write_of_the_application_fails(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        self.assertEqual(b'', self.ask(child, '/late/2.5').rest())
        engines.eventually(lambda: not child.call('running'))
        notes = self.get(child, '/notes').json()
        self.assertEqual(['wrote', 'closed'], notes)
        self.assertNotIn('Traceback', child.log())

    def test_the_next_one_of_its_connection_is_left_alone(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        child.call('hold_log')
        made = self.connect(child)
        made.send(request('GET', '/sleep/2') + request('GET', '/hold'))
        engines.eventually(
            lambda: [r['target'] for r in child.call('running')] == ['/hold']
        )
        # The line of the one before is written at last.
        child.call('release_log')
        self.assertEqual(b'slept', made.response().body)
        # By whoever leads next.
        self.get(child, '/release')
        self.assertEqual(b'held', made.response().body)

    def test_a_read_that_waits_fails(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        made = self.ask(child, '/body', 'Content-Length: 9', body=b'1')
        self.assertEqual(b'', made.rest())
        engines.eventually(lambda: not child.call('running'))
        self.assertEqual(b'first', self.get(child, '/text').body)

    def test_a_write_that_waits_fails(self) -> None:
        child = self.serve(request_timeout=TIMEOUT)
        made = self.ask(child, '/fill')
        engines.eventually(lambda: not child.call('running'))
        self.assertRaises(ConnectionResetError, made.rest)
        self.assertEqual(['closed'], self.get(child, '/notes').json())
