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

"""What wakes a reactor from another thread, or from a signal handler."""

import os


class Wakeup:
    """A descriptor that can be read once somebody has called.

    Two are done with it in the end: who told the engine to stop, which writes
    there, and the reactor, which reads there. The second of them closes it,
    whichever that is: its number may be another file's right after.
    """

    def __init__(self) -> None:
        #: What the reactor polls.
        self.fileno = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        # The first of the two takes what is in here.
        self._users = [None]

    def call(self) -> None:
        """Wake the reactor; no lock is taken."""
        os.eventfd_write(self.fileno, 1)

    def was_called(self) -> bool:
        """Tell whether somebody called, since this was asked last."""
        try:
            os.eventfd_read(self.fileno)
        except BlockingIOError:
            return False
        return True

    def leave(self) -> None:
        """Release the descriptor; each of the two calls it once."""
        try:
            self._users.pop()
        except IndexError:
            os.close(self.fileno)

    def close_copy(self) -> None:
        """Close the copy that a forked process has, whose reactor never runs.

        Not once the parent's reactor is done with it.
        """
        os.close(self.fileno)
