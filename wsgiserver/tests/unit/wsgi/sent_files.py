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

"""The base of the tests that send files, and files of several kinds."""

import os
from typing import Any

import fixtures

from wsgiserver._wsgi import files
from wsgiserver.tests import base
from wsgiserver.tests.unit.wsgi import fakes

CONTENT = bytes(range(256)) * 1000

#: Files whose size isn't what reading gives.
UNTRUE = ('/proc/version', '/sys/devices/system/cpu/possible')


class FileTestCase(base.TestCase):
    """The base of the tests that have a file."""

    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(
            self.useFixture(fixtures.TempDir()).path, 'file'
        )
        with open(self.path, 'wb') as file:
            file.write(CONTENT)

    def _open(self, buffering: int = -1) -> Any:
        file = open(self.path, 'rb', buffering=buffering)
        self.addCleanup(file.close)
        return file

    def _handle(
        self,
        file: Any,
        *fields: tuple[str, str],
        method: str = 'GET',
        version: int = 1,
        channel: fakes.Channel | None = None,
        status: str = '200 OK',
    ) -> fakes.Exchange:
        request = f'{method} / HTTP/1.{version}\r\nHost: a\r\n\r\n'
        app = fakes.app_of(files.FileWrapper(file), *fields, status=status)
        return fakes.handle(app, request.encode(), channel=channel)
