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

"""What an application does of its own, when its worker ends."""

import os
import signal
import tempfile

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched

_PASTE = """\
[app:main]
paste.app_factory = wsgiserver.tests.functional.background_apps:factory
path = {}
"""


class TestBackgroundWork(launched.LaunchedTest):
    scenarios = launched.OWN

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'done')

    def serving(self, **options: int) -> harness.ServerProcess:
        return self.serve(paste=_PASTE.format(self.path), options=options)

    def done(self) -> list[str]:
        """What was done so far, in its order."""
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return file.read().splitlines()

    def go(self) -> None:
        """Have it be done from now on."""
        with open(self.path + '.go', 'w'):
            pass

    def check(self, pid: bytes) -> None:
        """All was done in this process, what is of the interpreter last."""
        lines = [f'{int(pid)} {name}' for name in ('executor', 'thread')]
        self.assertEqual(lines, sorted(self.done()[:2]))
        self.assertEqual([f'{int(pid)} handler'], self.done()[2:])

    def test_it_is_finished_when_the_service_ends(self) -> None:
        server = self.serving()
        pid = server.get('/begin').body
        server.process.send_signal(signal.SIGTERM)
        self.wait_for_refusal(server)
        self.assertEqual([], self.done())
        self.go()
        self.assertEqual(0, server.process.wait(harness.PATIENCE))
        self.check(pid)

    def test_it_is_finished_when_the_worker_is_replaced(self) -> None:
        server = self.serving(**{'wsgiserver.max_requests': 3})
        pid = server.get('/begin').body
        harness.eventually(lambda: self.pid_of(server) != int(pid))
        # The successor serves meanwhile.
        self.assertEqual([], self.done())
        self.go()
        harness.eventually(lambda: len(self.done()) == 3)
        self.check(pid)

    def test_what_takes_too_long_is_cut_off_and_named(self) -> None:
        server = self.serving(graceful_shutdown_timeout=4)
        server.get('/begin')
        self.end(server, within=10)
        self.assertEqual([], self.done())
        self.assertIn('is cut off: ThreadPoolExecutor', server.log())
        self.assertIn(', an import', server.log())
        self.assertNotIn('killing it', server.log())
