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

"""The choice between oslo.service's backends."""

from collections.abc import Iterator
import contextlib
import importlib
import signal
import sys

EVENTLET = 'eventlet'
THREADING = 'threading'


def choose(name: str) -> None:
    """Make a backend the one of this process, before it does anything else.

    :param name: ``eventlet``, which has the standard library replaced by
        what cooperates, or ``threading``.
    """
    if name == EVENTLET:
        patching = importlib.import_module('wsgiserver._engine.patching')
        with _signals_delayed():
            patching.monkey_patch()
        _init(name)
    else:
        with _eventlet_hidden():
            _init(name)


def _init(name: str) -> None:
    backend = importlib.import_module('oslo_service.backend')
    backend.init_backend(backend.BackendType(name))


@contextlib.contextmanager
def _signals_delayed() -> Iterator[None]:
    """Have SIGINT wait until the block has ended.

    eventlet prints whatever is raised while it patches, and goes on: a
    KeyboardInterrupt would be lost.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _eventlet_hidden() -> Iterator[None]:
    """Make ``import eventlet`` fail for as long as the block lasts.

    What is imported for the threading backend imports eventlet where it is
    installed, though it has no use for it there: futurist does. It costs
    18 MB and a warning on stderr.
    """
    if 'eventlet' in sys.modules:
        yield
        return
    # An entry of None is how Python says that there is no such module.
    sys.modules['eventlet'] = None  # type: ignore[assignment]  # see above
    try:
        yield
    finally:
        del sys.modules['eventlet']
