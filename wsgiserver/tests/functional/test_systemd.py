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
"""What systemd hears of a service of Type=notify."""

import re
import signal
import socket
import time
from typing import Any

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched


class Notifications:
    """The socket that systemd would listen on."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(harness.PATIENCE)
        self._socket.bind(path)

    def close(self) -> None:
        self._socket.close()

    def next(self) -> dict[str, str]:
        """Wait for a message; returns its assignments."""
        text = self._socket.recv(4096).decode()
        return dict(line.split('=', 1) for line in text.splitlines())

    def next_with(self, name: str) -> dict[str, str]:
        """Wait for a message that has this assignment."""
        while name not in (message := self.next()):
            continue
        return message


class SystemdTest(launched.LaunchedTest):
    scenarios = launched.OWN

    def setUp(self) -> None:
        super().setUp()
        path = self.useFixture(harness.SocketFile()).path
        self.systemd = Notifications(path)
        self.addCleanup(self.systemd.close)
        self.environment = {'NOTIFY_SOCKET': path}

    def notifying(self, **given: Any) -> harness.ServerProcess:
        """Have two workers that tell of themselves."""
        return self.launch(workers=2, environment=self.environment, **given)


class TestReady(SystemdTest):
    def check(self, **given: Any) -> None:
        server = self.notifying(slow=True, **given)
        self.assertEqual('1', self.systemd.next()['READY'])
        log = server.wait_for_log('it accepts from now on')
        self.assertEqual(2, log.count('it accepts from now on'))

    def test_ready_once_every_worker_accepts(self) -> None:
        self.check()

    def test_ready_once_every_spawned_worker_accepts(self) -> None:
        server = self.notifying(start_method='spawn')
        self.assertEqual('1', self.systemd.next()['READY'])
        self.assertEqual(200, server.get('/hello').status)

    def test_abstract_address_is_found(self) -> None:
        name = self.environment['NOTIFY_SOCKET']
        self.systemd.close()
        self.systemd = Notifications('\0' + name)
        self.environment['NOTIFY_SOCKET'] = '@' + name
        self.check()


class TestReloading(SystemdTest):
    def ready(self) -> harness.ServerProcess:
        server = self.notifying()
        self.systemd.next_with('READY')
        return server

    def reset(self, server: harness.ServerProcess) -> None:
        """Reset; the messages around it come, and in between it counts."""
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        server.process.send_signal(signal.SIGHUP)
        message = self.systemd.next_with('RELOADING')
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertEqual('1', message['RELOADING'])
        self.assertNotIn('READY', message)
        stamp = int(message['MONOTONIC_USEC'])
        self.assertTrue(before <= stamp <= after, (before, stamp, after))
        self.assertEqual('1', self.systemd.next_with('READY')['READY'])

    def test_ready_again_once_the_reset_counts_everywhere(self) -> None:
        server = self.ready()
        server.configure({'wsgiserver.server_header': 'new'})
        self.reset(server)
        names = {server.get('/hello').headers['server'] for _turn in range(9)}
        self.assertEqual({'new'}, names)

    def test_ready_again_after_a_reset_that_failed(self) -> None:
        server = self.ready()
        server.write('service.conf', 'no section\n')
        self.reset(server)
        self.assertIn(' ERROR ', server.log())

    def test_stopping(self) -> None:
        server = self.ready()
        wire = self.hold(server)
        self.wait_for_running(server, 1)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual('1', self.systemd.next_with('STOPPING')['STOPPING'])
        self.assertEqual(b'slept\n', wire.response().body)


class TestWatchdog(SystemdTest):
    def test_it_is_fed_in_time(self) -> None:
        self.environment['WATCHDOG_USEC'] = '1000000'
        self.notifying()
        self.systemd.next_with('READY')
        self.systemd.next_with('WATCHDOG')
        for _turn in range(3):
            begun = time.monotonic()
            message = self.systemd.next_with('WATCHDOG')
            self.assertEqual('1', message['WATCHDOG'])
            self.assertLess(time.monotonic() - begun, 1)

    def test_nobody_asked_for_it(self) -> None:
        server = self.notifying()
        self.systemd.next_with('READY')
        server.terminate()
        self.assertNotIn('WATCHDOG', self.systemd.next_with('STOPPING'))


class TestStatus(SystemdTest):
    def test_it_has_workers_connections_and_requests(self) -> None:
        server = self.notifying()
        wires = [self.hold(server, 8) for _turn in range(3)]
        idle = self.connect(server)
        idle.send(harness.request('GET', '/hello'))
        idle.response()
        while True:
            status = self.systemd.next_with('STATUS')['STATUS']
            numbers = re.fullmatch(
                r'(\d+) workers, (\d+) connections, '
                r'(\d+) requests running, (\d+) served',
                status,
            )
            assert numbers is not None, status
            found = [int(number) for number in numbers.groups()]
            if found[:3] == [2, 4, 3]:
                break
        self.assertGreaterEqual(found[3], len(wires) + 1)
