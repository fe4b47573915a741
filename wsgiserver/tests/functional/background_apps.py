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

"""An application that has work of its own, besides its requests."""

import atexit
from collections.abc import Iterable
from concurrent import futures
import os
import threading
import time
from typing import Any

from wsgiserver.tests.functional import life_apps

_TEXT = [('Content-Type', 'text/plain')]


class Application(life_apps.Application):
    """Begins what is done after the answer.

    :param path: a file, which gets a line for each piece of work; that is
        done once there is one more file, ``go`` behind its name.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._executor = futures.ThreadPoolExecutor(2)

    def _finish(self, name: str) -> None:
        while not os.path.exists(self._path + '.go'):
            time.sleep(0.01)
        with open(self._path, 'a') as file:
            file.write(f'{os.getpid()} {name}\n')

    def do_begin(self, environ: Any, start: Any) -> Iterable[bytes]:
        """Has a thread, an executor and a handler of atexit do something."""
        threading.Thread(
            target=self._finish, args=('thread',), name='an import'
        ).start()
        self._executor.submit(self._finish, 'executor')
        atexit.register(self._finish, 'handler')
        # What is a daemon is not waited for.
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        start('200 OK', list(_TEXT))
        return [b'%d' % os.getpid()]


def factory(_global_conf: dict[str, str], path: str) -> Application:
    """Make the application of a paste file (``paste.app_factory``)."""
    return Application(path)
