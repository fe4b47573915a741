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
"""An application that forks, as applications do."""

from __future__ import annotations

from collections.abc import Iterable
import multiprocessing
import os
import signal
import sys
import time
from typing import Any

from wsgiserver.tests.functional import life_apps

_TEXT = [('Content-Type', 'text/plain')]

#: How long a child lives, in seconds, where the test doesn't end it.
LIFE = 60

_FORK = multiprocessing.get_context('fork')


def _live() -> None:
    time.sleep(LIFE)


def _square(number: int) -> int:
    return number * number


class Application(life_apps.Application):
    """Forks, and answers with the process id of the child."""

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        what, _, argument = environ['PATH_INFO'][1:].partition('/')
        forking = getattr(self, f'fork_{what}', None)
        if forking is None:
            return super().__call__(environ, start)
        text = forking(argument)
        start('200 OK', [*_TEXT, ('Content-Length', str(len(text)))])
        return [text.encode()]

    @staticmethod
    def fork_plainly(_argument: str) -> str:
        """Has a child that ends in the way it should."""
        pid = os.fork()
        if not pid:
            _live()
            os._exit(0)
        return str(pid)

    @staticmethod
    def fork_process(_argument: str) -> str:
        """Has multiprocessing make it."""
        process = _FORK.Process(target=_live, daemon=True)
        process.start()
        return str(process.pid)

    @staticmethod
    def fork_terminated(_argument: str) -> str:
        """Ends it at once, and tells how that was."""
        process = _FORK.Process(target=_live, daemon=True)
        process.start()
        process.terminate()
        process.join(10)
        return str(process.exitcode)

    @staticmethod
    def fork_pool(_argument: str) -> str:
        """Has a pool compute, and leave."""
        with _FORK.Pool(2) as pool:
            result = pool.map(_square, range(5))
        pool.join()
        return str(result)

    @staticmethod
    def fork_returning(_argument: str) -> str:
        """Has a child that goes on as if it were its parent."""
        pid = os.fork()
        if pid:
            return str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        return 'the child'

    @staticmethod
    def fork_exiting(argument: str) -> str:
        """Has a child that calls sys.exit()."""
        pid = os.fork()
        if pid:
            return str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        sys.exit(int(argument))

    @staticmethod
    def fork_handlers(_argument: str) -> str:
        """Has a child tell which signals it handles."""
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            wakeup = signal.set_wakeup_fd(-1)
            handled = [
                number.name
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
                if signal.getsignal(number)
                not in (signal.SIG_DFL, signal.default_int_handler)
            ]
            os.write(writer, f'{wakeup} {handled}'.encode())
            os._exit(0)
        os.close(writer)
        os.waitpid(pid, 0)
        with os.fdopen(reader) as file:
            return file.read()


def factory(_global_conf: dict[str, str], **_local: str) -> Application:
    """Make the application of a paste file (``paste.app_factory``)."""
    return Application()
