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

"""Images as files in a directory that several processes share.

An image is a JSON file with what is known of it and, once it has been
uploaded, a data file. Both appear under their names in one step, so that
a reader sees a whole file or none.
"""

from collections.abc import Iterator
import contextlib
import dataclasses
import datetime
import fcntl
import hashlib
import json
import os
from typing import BinaryIO
import uuid

QUEUED = 'queued'
ACTIVE = 'active'


class ImageNotFound(Exception):
    """There is no image of that id, or it has no data yet."""


class ImageConflict(Exception):
    """The image has its data already."""


@dataclasses.dataclass(frozen=True)
class Image:
    """What is known of an image; ``size`` is in bytes."""

    id: str
    name: str
    status: str
    created_at: str
    updated_at: str
    size: int | None = None
    sha256: str | None = None


class Upload:
    """The data of an image while it arrives.

    :param file: where the data goes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> None:
        """Take the next bytes of the data."""
        self._file.write(block)
        self._digest.update(block)
        self.size += len(block)

    def sha256(self) -> str:
        """Tell the checksum of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()


class ImageStore:
    """The images of one directory.

    Any number of threads and processes may use the same directory.

    :param directory: the path of the directory, which has to exist.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def list(self) -> list[Image]:
        """List all images, the oldest first."""
        names = os.listdir(self._directory)
        images = []
        for name in names:
            image_id, extension = os.path.splitext(name)
            # One that was listed may be deleted before it is read.
            with contextlib.suppress(ImageNotFound):
                if extension == '.json':
                    images.append(self.get(image_id))
        return sorted(images, key=lambda image: (image.created_at, image.id))

    def get(self, image_id: str) -> Image:
        """Read what is known of an image.

        :raises ImageNotFound: if there is none of that id.
        """
        try:
            with open(self._path(image_id, 'json'), encoding='utf-8') as file:
                return Image(**json.load(file))
        except FileNotFoundError:
            raise ImageNotFound(image_id) from None

    def create(self, name: str) -> Image:
        """Add an image that waits for its data."""
        now = _now()
        image = Image(str(uuid.uuid4()), name, QUEUED, now, now)
        self._save(image)
        return image

    def delete(self, image_id: str) -> None:
        """Remove an image and its data; downloads in progress go on.

        :raises ImageNotFound: if there is none of that id.
        """
        with self._locked():
            try:
                os.unlink(self._path(image_id, 'json'))
            except FileNotFoundError:
                raise ImageNotFound(image_id) from None
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(image_id, 'data'))

    def open(self, image_id: str) -> tuple[Image, BinaryIO]:
        """Open the data of an image.

        :returns: the image and its file, which the caller closes.
        :raises ImageNotFound: if there is no such image, or no data yet.
        """
        image = self.get(image_id)
        if image.status != ACTIVE:
            raise ImageNotFound(image_id)
        try:
            return image, open(self._path(image_id, 'data'), 'rb')
        except FileNotFoundError:
            raise ImageNotFound(image_id) from None

    @contextlib.contextmanager
    def upload(self, image_id: str) -> Iterator[Upload]:
        """Take the data of an image.

        Only when the block under ``with`` ends without an exception does
        the image become active; else it stays as it was.

        :raises ImageNotFound: if there is no such image, or it was deleted
            in the meantime.
        :raises ImageConflict: if it has its data, or another upload was
            complete first.
        """
        self._check_queued(image_id)
        part = self._path(image_id, f'{uuid.uuid4().hex}.part')
        try:
            with open(part, 'xb') as file:
                upload = Upload(file)
                yield upload
            with self._locked():
                self._activate(image_id, part, upload)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)

    def _activate(self, image_id: str, part: str, upload: Upload) -> None:
        image = self._check_queued(image_id)
        os.replace(part, self._path(image_id, 'data'))
        self._save(
            dataclasses.replace(
                image,
                status=ACTIVE,
                updated_at=_now(),
                size=upload.size,
                sha256=upload.sha256(),
            )
        )

    def _check_queued(self, image_id: str) -> Image:
        image = self.get(image_id)
        if image.status != QUEUED:
            raise ImageConflict(image_id)
        return image

    def _save(self, image: Image) -> None:
        draft = self._path(image.id, f'{uuid.uuid4().hex}.draft')
        with open(draft, 'x', encoding='utf-8') as file:
            json.dump(dataclasses.asdict(image), file)
        os.replace(draft, self._path(image.id, 'json'))

    def _path(self, image_id: str, extension: str) -> str:
        return os.path.join(self._directory, f'{image_id}.{extension}')

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold off every other process and thread, for a moment."""
        with open(os.path.join(self._directory, 'lock'), 'a') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _now() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.isoformat().replace('+00:00', 'Z')
