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

"""How an engine ends: told by anybody, with an answer to what is there."""

import socket
import ssl
import time

from wsgiserver._engine import stop_state
from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import wire
from wsgiserver.tests.unit.engine import engines

request = engines.request


class StopTestCase(engines.EngineTestCase):
    def test_another_thread_may_stop_it(self) -> None:
        # It is told at once, and not with the next tick.
        child = self.serve(spans=engines.NO_TICKS)
        child.call('stop')
        self.wait_for_end(child)

    def test_a_signal_handler_may_stop_it(self) -> None:
        child = self.serve(spans=engines.NO_TICKS)
        child.stop_by_signal()
        self.wait_for_end(child)

    def test_its_end_may_overtake_the_stop(self) -> None:
        child = self.serve()
        child.call('stop_late')
        engines.eventually(lambda: child.call('is_woken_no_more'))
        self.assertEqual('', child.log())

    def test_what_wakes_it_is_closed_at_its_end(self) -> None:
        child = self.serve(spans=engines.NO_TICKS)
        child.call('stop')
        self.wait_for_end(child)
        engines.eventually(lambda: child.call('is_woken_no_more'))

    def test_a_signal_that_interrupts_nothing_stops_it(self) -> None:
        child = self.serve()
        child.call('stop_by_signal')
        self.wait_for_end(child)

    def test_it_may_be_stopped_again(self) -> None:
        child = self.serve()
        slow = self.ask(child, '/sleep/0.5')
        self.wait_for_running(child, 1)
        for _turn in range(3):
            child.call('stop')
            child.stop_by_signal()
        self.assertEqual(b'slept', slow.response().body)
        slow.socket.close()
        self.wait_for_end(child)
        child.call('stop')
        child.stop_by_signal()
        self.assertTrue(child.call('wait', 0))
        self.assertEqual('', child.log())

    def test_several_may_wait_for_it(self) -> None:
        child = self.serve()
        child.call('have_wait', 5)
        slow = self.ask(child, '/sleep/0.5')
        self.wait_for_running(child, 1)
        child.call('stop')
        self.assertFalse(child.call('wait', 0.1))
        self.assertEqual(0, child.call('back'))
        self.assertEqual(b'slept', slow.response().body)
        slow.socket.close()
        engines.eventually(lambda: child.call('back') == 5)
        engines.eventually(lambda: child.call('look')['main is back'])

    def test_nobody_is_accepted_any_more(self) -> None:
        child = self.serve()
        slow = self.ask(child, '/sleep/1')
        self.wait_for_running(child, 1)
        child.call('stop')
        engines.eventually(lambda: self.is_refused(child))
        self.assertEqual(b'slept', slow.response().body)


class DrainTestCase(engines.EngineTestCase):
    def idle(self, child: engines.Child, count: int) -> list[wire.Wire]:
        """Have connections that had a request each."""
        wires = [self.connect(child) for _turn in range(count)]
        for made in wires:
            made.send(request('GET', '/text'))
            self.assertEqual(b'first', made.response().body)
        return wires

    def test_requests_that_are_there_are_answered(self) -> None:
        child = self.serve()
        wires = self.idle(child, 20)
        with child.standing_still():
            for made in wires:
                made.send(request('GET', '/text'))
            child.stop_by_signal()
        for made in wires:
            self.assertEqual(b'first', made.response().body)
            self.assertEqual(b'', made.rest())
            made.socket.close()
        self.wait_for_end(child)

    def test_requests_that_are_there_run_at_once(self) -> None:
        child = self.serve()
        wires = self.idle(child, 3)
        child.call('hold_drain')
        for made in wires:
            made.send(request('GET', '/event'))
        child.call('let_drain')
        self.wait_for_running(child, 3)

    def test_they_run_where_no_thread_can_be_started(self) -> None:
        child = self.serve()
        wires = self.idle(child, 3)
        child.call('refuse_threads')
        child.call('hold_drain')
        for made in wires:
            made.send(request('GET', '/text'))
        child.call('let_drain')
        for made in wires:
            self.assertEqual(b'first', made.response().body)
            made.socket.close()
        self.wait_for_end(child)

    def test_those_beyond_the_pool_run_after_the_others(self) -> None:
        child = self.serve(wsgi_default_pool_size=2)
        wires = self.idle(child, 5)
        child.call('hold_drain')
        for made in wires:
            made.send(request('GET', '/sleep/0.2'))
        child.call('let_drain')
        for made in wires:
            self.assertEqual(b'slept', made.response().body)
            made.socket.close()
        self.wait_for_end(child)

    def test_idle_ones_are_closed_though_others_are_answered(self) -> None:
        child = self.serve()
        wires = self.idle(child, 20)
        with child.standing_still():
            for made in wires[::2]:
                made.send(request('GET', '/event'))
            child.stop_by_signal()
        for made in wires[1::2]:
            self.assertEqual(b'', made.rest())
        self.wait_for_running(child, 10)

    def test_half_a_head_is_not_waited_for(self) -> None:
        child = self.serve()
        made = self.connect(child)
        made.send(b'GET / HTTP/1.1\r\nHost:')
        engines.eventually(lambda: child.call('look')['states'] == {'HEAD': 1})
        child.call('stop')
        self.assertEqual(b'', made.rest())
        self.wait_for_end(child)

    def test_what_is_connected_may_ask_once_more(self) -> None:
        for has_successor in (False, True):
            child = self.serve()
            wires = [*self.idle(child, 5), self.connect(child)]
            self.wait_for_parked(child, {'IDLE': 6})
            child.call('stop', 0, has_successor)
            engines.eventually(lambda c=child: self.is_refused(c))
            for made in wires:
                made.send(request('GET', '/text'))
            for made in wires:
                response = made.response()
                self.assertEqual(b'first', response.body)
                self.assertEqual('close', response.headers['connection'])
                self.assertEqual(b'', made.rest())
                made.socket.close()
            self.wait_for_end(child)

    def wait_for_parked(
        self, child: engines.Child, states: dict[str, int]
    ) -> None:
        engines.eventually(lambda: child.call('look')['states'] == states)

    def test_each_step_towards_a_request_has_its_time(self) -> None:
        issued = self.certificate()
        child = self.serve((issued.cert, issued.key))
        raw = socket.create_connection(
            ('127.0.0.1', child.port), engines.PATIENCE
        )
        self.wait_for_parked(child, {'HANDSHAKE': 1})
        child.call('stop', 0, True)
        engines.eventually(lambda: self.is_refused(child))
        # Beside each other, the pauses are more than it has for one step.
        with certificates.trusting().wrap_socket(
            raw, server_hostname='127.0.0.1'
        ) as sock:
            made = wire.Wire(sock)
            time.sleep(1)
            made.send(b'GET /text HTTP/1.1\r\n')
            self.wait_for_parked(child, {'HEAD': 1})
            time.sleep(1.5)
            made.send(b'Host: a\r\n\r\n')
            self.assertEqual(b'first', made.response().body)
        self.wait_for_end(child)

    def test_what_is_silent_is_closed(self) -> None:
        for has_successor, least, most in (
            (True, stop_state.LONG, stop_state.LONG + 1),
            (False, 0, stop_state.LONG / 2),
        ):
            child = self.serve()
            (made,) = self.idle(child, 1)
            began = time.monotonic()
            child.call('stop', 0, has_successor)
            self.assertEqual(b'', made.rest())
            taken = time.monotonic() - began
            self.assertTrue(least <= taken < most, taken)
            self.wait_for_end(child)

    def test_who_was_told_that_it_is_kept_may_ask_once_more(self) -> None:
        child = self.serve()
        made = self.ask(child, '/begin/1')
        made.read_until(b'begun \r\n')
        child.call('stop')
        engines.eventually(lambda: self.is_refused(child))
        # However long the response took.
        made.read_until(b'0\r\n\r\n')
        made.send(request('GET', '/text'))
        self.assertEqual('close', made.response().headers['connection'])

    def test_the_backlog_is_answered(self) -> None:
        child = self.serve()
        with child.standing_still():
            wires = [self.ask(child, '/text') for _turn in range(20)]
            child.stop_by_signal()
        for made in wires:
            self.assertEqual(b'first', made.response().body)
            made.socket.close()
        self.wait_for_end(child)

    def test_a_client_that_keeps_its_connection_is_not_waited_for(
        self,
    ) -> None:
        child = self.serve(spans=engines.LONG_LINGERING)
        slow = self.ask(child, '/sleep/0.5')
        self.wait_for_running(child, 1)
        child.call('stop')
        self.assertEqual(b'slept', slow.response().body)
        self.wait_for_end(child)

    def test_what_lingers_is_not_waited_for(self) -> None:
        child = self.serve(spans=engines.LONG_LINGERING)
        made = self.connect(child)
        made.send(b'nonsense\r\n\r\n')
        self.assertEqual(400, made.response().status)
        child.call('stop')
        self.wait_for_end(child)

    def test_a_drain_that_takes_too_long_is_given_up(self) -> None:
        child = self.serve(graceful_shutdown_timeout=1)
        slow = self.ask(child, '/begin/9')
        slow.read_until(b'begun \r\n')
        child.call('stop')
        self.wait_for_end(child)
        engines.eventually(lambda: 'Gave up 1 connections' in child.log())
        self.assertEqual(b'', slow.rest())

    def test_tls_is_told_of_the_end(self) -> None:
        made = self.certificate()
        child = self.serve((made.cert, made.key))
        wires = [
            self.connect(child, certificates.trusting()) for _turn in range(2)
        ]
        wires[0].send(request('GET', '/text'))
        self.assertEqual(b'first', wires[0].response().body)
        child.call('stop')
        for each in wires:
            # It would raise ssl.SSLEOFError without the alert.
            self.assertEqual(b'', each.rest())
            self.assertIsInstance(each.socket, ssl.SSLSocket)
        self.wait_for_end(child)


class LateTestCase(engines.EngineTestCase):
    def test_a_request_that_nobody_had_the_time_to_read_is_answered(
        self,
    ) -> None:
        child = self.serve(keep_alive_timeout=1.5)
        made = self.connect(child)
        made.send(request('GET', '/text'))
        self.assertEqual(b'first', made.response().body)
        # On eventlet, its time is over when the hub runs again.
        slow = self.ask(child, '/compute/3')
        self.wait_for_running(child, 1)
        made.send(request('GET', '/text'))
        self.assertEqual(b'first', made.response().body)
        self.assertEqual(b'computed', slow.response().body)


class DelayTestCase(engines.EngineTestCase):
    #: A delay that no test waits for, in seconds.
    LONG = 600.0

    def test_it_goes_on_until_the_delay_is_over(self) -> None:
        child = self.serve()
        kept = self.connect(child)
        child.call('stop', self.LONG)
        # Several ticks of a server that stops.
        ticks = child.call('look')['ticks']
        engines.eventually(lambda: child.call('look')['ticks'] > ticks + 2)
        self.assertEqual(b'first', self.get(child, '/text').body)
        for _turn in range(2):
            kept.send(request('GET', '/text'))
            response = kept.response()
            self.assertEqual(b'first', response.body)
            self.assertNotIn('connection', response.headers)
        self.assertFalse(child.call('wait', 0))
        child.call('stop')
        self.assertEqual(b'', kept.rest())
        self.wait_for_end(child)

    def test_it_ends_once_the_delay_is_over(self) -> None:
        child = self.serve()
        began = time.monotonic()
        child.call('stop', 0.5)
        self.wait_for_end(child)
        self.assertGreaterEqual(time.monotonic() - began, 0.5)
        self.assertRaises(ConnectionRefusedError, self.connect, child)

    def test_another_delay_changes_nothing(self) -> None:
        child = self.serve()
        child.call('stop', 0.5)
        child.call('stop', self.LONG)
        self.wait_for_end(child)
        child = self.serve()
        child.call('stop', self.LONG)
        child.call('stop', 0.01)
        ticks = child.call('look')['ticks']
        engines.eventually(lambda: child.call('look')['ticks'] > ticks + 2)
        self.assertEqual(b'first', self.get(child, '/text').body)

    def test_its_last_seconds_tell_who_is_connected(self) -> None:
        child = self.serve()
        kept = self.connect(child)
        child.call('stop', stop_state.LONG + 1)
        said: list[str | None] = []
        while 'close' not in said:
            kept.send(request('GET', '/text'))
            response = kept.response()
            self.assertEqual(b'first', response.body)
            said.append(response.headers.get('connection'))
            time.sleep(0.05)
        # It was kept until then, and others are accepted still.
        self.assertGreater(len(said), 2)
        self.assertEqual(b'first', self.get(child, '/text').body)
        self.wait_for_end(child)

    def test_a_signal_handler_may_end_the_delay(self) -> None:
        child = self.serve()
        child.call('stop', self.LONG)
        child.stop_by_signal()
        self.wait_for_end(child)

    def test_a_request_may_run_beyond_it(self) -> None:
        child = self.serve()
        slow = self.ask(child, '/sleep/1')
        self.wait_for_running(child, 1)
        child.call('stop', 0.1)
        response = slow.response()
        self.assertEqual(b'slept', response.body)
        self.assertEqual('close', response.headers['connection'])

    def test_it_is_a_part_of_what_the_drain_may_take(self) -> None:
        child = self.serve(graceful_shutdown_timeout=6)
        slow = self.ask(child, '/begin/30')
        slow.read_until(b'begun \r\n')
        began = time.monotonic()
        child.call('stop', 3)
        self.wait_for_end(child)
        # Beside each other they would be 7.
        self.assertLess(time.monotonic() - began, 6)
        engines.eventually(lambda: 'Gave up 1 connections' in child.log())


class EarlyTestCase(engines.EngineTestCase):
    def test_a_stop_ahead_of_the_start_counts(self) -> None:
        child = self.serve(stop_first=True)
        self.wait_for_end(child)
        engines.eventually(lambda: child.call('look')['main is back'])
