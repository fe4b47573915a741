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


"""Foreground: serving in the calling process, until a signal ends it."""

import contextlib
import signal

from wsgiserver._log import rotation
from wsgiserver._process import signals as process_signals
from wsgiserver._service import protocols

_ENDING = (signal.SIGINT, signal.SIGTERM)


def serve(service: protocols.Runnable) -> None:
    """Run a service until SIGINT or SIGTERM, then have it drain.

    While it drains, SIGINT ends the process at once.

    Signals go to the main thread alone. Called in another one, this ends
    when somebody stops the service.

    With the eventlet engine, the process has to be monkey-patched.

    :param service: the service, not yet started.
    """
    with contextlib.ExitStack() as stack:
        signals = process_signals.Signals(_ENDING)
        try:
            stack.enter_context(signals)
        except ValueError:
            service.start()
        else:
            service.start()
            while (numbers := signals.wait()).isdisjoint(_ENDING):
                rotation.handle_signals(numbers)
            # A second Ctrl-C doesn't wait for the drain.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            service.stop()
        service.wait()
