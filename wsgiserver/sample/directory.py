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

"""Shared directory: a temporary one for all processes of a service."""

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
import time

_PREFIX = 'wsgiserver-images-'

#: Where the path is kept. A worker has it from its parent, whether it was
#: forked or spawned, and so has an application that is loaded once more.
VARIABLE = 'WSGISERVER_SAMPLE_DIRECTORY'

#: How old a directory must be to count as left behind, in seconds: its maker
#: has locked it long before.
_SETTLED_AFTER = 60


def shared_directory() -> str:
    """Make the directory, or find the one that was made before.

    The process that made it removes it when it exits. A process that was
    killed can't, so each new one clears what such processes left behind.

    :returns: the path of a directory that only this user can enter.
    """
    path = os.environ.get(VARIABLE)
    if path and os.path.isdir(path):
        return path
    clear_left_behind(tempfile.gettempdir())
    path = tempfile.mkdtemp(prefix=_PREFIX)
    # Never closed: forked workers share the lock, and the last process of
    # the service to end releases it.
    _try_lock(path)
    os.environ[VARIABLE] = path
    atexit.register(_remove, path, os.getpid())
    return path


def clear_left_behind(parent: str) -> None:
    """Remove the directories of services that are no more.

    :param parent: the directory to look for them in.
    """
    for entry in os.scandir(parent):
        if entry.name.startswith(_PREFIX) and _is_settled(entry):
            descriptor = _try_lock(entry.path)
            if descriptor is not None:
                shutil.rmtree(entry.path, ignore_errors=True)
                os.close(descriptor)


def _is_settled(entry: os.DirEntry[str]) -> bool:
    """Whether it is ours and too old to be in the making."""
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False  # another process was quicker
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and found.st_mtime < time.time() - _SETTLED_AFTER
    )


def _try_lock(path: str) -> int | None:
    """Lock a directory as in use.

    :returns: the descriptor that holds the lock; None if another service
        has it, or the directory is gone.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(path: str, maker: int) -> None:
    # A forked worker inherits the exit handlers of its parent.
    if os.getpid() == maker:
        shutil.rmtree(path, ignore_errors=True)
