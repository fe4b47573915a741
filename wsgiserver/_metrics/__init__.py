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

"""Metrics of a server, in memory that its worker processes share."""

from wsgiserver._metrics.layout import BOUNDS
from wsgiserver._metrics.layout import REASONS
from wsgiserver._metrics.layout import STATES
from wsgiserver._metrics.meter import Meter
from wsgiserver._metrics.routes import Routes
from wsgiserver._metrics.shared_memory import SharedMemory
from wsgiserver._metrics.slot import Slot
from wsgiserver._metrics.snapshot import Report
from wsgiserver._metrics.snapshot import Series
from wsgiserver._metrics.snapshot import Statistics
from wsgiserver._metrics.snapshot import WorkerSnapshot

__all__ = (
    'BOUNDS',
    'REASONS',
    'STATES',
    'Meter',
    'Report',
    'Routes',
    'Series',
    'SharedMemory',
    'Slot',
    'Statistics',
    'WorkerSnapshot',
)
