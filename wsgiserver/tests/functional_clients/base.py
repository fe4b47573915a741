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

"""What is asked of each client."""

from __future__ import annotations

import abc
from collections.abc import Iterator
import dataclasses

#: A body of several chunks.
BLOCKS = [bytes([number]) * 50_000 for number in range(1, 11)]


def blocks() -> Iterator[bytes]:
    """Give the body block by block, of a length not told beforehand."""
    yield from BLOCKS


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of some content."""

    status: int
    range: str
    content: bytes


class Client(abc.ABC):
    """A client, the same to all tests.

    :param url: where the server is, without a slash at the end.
    :param ca_file: who issued its certificate.
    """

    def __init__(self, url: str, ca_file: str) -> None:
        self.url = url
        self.ca_file = ca_file

    @abc.abstractmethod
    def get_twice(self) -> list[str]:
        """Get / twice on one connection; returns the bodies."""

    @abc.abstractmethod
    def upload(self) -> str:
        """Post BLOCKS to /upload in chunks; returns the body."""

    @abc.abstractmethod
    def upload_expecting(self) -> str:
        """Post the same with a length and ``Expect: 100-continue``."""

    @abc.abstractmethod
    def get_part(self) -> Part:
        """Get the bytes 300 to 309 of /content."""
