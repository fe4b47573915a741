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


"""Calculates with what was measured; nothing is measured here."""

from __future__ import annotations

import dataclasses
import statistics

from benchmarks import measuring


@dataclasses.dataclass(frozen=True)
class Ratio:
    """How many times faster one server is than another."""

    #: The median of the rounds, and the extremes.
    middle: float
    lowest: float
    highest: float

    def __str__(self) -> str:
        return f'{self.middle:.2f} ({self.lowest:.2f}-{self.highest:.2f})'


def of(ours: measuring.Result, peer: measuring.Result) -> Ratio | None:
    """Compare two servers, round by round.

    :param ours: what an engine did.
    :param peer: what the other server did in the same rounds.
    :returns: the ratio of their rates; None if one of them had trouble.
    """
    if ours.trouble or peer.trouble:
        return None
    found = [
        mine.rate / other.rate
        for mine, other in zip(ours.samples, peer.samples, strict=True)
    ]
    if not found:
        return None
    return Ratio(statistics.median(found), min(found), max(found))


def middle(result: measuring.Result) -> measuring.Sample | None:
    """Take the median of each figure; None if there was trouble."""
    if result.trouble or not result.samples:
        return None
    return measuring.Sample(
        **{
            field.name: statistics.median(
                getattr(sample, field.name) for sample in result.samples
            )
            for field in dataclasses.fields(measuring.Sample)
        }
    )
