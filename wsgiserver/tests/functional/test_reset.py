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
"""What SIGHUP changes in place, and what it leaves alone."""

import os
import signal
import time
from typing import Any

import fixtures

from wsgiserver.tests.functional import certificates
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import processes

request = harness.request

_PASTE = """\
[app:main]
paste.app_factory = wsgiserver.tests.functional.life_apps:factory
text = {}
"""

#: How long any request may take while nothing but a reset goes on.
SOON = 1.0


class ResetTest(launched.LaunchedTest):
    scenarios = launched.OWN

    def reset(self, server: harness.ServerProcess) -> None:
        server.process.send_signal(signal.SIGHUP)

    def sent_by(self, server: harness.ServerProcess) -> str:
        """Ask what the option server_header is now."""
        return server.get('/hello').headers.get('server', '')

    def rename(self, server: harness.ServerProcess, name: str) -> None:
        """Change the option server_header, and wait until all follow."""
        server.configure({'wsgiserver.server_header': name})
        self.reset(server)
        self.wait_for_name(server, name)

    def wait_for_name(self, server: harness.ServerProcess, name: str) -> None:
        harness.eventually(
            lambda: {self.sent_by(server) for _turn in range(10)} == {name}
        )


class TestUnderLoad(ResetTest):
    def test_no_request_fails_in_ten_resets(self) -> None:
        server = self.serve(workers=2)
        with load.Load(server.connect) as clients:
            for turn in range(10):
                self.rename(server, f'turn{turn}')
                time.sleep(0.9)
        self.assertEqual([], clients.failures)
        self.assertLess(clients.slowest, SOON)
        self.assertGreater(clients.answered, 1000)

    def test_long_requests_hold_nothing_up(self) -> None:
        server = self.serve(workers=2)
        long = self.hold_each(server, 20)
        server.configure({'wsgiserver.server_header': 'new'})
        self.reset(server)
        with load.Load(server.connect, 4) as clients:
            self.wait_for_name(server, 'new')
            for wire in long.values():
                self.assertEqual(b'slept\n', wire.response().body)
        self.assertEqual([], clients.failures)
        self.assertLess(clients.slowest, SOON)
        self.assertEqual(set(long), self.workers_of(server, 2))

    def hold_each(
        self, server: harness.ServerProcess, seconds: float
    ) -> dict[int, harness.Wire]:
        """Have a request run in each of the two workers."""
        held: dict[int, harness.Wire] = {}

        def all_are_held() -> bool:
            wire = self.connect(server)
            wire.send(request('GET', '/pid'))
            pid = int(wire.response().body)
            if pid not in held:
                wire.send(request('GET', f'/sleep/{seconds}'))
                held[pid] = wire
            return len(held) == 2

        harness.eventually(all_are_held)
        self.wait_for_running(server, 2)
        return held

    def test_number_of_workers_changes_without_a_failure(self) -> None:
        server = self.serve()
        # A worker that ends tells those that keep their connections.
        with load.Load(server.connect, 8) as clients:
            for count in (3, 1, 2):
                server.configure({'wsgiserver.workers': count})
                self.reset(server)
                self.wait_for_workers(server, count)
        self.assertEqual([], clients.failures)

    def wait_for_workers(
        self, server: harness.ServerProcess, count: int
    ) -> None:
        harness.eventually(
            lambda: len(processes.children(server.process.pid)) == count
        )
        self.assertEqual(count, len(self.workers_of(server, count)))


class TestApplied(ResetTest):
    def test_options_count_on_connections_that_are_there(self) -> None:
        server = self.serve(
            workers=2, options={'wsgiserver.server_header': 'old'}
        )
        wire = self.connect(server)
        wire.send(request('GET', '/hello'))
        self.assertEqual('old', wire.response().headers['server'])
        self.rename(server, 'new')
        wire.send(request('GET', '/hello'))
        self.assertEqual('new', wire.response().headers['server'])

    def test_limits_change(self) -> None:
        server = self.serve(options={'wsgiserver.max_request_body_size': 9})
        server.configure({'wsgiserver.max_request_body_size': 5})
        self.assertEqual(200, self.status_of_body(server))
        self.reset(server)
        harness.eventually(lambda: self.status_of_body(server) == 413)

    def status_of_body(self, server: harness.ServerProcess) -> int:
        with server.connect() as wire:
            wire.send(request('POST', '/echo', 'Content-Length: 6'))
            wire.send(b'123456')
            return wire.response().status

    def test_log_level_changes(self) -> None:
        server = self.serve(workers=2)
        server.get('/log')
        self.assertNotIn('the application was asked', server.log())
        server.configure({'debug': True})
        self.rename(server, 'new')
        server.get('/log')
        server.wait_for_log('the application was asked')

    def test_certificate_changes_and_connections_stay(self) -> None:
        server = self.serve('tls', workers=2)
        wire = self.connect(server)
        serial = server.replace_certificate().serial
        self.reset(server)
        harness.eventually(
            lambda: {self.serial_of(server) for _turn in range(10)} == {serial}
        )
        wire.send(request('GET', '/hello'))
        self.assertEqual(200, wire.response().status)

    def serial_of(self, server: harness.ServerProcess) -> str:
        with server.connect() as wire:
            return wire.serial()

    def test_pipeline_changes_and_running_requests_stay(self) -> None:
        server = self.serve(workers=2, paste=_PASTE.format('old'))
        wire = self.hold(server)
        self.wait_for_running(server, 1)
        server.write_paste(_PASTE.format('new'))
        self.reset(server)
        self.wait_for_text(server, b'new')
        self.assertEqual(b'slept\n', wire.response().body)

    def wait_for_text(
        self, server: harness.ServerProcess, text: bytes
    ) -> None:
        harness.eventually(
            lambda: {server.get('/text').body for _turn in range(10)} == {text}
        )

    def test_worker_that_comes_later_has_the_new_pipeline(self) -> None:
        server = self.serve(workers=1, paste=_PASTE.format('old'))
        server.write_paste(_PASTE.format('new'))
        self.reset(server)
        self.wait_for_text(server, b'new')
        pid = self.pid_of(server)
        os.kill(pid, signal.SIGKILL)
        self.workers_of(server, 1, other_than=frozenset([pid]))
        self.assertEqual(b'new', server.get('/text').body)


class TestRefused(ResetTest):
    """Whatever is broken, everything stays and one line says so."""

    def check(self, server: harness.ServerProcess, *said: str) -> None:
        """Reset; all workers go on, and one line says all of this."""
        pids = self.workers_of(server, 2)
        wire = self.connect(server)
        self.reset(server)
        line = harness.eventually(lambda: self.errors(server))[0]
        for text in said:
            self.assertIn(text, line)
        wire.send(request('GET', '/hello'))
        self.assertEqual(200, wire.response().status)
        self.assertEqual({'old'}, {self.sent_by(server) for _turn in range(9)})
        self.check_repaired(server)
        self.assertEqual([line], self.errors(server))
        self.assertEqual(pids, self.workers_of(server, 2))

    def check_repaired(self, server: harness.ServerProcess) -> None:
        """Repair everything; a reset is applied again."""
        server.configure(
            {
                'ssl.key_file': server.certificate.key,
                'wsgiserver.keep_alive_timeout': None,
                'service.size': None,
            }
        )
        server.write_paste(_PASTE.format('new'))
        self.rename(server, 'repaired')

    @staticmethod
    def errors(server: harness.ServerProcess) -> list[str]:
        lines = server.log().splitlines(keepends=True)
        return [line for line in lines if ' ERROR ' in line]

    def begin(self, **given: Any) -> harness.ServerProcess:
        """Serve, and have a new name wait in the configuration file."""
        server = self.serve(
            workers=2,
            options={'wsgiserver.server_header': 'old'},
            **given,
        )
        server.configure({'wsgiserver.server_header': 'new'})
        return server

    def test_file_that_does_not_parse(self) -> None:
        server = self.begin()
        server.write('service.conf', '[wsgiserver]\nserver_header\n')
        self.check(server, server.config, 'server_header')

    def test_file_that_is_not_text(self) -> None:
        server = self.begin()
        server.write('service.conf', '[wsgiserver]\n# \udce4\n')
        self.check(server, f'{server.config}: ', "can't decode byte 0xe4")

    def test_file_that_is_gone(self) -> None:
        server = self.begin()
        os.unlink(server.config)
        self.check(server, server.config)

    def test_value_of_no_use(self) -> None:
        server = self.begin()
        server.configure({'wsgiserver.keep_alive_timeout': 'soon'})
        self.check(server, 'keep_alive_timeout', 'soon')

    def test_value_of_no_use_to_the_service(self) -> None:
        server = self.begin()
        server.configure({'service.size': 'big'})
        self.check(
            server,
            f'{server.config}, section [service], option size: ',
            "'big'",
        )

    def test_application_that_does_not_load(self) -> None:
        server = self.begin(paste=_PASTE.format('old'))
        server.write_paste(_PASTE.format('broken'))
        path = os.path.join(server.folder, 'api-paste.ini')
        self.check(server, path, 'this text is no good')

    def test_pipeline_that_is_not_text(self) -> None:
        server = self.begin(paste=_PASTE.format('old'))
        path = os.path.join(server.folder, 'api-paste.ini')
        server.write_paste('# \udce4\n')
        self.check(server, f'{path}: ', "can't decode byte 0xe4")

    def test_factory_that_makes_no_application(self) -> None:
        server = self.begin(paste=_PASTE.format('old'))
        server.write_paste('[app:main]\npaste.app_factory = builtins:dict\n')
        path = os.path.join(server.folder, 'api-paste.ini')
        self.check(server, path, '[app:main]', 'which is not callable')

    def test_certificate_of_another_key(self) -> None:
        server = self.begin(transport='tls')
        folder = self.useFixture(fixtures.TempDir()).path
        other = certificates.authority().issue(folder)
        server.configure({'ssl.key_file': other.key})
        self.check(server, other.key)
