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

"""What is counted, and read again."""

import sys
import threading
import time
from typing import Any

from wsgiserver import _metrics
from wsgiserver._metrics import layout
from wsgiserver.tests import base
from wsgiserver.tests.unit.metrics import fakes

#: What bounds the buckets of 1 ms and of 25 to 50 ms, in seconds.
_FIRST, _SIXTH = 0.0005, 0.03


class SlotTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.memory = _metrics.SharedMemory()
        self.slot = self.memory.claim()
        self.slot.follow(_metrics.Routes(['/v2', '/v3', '/v3/auth']))
        self.statistics = _metrics.Statistics('some', self.memory, [])

    def request(
        self,
        method: str = 'GET',
        path: str = '/v2/images',
        code: int = 200,
        seconds: float = _FIRST,
        received: int = 0,
        sent: int = 0,
        first_byte: float | None = None,
    ) -> None:
        """Count a request."""
        response = fakes.Response(code, sent)
        if first_byte is not None:
            response.first_byte = 100.0 + first_byte
        self.slot.request(
            fakes.Head(method, path), received, response, 100, 100 + seconds
        )

    def report(self) -> _metrics.Report:
        return self.statistics.read()

    def series(self) -> dict[tuple[str, str], _metrics.Series]:
        """Read the series that have counted something."""
        return {
            (each.method, each.route): each
            for each in self.report().series
            if each.count
        }

    def one(self) -> _metrics.Series:
        [found] = self.series().values()
        return found


class RequestTestCase(SlotTestCase):
    def test_requests_are_told_apart_by_method_and_route(self) -> None:
        for method, path in (
            *(('GET', '/v2/images'), ('GET', '/v2'), ('POST', '/v2/images')),
            *(('GET', '/v3/auth/tokens'), ('GET', '/v3'), ('GET', '/')),
            *(('PROPFIND', '/v2'), ('LOCK', '/x'), ('MOVE', '/x')),
        ):
            self.request(method, path)
        self.assertEqual(
            {
                ('GET', '/v2'): 2,
                ('POST', '/v2'): 1,
                ('GET', '/v3/auth'): 1,
                ('GET', '/v3'): 1,
                ('GET', 'other'): 1,
                ('other', '/v2'): 1,
                ('other', 'other'): 2,
            },
            {key: each.count for key, each in self.series().items()},
        )

    def test_paths_that_clients_make_up_are_one_route(self) -> None:
        for number in range(2000):
            self.request(path=f'/{number}/a')
            self.request(path=f'/{"x" * number}')
        self.request(path='/v2/a')
        self.assertEqual(
            {('GET', 'other'): 4000, ('GET', '/v2'): 1},
            {key: each.count for key, each in self.series().items()},
        )
        self.assertLessEqual(len(self.slot._blocks), 512)

    def test_what_begins_alike_may_have_routes_of_its_own(self) -> None:
        for path in ('/v3/a', '/v3/auth', '/v3/a', '/v3/auth/b', '/v3'):
            self.request(path=path)
        self.assertEqual(
            {('GET', '/v3'): 3, ('GET', '/v3/auth'): 2},
            {key: each.count for key, each in self.series().items()},
        )

    def test_they_are_counted_by_the_class_of_the_status(self) -> None:
        for code in (200, 204, 304, 404, 499, 500, 599, 600, 999, 0, 101):
            self.request(code=code)
        self.assertEqual(
            {'none': 1, '1xx': 1, '2xx': 2, '3xx': 1, '4xx': 2, '5xx': 4},
            self.one().statuses,
        )

    def test_a_time_is_in_the_bucket_that_it_is_not_above(self) -> None:
        buckets = len(layout.BOUNDS) + 1
        for place, bound in enumerate(layout.BOUNDS):
            before = self.series()
            # Sums of floats end a little beside the bound.
            self.request(seconds=bound - 1e-9)
            found = self.one().duration
            was = [*before.values()][0].duration if before else [0] * buckets
            grown = [new - old for new, old in zip(found, was, strict=True)]
            self.assertEqual(
                [float(n == place) for n in range(buckets)], grown, str(bound)
            )
        self.request(seconds=61)
        self.assertEqual(1, self.one().duration[-1])

    def test_times_are_added_up(self) -> None:
        self.request(seconds=0.25)
        self.request(seconds=0.5)
        self.assertAlmostEqual(0.75, self.one().duration_sum)
        self.assertAlmostEqual(0.75, self.one().first_byte_sum)

    def test_the_first_byte_of_a_whole_response_is_its_end(self) -> None:
        self.request(seconds=_SIXTH)
        self.assertEqual(self.one().duration, self.one().first_byte)

    def test_the_first_byte_of_a_stream_has_its_own_time(self) -> None:
        self.request(seconds=_SIXTH, first_byte=_FIRST)
        self.request(seconds=_SIXTH)
        found = self.one()
        self.assertEqual((0, 2), (found.duration[0], found.duration[5]))
        self.assertEqual((1, 1), (found.first_byte[0], found.first_byte[5]))
        self.assertEqual(2, sum(found.first_byte))
        self.assertAlmostEqual(_FIRST + _SIXTH, found.first_byte_sum)

    def test_the_bytes_of_bodies_are_added_up(self) -> None:
        self.request(received=10, sent=100)
        self.request(sent=1)
        self.assertEqual(10, self.one().bytes_in)
        self.assertEqual(101, self.one().bytes_out)

    def test_other_routes_count_from_a_reset_on(self) -> None:
        self.request(path='/v2')
        self.slot.follow(_metrics.Routes(['/v9']))
        self.request(path='/v2')
        self.request(path='/v9')
        self.assertEqual(
            {('GET', '/v2'): 1, ('GET', 'other'): 1, ('GET', '/v9'): 1},
            {key: each.count for key, each in self.series().items()},
        )

    def test_nothing_is_lost_where_there_is_no_room(self) -> None:
        count = 2 * layout.MAX_SERIES
        for number in range(count):
            self.slot.follow(_metrics.Routes([f'/v{number}']))
            self.request(path=f'/v{number}')
        found = self.series()
        self.assertEqual(layout.MAX_SERIES, len(found))
        self.assertEqual(count, sum(each.count for each in found.values()))
        rest = count - layout.MAX_SERIES + 1
        self.assertEqual(rest, found['other', 'other'].count)

    def test_threads_lose_nothing_to_each_other(self) -> None:
        before = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, before)
        sys.setswitchinterval(1e-6)
        paths = ('/v2', '/v3', '/other')
        threads = [
            threading.Thread(target=self._many, args=(paths, 3000))
            for _turn in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = self.series()
        self.assertEqual(
            {'/v2': 8000, '/v3': 8000, 'other': 8000},
            {route: each.count for (_m, route), each in found.items()},
        )
        for each in found.values():
            self.assertEqual(8000 * 3, each.bytes_out)
            self.assertEqual(8000, each.first_byte[0])
        self.assertEqual(24000, self.report().counters['waited'])

    def _many(self, paths: tuple[str, ...], count: int) -> None:
        for turn in range(count):
            self.request(
                path=paths[turn % len(paths)],
                sent=3,
                seconds=_SIXTH,
                first_byte=_FIRST,
            )
            self.slot.waited(0.5)


class OtherMetricsTestCase(SlotTestCase):
    def test_counters(self) -> None:
        slot = self.slot
        for call, times in (
            *((slot.accepted, 3), (slot.accept_failed, 2)),
            (slot.overdue, 4),
        ):
            for _turn in range(times):
                call()
        slot.reset(is_refused=False)
        slot.reset(is_refused=True)
        slot.waited(0.5)
        slot.waited(0.25)
        self.assertEqual(
            {
                'starts': 1,
                'accepted': 3,
                'accept_errors': 2,
                'overdue': 4,
                'resets': 1,
                'resets_refused': 1,
                'waited': 2,
                'waited_seconds': 0.75,
            },
            self.report().counters,
        )

    def test_refusals_have_their_reason(self) -> None:
        self.slot.refused('bad_request')
        self.slot.refused('tls_handshake')
        self.slot.refused('tls_handshake')
        found = {k: n for k, n in self.report().refused.items() if n}
        self.assertEqual({'bad_request': 1, 'tls_handshake': 2}, found)

    def test_who_did_not_wait_waited_the_least(self) -> None:
        for _turn in range(5):
            self.request()
        self.slot.waited(0.03)
        self.assertEqual(
            (4, 1), (self.report().waits[0], sum(self.report().waits[1:]))
        )
        self.assertEqual(1, self.report().waits[5])

    def test_a_refused_reset_of_the_launcher_counts(self) -> None:
        self.memory.refuse_reset()
        self.slot.reset(is_refused=True)
        self.assertEqual(2, self.report().counters['resets_refused'])

    def test_gauges(self) -> None:
        self.slot.publish([0, 1, 2, 3, 4, 5], pool_size=10, busy=3, memory=7)
        [worker] = self.report().workers
        self.assertEqual(
            {
                'proxy': 0,
                'handshake': 1,
                'idle': 2,
                'head': 3,
                'running': 4,
                'lingering': 5,
            },
            worker.states,
        )
        gauges = worker.gauges
        self.assertEqual(
            (10, 3, 7), (gauges['pool_size'], gauges['busy'], gauges['memory'])
        )
        self.assertLess(abs(time.time() - gauges['updated']), 20)

    def test_a_report_has_a_form_for_json(self) -> None:
        self.request(sent=5)
        self.slot.waited(0.5)
        self.slot.publish([0] * 6, pool_size=10, threads=1)
        found: dict[str, Any] = self.report().as_dict()
        self.assertEqual('some', found['server'])
        self.assertEqual([*layout.BOUNDS], found['bounds'])
        [worker] = found['workers']
        self.assertEqual('threading', worker['engine'])
        self.assertEqual(10, worker['pool']['pool_size'])
        for total in (found['total'], worker['total']):
            self.assertEqual(1, total['requests']['2xx'])
            self.assertEqual(5, total['bytes_out'])
            self.assertEqual(1, sum(total['waits']))
            self.assertEqual(1, total['starts'])
            self.assertEqual(0, total['refused']['bad_request'])
        series = [s for s in found['series'] if s['requests']['2xx']]
        self.assertEqual(
            [('GET', '/v2')], [(s['method'], s['route']) for s in series]
        )

    def test_a_server_that_keeps_none_takes_all(self) -> None:
        meter = _metrics.Meter()
        self.assertFalse(meter.is_on)
        meter.request(fakes.Head('GET', '/'), 0, fakes.Response(), 0, 1)
        meter.accepted()
        meter.accept_failed()
        meter.refused('bad_request')
        meter.waited(1)
        meter.overdue()
        meter.reset(is_refused=True)
        meter.publish([], busy=1)
