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


"""What systemd is told, where it started the service (sd_notify(3))."""

import os
import socket
import time

from oslo_service import systemd

#: How long a message may wait for room, in seconds.
_PATIENCE = 0.1


def notify(**values: object) -> None:
    """Tell systemd something, if it wants to hear.

    :param values: the assignments, such as ``READY=1``.
    """
    text = '\n'.join(f'{name}={value}' for name, value in values.items())
    before = socket.getdefaulttimeout()
    # Where nobody reads what is sent, it would wait for ever. It makes its
    # socket itself, and takes the error for one of little interest.
    socket.setdefaulttimeout(_PATIENCE)
    try:
        # What it has without an underscore says READY=1 and nothing else.
        systemd._sd_notify(  # type: ignore[no-untyped-call]  # not annotated
            False, text.encode()
        )
    finally:
        socket.setdefaulttimeout(before)


def reloading() -> None:
    """Tell that files are being read anew, until READY=1 is said again."""
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify(RELOADING=1, MONOTONIC_USEC=now)


def watchdog_period() -> float | None:
    """Tell how often systemd has to be told that all is well.

    :returns: seconds, a half of what it waits for (sd_watchdog_enabled(3));
        None if it doesn't.
    """
    if os.environ.get('WATCHDOG_PID', str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get('WATCHDOG_USEC', '')
    if not microseconds.isdecimal() or not int(microseconds):
        return None
    return int(microseconds) / 2_000_000
