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


"""sd_notify(3): messages to systemd, where it started the service."""

# As it is without eventlet: a message waits for room for a moment at most.
import _socket
import contextlib
import logging
import os
import time

LOG = logging.getLogger('wsgiserver.launcher')

#: How long a message may wait for room, in seconds.
_PATIENCE = 0.1


def notify(**values: object) -> None:
    """Send systemd a message, where it has given a socket for them.

    :param values: the assignments, such as ``READY=1``.
    """
    address = os.environ.get('NOTIFY_SOCKET')
    if not address:
        return
    if address.startswith('@'):
        # The kernel's notation of a name that is no file (unix(7)).
        address = '\0' + address[1:]
    text = '\n'.join(f'{name}={value}' for name, value in values.items())
    with contextlib.closing(
        _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    ) as sock:
        # Where nobody reads what is sent, it would wait for ever.
        sock.settimeout(_PATIENCE)
        try:
            sock.connect(address)
            sock.sendall(text.encode())
        except OSError as error:
            LOG.debug('systemd was not told %r: %s', text, error)


def reloading() -> None:
    """Notify systemd of a reload, which the next READY=1 ends."""
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notify(RELOADING=1, MONOTONIC_USEC=now)


def watchdog_period() -> float | None:
    """Period of the watchdog's messages, in seconds.

    :returns: seconds, a half of what it waits for (sd_watchdog_enabled(3));
        None if it doesn't.
    """
    if os.environ.get('WATCHDOG_PID', str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get('WATCHDOG_USEC', '')
    if not microseconds.isdecimal() or not int(microseconds):
        return None
    return int(microseconds) / 2_000_000
