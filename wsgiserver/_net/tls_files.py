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

"""Watch on the files of a server's TLS, for changes on disk."""

from __future__ import annotations

import os

from oslo_config import cfg

# Device, inode, time of the last change of the contents in nanoseconds, size
# in bytes.
_Stamp = tuple[int, int, int, int]


class FileWatch:
    """Watch on the files of ``[ssl]``, by their time, size and inode.

    The names are taken from the configuration at each look, and symbolic
    links are followed: another directory put in the place of the one that a
    link names, as Kubernetes does it, is a change.

    It looks for the first time when it is made: make it before the files are
    loaded, or a change between the two goes unseen. One thread may call it
    at a time.

    :param conf: the configuration.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._last = self._told = self._look()

    def _look(self) -> tuple[_Stamp, ...] | None:
        """State of the files; None if one of them is missing."""
        files = self._conf.ssl
        stamps = []
        for path in (files.cert_file, files.key_file, files.ca_file):
            if path:
                try:
                    seen = os.stat(path)
                except OSError:
                    return None
                stamps.append(
                    (seen.st_dev, seen.st_ino, seen.st_mtime_ns, seen.st_size)
                )
        return tuple(stamps)

    def changed(self) -> bool:
        """Whether the files have changed; called about once a second.

        Certificate and key are two files, which nobody replaces in one step,
        and a copy takes its time: what is still changing is left alone.

        :returns: True once after the files changed, when they are all there
            and were the same at this look and the one before.
        """
        before, now = self._last, self._look()
        self._last = now
        if now is None or now != before or now == self._told:
            return False
        self._told = now
        return True
