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

"""Waiting for what comes about, for a time and no longer."""

import time
from typing import Any

#: How long anything may take that should take next to no time, in seconds.
PATIENCE = 20.0


def eventually(condition: Any) -> Any:
    """Wait until a condition holds.

    :param condition: called again and again.
    :returns: its first true result.
    """
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError('it never came about')
        time.sleep(0.01)
    return result
