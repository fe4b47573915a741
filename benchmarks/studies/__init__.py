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

"""Questions that are no race of all servers at one kind of work."""

from benchmarks.studies import base
from benchmarks.studies import counting
from benchmarks.studies import filtering
from benchmarks.studies import growth
from benchmarks.studies import idle
from benchmarks.studies import idle_heads
from benchmarks.studies import latency
from benchmarks.studies import startup

STUDIES: dict[str, base.Study] = {
    study.name: study
    for study in (
        idle.Idle(),
        idle_heads.IdleHeads(),
        latency.Latency(),
        startup.Startup(),
        filtering.Filtering(),
        counting.Metrics(),
        growth.Connections(),
        growth.Memory(),
        growth.Workers(),
        growth.Bodies(),
    )
}
