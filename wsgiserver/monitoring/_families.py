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

"""Metric families of Prometheus, made of a report."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import itertools

from prometheus_client import core
from prometheus_client import Metric
from prometheus_client import utils

from wsgiserver import _metrics

_PREFIX = 'wsgiserver_'


def _cumulative(buckets: Sequence[float]) -> list[tuple[str, float]]:
    bounds = [*map(utils.floatToGoString, _metrics.BOUNDS), '+Inf']
    return [*zip(bounds, itertools.accumulate(buckets), strict=True)]


def _counter(name: str, text: str, *labels: str) -> core.CounterMetricFamily:
    return core.CounterMetricFamily(
        _PREFIX + name, text, labels=['server', *labels]
    )


def _gauge(name: str, text: str, *labels: str) -> core.GaugeMetricFamily:
    return core.GaugeMetricFamily(
        _PREFIX + name, text, labels=['server', *labels]
    )


def _histogram(
    name: str, text: str, *labels: str
) -> core.HistogramMetricFamily:
    return core.HistogramMetricFamily(
        _PREFIX + name, text, labels=['server', *labels]
    )


class Families:
    """Collector of the metrics of a report, as ``prometheus_client`` wants.

    :param report: the metrics.
    """

    def __init__(self, report: _metrics.Report) -> None:
        self._report = report
        self._name = report.name
        self._series = [each for each in report.series if each.count]

    def collect(self) -> Iterator[Metric]:
        """Make the metrics."""
        yield self._requests()
        yield from self._times()
        yield from self._bytes()
        yield self._waits()
        yield from self._events()
        yield self._refused()
        yield self._resets()
        yield from self._listeners()
        yield from self._workers()

    # -- requests -----------------------------------------------------------

    def _requests(self) -> Metric:
        family = _counter(
            'requests',
            'Requests that were handed to the application.',
            *('method', 'route', 'status'),
        )
        for each in self._series:
            for status, count in each.statuses.items():
                if count:
                    family.add_metric(
                        [self._name, each.method, each.route, status], count
                    )
        return family

    def _times(self) -> Iterator[Metric]:
        labels = ('method', 'route')
        whole = _histogram(
            'request_duration_seconds',
            'From the start of the application to the end of the response.',
            *labels,
        )
        first = _histogram(
            'time_to_first_byte_seconds',
            'From the start of the application to the head of the response.',
            *labels,
        )
        for each in self._series:
            key = [self._name, each.method, each.route]
            whole.add_metric(
                key, _cumulative(each.duration), each.duration_sum
            )
            first.add_metric(
                key, _cumulative(each.first_byte), each.first_byte_sum
            )
        yield whole
        yield first

    def _bytes(self) -> Iterator[Metric]:
        labels = ('method', 'route')
        received = _counter(
            'request_body_bytes', 'Bytes read of request bodies.', *labels
        )
        sent = _counter(
            'response_body_bytes', 'Bytes sent of response bodies.', *labels
        )
        for each in self._series:
            key = [self._name, each.method, each.route]
            received.add_metric(key, each.bytes_in)
            sent.add_metric(key, each.bytes_out)
        yield received
        yield sent

    def _waits(self) -> Metric:
        family = _histogram(
            'queue_wait_seconds',
            'From the complete head of a request to the start of the '
            'application: what it waited for a free worker.',
        )
        family.add_metric(
            [self._name],
            _cumulative(self._report.waits),
            self._report.counters['waited_seconds'],
        )
        return family

    # -- what else is counted -----------------------------------------------

    def _events(self) -> Iterator[Metric]:
        for key, name, text in (
            ('accepted', 'connections_accepted', 'Connections accepted.'),
            (
                'accept_errors',
                'accept_errors',
                'Connections that could not be accepted.',
            ),
            (
                'overdue',
                'overdue_requests',
                'Requests that ran for longer than request_timeout.',
            ),
            ('starts', 'worker_starts', 'Worker processes started.'),
        ):
            family = _counter(name, text)
            family.add_metric([self._name], self._report.counters[key])
            yield family

    def _refused(self) -> Metric:
        family = _counter(
            'refused_requests',
            'Requests that were not handed to the application, and '
            'connections turned away.',
            'reason',
        )
        for reason, count in self._report.refused.items():
            family.add_metric([self._name, reason], count)
        return family

    def _resets(self) -> Metric:
        family = _counter(
            'resets',
            'Resets that a worker process has followed, or that were refused.',
            'outcome',
        )
        counters = self._report.counters
        family.add_metric([self._name, 'applied'], counters['resets'])
        family.add_metric([self._name, 'refused'], counters['resets_refused'])
        return family

    # -- how it is now ------------------------------------------------------

    def _listeners(self) -> Iterator[Metric]:
        waiting = _gauge(
            'listen_backlog',
            'Connections that wait to be accepted.',
            'listener',
        )
        limit = _gauge(
            'listen_backlog_limit',
            'How many connections may wait to be accepted.',
            'listener',
        )
        for name, queued, most in self._report.listeners:
            if queued is not None and most is not None:
                waiting.add_metric([self._name, name], queued)
                limit.add_metric([self._name, name], most)
        yield waiting
        yield limit

    def _workers(self) -> Iterator[Metric]:
        workers = self._report.workers
        count = _gauge('worker_processes', 'Worker processes that serve.')
        count.add_metric([self._name], len(workers))
        yield count
        yield self._connections()
        yield self._pool()
        for key, name, text in (
            ('pool_size', 'pool_size', 'The places of a pool.'),
            ('queued', 'queue_length', 'Requests that wait for a worker.'),
            (
                'oldest_wait',
                'queue_oldest_wait_seconds',
                'For how long the first of them has waited.',
            ),
            (
                'reactor_lag',
                'reactor_lag_seconds',
                'How late the reactor turned last: something blocked it.',
            ),
            ('updated', 'updated_timestamp_seconds', 'When it did so.'),
            ('started', 'start_timestamp_seconds', 'When the process began.'),
            ('memory', 'resident_memory_bytes', 'Memory of the process.'),
        ):
            family = _gauge(f'worker_{name}', text, 'worker')
            for worker in workers:
                family.add_metric(
                    [self._name, str(worker.number)], worker.gauges[key]
                )
            yield family
        yield self._processor_time()

    def _processor_time(self) -> Metric:
        family = _counter(
            'worker_cpu_seconds', 'Processor time of the process.', 'worker'
        )
        for worker in self._report.workers:
            family.add_metric(
                [self._name, str(worker.number)],
                worker.gauges['processor_time'],
            )
        return family

    def _connections(self) -> Metric:
        family = _gauge(
            'worker_connections', 'Connections by state.', 'worker', 'state'
        )
        for worker in self._report.workers:
            for state, count in worker.states.items():
                family.add_metric(
                    [self._name, str(worker.number), state], count
                )
        return family

    def _pool(self) -> Metric:
        family = _gauge(
            'worker_pool',
            'Places of the pool: busy with a request, and idle; waiting are '
            'requests that have given theirs up to wait for their client.',
            *('worker', 'state'),
        )
        for worker in self._report.workers:
            gauges = worker.gauges
            idle = max(gauges['pool_size'] - gauges['busy'], 0.0)
            for state, count in (
                ('busy', gauges['busy']),
                ('idle', idle),
                ('waiting', gauges['waiting']),
            ):
                family.add_metric(
                    [self._name, str(worker.number), state], count
                )
        return family
