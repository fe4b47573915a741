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


"""How processes are made."""

import importlib
from multiprocessing import util
import os
import pickle
import signal
import sys
from typing import Any

import fixtures
from oslo_service import backend

from wsgiserver._launcher import config_snapshot
from wsgiserver._launcher import pipe as launcher_pipe
from wsgiserver._launcher import spawning
from wsgiserver._launcher import worker_main
from wsgiserver._process import signals
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes

# The folder in which multiprocessing passes descriptors on outlives a test's.
util.get_temp_dir()


def report(assignment: worker_main.Assignment, foreign: Any) -> None:
    """Be a process that tells what it was given."""
    if assignment.snapshot is not None:
        assignment.snapshot.read([assignment.conf])
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    kind = backend.get_backend_type()
    assignment.pipe.send(
        'report',
        pid=os.getpid(),
        number=assignment.number,
        workers=assignment.conf.wsgiserver.workers,
        foreign=len(foreign),
        blocked=sorted(blocked),
        backend=kind and kind.value,
        inheritable=os.get_inheritable(assignment.pipe.fileno()),
    )


class TestRefused(base.TestCase):
    def test_no_descriptor_stays_open(self) -> None:
        def refuse() -> int:
            raise BlockingIOError(11, 'Resource temporarily unavailable')

        before = os.listdir('/proc/self/fd')
        with fixtures.MonkeyPatch('os.fork', refuse):
            self.assertRaises(
                BlockingIOError, spawning.start, 'fork', report, None, ()
            )
        self.assertEqual(before, os.listdir('/proc/self/fd'))


class TestStart(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # What a process that uses the launcher has chosen; here it would
        # stay chosen for the tests that come next.
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_service.backend.get_backend_type',
                lambda: backend.BackendType.THREADING,
            )
        )
        self.ours, self.theirs = launcher_pipe.PipeEnd.pair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)
        self.foreign, other = launcher_pipe.PipeEnd.pair()
        self.addCleanup(self.foreign.close)
        self.addCleanup(other.close)

    def start(
        self,
        method: str,
        snapshot: config_snapshot.ConfigSnapshot | None = None,
    ) -> launcher_pipe.Message:
        """Start a process; return what it reports."""
        conf = fakes.configuration(workers=3)
        process = spawning.start(
            method,
            report,
            worker_main.Assignment(7, conf, [], self.theirs, snapshot),
            [self.foreign],
        )
        self.addCleanup(process.join)
        self.theirs.close()
        signals.readable([self.ours], fakes.PATIENCE)
        message = next(self.ours.receive())
        self.assertEqual(process.pid, message['pid'])
        self.assertEqual(7, message['number'])
        return message

    def test_a_forked_process_gets_what_it_inherits_as_well(self) -> None:
        message = self.start('fork')
        self.assertEqual(1, message['foreign'])
        self.assertEqual(3, message['workers'])

    def test_a_spawned_process_gets_copies_and_inherits_nothing(self) -> None:
        message = self.start('spawn')
        self.assertEqual(0, message['foreign'])
        self.assertEqual(3, message['workers'])

    def test_a_spawned_process_has_the_backend_of_its_parent(self) -> None:
        self.assertEqual('threading', self.start('spawn')['backend'])

    def test_a_spawned_process_reads_the_snapshot(self) -> None:
        snapshot = config_snapshot.ConfigSnapshot()
        self.addCleanup(snapshot.close)
        snapshot.write([fakes.configuration(workers=5)])
        self.assertEqual(5, self.start('spawn', snapshot)['workers'])

    def test_what_is_run_by_a_spawned_process_inherits_no_line(self) -> None:
        self.assertFalse(self.start('spawn')['inheritable'])

    def test_signals_that_are_blocked_stay_so(self) -> None:
        for method in spawning.METHODS:
            self.theirs.close()
            self.ours.close()
            self.ours, self.theirs = launcher_pipe.PipeEnd.pair()
            self.addCleanup(self.ours.close)
            with signals.blocked(worker_main.SIGNALS):
                message = self.start(method)
            self.assertLessEqual(
                set(worker_main.SIGNALS), set(message['blocked']), method
            )


class TestParcel(base.TestCase):
    def test_what_is_in_it_is_imported_when_it_is_opened(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        with open(os.path.join(folder, 'parcelled.py'), 'w') as file:
            file.write('class Thing:\n    pass\n')
        self.useFixture(fixtures.MonkeyPatch('sys.path', [folder, *sys.path]))
        self.addCleanup(sys.modules.pop, 'parcelled', None)
        thing = importlib.import_module('parcelled').Thing()
        data = pickle.dumps(spawning._NestedPickle(thing))
        del sys.modules['parcelled']
        nested = pickle.loads(data)
        self.assertNotIn('parcelled', sys.modules)
        self.assertEqual('Thing', type(nested.open()).__name__)

    def test_things_that_are_one_stay_one(self) -> None:
        thing = ['thing']
        nested = spawning._NestedPickle((thing, [thing]))
        first, (second,) = pickle.loads(pickle.dumps(nested)).open()
        self.assertIs(first, second)
