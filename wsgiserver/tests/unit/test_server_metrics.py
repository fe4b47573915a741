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

"""A server whose log and figures are set up by its options."""

from typing import Any

from wsgiserver import exceptions
from wsgiserver import server
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import harness
from wsgiserver.tests.unit import servers


class ServerMetricsCase(servers.ResetCase):
    def setUp(self) -> None:
        super().setUp()
        self.seen: list[dict[str, Any]] = []

    def app(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Note what the application is given."""
        self.seen.append(environ)
        start('200 OK', [])
        return [b'']

    def ask(self, served: Any, path: str = '/v2/a') -> dict[str, Any]:
        """Make a request; returns its environ."""
        with harness.connected(('127.0.0.1', served.port)) as sock:
            wire = harness.Wire(sock)
            wire.send(harness.request('GET', path))
            self.assertEqual(200, wire.response().status)
        return self.seen[-1]

    def counted(self, environ: dict[str, Any]) -> dict[str, float]:
        """Count the requests by their route."""
        report = environ['wsgiserver.statistics'].read()
        return {each.route: each.count for each in report.series if each.count}


class ServerMetricsTestCase(ServerMetricsCase):
    def test_they_go_on_over_a_restart(self) -> None:
        made = self.served()
        environ = self.ask(made)
        conditions.eventually(lambda: self.counted(environ) == {'/v2': 1})
        made.stop()
        made.wait()
        made.start()
        environ = self.ask(made)
        conditions.eventually(lambda: self.counted(environ) == {'/v2': 2})

    def test_a_reset_changes_the_routes(self) -> None:
        made = self.served()
        environ = self.ask(made)
        conditions.eventually(lambda: self.counted(environ) == {'/v2': 1})
        self.configure('metrics_routes = /v9')
        self.conf.mutate_config_files()
        made.reset()
        self.ask(made, '/v9')
        self.ask(made, '/v2')
        expected = {'/v2': 1, '/v9': 1, 'other': 1}
        conditions.eventually(lambda: self.counted(environ) == expected)
        report = environ['wsgiserver.statistics'].read()
        self.assertEqual(1, report.counters['resets'])

    def served(self) -> Any:
        """Serve the application of this test."""
        return self.start(
            server.Server(
                *(self.conf, 'test', self.app, '127.0.0.1'),
                engine='threading',
            )
        )


class WrongTestCase(ServerMetricsCase):
    def check(self, line: str, word: str) -> None:
        self.configure(line)
        self.conf.reload_config_files()
        error = self.assertRaises(exceptions.InvalidInput, self.serve)
        place = f'{self.conf.config_file[0]}, section [wsgiserver]'
        self.assertTrue(
            str(error).startswith(f'{place}, option {word}: '), str(error)
        )

    def test_routes_that_are_none_are_refused(self) -> None:
        self.check('metrics_routes = v2', 'metrics_routes')

    def test_levels_that_are_none_are_refused(self) -> None:
        self.check('access_log_levels = 2xx:LOUD', 'access_log_levels')
        self.check('access_log_levels = 2:INFO', 'access_log_levels')

    def test_a_form_of_the_log_that_is_none_is_refused(self) -> None:
        self.check('access_log_format = xml', 'access_log_format')

    def test_a_wait_that_is_none_is_refused(self) -> None:
        self.check('queue_wait_warning = -1', 'queue_wait_warning')

    def test_a_reset_that_is_refused_is_counted(self) -> None:
        made = self.serve()
        self.configure('metrics_routes = v2')
        self.conf.mutate_config_files()
        made.reset()
        self.assertIn('metrics_routes', self.errors()[0])
        statistics = made._server_metrics.statistics([])
        assert statistics is not None
        counters = statistics.read().counters
        self.assertEqual(1, counters['resets_refused'])
        self.assertEqual(0, counters['resets'])
        made.refuse_reset()
        self.assertEqual(2, statistics.read().counters['resets_refused'])
