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

"""What an engine tells of itself, and what may be changed as it runs."""

import socket
import time

from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import wire
from wsgiserver.tests.unit.engine import engines

request = engines.request


class CountTestCase(engines.EngineTestCase):
    def states(self, child: engines.Child) -> dict[str, int]:
        found: dict[str, int] = child.call('look')['states']
        return found

    def test_connections_are_counted_by_their_state(self) -> None:
        child = self.serve()
        self.assertEqual({}, self.states(child))
        for data in (b'', b'', b'GET / HTTP', request('GET', '/sleep/9')):
            self.connect(child).send(data)
        lingering = self.connect(child)
        lingering.send(b'nonsense\r\n\r\n')
        expected = {'IDLE': 2, 'HEAD': 1, 'RUNNING': 1, 'LINGERING': 1}
        engines.eventually(lambda: self.states(child) == expected)

    def test_connections_that_are_gone_are_not_counted(self) -> None:
        child = self.serve()
        wires = [self.ask(child, '/text') for _turn in range(5)]
        for made in wires:
            made.response()
            made.socket.close()
        engines.eventually(lambda: self.states(child) == {})

    def test_requests_are_counted(self) -> None:
        child = self.serve()
        made = self.connect(child)
        made.send(request('GET', '/text') * 5)
        for _turn in range(5):
            made.response()
        self.get(child, '/sleep/0.01')
        self.assertEqual(6, child.call('look')['served'])


class RefusalsTestCase(engines.EngineTestCase):
    def test_what_is_not_written_down_is_counted(self) -> None:
        child = self.serve()
        for _turn in range(8):
            made = self.connect(child)
            made.send(b'nonsense\r\n\r\n')
            self.assertEqual(400, made.response().status)
        reason = '400 Bad Request, malformed request line'
        line = f"Refused 127.0.0.1: {reason}; it sent b'nonsense'\n"
        engines.eventually(lambda: child.log().count(line) == 5)
        child.call('end_refusals')
        rest = f'Refused, and 3 more within 60 s: {reason}\n'
        engines.eventually(lambda: rest in child.log())
        self.assertEqual(5, child.log().count(line))


class RunningTestCase(engines.EngineTestCase):
    def test_what_runs_is_described(self) -> None:
        child = self.serve()
        sock = self.ask(child, '/sleep/9?a=%20').socket
        self.wait_for_running(child, 1)
        [first] = child.call('running')
        self.assertEqual('POST', first['method'])
        self.assertEqual('/sleep/9?a=%20', first['target'])
        self.assertEqual('127.0.0.1', first['peer'])
        self.assertIn('_sleep', first['functions'])
        [second] = child.call('running')
        self.assertGreater(second['age'], first['age'])
        self.assertLess(second['age'], engines.PATIENCE)
        sock.close()

    def test_what_waits_for_its_client_runs(self) -> None:
        child = self.serve()
        self.ask(child, '/body', 'Content-Length: 9')
        self.ask(child, '/fill')
        self.wait_for_running(child, 2)
        engines.eventually(lambda: self.waiting(child) == {'_body', 'app'})

    def waiting(self, child: engines.Child) -> set[str]:
        """Which functions of the application wait for a client."""
        found = set()
        for running in child.call('running'):
            if 'wait_readable' in running['functions']:
                found.add('_body')
            elif 'wait_writable' in running['functions']:
                found.add('app')
        return found

    def test_what_waits_for_a_place_does_not_run(self) -> None:
        child = self.serve(wsgi_default_pool_size=1)
        wires = [self.ask(child, '/sleep/0.3') for _turn in range(3)]
        engines.eventually(
            lambda: child.call('look')['states'] == {'RUNNING': 3}
        )
        self.assertEqual(1, len(child.call('running')))
        for made in wires:
            made.response()
        # The client may have its response before the worker is back.
        self.wait_for_running(child, 0)

    def test_the_age_of_a_pipelined_request_is_its_own(self) -> None:
        child = self.serve()
        made = self.connect(child)
        sent = time.monotonic()
        made.send(request('GET', '/sleep/1') + request('GET', '/sleep/9'))
        made.response()
        # The first one is told of until its worker has turned to the next.
        running = engines.eventually(
            lambda: [
                found
                for found in child.call('running')
                if found['target'] == '/sleep/9'
            ]
        )
        # It began once the first one had slept.
        self.assertLess(running[0]['age'], time.monotonic() - sent - 1)


class HooksTestCase(engines.EngineTestCase):
    def test_it_turns_about_once_a_second(self) -> None:
        child = self.serve()
        look = child.call('look')
        began = time.monotonic()
        self.assertLess(child.call('naps_until', look['ticks'] + 2), 40)
        later = child.call('look')
        self.assertGreater(later['turned'], look['turned'] + 1)
        self.assertTrue(began < later['turned'] < time.monotonic())

    def test_a_hook_that_fails_holds_nothing_up(self) -> None:
        child = self.serve(keep_alive_timeout=0.1)
        child.call('break_hook')
        made = self.ask(child, '/text')
        made.response()
        self.assertEqual(b'', made.rest())
        text = 'LookupError: the hook fails'
        engines.eventually(lambda: text in child.log())

    def test_the_limit_of_requests_is_told_once(self) -> None:
        child = self.serve()
        child.call('limit', 3)
        for _turn in range(2):
            self.get(child, '/text')
        ticks = child.call('look')['ticks']
        engines.eventually(lambda: child.call('look')['ticks'] > ticks + 1)
        self.assertEqual(0, child.call('look')['limits'])
        self.get(child, '/text')
        engines.eventually(lambda: child.call('look')['limits'] == 1)
        ticks = child.call('look')['ticks']
        self.get(child, '/text')
        engines.eventually(lambda: child.call('look')['ticks'] > ticks + 1)
        self.assertEqual(1, child.call('look')['limits'])


class ChangeTestCase(engines.EngineTestCase):
    def test_a_pipelined_request_gets_the_new_pipeline(self) -> None:
        child = self.serve()
        made = self.connect(child)
        made.send(request('GET', '/sleep/1') + request('GET', '/text'))
        self.wait_for_running(child, 1)
        child.call('swap', 'second')
        self.assertEqual(b'slept', made.response().body)
        self.assertEqual(b'second', made.response().body)

    def test_a_new_certificate_is_for_new_connections(self) -> None:
        old, new = self.certificate(), self.certificate()
        child = self.serve((old.cert, old.key))
        kept = self.connect(child, certificates.trusting())
        child.call('certify', new.cert, new.key)
        made = self.connect(child, certificates.trusting())
        self.assertEqual(old.serial, kept.serial())
        self.assertEqual(new.serial, made.serial())
        for each in (kept, made):
            each.send(request('GET', '/text'))
            self.assertEqual(b'first', each.response().body)

    def test_plain_listeners_stay_plain(self) -> None:
        new = self.certificate()
        child = self.serve()
        child.call('certify', new.cert, new.key)
        self.assertEqual(b'first', self.get(child, '/text').body)


class LeaderTestCase(engines.EngineTestCase):
    scenarios = [case for case in engines.ENGINES if case[0] == 'threading']

    def test_one_thread_leads_however_the_lead_was_lost(self) -> None:
        # A leader that was relieved in a request ends it while the next one
        # is in another: whose lead is it that it gives up?
        child = self.serve()
        for _turn in range(100):
            first = self.ask(child, '/hold')
            engines.eventually(lambda: len(child.call('running')) == 1)
            second = self.ask(child, '/release')
            for made in (first, second):
                self.assertEqual(200, made.response().status)
                made.socket.close()
        engines.eventually(lambda: child.call('pollers') == 1)


class SlowReaderTestCase(engines.EngineTestCase):
    def test_no_more_of_a_body_is_made_than_is_sent(self) -> None:
        child = self.serve()
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sock.connect(('127.0.0.1', child.port))
            made = wire.Wire(sock)
            made.send(request('GET', '/count/4096'))
            made.read(100_000)
            engines.eventually(lambda: self.is_waiting(child))
            blocks = self.get(child, '/notes').json()[-1]
            # The system's buffers are what has been filled.
            self.assertLess(int(blocks) * 65536, 16 * 2**20)

    def is_waiting(self, child: engines.Child) -> bool:
        return any(
            'wait_writable' in running['functions']
            for running in child.call('running')
        )
