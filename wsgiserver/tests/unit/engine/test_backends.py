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

"""The choice of oslo.service's backend, in processes that have made none."""

import subprocess
import sys

from wsgiserver.tests import base

_BEGINNING = """
import os
import signal
import sys
import types

from wsgiserver._engine import backends
"""


class BackendsTestCase(base.TestCase):
    def run_program(self, text: str) -> str:
        """Run what makes a choice; returns what it prints."""
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', _BEGINNING + text],
            capture_output=True,
            text=True,
            timeout=50,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_threading_leaves_eventlet_out_though_it_is_installed(
        self,
    ) -> None:
        self.assertEqual(
            'False threading\n',
            self.run_program(
                'backends.choose("threading")\n'
                'from oslo_service import backend\n'
                'kind = backend.get_backend_type()\n'
                'print("eventlet" in sys.modules, kind.value)\n'
            ),
        )

    def test_the_application_may_import_it_afterwards(self) -> None:
        self.assertEqual(
            'eventlet\n',
            self.run_program(
                'backends.choose("threading")\n'
                'import eventlet\n'
                'print(eventlet.__name__)\n'
            ),
        )

    def test_eventlet_has_the_standard_library_patched(self) -> None:
        self.assertEqual(
            'True eventlet\n',
            self.run_program(
                'backends.choose("eventlet")\n'
                'from eventlet import patcher\n'
                'from oslo_service import backend\n'
                'kind = backend.get_backend_type()\n'
                'print(patcher.is_monkey_patched("socket"), kind.value)\n'
            ),
        )

    def test_an_interrupt_waits_until_all_is_patched(self) -> None:
        self.assertEqual(
            'patched\ninterrupted\n',
            self.run_program(
                # A shell has what it starts in the background ignore it.
                'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
                'def monkey_patch():\n'
                '    os.kill(os.getpid(), signal.SIGINT)\n'
                '    print("patched")\n'
                'sys.modules["wsgiserver._engine.patching"] = (\n'
                '    types.SimpleNamespace(monkey_patch=monkey_patch)\n'
                ')\n'
                'try:\n'
                '    backends.choose("eventlet")\n'
                'except KeyboardInterrupt:\n'
                '    print("interrupted")\n'
            ),
        )
