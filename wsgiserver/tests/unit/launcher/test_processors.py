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

"""How many worker processes suit the machine."""

import pathlib

import fixtures

from wsgiserver._launcher import processors
from wsgiserver.tests import base


class TestWorkers(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        directory = self.useFixture(fixtures.TempDir()).path
        self.root = pathlib.Path(directory) / 'cgroup'
        self.own = pathlib.Path(directory) / 'own'
        self.place = self.root / 'system.slice' / 'x.service'
        self.place.mkdir(parents=True)
        self.own.write_text('0::/system.slice/x.service\n')

    def limit(self) -> int:
        return processors.cgroup_limit(self.root, self.own)

    def allow(self, count: int) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'os.sched_getaffinity', lambda pid: set(range(count))
            )
        )

    def use_these_cgroups(self) -> None:
        for name, value in (
            ('_CGROUPS', self.root),
            ('_OWN_CGROUP', self.own),
        ):
            self.useFixture(
                fixtures.MonkeyPatch(
                    f'wsgiserver._launcher.processors.{name}', value
                )
            )

    def test_a_quota_is_rounded_up(self) -> None:
        (self.place / 'cpu.max').write_text('150000 100000\n')
        self.assertEqual(2, self.limit())

    def test_the_lowest_quota_on_the_way_up_counts(self) -> None:
        (self.place / 'cpu.max').write_text('400000 100000\n')
        (self.root / 'system.slice' / 'cpu.max').write_text('300000 100000\n')
        (self.root / 'cpu.max').write_text('max 100000\n')
        self.assertEqual(3, self.limit())

    def test_without_a_quota_there_is_no_limit(self) -> None:
        (self.place / 'cpu.max').write_text('max 100000\n')
        self.assertEqual(processors.MOST, self.limit())

    def test_without_cgroups_of_version_2_there_is_no_limit(self) -> None:
        self.own.write_text('4:cpu,cpuacct:/x\n')
        self.assertEqual(processors.MOST, self.limit())
        self.own.unlink()
        self.assertEqual(processors.MOST, self.limit())

    def test_each_processor_allowed_has_a_worker(self) -> None:
        self.use_these_cgroups()
        self.allow(3)
        self.assertEqual(3, processors.default())

    def test_there_are_eight_workers_at_most(self) -> None:
        self.use_these_cgroups()
        self.allow(64)
        self.assertEqual(8, processors.default())

    def test_a_quota_below_the_processors_counts(self) -> None:
        self.use_these_cgroups()
        self.allow(64)
        (self.place / 'cpu.max').write_text('50000 100000\n')
        self.assertEqual(1, processors.default())
