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

"""The descriptor that wakes a reactor, and who closes it."""

import os
import select

from wsgiserver._engine import wakeup
from wsgiserver.tests import base


class WakeupTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.wakeup = wakeup.Wakeup()

    def is_readable(self) -> bool:
        return bool(select.select([self.wakeup.fileno], [], [], 0)[0])

    def is_open(self) -> bool:
        try:
            os.fstat(self.wakeup.fileno)
        except OSError:
            return False
        return True

    def end(self) -> None:
        for _user in range(2):
            self.wakeup.leave()

    def test_it_can_be_read_once_somebody_has_called(self) -> None:
        self.addCleanup(self.end)
        self.assertFalse(self.is_readable())
        self.assertFalse(self.wakeup.was_called())
        self.wakeup.call()
        self.assertTrue(self.is_readable())

    def test_several_calls_are_told_as_one(self) -> None:
        self.addCleanup(self.end)
        self.wakeup.call()
        self.wakeup.call()
        self.assertTrue(self.wakeup.was_called())
        self.assertFalse(self.wakeup.was_called())
        self.assertFalse(self.is_readable())

    def test_the_second_one_to_leave_closes_it(self) -> None:
        self.wakeup.leave()
        self.assertTrue(self.is_open())
        # Whoever is left may still call, or be called.
        self.wakeup.call()
        self.assertTrue(self.wakeup.was_called())
        self.wakeup.leave()
        self.assertFalse(self.is_open())

    def test_a_forked_process_closes_its_copy_at_once(self) -> None:
        self.addCleanup(self.end)
        child = os.fork()
        if not child:
            self.wakeup.close_copy()
            os._exit(self.is_open())
        self.assertEqual(0, os.waitpid(child, 0)[1])
        self.assertTrue(self.is_open())

    def test_programs_that_are_started_do_not_have_it(self) -> None:
        self.addCleanup(self.end)
        self.assertFalse(os.get_inheritable(self.wakeup.fileno))
