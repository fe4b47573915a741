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


class Rehearsal:
    """A rehearsal with an outcome of the test's."""

    def __init__(
        self, conf: object, services: Sequence[Any], lines: Sequence[Any]
    ) -> None:
        self.given = conf, services, lines
        self.line = fakes.Line()
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
        self.rehearsals: list[Rehearsal] = []
        self.applied: list[Any] = []
        self.failure: Exception | None = None
        self.patch_module('dry_run.Rehearsal', self.rehearse)
        self.patch_module('changes.apply', self.apply)
        self.log = self.useFixture(
            fixtures.FakeLogger(
                'wsgiserver', logging.INFO, '%(levelname)s %(message)s'
            )
        )
        self.conf = fakes.configuration()
        self.crews: list[Any] = [fakes.Crew(['a', 'b']), fakes.Crew(['c'])]
        self.snapshot: Any = Snapshot()
        self.resets = resets.Resets(
            self.conf, self.crews, cast('Any', self.snapshot), self.lines
        )

    def patch_module(self, name: str, value: object) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(f'wsgiserver._launcher.{name}', value)
        )

    def lines(self) -> list[Any]:
        return ['lines']

    def rehearse(self, *given: Any) -> Rehearsal:
        self.rehearsals.append(Rehearsal(*given))
        return self.rehearsals[-1]

    def apply(self, *given: Any) -> None:
        self.applied.append(given)
        if self.failure is not None:
            raise self.failure

    def begin(self) -> Rehearsal:
        self.resets.want()
        self.resets.advance()
        return self.rehearsals[-1]

    def check_nothing_happened(self) -> None:
        """Check that a reset was one line at ERROR and nothing else."""
        self.assertEqual(0, self.resets.generation)
        self.assertEqual(0, self.snapshot.taken)
        self.assertEqual([], self.crews[0].rolled)
        self.assertFalse(self.resets.is_under_way)
        self.assertEqual([], self.resets.lines())
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
        self.assertEqual([], self.rehearsals)
        self.assertFalse(self.resets.is_under_way)

    def test_it_is_tried_first(self) -> None:
        rehearsal = self.begin()
        self.resets.advance()
        self.assertEqual(
            (self.conf, ['a', 'b', 'c'], ['lines']), rehearsal.given
        )
        self.assertEqual([], self.applied)
        self.assertTrue(self.resets.is_under_way)
        self.assertEqual([rehearsal.line], self.resets.lines())

    def test_what_went_well_is_applied_and_handed_on(self) -> None:
        self.begin().outcome = True
        self.resets.advance()
        self.assertEqual([(self.conf, ['a', 'b', 'c'])], self.applied)
        self.assertEqual(1, self.snapshot.taken)
        self.assertEqual(1, self.resets.generation)
        self.assertEqual([[1], [1]], [crew.rolled for crew in self.crews])
        settings = config_settings.LauncherSettings.from_conf(self.conf)
        self.assertEqual(
            [[settings], [settings]], [crew.followed for crew in self.crews]
        )
        self.assertFalse(self.resets.is_under_way)
        self.assertEqual([], self.resets.lines())
        self.assertEqual(
            'INFO Reading everything anew\nINFO Everything was read anew\n',
            self.log.output,
        )

    def test_it_is_told_if_a_worker_goes_on_as_before(self) -> None:
        self.crews[1].refused = 1
        self.begin().outcome = True
        self.resets.advance()
        self.assertIn('ERROR 1 workers go on as before', self.log.output)
        self.assertNotIn('Everything was read anew', self.log.output)

    def test_it_is_under_way_until_all_workers_have_followed(self) -> None:
        for crew in self.crews:
            crew.has_followed = False
        self.begin().outcome = True
        for crew in self.crews:
            self.resets.advance()
            self.assertTrue(self.resets.is_under_way)
            self.assertNotIn('Everything was read anew', self.log.output)
            crew.has_followed = True
        self.resets.advance()
        self.assertFalse(self.resets.is_under_way)

    def test_what_fails_is_applied_nowhere_and_told_in_a_line(self) -> None:
        rehearsal = self.begin()
        rehearsal.outcome = exceptions.ResetError('the file is broken')
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

        self.patch_module('dry_run.Rehearsal', refuse)
        self.resets.want()
        self.resets.advance()
        self.assertFalse(self.resets.is_under_way)
        self.assertIn(
            'ERROR Everything stays as it was: no more processes',
            self.log.output,
        )

    def test_one_that_is_wanted_meanwhile_comes_next(self) -> None:
        first = self.begin()
        for _turn in range(3):
            self.resets.want()
            self.resets.advance()
        self.assertEqual([first], self.rehearsals)
        first.outcome = True
        self.resets.advance()
        self.assertEqual(2, len(self.rehearsals))
        self.assertTrue(self.resets.is_under_way)
        self.rehearsals[1].outcome = True
        self.resets.advance()
        self.assertEqual(2, len(self.rehearsals))
        self.assertFalse(self.resets.is_under_way)

    def test_one_that_is_wanted_while_workers_follow_comes_next(self) -> None:
        self.crews[1].has_followed = False
        self.begin().outcome = True
        self.resets.advance()
        self.resets.want()
        self.resets.advance()
        self.assertEqual(1, len(self.rehearsals))
        self.crews[1].has_followed = True
        self.resets.advance()
        self.assertEqual(2, len(self.rehearsals))

    def test_one_that_is_tried_can_be_abandoned(self) -> None:
        rehearsal = self.begin()
        self.resets.want()
        self.resets.abandon()
        self.assertTrue(rehearsal.is_abandoned)
        self.assertFalse(self.resets.is_under_way)
        self.resets.advance()
        self.assertEqual([rehearsal], self.rehearsals)

    def test_where_there_is_none_nothing_is_abandoned(self) -> None:
        self.resets.abandon()
        self.assertFalse(self.resets.is_under_way)

    def test_without_a_snapshot_none_is_taken(self) -> None:
        self.resets = resets.Resets(self.conf, self.crews, None, self.lines)
        self.begin().outcome = True
        self.resets.advance()
        self.assertEqual(1, self.resets.generation)
