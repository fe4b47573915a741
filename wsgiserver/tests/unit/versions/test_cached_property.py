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

"""A property that is computed once, by whichever thread is the first."""

import dataclasses
import pickle
import threading

from wsgiserver._versions.cached_property import cached_property
from wsgiserver.tests import base
from wsgiserver.tests import conditions

_THREADS = 8


class Slow:
    """Has a value that takes until somebody says so."""

    def __init__(self) -> None:
        self.computed: list[int] = []
        self.entered = threading.Event()
        self.leave = threading.Event()

    @cached_property
    def value(self) -> object:
        """What it is."""
        self.computed.append(threading.get_ident())
        self.entered.set()
        self.leave.wait(conditions.PATIENCE)
        return object()


@dataclasses.dataclass(frozen=True)
class Frozen:
    number: int

    @cached_property
    def double(self) -> int:
        return self.number * 2

    @cached_property
    def quadruple(self) -> int:
        return self.double * 2


class TestCachedProperty(base.TestCase):
    def ask(self, slow: Slow, found: list[object]) -> threading.Thread:
        thread = threading.Thread(target=lambda: found.append(slow.value))
        thread.start()
        self.addCleanup(thread.join, conditions.PATIENCE)
        self.addCleanup(slow.leave.set)
        return thread

    def test_threads_at_once_have_it_computed_once(self) -> None:
        slow, found = Slow(), list[object]()
        threads = [self.ask(slow, found) for _turn in range(_THREADS)]
        slow.entered.wait(conditions.PATIENCE)
        slow.leave.set()
        for thread in threads:
            thread.join(conditions.PATIENCE)
        self.assertEqual(1, len(slow.computed))
        self.assertEqual([slow.value] * _THREADS, found)

    def test_another_object_does_not_wait_for_it(self) -> None:
        slow, other = Slow(), Slow()
        self.ask(slow, [])
        slow.entered.wait(conditions.PATIENCE)
        other.leave.set()
        self.assertIsNotNone(other.value)
        self.assertFalse(slow.leave.is_set())

    def test_it_may_need_another_one_of_the_same_object(self) -> None:
        self.assertEqual(12, Frozen(3).quadruple)

    def test_nothing_but_the_value_is_left_behind(self) -> None:
        frozen = Frozen(3)
        self.assertEqual(6, frozen.double)
        self.assertEqual({'number': 3, 'double': 6}, vars(frozen))
        self.assertEqual(6, pickle.loads(pickle.dumps(frozen)).double)

    def test_after_a_failure_it_is_computed_anew(self) -> None:
        class Failing:
            turns = 0

            @cached_property
            def value(self) -> int:
                self.turns += 1
                return 1 // (self.turns - 1)

        failing = Failing()
        self.assertRaises(ZeroDivisionError, lambda: failing.value)
        self.assertEqual(1, failing.value)

    def test_the_class_has_the_property_and_its_docstring(self) -> None:
        self.assertIsInstance(Slow.value, cached_property)
        self.assertEqual('What it is.', Slow.value.__doc__)
