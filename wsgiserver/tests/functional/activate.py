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
"""Runs a command with sockets passed as systemd passes them.

``python -m wsgiserver.tests.functional.activate 7,9 public:admin command``
"""

import fcntl
import os
import sys

#: Where the first one is (sd_listen_fds(3)).
_FIRST = 3


def main() -> None:
    """Become the command."""
    numbers, names, *command = sys.argv[1:]
    # Out of the way of where they are to be.
    copies = [
        fcntl.fcntl(int(number), fcntl.F_DUPFD_CLOEXEC, 100)
        for number in numbers.split(',')
    ]
    for position, number in enumerate(copies):
        os.dup2(number, _FIRST + position)
    os.environ |= {
        'LISTEN_PID': str(os.getpid()),
        'LISTEN_FDS': str(len(copies)),
        'LISTEN_FDNAMES': names,
    }
    os.execv(command[0], command)


if __name__ == '__main__':
    main()
