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

"""``wsgi.file_wrapper`` (PEP 3333, "Optional ... File Handling")."""

from collections.abc import Iterator
import io
import os
import stat
from typing import Protocol


class FileLike(Protocol):
    """What an application may hand over."""

    def read(self, size: int, /) -> bytes: ...


class FileWrapper:
    """An iterable over a file, that the server may send by itself.

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
        """Tell what sendfile would have to send.

        :returns: the descriptor, the offset and the number of bytes from the
            file's position to its end; None if it is not a regular file.
        """
        # A compressed file has a descriptor, too: that of other bytes than
        # those it reads as. And what wraps a file may read as it likes.
        file = self.filelike
        if isinstance(file, io.BufferedReader | io.BufferedRandom):
            if not isinstance(file.raw, io.FileIO):
                return None
        elif not isinstance(file, io.FileIO):
            return None
        try:
            offset = file.tell()
            info = os.fstat(file.fileno())
        except OSError:
            return None
        if not stat.S_ISREG(info.st_mode):
            return None
        return file.fileno(), offset, max(info.st_size - offset, 0)
