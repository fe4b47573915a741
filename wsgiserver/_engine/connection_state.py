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
"""The states of a connection, and which of them follows which."""

import enum


class State(enum.IntEnum):
    """Where a connection is in its life."""

    #: Parked: a PROXY header is to come.
    PROXY = 0
    #: Parked: a TLS handshake is under way.
    HANDSHAKE = 1
    #: Parked: nothing of the next request has arrived.
    IDLE = 2
    #: Parked: a part of a request head has arrived.
    HEAD = 3
    #: A worker runs the application.
    RUNNING = 4
    #: Parked: everything is said, the client may still be sending.
    LINGERING = 5
    #: The socket is closed.
    CLOSED = 6


# Up to Python 3.11, a name looked up in an enumeration takes twenty times as
# long as one in a module, and each request looks up several.
PROXY, HANDSHAKE, IDLE, HEAD, RUNNING, LINGERING, CLOSED = State

#: Each state's successors, in the order of the states.
NEXT: tuple[tuple[State, ...], ...] = (
    (HANDSHAKE, IDLE, LINGERING, CLOSED),
    (IDLE, CLOSED),
    (RUNNING, HEAD, LINGERING, CLOSED),
    (RUNNING, LINGERING, CLOSED),
    (IDLE, LINGERING, CLOSED),
    (CLOSED,),
    (),
)
