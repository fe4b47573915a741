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

"""Layout of the memory that worker processes share: a cell for each metric.

All of it is cells of eight bytes, each a float: whole numbers are exact up
to 2**53, and a cell is read and written at once. A worker has a slot of its
own: the head with what concerns the whole process, then a block for each
series, which is what a method and a route have in common.
"""

from collections.abc import Sequence
import mmap
from typing import Final

#: The version of what follows, in the first cell of every slot.
VERSION: Final = 1.0

CELL: Final = 8

#: The upper bounds of the buckets of times, in seconds; the last one, for
#: what took longer, has none.
BOUNDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
BUCKETS: Final = len(BOUNDS) + 1

#: The classes of statuses, by their first digit; ``none`` is for requests
#: whose client had gone before there was a response.
CLASSES: Final = ('none', '1xx', '2xx', '3xx', '4xx', '5xx')

#: The methods that have series of their own.
METHODS: Final = (
    *('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
)

#: All other methods, and all paths without a route.
OTHER: Final = 'other'

#: How many routes there may be: so many times eight series fit into a slot.
MAX_ROUTES: Final = 31
MAX_SERIES: Final = (MAX_ROUTES + 1) * (len(METHODS) + 1)

#: Why a connection was turned away or a request not run, by the status it
#: got; there is none for what ended before HTTP began.
REASONS: Final = (
    'bad_request',
    'request_timeout',
    'content_too_large',
    'uri_too_long',
    'expectation_failed',
    'request_header_fields_too_large',
    'not_implemented',
    'service_unavailable',
    'http_version_not_supported',
    'tls_handshake',
)

#: The states of connections, but for the last one.
STATES: Final = ('proxy', 'handshake', 'idle', 'head', 'running', 'lingering')


def _numbered(first: int, names: Sequence[str]) -> dict[str, int]:
    return {name: first + index for index, name in enumerate(names)}


# -- the head of a slot -----------------------------------------------------

#: Since the slot is there, whoever had it.
COUNTERS: Final = _numbered(
    2,
    (
        'starts',
        'resets',
        'resets_refused',
        'accepted',
        'accept_errors',
        'overdue',
        'waited',
        'waited_seconds',
    ),
)
#: Of the process that has it now.
GAUGES: Final = _numbered(
    16,
    (
        'pid',
        'started',
        'updated',
        'threads',
        'pool_size',
        'busy',
        'waiting',
        'queued',
        'oldest_wait',
        'reactor_lag',
        'memory',
        'processor_time',
    ),
)
STATE: Final = 32
REFUSED: Final = 48
WAITS: Final = 64
SERIES_USED: Final = 1
HEAD_CELLS: Final = 96

# -- a block of a series ----------------------------------------------------

#: The method and the route, in UTF-8, each ended by a zero.
KEY_SIZE: Final = 128
#: By status class, then by bucket.
DURATION: Final = KEY_SIZE // CELL
DURATION_SUM: Final = DURATION + len(CLASSES) * BUCKETS
#: What has to be added to the durations to make them the times to the first
#: byte, which most responses have no other one of.
SHIFT: Final = DURATION_SUM + 1
SHIFT_SUM: Final = SHIFT + BUCKETS
#: Of the bodies.
BYTES_IN: Final = SHIFT_SUM + 1
BYTES_OUT: Final = BYTES_IN + 1
BLOCK_CELLS: Final = BYTES_OUT + 1

#: The longest route, in bytes.
MAX_ROUTE: Final = KEY_SIZE - 2 - max(map(len, METHODS))


def block(series: int) -> int:
    """First cell of the block of a series.

    :param series: its number within the slot.
    :returns: the first cell.
    """
    return HEAD_CELLS + series * BLOCK_CELLS


def _whole_pages(size: int) -> int:
    # What can be mapped begins at such a multiple.
    unit = mmap.ALLOCATIONGRANULARITY
    return (size + unit - 1) // unit * unit


#: The bytes of a slot; those of series that nobody uses take no memory.
SLOT_SIZE: Final = _whole_pages(block(MAX_SERIES) * CELL)
