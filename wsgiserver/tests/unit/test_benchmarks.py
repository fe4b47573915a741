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


"""What benchmarks/ makes of figures; nothing is measured here."""

import contextlib
import io
import itertools
import json
import pathlib
import socket
import threading
from typing import Any

import fixtures

from benchmarks import __main__ as command
from benchmarks import applications
from benchmarks import discarding
from benchmarks import goals
from benchmarks import launch
from benchmarks import load
from benchmarks import measuring
from benchmarks import ratios
from benchmarks import reports
from benchmarks import serve
from benchmarks import servers
from benchmarks import studies
from benchmarks.studies import idle_heads
from benchmarks import workloads
from wsgiserver.tests import base

OURS = goals.ENGINES[1]


def result(*rates: float, **more: float) -> measuring.Result:
    """Make a result of rates."""
    fields = {'p50': 0.001, 'p99': 0.002, 'cpu': 0.00001, **more}
    return measuring.Result(
        [measuring.Sample(rate=rate, **fields) for rate in rates]
    )


class TestRatios(base.TestCase):
    def test_rounds_are_compared_one_by_one(self) -> None:
        # The medians alone would say 2.
        ratio = ratios.of(result(100, 200, 300), result(100, 50, 100))
        self.assertEqual(ratios.Ratio(3.0, 1.0, 4.0), ratio)
        self.assertEqual('3.00 (1.00-4.00)', str(ratio))

    def test_trouble_has_no_ratio(self) -> None:
        failed = measuring.Result(trouble='it ended')
        self.assertIsNone(ratios.of(result(1), failed))
        self.assertIsNone(ratios.of(failed, result(1)))
        self.assertIsNone(ratios.middle(failed))
        self.assertIsNone(ratios.of(result(), result()))

    def test_each_figure_has_its_median(self) -> None:
        seen = ratios.middle(result(1, 9, 2))
        assert seen is not None
        self.assertEqual((2, 0.002), (seen.rate, seen.p99))


class TestGoals(base.TestCase):
    def judge(self, workload: str, **results: measuring.Result) -> list[Any]:
        """Judge the threading engine."""
        found = {
            name.replace('_', ' '): each for name, each in results.items()
        }
        verdicts = goals.judge({workload: found})
        return [(v.seen, v.is_met) for v in verdicts if v.engine == OURS]

    def test_one_is_met_by_the_median(self) -> None:
        peer = {'uWSGI': result(10, 10, 10)}
        seen = self.judge('get', threading_engine=result(9, 10, 11), **peer)
        self.assertEqual([('1.00 (0.90-1.10)', True)], seen)
        seen = self.judge('get', threading_engine=result(9, 9, 11), **peer)
        self.assertEqual([('0.90 (0.90-1.10)', False)], seen)

    def test_one_needs_both_servers(self) -> None:
        self.assertEqual([], self.judge('get', threading_engine=result(9)))

    def test_the_ceiling_is_that_of_sixteen_threads(self) -> None:
        for rate, is_met in ((1520, True), (1519, False)):
            seen = self.judge('blocking', threading_engine=result(rate))
            self.assertEqual([(f'{rate / 1600:.3f}', is_met)], seen)

    def test_all_name_what_there_is(self) -> None:
        for goal in goals.GOALS:
            self.assertIn(goal.workload, workloads.WORKLOADS)
            self.assertIn(goal.peer, servers.SERVERS)
            self.assertNotIn(goal.workload, servers.SERVERS[goal.peer].lacks)


class TestStudies(base.TestCase):
    def verdicts(self, name: str, found: Any) -> list[tuple[str, bool]]:
        """Judge what a study found."""
        verdicts = studies.STUDIES[name].verdicts(found)
        return [(v.seen, v.is_met) for v in verdicts]

    def test_idle_connections_have_four_kilobytes(self) -> None:
        seen = {'bytes': 4096.0, 'without': 100.0, 'beside': 89.0}
        self.assertEqual(
            [('4.00', True), ('0.89', False)],
            self.verdicts('idle', {OURS: seen}),
        )

    def test_an_idle_connection_is_judged_for_each_head(self) -> None:
        seen = {'30': 4096.0, '48000': 4106.25}
        table = studies.STUDIES['idle-heads'].table({OURS: seen})
        self.assertEqual(
            [OURS, '4.00', '-', '-', '4.01', ''], list(table.rows[0])
        )
        self.assertEqual(
            [('4.00', True), ('4.01', False)],
            self.verdicts('idle-heads', {OURS: seen}),
        )

    def test_heads_of_idle_connections_have_their_size(self) -> None:
        for size in idle_heads.SIZES[1:]:
            request = idle_heads.request_of(size, 7)
            self.assertLessEqual(abs(len(request) - size), 32)
            self.assertNotEqual(request, idle_heads.request_of(size, 8))

    def test_trouble_is_shown_and_not_judged(self) -> None:
        found = {OURS: {'trouble': 'it ended'}}
        for name in ('idle', 'startup'):
            table = studies.STUDIES[name].table(found)
            self.assertEqual('it ended', table.rows[0][-1])
            self.assertEqual([], self.verdicts(name, found))

    def test_metrics_leave_nine_tenths_of_the_rate(self) -> None:
        seen = {'without': 100.0, 'with': 90.0}
        rest = {'least': 0.8, 'most': 1.1}
        for share, is_met in ((0.9, True), (0.89, False)):
            self.assertEqual(
                [(f'{share:.3f}', is_met)],
                self.verdicts(
                    'metrics', {OURS: {**seen, **rest, 'share': share}}
                ),
            )
        table = studies.STUDIES['metrics'].table(
            {OURS: {**seen, **rest, 'share': 0.9}}
        )
        self.assertEqual('0.900 (0.800 to 1.100)', table.rows[0][-1])

    def test_the_spread_is_judged_for_each_pool(self) -> None:
        pools = {
            '1': {'rate': 1.0, 'p50': 1.0, 'p99': 3.0},
            '4': {'rate': 1.0, 'p50': 1.0, 'p99': 3.1},
        }
        self.assertEqual(
            [('3.00', True), ('3.10', False)],
            self.verdicts('latency', {OURS: pools}),
        )

    def test_a_filter_is_what_six_of_them_add(self) -> None:
        found = {'silent': {'0': 1e-6, '6': 7e-6}}
        self.assertEqual([('1.00', True)], self.verdicts('filters', found))

    def test_a_size_that_was_left_out_is_not_judged(self) -> None:
        megabyte = 1 << 20
        seen = {str(megabyte): 50.0}
        table = studies.STUDIES['growth-bodies'].table({OURS: seen})
        self.assertEqual([OURS, '50.0', '-'], list(table.rows[0][:3]))
        self.assertEqual([], self.verdicts('growth-bodies', {OURS: seen}))
        seen[str(10_000 * megabyte)] = 67.0
        self.assertEqual(
            [('17.0', False)], self.verdicts('growth-bodies', {OURS: seen})
        )


class TestReports(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def write(self, name: str, **rates: float) -> str:
        """Write a file with a race."""
        report = reports.Report()
        report.workloads['get'] = {
            name.replace('_', ' '): result(rate)
            for name, rate in rates.items()
        }
        report.workloads['get']['bjoern'] = measuring.Result(trouble='gone')
        path = self.folder / name
        path.write_text(json.dumps(report.to_json()))
        return str(path)

    def run_command(self, *words: str) -> str:
        """Run ``python -m benchmarks``."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.assertEqual(0, command.main(list(words)))
        return output.getvalue()

    def test_a_file_is_shown_again(self) -> None:
        path = self.write('a', threading_engine=600, waitress=100)
        lines = self.run_command('--report', path).splitlines()
        self.assertIn('get: Small GET, 64 connections', lines[0])
        (waitress,) = [line for line in lines if line.startswith('waitress')]
        self.assertTrue(waitress.endswith('  6.00 (6.00-6.00)'))
        (bjoern,) = [line for line in lines if line.startswith('bjoern')]
        self.assertTrue(bjoern.endswith('  gone'))
        self.assertTrue(lines[-1].endswith('>= 4    6.00 (6.00-6.00)  met'))

    def test_a_later_file_goes_ahead(self) -> None:
        paths = [
            self.write('a', threading_engine=600, waitress=100),
            self.write('b', threading_engine=300, waitress=100),
        ]
        shown = self.run_command('--report', *paths)
        self.assertIn('missed', shown)
        self.assertNotIn('600', shown)

    def test_it_can_be_restructured_text(self) -> None:
        path = self.write('a', threading_engine=600, waitress=100)
        shown = self.run_command('--rst', '--report', path)
        self.assertIn('.. list-table:: get: Small GET', shown)
        self.assertIn('   * - waitress\n     - 100\n', shown)

    def test_there_is_a_list(self) -> None:
        shown = self.run_command('--list')
        for name in [*workloads.WORKLOADS, *studies.STUDIES, *servers.SERVERS]:
            self.assertIn(name, shown)


class TestDiscarding(base.TestCase):
    """The client that has the kernel throw bodies away."""

    def serve(self, response: bytes) -> str:
        """Answer each request with the same bytes; returns the URL."""
        listening = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listening.close)

        def answer() -> None:
            sock, _address = listening.accept()
            # A client that has seen enough leaves the rest.
            with sock, contextlib.suppress(ConnectionError):
                while sock.recv(4096):
                    sock.sendall(response)

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        return f'http://127.0.0.1:{listening.getsockname()[1]}'

    def run_client(self, response: bytes) -> load.Seen:
        # Each look at the clock is a second later, however busy the machine.
        clock = map(float, itertools.count())
        return discarding.run(
            self.serve(response), b'GET', 1, 6, clock.__next__
        )

    def test_whole_responses_are_counted(self) -> None:
        body = bytes(300_000)
        head = b'HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n' % len(body)
        seen = self.run_client(head + body)
        self.assertEqual({}, seen.errors)
        self.assertEqual((3, 6), (seen.requests, seen.seconds))
        self.assertEqual((1, 1, 1), (seen.p50, seen.p99, seen.longest))

    def test_another_response_is_an_error(self) -> None:
        for response, error in (
            (b'HTTP/1.1 404 Not Found\r\n\r\n', 'HTTP/1.1 404 Not Found'),
            (b'HTTP/1.1 200 OK\r\n\r\n', 'no Content-Length'),
            (
                b'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n12',
                'more bytes than were announced',
            ),
        ):
            self.assertEqual({error: 1}, self.run_client(response).errors)


class TestServers(base.TestCase):
    def test_each_can_be_run(self) -> None:
        self.assertEqual(set(servers.SERVERS), set(serve.RUN))

    def test_what_they_lack_is_a_workload_or_a_study(self) -> None:
        known = {*workloads.WORKLOADS, *studies.STUDIES}
        for server in servers.SERVERS.values():
            self.assertLessEqual(set(server.lacks), known)

    def test_how_to_run_one_is_told_as_json(self) -> None:
        told = launch.Launch('uWSGI', 'hello', processors=(0, 2), pool=3)
        self.assertEqual(told, launch.Launch.from_json(told.to_json()))


class TestApplications(base.TestCase):
    def ask(self, workload: workloads.Workload) -> int:
        """Tell how much a workload's application sends."""
        content = workload.request.partition(b'\r\n\r\n')[2]
        environ = {'wsgi.input': io.BytesIO(content)}
        if b'Content-Length' in workload.request:
            environ['CONTENT_LENGTH'] = str(len(content))  # type: ignore[assignment]
        app = applications.make(workload.application)
        return sum(map(len, app(environ, lambda *_: None)))

    def test_they_send_what_is_expected(self) -> None:
        for name in ('get', 'json', 'blocking', 'upload', 'stream'):
            workload = workloads.WORKLOADS[name]
            self.assertEqual(workload.length, self.ask(workload), name)
