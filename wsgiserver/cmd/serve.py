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

"""The command ``wsgiserver``: serve an application from the command line."""

from collections.abc import Sequence
import importlib
import sys

from wsgiserver._engine import backends
from wsgiserver.cmd import _arguments

#: The status of a command that SIGINT ended, as shells have it.
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    :param argv: its arguments; those of the process by default.
    :returns: the exit status: 0 after SIGTERM, 1 if something is wrong
        with the arguments, a file, or the address.
    """
    arguments = _arguments.parse(sys.argv[1:] if argv is None else argv)
    # The application may parse what it finds there: keystone does.
    sys.argv = [*sys.argv[:1], *arguments.app_arguments]
    try:
        backends.choose(arguments.backend)
        # Only now: with eventlet, what is imported from here on is patched.
        command = importlib.import_module('wsgiserver.cmd._run')
        status: int = command.run(arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


if __name__ == '__main__':
    sys.exit(main())
