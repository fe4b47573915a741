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

"""What the measurements have in common that are no race of all servers."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks import goals
from benchmarks import measuring
from benchmarks import tables

#: What JSON knows: a figure, or figures, by a server's name or an engine's.
Found = dict[str, Any]


class Study(abc.ABC):
    """One question, and how it is answered."""

    #: For the command line.
    name: ClassVar[str]
    #: What it is, for the heading.
    title: ClassVar[str]
    #: What the rows and the columns of the table are.
    headings: ClassVar[tables.Row]

    @abc.abstractmethod
    def measure(
        self, names: Sequence[str], plan: measuring.Plan, tell: measuring.Tell
    ) -> Found:
        """Find the answer.

        :param names: the servers that are wanted.
        :param plan: how.
        :param tell: is told how far it is.
        :returns: what JSON knows.
        """

    @abc.abstractmethod
    def rows(self, found: Found) -> Iterable[tables.Row]:
        """Make the rows of its table."""

    def verdicts(self, found: Found) -> Iterable[goals.Verdict]:
        """Hold it against the goals, if it has any."""
        return ()

    def table(self, found: Found) -> tables.Table:
        """Make its table."""
        return tables.Table(
            f'{self.name}: {self.title}', self.headings, list(self.rows(found))
        )


def engines(names: Sequence[str]) -> list[str]:
    """Leave the engines of this library alone."""
    return [name for name in goals.ENGINES if name in names]
