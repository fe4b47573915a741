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


"""Resets: tried, applied, and handed to the workers, one at a time."""

from collections.abc import Sequence
import logging
from typing import Any
from typing import cast

import fixtures

from wsgiserver._config import settings as config_settings
from wsgiserver._launcher import resets
from wsgiserver import exceptions
from wsgiserver.tests import base
from wsgiserver.tests.unit.launcher import fakes


class DryRun:
    """A dry_run with an outcome of the test's."""

    def __init__(
        self, conf: object, services: Sequence[Any], pipes: Sequence[Any]
    ) -> None:
        self.given = conf, services, pipes
        self.pipe = fakes.PipeEnd()
        self.outcome: Exception | bool = False
        self.is_abandoned = False

    def is_over(self) -> bool:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def abandon(self) -> None:
        self.is_abandoned = True


class Snapshot:
    """Tells how often it was taken."""

    taken = 0

    def write(self, _configurations: object) -> None:
        self.taken += 1


class TestResets(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.dry_runs: list[DryRun] = []
        self.applied: list[Any] = []
        self.failure: Exception | None = None
        self.patch_module('dry_run.DryRun', self.dry_run)
        self.patch_module('changes.apply', self.apply)
        self.log = self.useFixture(
            fixtures.FakeLogger(
                'wsgiserver', logging.INFO, '%(levelname)s %(message)s'
            )
        )
        self.conf = fakes.configuration()
        self.pools: list[Any] = [
            fakes.WorkerPool(['a', 'b']),
            fakes.WorkerPool(['c']),
        ]
        self.snapshot: Any = Snapshot()
        self.resets = resets.Resets(
            self.conf, self.pools, cast('Any', self.snapshot), self.pipes
        )

    def patch_module(self, name: str, value: object) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(f'wsgiserver._launcher.{name}', value)
        )

    def pipes(self) -> list[Any]:
        return ['pipes']

    def dry_run(self, *given: Any) -> DryRun:
        self.dry_runs.append(DryRun(*given))
        return self.dry_runs[-1]

    def apply(self, *given: Any) -> None:
        self.applied.append(given)
        if self.failure is not None:
            raise self.failure

    def begin(self) -> DryRun:
        self.resets.request()
        self.resets.advance()
        return self.dry_runs[-1]

    def check_nothing_happened(self) -> None:
        """Check that a reset was one line at ERROR and nothing else."""
        self.assertEqual(0, self.resets.generation)
        self.assertEqual(0, self.snapshot.taken)
        self.assertEqual([], self.pools[0].rolled)
        self.assertFalse(self.resets.is_under_way)
        self.assertEqual([], self.resets.pipes())
        errors = [
            line
            for line in self.log.output.splitlines()
            if line.startswith('ERROR')
        ]
        self.assertEqual(
            ['ERROR Everything stays as it was: the file is broken'], errors
        )

    def test_without_one_wanted_nothing_is_done(self) -> None:
        self.resets.advance()
        self.assertEqual([], self.dry_runs)
        self.assertFalse(self.resets.is_under_way)

    def test_it_is_tried_first(self) -> None:
        dry_run = self.begin()
        self.resets.advance()
        self.assertEqual(
            (self.conf, ['a', 'b', 'c'], ['pipes']), dry_run.given
        )
        self.assertEqual([], self.applied)
        self.assertTrue(self.resets.is_under_way)
        self.assertEqual([dry_run.pipe], self.resets.pipes())

    def test_what_went_well_is_applied_and_handed_on(self) -> None:
        self.begin().outcome = True
        self.resets.advance()
        self.assertEqual([(self.conf, ['a', 'b', 'c'])], self.applied)
        self.assertEqual(1, self.snapshot.taken)
        self.assertEqual(1, self.resets.generation)
        self.assertEqual([[1], [1]], [pool.rolled for pool in self.pools])
        settings = config_settings.LauncherSettings.from_conf(self.conf)
        self.assertEqual(
            [[settings], [settings]], [pool.followed for pool in self.pools]
        )
        self.assertFalse(self.resets.is_under_way)
        self.assertEqual([], self.resets.pipes())
        self.assertEqual(
            'INFO Reading everything anew\nINFO Everything was read anew\n',
            self.log.output,
        )

    def test_it_is_told_if_a_worker_goes_on_as_before(self) -> None:
        self.pools[1].refused = 1
        self.begin().outcome = True
        self.resets.advance()
        self.assertIn('ERROR 1 workers go on as before', self.log.output)
        self.assertNotIn('Everything was read anew', self.log.output)

    def test_it_is_under_way_until_all_workers_have_followed(self) -> None:
        for pool in self.pools:
            pool.has_followed = False
        self.begin().outcome = True
        for pool in self.pools:
            self.resets.advance()
            self.assertTrue(self.resets.is_under_way)
            self.assertNotIn('Everything was read anew', self.log.output)
            pool.has_followed = True
        self.resets.advance()
        self.assertFalse(self.resets.is_under_way)

    def test_what_fails_is_applied_nowhere_and_told_in_a_line(self) -> None:
        dry_run = self.begin()
        dry_run.outcome = exceptions.ResetError('the file is broken')
        self.resets.advance()
        self.assertEqual([], self.applied)
        self.check_nothing_happened()

    def test_what_fails_once_it_counts_goes_to_no_worker(self) -> None:
        self.begin().outcome = True
        self.failure = exceptions.ResetError('the file is broken')
        self.resets.advance()
        self.check_nothing_happened()

    def test_after_one_that_failed_another_one_may_succeed(self) -> None:
        self.begin().outcome = exceptions.ResetError('the file is broken')
        self.resets.advance()
        self.begin().outcome = True
        self.resets.advance()
        self.assertEqual(1, self.resets.generation)

    def test_that_no_process_can_be_made_is_told_in_a_line(self) -> None:
        def refuse(*given: Any) -> None:
            raise OSError('no more processes')

        self.patch_module('dry_run.DryRun', refuse)
        self.resets.request()
        self.resets.advance()
        self.assertFalse(self.resets.is_under_way)
        self.assertIn(
            'ERROR Everything stays as it was: no more processes',
            self.log.output,
        )

    def test_one_that_is_wanted_meanwhile_comes_next(self) -> None:
        first = self.begin()
        for _turn in range(3):
            self.resets.request()
            self.resets.advance()
        self.assertEqual([first], self.dry_runs)
        first.outcome = True
        self.resets.advance()
        self.assertEqual(2, len(self.dry_runs))
        self.assertTrue(self.resets.is_under_way)
        self.dry_runs[1].outcome = True
        self.resets.advance()
        self.assertEqual(2, len(self.dry_runs))
        self.assertFalse(self.resets.is_under_way)

    def test_one_that_is_wanted_while_workers_follow_comes_next(self) -> None:
        self.pools[1].has_followed = False
        self.begin().outcome = True
        self.resets.advance()
        self.resets.request()
        self.resets.advance()
        self.assertEqual(1, len(self.dry_runs))
        self.pools[1].has_followed = True
        self.resets.advance()
        self.assertEqual(2, len(self.dry_runs))

    def test_one_that_is_tried_can_be_abandoned(self) -> None:
        dry_run = self.begin()
        self.resets.request()
        self.resets.abandon()
        self.assertTrue(dry_run.is_abandoned)
        self.assertFalse(self.resets.is_under_way)
        self.resets.advance()
        self.assertEqual([dry_run], self.dry_runs)

    def test_where_there_is_none_nothing_is_abandoned(self) -> None:
        self.resets.abandon()
        self.assertFalse(self.resets.is_under_way)

    def test_without_a_snapshot_none_is_taken(self) -> None:
        self.resets = resets.Resets(self.conf, self.pools, None, self.pipes)
        self.begin().outcome = True
        self.resets.advance()
        self.assertEqual(1, self.resets.generation)
