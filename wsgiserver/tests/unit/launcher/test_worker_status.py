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


"""What a worker process says of itself, to its launcher and in the log."""

import logging
import os
import signal

from wsgiserver.tests.unit.launcher import fakes
from wsgiserver.tests.unit.launcher import workers


class TestStatus(workers.WorkerCase):
    def test_it_is_that_of_all_servers(self) -> None:
        engines = fakes.Engine(5, IDLE=3, RUNNING=1), fakes.Engine(7, IDLE=2)
        process = self.serve(
            self.service(), *(self.server(engine) for engine in engines)
        )
        process.kill(signal.SIGHUP)
        status = self.hear(process, 'status')
        self.assertEqual(12, status['served'])
        self.assertEqual({'IDLE': 5, 'RUNNING': 1}, status['states'])

    def test_the_reactor_that_stands_still_the_longest_counts(self) -> None:
        engines = fakes.Engine(), fakes.Engine()
        engines[0].turned -= 50
        process = self.serve(*(self.server(engine) for engine in engines))
        process.kill(signal.SIGHUP)
        self.assertTrue(
            50 <= self.hear(process, 'status')['stuck'] < 50 + fakes.PATIENCE
        )

    def test_without_a_server_nothing_is_stuck(self) -> None:
        process = self.serve(self.service())
        process.kill(signal.SIGHUP)
        status = self.hear(process, 'status')
        self.assertEqual((0, {}), (status['stuck'], status['states']))

    def test_it_comes_unasked(self) -> None:
        process = self.serve(self.service())
        for _turn in range(2):
            self.hear(process, 'status')


class Locked(logging.NullHandler):
    """A handler that counts its locks.

    That of oslo.log is shared by all processes under eventlet: one that is
    killed would take it along.
    """

    locks = 0

    def createLock(self) -> None:
        self.locks += 1
        super().createLock()


class TestLog(workers.WorkerCase):
    def test_each_worker_has_a_lock_of_the_log_to_itself(self) -> None:
        handlers = [Locked(), Locked()]
        for name, handler in zip((None, 'a.logger'), handlers, strict=True):
            logger = logging.getLogger(name)
            logger.addHandler(handler)
            self.addCleanup(logger.removeHandler, handler)
        before = [handler.locks for handler in handlers]
        self.serve(
            workers.Asking(
                self.trace[1],
                lambda: [
                    handler.locks - count
                    for handler, count in zip(handlers, before, strict=True)
                ],
            )
        )
        self.assertEqual('[1, 1]', self.traced())

    def test_that_the_launcher_is_gone_is_logged(self) -> None:
        logger = logging.getLogger('wsgiserver')
        handler = logging.FileHandler(os.path.join(self.folder, 'log'))
        logger.addHandler(handler)
        self.addCleanup(handler.close)
        self.addCleanup(logger.removeHandler, handler)
        process = self.serve(self.service())
        process.pipe.close()
        self.status(process)
        with open(handler.baseFilename, encoding='utf-8') as file:
            self.assertEqual(
                'The launcher is gone, so worker 3 ends\n', file.read()
            )
