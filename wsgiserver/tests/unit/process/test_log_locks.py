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
"""The locks of the log, over a fork."""

import io
import logging
import os
import subprocess
import sys
import threading
import time

import fixtures
import testscenarios

from wsgiserver._process import log_locks
from wsgiserver.tests import base

#: How long anything may take that should take no time, in seconds.
PATIENCE = 20

# Forks as the launcher does, beside threads that log as fast as they can.
_FORKING = """
import importlib
import logging
import os
import sys

from oslo_service import backend

from wsgiserver._engine import backends

backends.choose(sys.argv[1])
from oslo_config import cfg
from oslo_log import log

from wsgiserver._launcher import spawning

threading = importlib.import_module('threading')
if sys.argv[1] == 'eventlet':
    patcher = importlib.import_module('eventlet.patcher')
    threading = patcher.original('threading')
conf = cfg.ConfigOpts()
log.register_options(conf)
conf([], project='test', default_config_files=[], default_config_dirs=[])
conf.set_override('log_file', os.devnull)
log.setup(conf, 'test')
LOG = logging.getLogger('test')


def log_for_ever():
    while True:
        LOG.warning('here')


def child(*_given):
    LOG.warning('there')
    os._exit(0)


for _turn in range(3):
    threading.Thread(target=log_for_ever, daemon=True).start()
hung = 0
for _turn in range(100):
    process = spawning.start('fork', child, None, ())
    process.join(5)
    if process.exitcode is None:
        hung += 1
        process.kill()
        process.join()
        if hung == 3:
            break
print(hung)
sys.stdout.flush()
os._exit(0)
"""


# Forks in two green threads at a time, one of them within a time-out, while a
# third one is inside of a handler that lets others run.
_GREEN = """
from wsgiserver._engine import patching

patching.monkey_patch()
import logging
import os
import signal
import time

import eventlet

from wsgiserver._process import forks


class Slow(logging.Handler):
    def emit(self, record):
        time.sleep(0.2)


class Guarded:
    calls = 0

    def forsake(self):
        self.calls += 1


guarded = Guarded()
forks.guard(guarded)
LOG = logging.getLogger('test')
LOG.propagate = False
LOG.addHandler(Slow())


def mask():
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def fork():
    with eventlet.Timeout(0.05, False):
        pid = os.fork()
        if not pid:
            os._exit(len(mask()) + 100 * (guarded.calls != 1))
    # The time-out comes behind the fork, and not in the middle of it.
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


log = eventlet.spawn(LOG.warning, 'a line')
eventlet.sleep(0.02)
for forking in [eventlet.spawn(fork) for _turn in range(2)]:
    forking.wait()
log.wait()
print(len(mask()))
"""


class TestGreenForks(base.TestCase):
    def test_they_do_not_wait_for_each_other(self) -> None:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', _GREEN],
            capture_output=True,
            text=True,
            timeout=55,
        )
        self.assertEqual(('0\n0\n0\n', ''), (done.stdout, done.stderr))


class TestForks(testscenarios.WithScenarios, base.TestCase):  # type: ignore[misc]  # it has no annotations
    scenarios = [(name, {'name': name}) for name in ('eventlet', 'threading')]
    name: str

    def test_no_child_waits_for_a_thread_that_it_has_not(self) -> None:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', _FORKING, self.name],
            capture_output=True,
            text=True,
            timeout=55,
        )
        self.assertEqual(('0\n', ''), (done.stdout, done.stderr))


class TestLocks(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.handler = logging.StreamHandler(io.StringIO())
        self.target = logging.StreamHandler(io.StringIO())
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver._process.log_locks.PATIENCE', 0.1)
        )

    def is_free(self, handler: logging.Handler) -> bool:
        """Tell whether another thread could log."""
        seen: list[bool] = []

        def look() -> None:
            assert handler.lock is not None
            seen.append(handler.lock.acquire(blocking=False))
            if seen[0]:
                handler.lock.release()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return seen[0]

    def test_those_of_all_handlers_are_taken_and_given_back(self) -> None:
        locks = log_locks.acquire_all()
        for handler in (self.handler, self.target):
            self.assertFalse(self.is_free(handler))
        log_locks.release(locks)
        for handler in (self.handler, self.target):
            self.assertTrue(self.is_free(handler))

    def test_a_handler_within_another_one_is_no_deadlock(self) -> None:
        inside, go_on = threading.Event(), threading.Event()

        def emit() -> None:
            with self.handler.lock:  # type: ignore[union-attr]  # it has one
                inside.set()
                go_on.wait(PATIENCE)
                # As that of a MemoryHandler, once it is full.
                with self.target.lock:  # type: ignore[union-attr]  # as above
                    pass

        thread = threading.Thread(target=emit)
        thread.start()
        inside.wait(PATIENCE)
        self.useFixture(
            fixtures.MonkeyPatch(
                'wsgiserver._process.log_locks.PATIENCE', PATIENCE
            )
        )
        go_on.set()
        locks = log_locks.acquire_all()
        self.assertFalse(self.is_free(self.handler))
        log_locks.release(locks)
        thread.join()

    def test_one_that_is_not_to_be_had_is_not_waited_for_long(self) -> None:
        assert self.handler.lock is not None
        begun, done = threading.Event(), threading.Event()

        def hold() -> None:
            with self.handler.lock:  # type: ignore[union-attr]  # it has one
                begun.set()
                done.wait(PATIENCE)

        thread = threading.Thread(target=hold)
        thread.start()
        begun.wait(PATIENCE)
        before = time.monotonic()
        locks = log_locks.acquire_all()
        self.assertLess(time.monotonic() - before, PATIENCE / 2)
        self.assertFalse(self.is_free(self.target))
        log_locks.release(locks)
        self.assertTrue(self.is_free(self.target))
        done.set()
        thread.join()

    def test_a_handler_without_one_is_left_alone(self) -> None:
        handler = logging.NullHandler()
        log_locks.release(log_locks.acquire_all())
        log_locks.renew()
        self.assertIsNone(handler.lock)

    def test_a_child_has_new_ones(self) -> None:
        before = self.handler.lock
        pid = os.fork()
        if not pid:
            log_locks.renew()
            os._exit(self.handler.lock is before)
        self.assertEqual(0, os.waitpid(pid, 0)[1])
