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


"""Start of processes: forked, or spawned with what they need pickled.

Nothing is imported here that a spawned process may only import once it has
chosen its backend.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import multiprocessing
from multiprocessing import context
from multiprocessing import popen_fork
from multiprocessing import popen_spawn_posix
from multiprocessing import process as mp_process
from multiprocessing import reduction
from multiprocessing import resource_tracker
import os
import pickle  # noqa: S403 - what it reads is our own
import signal
import traceback
from typing import Any
from typing import cast

from oslo_service import backend

from wsgiserver._engine import backends
from wsgiserver._i18n import _
from wsgiserver._process import forks
from wsgiserver import exceptions

METHODS = ('fork', 'spawn')


class _NestedPickle:
    """Pickle within a pickle, to be opened later.

    Opening it imports what is in it.
    """

    def __init__(self, content: object) -> None:
        self._content = content

    def __getstate__(self) -> bytes:
        # Sockets can be pickled only while their process is being spawned:
        # that is when this is called.
        return bytes(reduction.ForkingPickler.dumps(self._content))

    def __setstate__(self, data: bytes) -> None:
        self._data = data

    def open(self) -> Any:
        """Unpickle the object."""
        return pickle.loads(self._data)  # noqa: S301 - from our own parent


class _Probe:
    """Stand-in for a process that is being spawned, to try pickling with."""

    @staticmethod
    def duplicate_for_child(fileno: int) -> int:
        return fileno

    @staticmethod
    def DupFd(fileno: int) -> int:
        return fileno


def check(services: object) -> None:
    """Check that services can be pickled.

    :param services: what is to run in a spawned process.
    :raises InvalidInput: if not, with the reason.
    """
    # All that pickling wants of a process.
    probe = cast('popen_spawn_posix.Popen', _Probe())
    context.set_spawning_popen(probe)
    try:
        reduction.ForkingPickler.dumps(services)
    # All of these, it depends on what is in the way.
    except (AttributeError, TypeError, pickle.PickleError) as error:
        raise exceptions.InvalidInput(
            _('start_method spawn: the service cannot be pickled: %s') % error
        ) from error
    finally:
        context.set_spawning_popen(None)


def start(
    method: str,
    target: Callable[..., object],
    assignment: object,
    foreign: Sequence[object],
) -> mp_process.BaseProcess:
    """Start a process.

    :param method: ``fork`` or ``spawn``.
    :param target: called in it with the assignment and ``foreign``.
    :param assignment: what it is to do.
    :param foreign: what a forked process inherits and is to close.
    :returns: the process.
    :raises OSError: if the system has no process for us.
    """
    made: mp_process.BaseProcess
    if method == 'fork':
        made = multiprocessing.get_context('fork').Process(
            target=target, args=(assignment, foreign)
        )
        try:
            with forks.library_fork():
                made.start()
        except OSError as error:
            _close_pipes(error)
            raise
    else:
        # Where it has to be started, it unblocks signals that are to stay
        # blocked.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        kind = backend.get_backend_type()
        assert kind is not None
        made = multiprocessing.get_context('spawn').Process(
            target=_open_and_run,
            args=(str(kind.value), _NestedPickle((target, assignment))),
        )
        made.start()
    return made


def _close_pipes(error: OSError) -> None:
    """Close what multiprocessing leaves open where a fork fails.

    It is tried again and again, and each time took four descriptors.
    """
    for frame, _line in traceback.walk_tb(error.__traceback__):
        if frame.f_code is popen_fork.Popen._launch.__code__:  # type: ignore[attr-defined]  # private
            for name in ('parent_r', 'parent_w', 'child_r', 'child_w'):
                fileno = frame.f_locals.get(name)
                if fileno is not None:
                    os.close(fileno)


def _open_and_run(name: str, nested: _NestedPickle) -> None:
    # The main module of the parent was imported, and may have chosen.
    if backend.get_backend_type() is None:
        backends.choose(name)
    target, assignment = nested.open()
    target(assignment, [])
