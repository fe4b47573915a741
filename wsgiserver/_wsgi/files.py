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

"""File wrapper: ``wsgi.file_wrapper`` (PEP 3333, "File Handling")."""

from collections.abc import Iterator
import io
import os
import stat
from typing import Any
from typing import Protocol


class FileLike(Protocol):
    """What an application may hand over."""

    def read(self, size: int, /) -> bytes: ...


# What an object may have of its own, and its type then isn't asked for.
_READING = frozenset(('read', 'read1', 'readall', 'readinto', 'tell', 'seek'))


def _is_plain(file: object, *types: type) -> bool:
    """Whether a file reads as the standard library's do."""
    # type() and not isinstance(): a subclass may read as it likes.
    return type(file) in types and _READING.isdisjoint(vars(file))


def _size(fileno: int) -> int | None:
    """Size of a regular file.

    :param fileno: the descriptor.
    :returns: the size in bytes; None if it is not what reading gives, as in
        ``/proc``, where it is 0, in ``/sys``, where it is a page, and on some
        of FUSE's file systems; or if the file grows just now.
    :raises OSError: if it can't be read there.
    """
    info = os.fstat(fileno)
    if not stat.S_ISREG(info.st_mode):
        return None
    size = info.st_size
    # Its last byte is to be there, and none behind that.
    before = min(size, 1)
    found = len(os.pread(fileno, before + 1, size - before))
    return size if found == before else None


class FileWrapper:
    """File wrapper: an iterable over a file that the server may send.

    :param filelike: an object with ``read(size)``.
    :param blksize: how many bytes to read at once.
    """

    def __init__(self, filelike: FileLike, blksize: int = 65536) -> None:
        self.filelike = filelike
        self.blksize = blksize

    def __iter__(self) -> Iterator[bytes]:
        while block := self.filelike.read(self.blksize):
            yield block

    def close(self) -> None:
        """Close the file, if it can be closed."""
        close = getattr(self.filelike, 'close', None)
        if close is not None:
            close()

    def region(self) -> tuple[int, int, int] | None:
        """Region of the file that sendfile would have to send.

        :returns: the descriptor, the offset and the number of bytes from the
            file's position to its end; None if it has to be read.
        """
        # A compressed file has a descriptor, too: that of other bytes than
        # those it reads as. And what wraps a file may read as it likes.
        file: Any = self.filelike
        if not _is_plain(file, io.FileIO) and not (
            _is_plain(file, io.BufferedReader, io.BufferedRandom)
            and _is_plain(file.raw, io.FileIO)
        ):
            return None
        try:
            offset = file.tell()
            fileno = file.fileno()
            size = _size(fileno)
        except OSError:
            return None
        if size is None:
            return None
        return fileno, offset, max(size - offset, 0)
