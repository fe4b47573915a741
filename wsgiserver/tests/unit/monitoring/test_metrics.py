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

"""The figures in Prometheus' formats."""

import gzip
import os
import subprocess
import sys

import fixtures
from prometheus_client import parser

from wsgiserver import exceptions
from wsgiserver import monitoring
from wsgiserver.tests.unit.monitoring import apps

# Counts by itself, with the library's own way over several processes.
_OWN = """
import prometheus_client
prometheus_client.Counter('images_made', 'Images.').inc(3)
"""


class MetricsTestCase(apps.MonitoringTestCase):
    app = monitoring.MetricsApp

    def samples(self, text: str) -> dict[str, float]:
        return {
            sample.name: sample.value
            for family in parser.text_string_to_metric_families(text)
            for sample in family.samples
        }

    def test_they_are_in_prometheus_text_format(self) -> None:
        response = self.ask('/metrics')
        self.assertEqual('text/plain', response.content_type)
        found = self.samples(response.text)
        self.assertEqual(1, found['wsgiserver_requests_total'])
        self.assertEqual(
            0.25, found['wsgiserver_request_duration_seconds_sum']
        )
        self.assertEqual(1, found['wsgiserver_queue_wait_seconds_count'])
        self.assertEqual(1, found['wsgiserver_worker_processes'])

    def test_the_name_of_the_server_can_be_any(self) -> None:
        text = self.ask().text
        families = parser.text_string_to_metric_families(text)
        names = {
            sample.labels['server']
            for family in families
            for sample in family.samples
        }
        self.assertEqual({'some "server"\\'}, names)

    def test_each_has_a_help_and_a_type(self) -> None:
        lines = self.ask().text.splitlines()
        names = {
            line.split()[2] for line in lines if line.startswith('# HELP')
        }
        types = {
            line.split()[2] for line in lines if line.startswith('# TYPE')
        }
        self.assertGreater(len(names), 20)
        self.assertEqual(names, types)

    def test_buckets_grow_up_to_the_count(self) -> None:
        name = 'wsgiserver_request_duration_seconds'
        for family in parser.text_string_to_metric_families(self.ask().text):
            if family.name == name:
                buckets = [
                    (float(s.labels['le']), s.value)
                    for s in family.samples
                    if s.name.endswith('_bucket')
                ]
        self.assertEqual(sorted(buckets), buckets)
        self.assertEqual((float('inf'), 1), buckets[-1])
        self.assertEqual((0.1, 0), buckets[6])
        self.assertEqual((0.25, 1), buckets[7])

    def test_who_prefers_openmetrics_gets_that(self) -> None:
        response = self.ask(
            HTTP_ACCEPT='application/openmetrics-text; version=1.0.0'
        )
        self.assertEqual('application/openmetrics-text', response.content_type)
        self.assertTrue(response.text.endswith('# EOF\n'))
        self.assertEqual(('Accept', 'Accept-Encoding'), response.vary)

    def test_they_are_compressed_for_who_takes_that(self) -> None:
        response = self.ask(HTTP_ACCEPT_ENCODING='gzip')
        self.assertEqual('gzip', response.content_encoding)
        text = gzip.decompress(response.body).decode()
        self.assertEqual(1, self.samples(text)['wsgiserver_requests_total'])

    def test_the_path_does_not_matter(self) -> None:
        for path in ('/', '/metrics/', '/favicon.ico', '/a/b'):
            self.assertIn('wsgiserver_requests_total', self.ask(path).text)

    def test_what_an_application_counts_is_there(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        name = 'PROMETHEUS_MULTIPROC_DIR'
        self.useFixture(fixtures.EnvironmentVariable(name, folder))
        subprocess.run(
            [sys.executable, '-c', _OWN],
            env={**os.environ, name: folder},
            check=True,
            timeout=50,
        )
        found = self.samples(self.ask().text)
        self.assertEqual(3, found['images_made_total'])
        self.assertEqual(1, found['wsgiserver_requests_total'])

    def test_a_folder_that_is_not_there_is_none(self) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable(
                'PROMETHEUS_MULTIPROC_DIR', '/nonexistent'
            )
        )
        self.assertEqual(200, self.ask().status_int)

    def test_without_the_client_it_says_what_to_install(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'sys.modules', {**sys.modules, 'prometheus_client': None}
            )
        )
        error = self.assertRaises(exceptions.InvalidInput, self.app)
        self.assertIn('os-wsgiserver[metrics]', str(error))
