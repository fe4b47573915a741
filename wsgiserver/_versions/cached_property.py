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

"""A cached property that is computed once, whichever threads ask for it."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any
from typing import Generic
from typing import overload
from typing import Self
from typing import TypeVar

_T = TypeVar('_T')


class cached_property(Generic[_T]):  # noqa: N801 - as that of functools
    """A property whose value is computed by the first who reads it.

    ``functools.cached_property`` has no lock from Python 3.12 on: each thread
    that comes before the value is there computes one of its own. Until then
    it had a single one for all instances.

    The value is an attribute of the instance, and found there without a call
    from then on. The lock is one as well, until then, so that the instance
    can be pickled. Where the function fails, whoever comes next calls it
    again.

    :param function: computes the value.
    """

    def __init__(self, function: Callable[[Any], _T]) -> None:
        self._function = function
        self._name = function.__name__
        self._lock_name = f'_lock_of_{self._name}'
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._lock_name = f'_lock_of_{name}'

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | _T:
        if instance is None:
            return self
        values = vars(instance)
        # Atomic: whoever is second gets the lock of the first.
        with values.setdefault(self._lock_name, threading.RLock()):
            if self._name not in values:
                values[self._name] = self._function(instance)
        values.pop(self._lock_name, None)
        value: _T = values[self._name]
        return value
