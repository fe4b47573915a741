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

"""eventlet's patches of the standard library, which come before all else.

What is imported ahead of them keeps what it had: the thread-local in which
oslo.context has the current context would be one for all requests.
"""

import eventlet


def monkey_patch() -> None:
    """Make the standard library cooperate; before it is used otherwise."""
    eventlet.monkey_patch()
