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

"""A table, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses

Row = Sequence[str]


@dataclasses.dataclass(frozen=True)
class Table:
    """Some rows, each of as many cells as there are headings."""

    title: str
    headings: Row
    rows: Sequence[Row]

    def as_text(self) -> Iterator[str]:
        """Write it for a terminal."""
        whole = [self.headings, *self.rows]
        # A sentence in the last column has no width that others must have.
        widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
        widths[-1] = 0
        yield ''
        yield self.title
        for row in whole:
            cells = zip(row, widths, strict=True)
            yield '  '.join(
                cell.ljust(width) for cell, width in cells
            ).rstrip()

    def as_rst(self) -> Iterator[str]:
        """Write it for the documentation."""
        yield f'.. list-table:: {self.title}'
        yield '   :header-rows: 1'
        yield ''
        for row in (self.headings, *self.rows):
            for number, cell in enumerate(row):
                bullet = '*' if number == 0 else ' '
                yield f'   {bullet} - {cell}'.rstrip()
        yield ''
