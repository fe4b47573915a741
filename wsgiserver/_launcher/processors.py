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

"""Default number of worker processes, by the machine's processors."""

import math
import os
import pathlib

#: More than this seldom helps, and a large machine has other things to do.
MOST = 8

_CGROUPS = pathlib.Path('/sys/fs/cgroup')
_OWN_CGROUP = pathlib.Path('/proc/self/cgroup')


def default() -> int:
    """Default number of worker processes.

    :returns: one for each processor that this process may use, 8 at most.
    """
    allowed = len(os.sched_getaffinity(0))
    return max(1, min(allowed, cgroup_limit(_CGROUPS, _OWN_CGROUP), MOST))


def cgroup_limit(root: pathlib.Path, own: pathlib.Path) -> int:
    """Processors that containers and service managers allow (cgroups).

    :param root: where the cgroup file system is, of version 2.
    :param own: the file that tells the cgroup of this process.
    :returns: the number of processors it comes to, rounded up; as many as
        there can be where nothing limits it.
    """
    quotas = [math.inf]
    path = root / _own_path(own)
    # Each cgroup is also bound by those above it.
    for directory in (path, *path.parents):
        if directory.is_relative_to(root):
            quotas.append(_quota(directory / 'cpu.max'))
    lowest = min(quotas)
    return MOST if math.isinf(lowest) else math.ceil(lowest)


def _own_path(own: pathlib.Path) -> str:
    for line in _lines(own):
        # The one line of version 2, cgroups(7): "0::/system.slice/x.service".
        if line.startswith('0::'):
            return line.removeprefix('0::').strip().lstrip('/')
    return ''


def _quota(path: pathlib.Path) -> float:
    for line in _lines(path):
        time, _, period = line.partition(' ')
        if time.isdecimal():
            return int(time) / int(period)
    return math.inf


def _lines(path: pathlib.Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
