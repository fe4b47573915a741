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

"""Uploads that fail, and uploads that are refused."""

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional_glance import base
from wsgiserver.tests.functional_glance import deployment

CHUNKED = 'Transfer-Encoding: chunked'


class TestBrokenUpload(base.GlanceTest):
    """Glance stores as an image whatever a body ends with."""

    def setUp(self) -> None:
        super().setUp()
        self.data = base.content(300_000)
        self.image = self.create()

    def begin(self, *lines: str, body: bytes) -> harness.Wire:
        return self.begin_upload(self.image, *lines, body=body)

    def assert_can_be_sent_again(self) -> None:
        """The image has nothing, and takes what comes next."""
        self.assert_not_stored(self.image)
        self.assertEqual(204, self.upload(self.image, self.data).status_code)
        self.assert_holds(self.image, self.data)

    def test_client_leaves_within_a_chunk(self) -> None:
        cut = base.chunk(self.data)[:200_000]
        self.begin(CHUNKED, body=cut).socket.close()
        self.assert_can_be_sent_again()

    def test_client_leaves_between_chunks(self) -> None:
        self.begin(CHUNKED, body=base.chunk(self.data)).socket.close()
        self.assert_can_be_sent_again()

    def test_client_leaves_within_the_last_chunk(self) -> None:
        body = base.chunk(self.data) + b'0\r\n'
        self.begin(CHUNKED, body=body).socket.close()
        self.assert_can_be_sent_again()

    def test_client_leaves_before_the_declared_length(self) -> None:
        body = self.data[:-1]
        self.begin('Content-Length: 300000', body=body).socket.close()
        self.assert_can_be_sent_again()

    def test_client_that_closes_for_writing_gets_no_success(self) -> None:
        wire = self.begin(CHUNKED, body=base.chunk(self.data))
        wire.finish_sending()
        try:
            answer = wire.rest()
        except ConnectionResetError:
            answer = b''
        self.assertNotIn(b'204 No Content', answer)
        self.assert_can_be_sent_again()

    def test_malformed_chunk_is_an_error(self) -> None:
        wire = self.begin(CHUNKED, body=base.chunk(self.data))
        wire.send(b'-5\r\nimage')
        response = wire.response()
        # Glance says so of whatever it gets from wsgi.input.
        self.assertEqual(500, response.status)
        self.assertEqual('close', response.headers['connection'])
        self.assertEqual(b'', wire.rest())
        self.assert_can_be_sent_again()


class TestRefusedUpload(base.GlanceTest):
    """The answer comes before the body is read, and the client reads it."""

    def assert_refused(self, status: int, image: str) -> None:
        """An upload is refused, in both framings.

        The client here looks for an answer after it has sent everything.
        """
        data = base.content(8 * base.MIB)
        for body in (data, base.blocks(data)):
            response = self.upload(image, body)
            self.assertEqual(status, response.status_code)
            self.assertEqual('close', response.headers['Connection'])
        # This one sends a part and waits.
        length = f'Content-Length: {len(data)}'
        with self.glance.connect() as wire:
            wire.send(base.upload_head(image, length) + data[:100_000])
            answer = wire.response()
            self.assertEqual(status, answer.status)
            self.assertEqual('close', answer.headers['connection'])
            self.assertEqual(b'', wire.rest())

    def test_unknown_image_is_not_found(self) -> None:
        self.assert_refused(404, 'none-such')

    def test_forbidden_upload_is_refused(self) -> None:
        self.assert_refused(403, self.create(visibility='private'))

    def test_second_upload_is_a_conflict(self) -> None:
        self.assert_refused(409, self.store(b'here already'))

    def test_other_content_types_are_refused(self) -> None:
        response = self.call(
            'PUT',
            f'/v2/images/{self.create()}/file',
            data=base.content(base.MIB),
            headers={'Content-Type': 'text/plain'},
        )
        self.assertEqual(415, response.status_code)

    def test_small_body_that_is_not_read_keeps_the_connection(self) -> None:
        with self.glance.connect() as wire:
            head = base.upload_head('none-such', 'Content-Length: 5')
            wire.send(head + b'image' + harness.request('GET', '/versions'))
            self.assertEqual(404, wire.response().status)
            self.assertEqual(200, wire.response().status)

    def test_image_beyond_glances_limit_is_too_large(self) -> None:
        image = self.create()
        length = 2 * deployment.IMAGE_SIZE_CAP
        head = base.upload_head(image, f'Content-Length: {length}')
        with self.glance.connect() as wire:
            wire.send(head)
            for block in base.blocks(bytes(deployment.IMAGE_SIZE_CAP)):
                wire.send(block)
            # Now it is one byte over.
            wire.send(bytes(100_000))
            self.assertEqual(413, wire.response().status)
        self.assert_not_stored(image)


class TestBodyLimit(base.GlanceTest):
    """The server's own limit, beneath an application that knows nothing."""

    def deploy(self) -> deployment.Deployment:
        options = {'wsgiserver': {'max_request_body_size': str(base.MIB)}}
        return self.deploy_own(workers=1, options=options)

    def test_limit_holds_in_both_framings(self) -> None:
        data = base.content(base.MIB)
        image = self.create()
        self.assertEqual(413, self.upload(image, data + b'!').status_code)
        self.assert_not_stored(image)
        for size in (1000, 100_000):
            body = base.blocks(data + b'!', size)
            # Glance says so of whatever it gets from wsgi.input.
            self.assertEqual(500, self.upload(image, body).status_code)
            self.assert_not_stored(image)
        body = base.blocks(data)
        self.assertEqual(204, self.upload(image, body).status_code)
        self.assert_holds(image, data)

    def test_declared_length_is_refused_without_a_body(self) -> None:
        length = f'Content-Length: {base.MIB + 1}'
        with self.glance.connect() as wire:
            wire.send(base.upload_head(self.create(), length))
            self.assertEqual(413, wire.response().status)
            self.assertEqual(b'', wire.rest())
