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

"""What the application has begun is finished before its process ends."""

import os
import pathlib
import subprocess
import sys
import textwrap

import wsgiserver
from wsgiserver.tests import base

_ROOT = pathlib.Path(wsgiserver.__file__).parent.parent

_BEGIN = """\
import atexit
from concurrent import futures
import os
import threading
from wsgiserver._process import finishing

def say(*words):
    print(*words, flush=True)

def give_up(names):
    say('cut off:', names)
    os._exit(3)

"""


class FinishingTestCase(base.TestCase):
    def run_script(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script that has imported what it needs."""
        return subprocess.run(
            [sys.executable, '-c', _BEGIN + textwrap.dedent(script)],
            env=dict(os.environ, PYTHONPATH=str(_ROOT)),
            capture_output=True,
            text=True,
            timeout=50,
        )

    def test_all_of_it_is_done_and_handlers_come_last(self) -> None:
        done = self.run_script("""
            atexit.register(say, 'handler')
            with_child = lambda: threading.Thread(target=late).start()
            late = lambda: say('child')
            pool = futures.ThreadPoolExecutor(1)
            pool.submit(say, 'executor').result()
            threading.Thread(target=with_child).start()
            finishing.finish(60, give_up)
            os._exit(7)
        """)
        self.assertEqual('', done.stderr)
        self.assertEqual(['executor', 'child', 'handler'], done.stdout.split())
        self.assertEqual(7, done.returncode)

    def test_daemons_are_not_waited_for(self) -> None:
        done = self.run_script("""
            forever = threading.Event().wait
            threading.Thread(target=forever, daemon=True).start()
            finishing.ServingThread(target=forever).start()
            finishing.finish(None, give_up)
            os._exit(7)
        """)
        self.assertEqual((7, ''), (done.returncode, done.stdout + done.stderr))

    def test_what_goes_on_is_named_when_the_time_is_over(self) -> None:
        done = self.run_script("""
            forever = threading.Event().wait
            threading.Thread(target=forever, name='an import').start()
            finishing.finish(0.1, give_up)
        """)
        self.assertEqual("cut off: ['an import']\n", done.stdout)
        self.assertEqual(3, done.returncode)

    def test_a_handler_that_hangs_is_cut_off_as_well(self) -> None:
        done = self.run_script("""
            atexit.register(threading.Event().wait)
            finishing.finish(0.1, give_up)
        """)
        self.assertEqual('cut off: []\n', done.stdout)

    def test_it_is_done_though_there_is_no_thread_to_watch(self) -> None:
        done = self.run_script("""
            def none(*_args, **_more):
                raise RuntimeError("can't start new thread")
            atexit.register(say, 'handler')
            threading.Thread.start = none
            finishing.finish(60, give_up)
            os._exit(7)
        """)
        self.assertEqual((7, 'handler\n'), (done.returncode, done.stdout))

    def test_what_a_serving_thread_starts_is_no_daemon(self) -> None:
        done = self.run_script("""
            def serve():
                thread = threading.Thread(target=say, args=('background',))
                say(thread.daemon)
                thread.start()
            serving = finishing.ServingThread(target=serve)
            serving.start()
            serving.join()
        """)
        self.assertEqual('False\nbackground\n', done.stdout)

    def test_a_serving_thread_keeps_no_process_from_ending(self) -> None:
        done = self.run_script("""
            begun = threading.Event()
            def serve():
                begun.set()
                threading.Event().wait()
            finishing.ServingThread(target=serve).start()
            begun.wait()
        """)
        self.assertEqual((0, ''), (done.returncode, done.stderr))
