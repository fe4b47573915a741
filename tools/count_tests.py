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

"""Add up the last stestr runs and print one line of counts.

Usage: count_tests.py DIRECTORY [DIRECTORY ...]

Each directory is one that ``stestr --repo-url`` was given. The line reads
'N passed, N failed, N skipped'; ahead of it stands what the failed tests said,
the end of it where that is long, and their names once more. The exit status is
1 if a directory holds no run, if a run holds no test, or if a test failed.
"""

import sys
from typing import NamedTuple

from stestr.repository import abstract
from stestr.repository import util
import subunit
import testtools


#: How many characters of what a failed test said are shown.
SHOWN = 4000


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        return sum(self)


class Run(NamedTuple):
    """One run: its counts, and each failed test with what it said."""

    counts: Counts
    failures: list[tuple[str, str]]


def last_run(directory: str) -> Run:
    """Read the last run in one directory.

    :param directory: the directory that stestr keeps its results in.
    :returns: the run, with no test where nothing has run. A test that never
        ended, such as one whose process died, has failed.
    """
    try:
        run = util.get_repo_open(repo_url=directory).get_latest_run()
    except (abstract.RepositoryNotFound, KeyError):
        return Run(Counts(), [])
    summary = testtools.StreamSummary()
    summary.startTestRun()
    # What a test wrote past subunit is in the stream as well.
    subunit.ByteStreamToStreamResult(
        run.get_subunit_stream(), non_subunit_name='stdout'
    ).run(summary)
    summary.stopTestRun()
    failures = [(test.id(), said[-SHOWN:]) for test, said in summary.errors]
    failures += [(test.id(), '') for test in summary.unexpectedSuccesses]
    failed, skipped = len(failures), len(summary.skipped)
    counts = Counts(summary.testsRun - failed - skipped, failed, skipped)
    return Run(counts, failures)


def main(directories: list[str]) -> int:
    runs = [last_run(directory) for directory in directories]
    failures = [failure for run in runs for failure in run.failures]
    for name, said in failures:
        print(f'{name}\n{said}\n')
    for name, _text in failures:
        print(f'Failed: {name}')
    counts = [run.counts for run in runs]
    for directory, each in zip(directories, counts, strict=True):
        if not each.total:
            print(f'No test ran in {directory}', file=sys.stderr)
    passed, failed, skipped = (
        sum(column) for column in zip(*counts, strict=True)
    )
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 0 if all(each.total for each in counts) and not failed else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
