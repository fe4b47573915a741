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

"""Who keeps the metrics of a server."""

import os

import fixtures

from wsgiserver import _metrics
from wsgiserver._metrics import server_metrics
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes


class ServerMetricsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def test_a_process_has_one_seat_for_good(self) -> None:
        metrics = server_metrics.ServerMetrics('some')
        first = metrics.meter(fakes.settings())
        self.assertTrue(first.is_on)
        self.assertIs(first, metrics.meter(fakes.settings()))

    def test_a_forked_process_has_its_own(self) -> None:
        metrics = server_metrics.ServerMetrics('some')
        # As a service that was started in its launcher's process.
        metrics.meter(fakes.settings())
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            meter = metrics.meter(fakes.settings())
            number = meter.number if isinstance(meter, _metrics.Slot) else 9
            # It is not given back to the next one.
            others = server_metrics.ServerMetrics('other').meter(
                fakes.settings()
            )
            os.write(writing, b'%d%d' % (number, others.is_on))
            os._exit(0)
        os.waitpid(pid, 0)
        os.close(writing)
        with open(reading, 'rb') as file:
            self.assertEqual(b'11', file.read())

    def test_nothing_is_counted_where_that_is_switched_off(self) -> None:
        metrics = server_metrics.ServerMetrics('some')
        self.assertFalse(metrics.meter(fakes.settings(metrics=False)).is_on)

    def test_a_process_that_gets_no_seat_serves_without(self) -> None:
        def fail(*args: object, **_options: object) -> None:
            raise OSError('Cannot allocate memory')

        metrics = server_metrics.ServerMetrics('some')
        with fixtures.MonkeyPatch('mmap.mmap', fail):
            self.assertFalse(metrics.meter(fakes.settings()).is_on)
        self.assertIn('some counts nothing here: Cannot', self.log.output)
        # Another time it may.
        self.assertTrue(metrics.meter(fakes.settings()).is_on)

    def test_a_system_without_memory_to_share_is_warned_of(self) -> None:
        def fail(*args: object) -> int:
            raise OSError('Too many open files')

        self.useFixture(fixtures.MonkeyPatch('os.memfd_create', fail))
        metrics = server_metrics.ServerMetrics('some')
        self.assertIn('some counts nothing: Too many', self.log.output)
        self.assertFalse(metrics.meter(fakes.settings()).is_on)
        self.assertIsNone(metrics.statistics([]))
        metrics.refuse_reset()
