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


"""Examples for as long as there is time, and other ones in each run."""

from collections.abc import Callable
import os
import random
import time
from typing import TypeVar

import hypothesis
from hypothesis import strategies as st
from testtools import content

from wsgiserver.tests import base

Example = TypeVar('Example')

#: How long all tests may take together, in seconds.
SECONDS = float(os.environ.get('FUZZ_SECONDS') or 60)

#: The seed of the first examples; the same one gives the same examples.
SEED = int(os.environ.get('FUZZ_SEED') or random.getrandbits(32))

#: How many tests share the time.
TESTS = 7

_settings = hypothesis.settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


class FuzzTest(base.TestCase):
    """A test whose examples are limited by time."""

    # A minute more than that.
    TIMEOUT_SCALING_FACTOR = 2 + int(SECONDS) // base.TestCase.DEFAULT_TIMEOUT

    def explore(
        self,
        strategy: st.SearchStrategy[Example],
        check: Callable[[Example], None],
    ) -> None:
        """Try examples until the time is over.

        :param strategy: what they are drawn from.
        :param check: raises for an example that shows a defect; hypothesis
            tells the smallest one there is.
        """

        def run(example: Example) -> None:
            check(example)

        end = time.monotonic() + SECONDS / TESTS
        tried = hypothesis.given(strategy)(_settings(run))
        seed = SEED
        while time.monotonic() < end:
            self.addDetail('seed', content.text_content(f'FUZZ_SEED={seed}'))
            hypothesis.seed(seed)(tried)()
            seed += 1
