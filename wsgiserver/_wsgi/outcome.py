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

"""The outcome of a request: what its connection is good for afterwards."""

import enum


class Outcome(enum.Enum):
    """What is to be done with a connection once its request was answered."""

    #: The response is whole, and the next request may come once the bytes
    #: that ``Channel.skip`` tells were thrown away.
    KEEP_ALIVE = enum.auto()
    #: The connection is to be closed, once the client has the response.
    CLOSE = enum.auto()
    #: It is to be closed, and the client may still be sending; where the
    #: response ends, it knows by other means than the end of the connection.
    LINGER = enum.auto()
    #: It is to be ended so that the client notices: the response is not
    #: whole.
    ABORT = enum.auto()
    #: The client has left, or stopped taking part, within its response.
    DISCONNECTED = enum.auto()


# Up to Python 3.11, a name looked up in an enumeration takes twenty times as
# long as one in a module.
KEEP_ALIVE, CLOSE, LINGER, ABORT, DISCONNECTED = Outcome
