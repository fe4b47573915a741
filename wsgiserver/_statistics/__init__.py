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

"""What a server counts, in memory that its worker processes share."""

from wsgiserver._statistics._board import Board
from wsgiserver._statistics._layout import BOUNDS
from wsgiserver._statistics._layout import REASONS
from wsgiserver._statistics._layout import STATES
from wsgiserver._statistics._meter import Meter
from wsgiserver._statistics._reading import Report
from wsgiserver._statistics._reading import Series
from wsgiserver._statistics._reading import Statistics
from wsgiserver._statistics._reading import Worker
from wsgiserver._statistics._routes import Routes
from wsgiserver._statistics._seat import Seat

__all__ = (
    'BOUNDS',
    'REASONS',
    'STATES',
    'Board',
    'Meter',
    'Report',
    'Routes',
    'Seat',
    'Series',
    'Statistics',
    'Worker',
)
