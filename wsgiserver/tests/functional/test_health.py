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

"""What a load balancer sees of a server that ends, and of one that doesn't."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Any

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import processes

request = harness.request

_PASTE = """\
[composite:main]
use = egg:os-wsgiserver#urlmap
/ = life
/healthcheck = healthcheck

[app:life]
paste.app_factory = wsgiserver.tests.functional.life_apps:factory

[pipeline:healthcheck]
pipeline = draining health

[filter:draining]
use = egg:os-wsgiserver#draining

[app:health]
use = egg:oslo.middleware#healthcheck
backends = disable_by_file
disable_by_file_path = {}
"""

#: A delay within which everything that is to be seen can be seen, in seconds.
DELAY = 5

#: A delay that would be longer than any test waits.
LONG = 50

#: For testscenarios: where the server listens, and with how many workers. On
#: eventlet, oslo.service has another launcher for a single one.
_PLACES = [
    (f'{transport},{workers}', {'transport': transport, 'workers': workers})
    for transport, workers in (('tcp', 2), ('unix', 1), ('unix', 2))
]


class HealthTest(launched.LaunchedTest):
    transport = 'tcp'
    workers = 2

    def serving(self, delay: int, **options: Any) -> harness.ServerProcess:
        folder = self.useFixture(harness.SocketFile()).path
        self.file = f'{folder}.disabled'
        self.addCleanup(self.enable)
        server = self.serve(
            self.transport,
            self.workers,
            paste=_PASTE.format(self.file),
            options={
                'wsgiserver.drain_delay': delay,
                **{f'wsgiserver.{name}': n for name, n in options.items()},
            },
        )
        self.addCleanup(self.kill, server.process.pid)
        return server

    @staticmethod
    def kill(parent: int) -> None:
        """End what would otherwise wait for its delay."""
        if processes.is_running(parent):
            children = processes.children(parent)
            for pid in (parent, *children):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def enable(self) -> None:
        """Remove the file that says that the node is not to be used."""
        if os.path.exists(self.file):
            os.unlink(self.file)

    def health(self, server: harness.ServerProcess) -> int:
        """Check the health of whichever worker takes the connection."""
        return server.get('/healthcheck').status

    def wait_for_health(
        self, server: harness.ServerProcess, status: int
    ) -> None:
        """Wait until each worker has the same health."""
        harness.eventually(
            lambda: {self.health(server) for _turn in range(10)} == {status}
        )


class TestEnd(HealthTest):
    scenarios = testscenarios.multiply_scenarios(launched.EVERYWHERE, _PLACES)

    def test_it_is_told_before_the_listener_closes(self) -> None:
        server = self.serving(DELAY)
        self.assertEqual(200, self.health(server))
        upload, kept = self.connect(server), self.connect(server)
        upload.send(request('POST', '/count', 'Content-Length: 2', body=b'1'))
        kept.send(request('GET', '/hello'))
        self.assertEqual(200, kept.response().status)
        self.wait_for_running(server, 1)
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        self.wait_for_health(server, 503)
        for _turn in range(10):
            self.assertEqual(200, server.get('/hello').status)
        kept.send(request('GET', '/hello'))
        response = kept.response()
        self.assertEqual(200, response.status)
        self.assertNotIn('connection', response.headers)
        self.check_closing(server, upload, begun)
        upload.send(b'2')
        self.assertEqual(b'2', upload.response().body)
        upload.socket.close()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))
        if self.transport == 'unix':
            self.assertFalse(os.path.exists(server.address))

    def check_closing(
        self, server: harness.ServerProcess, upload: harness.Wire, begun: float
    ) -> None:
        """It closes once the delay is over, and not before."""
        if (self.backend, self.launcher) == ('threading', 'stock'):
            # The master of cotyledon has a copy open, so that new connections
            # wait; idle ones are closed all the same.
            wire = self.connect(server)
            self.assertEqual(b'', wire.rest())
        else:
            self.wait_for_refusal(server)
        self.assertGreaterEqual(time.monotonic() - begun, DELAY)


class TestOwnLauncher(HealthTest):
    scenarios = launched.OWN

    def test_an_interrupt_ends_the_delay_and_everything(self) -> None:
        server = self.serving(LONG)
        server.process.send_signal(signal.SIGTERM)
        self.wait_for_health(server, 503)
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(1, server.process.wait(harness.PATIENCE))
        self.wait_for_refusal(server)

    def test_workers_end_without_their_launcher(self) -> None:
        server = self.serving(LONG)
        children = frozenset(processes.children(server.process.pid))
        server.process.send_signal(signal.SIGTERM)
        self.wait_for_health(server, 503)
        server.process.kill()
        self.wait_for_end(children, harness.PATIENCE)

    def test_fewer_workers_are_no_reason(self) -> None:
        server = self.serving(LONG)
        pids = self.workers_of(server, 2)
        server.configure({'wsgiserver.workers': 1})
        server.process.send_signal(signal.SIGHUP)

        def one_is_left() -> bool:
            self.assertEqual(200, self.health(server))
            return sum(map(processes.is_running, pids)) == 1

        harness.eventually(one_is_left)
        self.assertEqual(200, self.health(server))

    def test_an_unusable_delay_is_refused(self) -> None:
        server = self.serving(0)
        server.configure({'wsgiserver.drain_delay': 60})
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log('option drain_delay: it must be less than 58')
        self.assertEqual(200, self.health(server))


class TestReplaced(HealthTest):
    scenarios = launched.EVERYWHERE

    def test_a_worker_that_has_had_its_requests_is_no_reason(self) -> None:
        server = self.serving(LONG, max_requests=50, max_requests_jitter=0)
        pids = self.workers_of(server, 2)

        def all_are_gone() -> bool:
            # Its last connections may be cut short by its end.
            for _turn in range(10):
                self.assertEqual(200, self.patient_health(server))
            return not any(map(processes.is_running, pids))

        harness.eventually(all_are_gone)
        self.workers_of(server, 2, other_than=pids)

    def patient_health(self, server: harness.ServerProcess) -> int:
        """Check the health again if the connection met a worker's end."""
        while True:
            try:
                return self.health(server)
            except (EOFError, ConnectionResetError):
                continue


class TestFile(HealthTest):
    scenarios = launched.EVERYWHERE

    def test_it_takes_the_node_out_and_nothing_else(self) -> None:
        server = self.serving(0)
        self.wait_for_health(server, 200)
        with open(self.file, 'x', encoding='ascii'):
            self.wait_for_health(server, 503)
        response = server.get('/healthcheck')
        self.assertEqual(b'DISABLED BY FILE', response.body)
        self.assertEqual(200, server.get('/hello').status)
        self.enable()
        self.wait_for_health(server, 200)
        self.assertNotIn(' WARNING ', server.log())


class TestByHand(HealthTest):
    """The methods of the Server, called as launchers would."""

    launcher = 'none'
    workers = 1

    def serving(self, delay: int, **options: Any) -> harness.ServerProcess:
        path = self.useFixture(harness.SocketFile()).path
        server = self.launch(
            self.transport,
            paste=_PASTE.format(f'{path}.disabled'),
            options={'wsgiserver.drain_delay': delay, **options},
        )
        self.assertEqual('returned', server.call('start'))
        self.assertEqual(200, self.health(server))
        return server

    def check(self, where: str) -> None:
        """Stop it there; it serves on and then ends."""
        server = self.serving(DELAY)
        begun = time.monotonic()
        server.call_later('stop', where)
        # On eventlet nothing is closed until somebody waits for the end.
        server.call_later('wait')
        self.wait_for_health(server, 503)
        self.assertEqual(200, server.get('/hello').status)
        self.wait_for_refusal(server)
        self.assertGreaterEqual(time.monotonic() - begun, DELAY)
        for _turn in range(2):
            self.assertEqual('returned', server.answer())

    def test_stop_in_the_main_thread(self) -> None:
        self.check('here')

    def test_stop_in_another_thread(self) -> None:
        self.check('thread')

    def test_stop_in_a_signal_handler(self) -> None:
        self.check('handler')

    def test_file_of_a_unix_socket_is_gone_at_the_end(self) -> None:
        self.transport = 'unix'
        server = self.serving(1)
        self.assertEqual('returned', server.call('stop'))
        self.assertEqual('returned', server.call('wait'))
        self.assertFalse(os.path.exists(server.address))


class TestRestart(HealthTest):
    """oslo.service's launcher of one process stops and starts on SIGHUP."""

    scenarios = [('eventlet', {'backend': 'eventlet'})]
    workers = 1

    def test_it_takes_no_delay(self) -> None:
        server = self.serving(LONG, server_header='old')
        server.configure({'wsgiserver.server_header': 'new'})
        server.process.send_signal(signal.SIGHUP)

        def is_new() -> bool:
            sent = {server.get('/hello').headers['server'] for _ in range(10)}
            return sent == {'new'}

        # The engine that was stopped accepts no more.
        harness.eventually(is_new)
        self.wait_for_health(server, 200)

    def test_it_may_wait_before_it_starts(self) -> None:
        server = self.launch(
            launcher='none', options={'wsgiserver.drain_delay': LONG}
        )
        self.assertEqual('returned', server.call('start'))
        self.assertEqual(200, server.get('/hello').status)
        self.assertEqual('begun', server.call('wait', 'restart'))
        log = server.wait_for_log('is stopping')
        self.assertEqual(200, server.get('/hello').status)
        self.assertNotIn('already in use', log + server.log())
        # It is the new one's to tell.
        self.assertEqual('returned', server.call('stop'))
        self.assertEqual(2, server.log().count('is stopping'))


#: Serves in the foreground of a process.
_FOREGROUND = """
import sys
from oslo_service import backend
if sys.argv[1] == 'eventlet':
    from wsgiserver._engine import patching
    patching.monkey_patch()
    backend.init_backend(backend.BackendType.EVENTLET)

from wsgiserver import factories
from wsgiserver.tests.unit import servers

factories.server_runner(
    servers.tell, {}, listen=sys.argv[2], drain_delay=sys.argv[3]
)
"""


class TestForeground(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = harness.ON_BACKENDS
    backend: str

    def test_it_accepts_until_the_delay_is_over(self) -> None:
        path = self.useFixture(harness.SocketFile()).path
        process = subprocess.Popen(
            [
                *(sys.executable, '-W', 'ignore', '-c', _FOREGROUND),
                *(self.backend, f'unix:{path}', str(DELAY)),
            ]
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        harness.eventually(lambda: self.ask(path) == b'goes on')
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        harness.eventually(lambda: self.ask(path) == b'ends')
        self.assertEqual(0, process.wait(harness.PATIENCE))
        self.assertGreaterEqual(time.monotonic() - begun, DELAY)
        self.assertFalse(os.path.exists(path))

    @staticmethod
    def ask(path: str) -> bytes:
        """Ask the application whether its server ends, if it is there."""
        if not os.path.exists(path):
            return b''
        with harness.connected(path) as sock:
            sock.sendall(b'GET / HTTP/1.0\r\n\r\n')
            return sock.makefile('rb').read().rpartition(b'\r\n\r\n')[2]
