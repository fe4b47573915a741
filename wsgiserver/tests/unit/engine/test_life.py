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

import ssl
import time

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

    def is_refused(self, child: engines.Child) -> bool:
        try:
            self.connect(child)
        except ConnectionRefusedError:
            return True
        return False


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
        child = self.serve(pool_size=2)
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
        child = self.serve(drain_timeout=0.5)
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
        child = self.serve(drain_timeout=4)
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
