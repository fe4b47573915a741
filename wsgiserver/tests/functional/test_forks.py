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
"""Children of the application, which have copies of all that serves."""

import os
import signal

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import processes

_PASTE = (
    '[app:main]\n'
    'paste.app_factory = wsgiserver.tests.functional.forking_apps:factory\n'
)

request = harness.request


class ForkingTest(launched.LaunchedTest):
    transport = 'tcp'

    def forking(self, workers: int = 1, **given: object) -> None:
        self.server = self.serve(
            self.transport, workers, paste=_PASTE, **given
        )

    def ask(self, path: str) -> str:
        return self.server.get(path).body.decode()

    def child(self, how: str = 'plainly') -> int:
        """Have a child that lives until the test ends."""
        pid = int(self.ask(f'/{how}'))
        self.addCleanup(_end, pid)
        return pid


def _end(pid: int) -> None:
    if processes.is_running(pid):
        os.kill(pid, signal.SIGKILL)


class TestConnections(ForkingTest):
    scenarios = harness.EVERYWHERE
    launcher = 'own'

    def test_a_child_keeps_none_open(self) -> None:
        self.forking()
        wire = self.connect(self.server)
        wire.send(request('GET', '/plainly', 'Connection: close'))
        response = wire.response()
        pid = int(response.body)
        self.addCleanup(_end, pid)
        self.assertEqual(b'', wire.rest())
        self.assertTrue(processes.is_running(pid))

    def test_a_child_keeps_none_open_that_were_idle(self) -> None:
        self.forking(options={'wsgiserver.keep_alive_timeout': 1})
        wire = self.connect(self.server)
        wire.send(request('GET', '/hello'))
        wire.response()
        pid = self.child()
        self.assertEqual(b'', wire.rest())
        self.assertTrue(processes.is_running(pid))


class TestServing(ForkingTest):
    scenarios = launched.EVERYWHERE

    def test_a_child_serves_nobody(self) -> None:
        self.forking()
        worker = self.ask('/pid')
        pids = [self.child('plainly'), self.child('process')]
        with load.Load(self.server.connect, 4, '/pid') as clients:
            harness.eventually(lambda: clients.answered > 400)
        self.assertEqual([], clients.failures)
        self.assertEqual({worker.encode()}, set(clients.bodies))
        self.assertTrue(all(map(processes.is_running, pids)))

    def test_the_address_is_free_while_a_child_lives(self) -> None:
        self.forking()
        pid = self.child()
        self.server.process.send_signal(signal.SIGTERM)
        self.wait_for_refusal(self.server)
        self.assertEqual(0, self.server.process.wait(harness.PATIENCE))
        self.assertTrue(processes.is_running(pid))


class TestPools(ForkingTest):
    # Under eventlet that of multiprocessing doesn't work, server or not.
    scenarios = [s for s in launched.EVERYWHERE if 'threading' in s[0]]

    def test_one_works_and_ends(self) -> None:
        self.forking()
        for _turn in range(3):
            self.assertEqual('[0, 1, 4, 9, 16]', self.ask('/pool'))


class TestSignals(ForkingTest):
    scenarios = launched.EVERYWHERE

    def test_one_to_a_child_is_the_childs_alone(self) -> None:
        self.forking()
        worker = self.ask('/pid')
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            pid = self.child()
            os.kill(pid, number)
            self.wait_for_end(frozenset([pid]), harness.PATIENCE)
        for _turn in range(20):
            self.assertEqual('-15', self.ask('/terminated'))
        self.assertEqual(worker, self.ask('/pid'))

    def test_a_child_has_the_defaults(self) -> None:
        self.forking()
        self.assertEqual('-1 []', self.ask('/handlers'))


class TestComingBack(ForkingTest):
    scenarios = launched.EVERYWHERE

    def test_a_child_that_returns_answers_nobody(self) -> None:
        self.forking()
        wire = self.connect(self.server)
        for _turn in range(3):
            wire.send(request('GET', '/returning'))
            self.assertEqual(b'1', wire.response().body)
        self.assertIn('came back', self.server.log())

    def test_a_child_that_exits_has_its_status(self) -> None:
        self.forking()
        for status in ('0', '7'):
            self.assertEqual(status, self.ask(f'/exiting/{status}'))
        self.assertNotIn('ERROR', self.server.log())
