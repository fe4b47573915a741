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

"""Metrics, the status page's figures, and the warning about waits."""

import os
import signal

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import metrics

request = harness.request

_ROUTES = '/hello,/echo,/broken,/stream,/sleep'


class MonitoredTest(launched.LaunchedTest):
    scenarios = launched.EVERYWHERE

    def monitored(
        self,
        transport: str = 'tcp',
        workers: int = 1,
        options: harness.Options | None = None,
    ) -> harness.ServerProcess:
        """Have a server that counts by the routes of this module."""
        return self.serve(
            transport,
            workers,
            paste=metrics.PASTE,
            options={
                'wsgiserver.metrics_routes': _ROUTES,
                **(options or {}),
            },
        )

    def wait_for_total(
        self,
        server: harness.ServerProcess,
        expected: float,
        name: str,
        **labels: str,
    ) -> None:
        """Wait until a metric has come to this: responses are counted last."""
        found: list[float] = []

        def equal() -> bool:
            found.append(metrics.read(server).total(name, **labels))
            return found[-1] >= expected

        harness.eventually(equal)
        self.assertEqual(expected, found[-1])


class TestCounts(MonitoredTest):
    """All counters are what the client has sent."""

    def send(self, server: harness.ServerProcess, times: int) -> None:
        """Send some requests of each kind, each of them answered."""
        echo = request('POST', '/echo', 'Content-Length: 7', body=b'1234567')
        for turn in range(times):
            for data, status in (
                (request('GET', '/hello'), 200),
                *([(request('GET', '/broken'), 500)] if turn % 2 else []),
                *((echo, 200), (echo, 200), (request('GET', '/stream'), 200)),
            ):
                self.assertEqual(status, metrics.ask(server, data).status)

    def check(self, server: harness.ServerProcess, times: int) -> None:
        """Check the counters after so many turns in all."""
        for route, status, method, each in (
            *(('/hello', '2xx', 'GET', 1.0), ('/broken', '5xx', 'GET', 0.5)),
            *(('/echo', '2xx', 'POST', 2.0), ('/stream', '2xx', 'GET', 1.0)),
        ):
            labels = {'route': route, 'method': method}
            self.wait_for_total(
                server, each * times, 'requests_total', status=status, **labels
            )
            found = metrics.read(server)
            self.assertEqual(
                each * times, found.total('requests_total', route=route)
            )
            for name in ('request_duration', 'time_to_first_byte'):
                count = f'{name}_seconds_count'
                self.assertEqual(each * times, found.total(count, **labels))
        for name in ('request_body_bytes_total', 'response_body_bytes_total'):
            self.assertEqual(
                2 * 7 * times, found.total(name, route='/echo', method='POST')
            )

    def test_over_a_reset_a_killed_and_a_recycled_worker(self) -> None:
        server = self.monitored(
            workers=2,
            options={
                'wsgiserver.max_requests': 150,
                'wsgiserver.max_requests_jitter': 0,
            },
        )
        self.send(server, 10)
        self.check(server, 10)
        before = self.workers_of(server, 2)
        server.process.send_signal(signal.SIGHUP)
        self.wait_for_reset(server, before)
        self.send(server, 10)
        self.check(server, 20)
        victim = self.pid_of(server)
        os.kill(victim, signal.SIGKILL)
        self.wait_for_end(frozenset([victim]), harness.PATIENCE)
        self.workers_of(server, 2, other_than=frozenset([victim]))
        self.send(server, 10)
        self.check(server, 30)
        # By now both have been replaced, and one was killed.
        starts = metrics.read(server).total('worker_starts_total')
        while starts < 5:
            metrics.ask(server, request('GET', '/pid'))
            starts = metrics.read(server).total('worker_starts_total')
        self.check(server, 30)

    def wait_for_reset(
        self, server: harness.ServerProcess, before: frozenset[int]
    ) -> None:
        if self.launcher == 'own':
            server.wait_for_log('Everything was read anew')
            self.wait_for_total(server, 2, 'resets_total', outcome='applied')
        else:
            # The workers are new ones then.
            self.workers_of(server, 2, other_than=before)

    def test_connections_and_refusals(self) -> None:
        server = self.monitored()
        before = metrics.read(server)
        for broken, reason in (
            (b'nonsense\r\n\r\n', 'bad_request'),
            (b'GET / HTTP/1.1\r\n\r\n', 'bad_request'),
            (
                b'GET /%s HTTP/1.1\r\nHost: a\r\n\r\n' % (b'a' * 9000),
                'uri_too_long',
            ),
            (
                b'GET / HTTP/1.1\r\nA: %s\r\n\r\n' % (b'a' * 20000),
                'request_header_fields_too_large',
            ),
            (b'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 'not_implemented'),
        ):
            known = metrics.read(server).total(
                'refused_requests_total', reason=reason
            )
            with server.connect() as wire:
                wire.send(broken)
                self.assertGreaterEqual(wire.response().status, 400)
            self.wait_for_total(
                server, known + 1, 'refused_requests_total', reason=reason
            )
        found = metrics.read(server)
        self.assertEqual(5, found.total('refused_requests_total'))
        accepted = found.total('connections_accepted_total') - before.total(
            'connections_accepted_total'
        )
        self.assertGreaterEqual(accepted, 10)

    def test_a_handshake_that_fails_is_a_refusal(self) -> None:
        server = self.monitored('tls')
        with server.connect(tls=False) as wire:
            wire.send(b'\x16\x03\x01\x00\x05nonsense')
            wire.rest()
        self.wait_for_total(
            server, 1, 'refused_requests_total', reason='tls_handshake'
        )

    def test_a_refused_reset_is_counted(self) -> None:
        if self.launcher == 'stock':
            # Theirs either reads nothing anew or ends the workers.
            self.assertEqual(1, len(self.workers_of(self.monitored(), 1)))
            return
        server = self.monitored()
        server.write_paste('nonsense')
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log('Everything stays as it was')
        self.wait_for_total(server, 1, 'resets_total', outcome='refused')


class TestGauges(MonitoredTest):
    def test_how_it_is_now(self) -> None:
        server = self.monitored(
            workers=2, options={'wsgi_default_pool_size': 7}
        )
        self.hold(server, 8)
        idle = self.connect(server)
        idle.send(request('GET', '/hello'))
        idle.response()
        # The request for the metrics may be among those that run.
        self.wait_for_gauge(server, 1, 'worker_connections', state='running')
        self.wait_for_gauge(server, 1, 'worker_pool', state='busy')
        self.wait_for_gauge(server, 13, 'worker_pool', state='idle')
        self.wait_for_gauge(server, 1, 'worker_connections', state='idle')
        found = metrics.read(server)
        self.assertEqual(2, found.total('worker_processes'))
        self.assertEqual(14, found.total('worker_pool_size'))
        for number in '01':
            memory = found.total('worker_resident_memory_bytes', worker=number)
            self.assertLess(10**7, memory)
        self.assertGreater(found.total('listen_backlog_limit'), 0)

    def wait_for_gauge(
        self,
        server: harness.ServerProcess,
        expected: float,
        name: str,
        **labels: str,
    ) -> None:
        """Wait until a metric is this, if only for a moment."""
        harness.eventually(
            lambda: metrics.read(server).total(name, **labels) == expected
        )

    def test_the_backlog_of_a_unix_socket_is_known(self) -> None:
        found = metrics.read(self.monitored('unix'))
        self.assertGreater(found.total('listen_backlog_limit'), 0)

    def test_programs_get_json(self) -> None:
        server = self.monitored()
        found = server.get('/status?format=json').json()
        self.assertEqual(
            [str(self.pid_of(server))],
            [str(worker['pid']) for worker in found['workers']],
        )
        self.assertEqual(self.backend, found['workers'][0]['engine'])
        page = server.get('/status')
        self.assertEqual(
            'text/html; charset=utf-8', page.headers['content-type']
        )

    def test_metrics_can_be_switched_off(self) -> None:
        server = self.monitored(options={'wsgiserver.metrics': False})
        self.assertEqual(200, server.get('/hello').status)
        for path in ('/metrics', '/status'):
            response = server.get(path)
            self.assertEqual(503, response.status)
            self.assertIn(b'the option metrics is off', response.body)


class TestWaits(MonitoredTest):
    """A pool without a free worker is seen."""

    def test_a_reactor_that_is_blocked_is_warned_of(self) -> None:
        server = self.monitored(options={'wsgiserver.queue_wait_warning': 0.3})
        self.assertEqual(200, server.get('/stall/2').status)
        log = server.wait_for_log('omething blocked the reactor')
        self.assertIn(' WARNING wsgiserver.watchdog ', log)

    def test_they_are_counted_and_warned_of_once(self) -> None:
        server = self.monitored(
            options={
                'wsgi_default_pool_size': 1,
                'wsgiserver.queue_wait_warning': 0.4,
            }
        )
        first = self.connect(server)
        first.send(request('GET', '/nap/3'))
        server.wait_for_log('about to sleep')
        waiting = [self.hold(server, 0) for _turn in range(3)]
        # While they wait, for the pool may never be free again.
        log = server.wait_for_log('Requests wait for a worker')
        self.assertIn('1 of 1 workers are busy', log)
        self.assertIn('3 wait', log)
        for wire in (first, *waiting):
            self.assertEqual(200, wire.response().status)
        found = metrics.read(server)
        count = found.total('queue_wait_seconds_count')
        short = found.total('queue_wait_seconds_bucket', le='0.25')
        self.assertEqual(3, count - short)
        self.assertGreater(found.total('queue_wait_seconds_sum'), 1)
        again = [self.hold(server, 1), self.hold(server, 0)]
        for wire in again:
            self.assertEqual(200, wire.response().status)
        self.assertEqual(1, server.log().count('equests wait for a worker'))
