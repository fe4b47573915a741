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


"""The client: wrk, on a processor of its own."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
import subprocess

_SCRIPT = pathlib.Path(__file__).with_name('load.lua')

#: What wrk counts of its troubles, by the name we give it.
_ERRORS = ('connect', 'read', 'write', 'status', 'timeout')

#: How long wrk waits for a response before it counts as a trouble, in
#: seconds.
TIMEOUT = 30


class ToolMissing(Exception):
    """wrk is not there."""


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the client saw within some seconds."""

    requests: int
    seconds: float
    #: Latencies, in seconds.
    p50: float
    p99: float
    longest: float
    #: How many troubles of each kind.
    errors: dict[str, int]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def version() -> str:
    """Tell which wrk there is.

    :raises ToolMissing: if there is none.
    """
    program = shutil.which('wrk')
    if program is None:
        raise ToolMissing('wrk is missing; bindep.txt has its packages')
    # It says so and fails, for it was given no URL.
    said = subprocess.run([program, '--version'], capture_output=True)
    return ' '.join(said.stdout.decode().split()[:2])


def run(
    url: str, request: pathlib.Path, connections: int, seconds: float
) -> Seen:
    """Send requests for some time.

    :param url: where to connect to.
    :param request: the file that has the bytes of one.
    :param connections: how many connections, with a request on each.
    :param seconds: for how long; rounded up to whole seconds.
    """
    said = subprocess.run(
        [
            'wrk',
            '--threads=1',
            f'--connections={connections}',
            f'--duration={max(1, round(seconds))}s',
            f'--timeout={TIMEOUT}s',
            f'--script={_SCRIPT}',
            url,
            '--',
            str(request),
        ],
        capture_output=True,
        check=True,
    )
    found = json.loads(said.stdout.decode().strip().splitlines()[-1])
    return Seen(
        requests=found['requests'],
        seconds=found['seconds'],
        p50=found['p50'] / 1e6,
        p99=found['p99'] / 1e6,
        longest=found['longest'] / 1e6,
        errors={name: found[name] for name in _ERRORS if found[name]},
    )
