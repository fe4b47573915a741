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
"""Orphans of the application, and who reaps them."""

import subprocess
import sys

from wsgiserver.tests import base

# As the first process of a container is: what it has forked may fork, and end.
_HEIR = """
import ctypes
import os
import signal
import subprocess
import sys
import time

from wsgiserver._launcher import orphans as launcher_orphans

assert not launcher_orphans.inherits()
# PR_SET_CHILD_SUBREAPER, see prctl(2).
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
assert launcher_orphans.inherits()


def orphan():
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.write(writer, str(pid).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(reader, 99))


def is_there(pid):
    return os.path.exists(f'/proc/{pid}')


def until_ended(pid):
    while '(' in (text := open(f'/proc/{pid}/stat').read()):
        if text.rpartition(')')[2].split()[0] == 'Z':
            return
        time.sleep(0.01)


now = 1000.0
"""

# Orphans and children, in a time that stands still.
_RULES = """
def look(seconds):
    global now
    now += seconds
    orphans.reap()


early = subprocess.Popen(['true'])
orphans = launcher_orphans.Orphans(lambda: now)
pid = orphan()
late = subprocess.Popen(['false'])
for each in (early.pid, pid, late.pid):
    until_ended(each)
look(launcher_orphans.PERIOD)
look(launcher_orphans.GRACE - 1)
print('left alone', is_there(pid), late.wait())
look(1)
print('reaped', not is_there(pid))
look(3600)
print('its own', early.wait())
"""

# The launcher itself, whose worker leaves an orphan and goes on.
_LAUNCHED = """
from oslo_service import backend
backend.init_backend(backend.BackendType.THREADING)
from oslo_config import cfg
from oslo_service.backend import base
from wsgiserver import launcher

launcher_orphans.GRACE = 0.0
launcher_orphans.PERIOD = 0.0
told, telling = os.pipe()


class Service(base.ServiceBase):
    def start(self):
        child = os.fork()
        if not child:
            pid = os.fork()
            if not pid:
                time.sleep(0.2)
                os._exit(0)
            os.write(telling, str(pid).encode())
            os._exit(0)
        os.waitpid(child, 0)
        self._end = os.pipe()

    def stop(self):
        os.write(self._end[1], b'.')

    def wait(self):
        os.read(self._end[0], 1)

    def reset(self):
        pass


def look():
    pid = int(os.read(told, 99))
    while is_there(pid):
        time.sleep(0.01)
    print('reaped')
    launching.stop()


conf = cfg.ConfigOpts()
conf([], default_config_files=[], default_config_dirs=[])
launching = launcher.Launcher(conf)
launching.launch_service(Service(), 1)
import threading
threading.Thread(target=look, daemon=True).start()
print(launching.wait())
"""


class TestOrphans(base.TestCase):
    def told(self, text: str) -> str:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', _HEIR + text],
            capture_output=True,
            text=True,
            timeout=50,
        )
        self.assertEqual('', done.stderr)
        return done.stdout

    def test_those_that_nobody_waits_for_are_reaped(self) -> None:
        self.assertEqual(
            'left alone True 1\nreaped True\nits own 0\n', self.told(_RULES)
        )

    def test_the_launcher_does_so(self) -> None:
        self.assertEqual('reaped\n0\n', self.told(_LAUNCHED))
