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

"""What the tests of the images API have in common."""

from collections.abc import Iterator
import functools
import hashlib
import random
from typing import Any

import requests
import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional_glance import deployment

MIB = 1024 * 1024

OCTETS = 'application/octet-stream'


@functools.cache
def content(size: int) -> bytes:
    """Make up an image of so many bytes."""
    return random.Random(size).randbytes(size)


def digest(data: bytes) -> str:
    """Sum an image up, as Glance does in os_hash_value."""
    return hashlib.sha512(data).hexdigest()


def blocks(data: bytes, size: int = 100_000) -> Iterator[bytes]:
    """Cut an image up; a body of unknown length is sent chunked."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def chunk(data: bytes) -> bytes:
    """Write a chunk; empty, it is the last one."""
    return b'%x\r\n%b\r\n' % (len(data), data)


def upload_head(image: str, *lines: str) -> bytes:
    """Write the request head of an upload.

    :param image: the id of the image.
    :param lines: the header lines besides Host and Content-Type.
    """
    return harness.request(
        'PUT', f'/v2/images/{image}/file', f'Content-Type: {OCTETS}', *lines
    )


class GlanceTest(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    """A test with a Glance and an HTTP client."""

    # The first test of a process waits for the database and the server.
    TIMEOUT_SCALING_FACTOR = 3

    scenarios = harness.ON_BACKENDS
    backend: str

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.deploy()
        self.addCleanup(self.check_log)
        self.client = requests.Session()
        self.addCleanup(self.client.close)

    def deploy(self) -> deployment.Deployment:
        """Choose the deployment; here the shared one."""
        return deployment.shared(self.backend)

    def deploy_own(self, **arguments: Any) -> deployment.Deployment:
        """Make a deployment that ends with the test."""
        own = deployment.Deployment(self.backend, **arguments)
        self.addCleanup(own.stop)
        return own

    def check_log(self) -> None:
        """Fail if the server had anything to complain about."""
        self.assertEqual([], self.glance.complaints())

    # -- the API ------------------------------------------------------------

    def call(self, method: str, path: str, **given: Any) -> requests.Response:
        """Make a request.

        :param method: the method.
        :param path: the path.
        :param given: what requests takes.
        :returns: the response.
        """
        return self.client.request(
            method,
            self.glance.url + path,
            timeout=harness.PATIENCE,
            allow_redirects=False,
            **given,
        )

    def create(self, **properties: object) -> str:
        """Make an image without data; returns its id."""
        response = self.call(
            'POST',
            '/v2/images',
            json={
                'name': self.id()[-200:],
                'disk_format': 'raw',
                'container_format': 'bare',
                **properties,
            },
        )
        self.assertEqual(201, response.status_code, response.text)
        made: str = response.json()['id']
        return made

    def upload(
        self, image: str, data: bytes | Iterator[bytes]
    ) -> requests.Response:
        """Send an image: bytes with their length, an iterator chunked."""
        return self.call(
            'PUT',
            f'/v2/images/{image}/file',
            data=data,
            headers={'Content-Type': OCTETS},
        )

    def store(self, data: bytes) -> str:
        """Make an image with data; returns its id."""
        image = self.create()
        self.assertEqual(204, self.upload(image, data).status_code)
        return image

    def show(self, image: str) -> dict[str, Any]:
        """Ask for what Glance knows of an image."""
        response = self.call('GET', f'/v2/images/{image}')
        self.assertEqual(200, response.status_code, response.text)
        shown: dict[str, Any] = response.json()
        return shown

    def download(self, image: str, **headers: str) -> requests.Response:
        """Ask for an image's data."""
        return self.call('GET', f'/v2/images/{image}/file', headers=headers)

    def begin_upload(
        self, image: str, *lines: str, body: bytes = b''
    ) -> harness.Wire:
        """Begin an upload, and wait until Glance is at it.

        :param image: the id of the image.
        :param lines: the header lines besides Host and Content-Type.
        :param body: the first bytes of the body.
        :returns: the connection, for the rest.
        """
        wire = self.glance.connect()
        self.addCleanup(wire.socket.close)
        wire.send(upload_head(image, *lines) + body)
        harness.eventually(lambda: self.show(image)['status'] == 'saving')
        return wire

    def assert_holds(self, image: str, data: bytes) -> None:
        """Check that Glance knows and gives exactly what an image is."""
        self.assertEqual(digest(data), self.show(image)['os_hash_value'])
        got = self.download(image)
        self.assertEqual(200, got.status_code)
        self.assertEqual(str(len(data)), got.headers['Content-Length'])
        self.assertEqual(digest(data), digest(got.content))

    def assert_not_stored(self, image: str) -> None:
        """Wait until Glance has given an upload up, and left nothing."""
        harness.eventually(lambda: self.show(image)['status'] == 'queued')
        self.assertNotIn(image, self.glance.stored())
        self.assertEqual(204, self.download(image).status_code)
