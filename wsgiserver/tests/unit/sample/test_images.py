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

"""The images API, called as a server would call it."""

import hashlib
import io
import json
import os
from typing import Any
from wsgiref import validate

import fixtures
import webob

from wsgiserver.sample import images
from wsgiserver.sample import store as image_store
from wsgiserver.tests import base

DATA = os.urandom(3 * images.BLOCK + 17)


class FailingInput:
    """A body that is cut short: the server raises from read()."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        block = self._data.read(size)
        if not block:
            raise OSError('the client left within the request body')
        return block


class CountingInput(io.BytesIO):
    """A body that remembers the sizes it was asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.sizes: list[int | None] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.sizes.append(size)
        return super().read(size)


class ImagesCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.app = images.app_factory({}, store_dir=self.directory)

    def ask(
        self,
        path: str,
        method: str = 'GET',
        body: bytes | None = None,
        environ: dict[str, Any] | None = None,
    ) -> webob.Response:
        request = webob.Request.blank(path, environ, method=method)
        if body is not None:
            request.body = body
        return request.get_response(self.app)

    def create(self, name: str = 'cirros') -> dict[str, Any]:
        body = json.dumps({'name': name}).encode()
        response = self.ask('/v2/images', 'POST', body)
        self.assertEqual(201, response.status_code)
        image: dict[str, Any] = response.json
        return image

    def put(self, url: str, stream: object, **environ: Any) -> webob.Response:
        environ = {
            'wsgi.input': stream,
            'wsgi.input_terminated': True,
        } | environ
        return self.ask(url, 'PUT', environ=environ)

    def leftovers(self) -> list[str]:
        return [
            name
            for name in os.listdir(self.directory)
            if name.endswith(('.part', '.draft', '.data'))
        ]


class TestImages(ImagesCase):
    def test_a_new_image_is_queued_and_listed(self) -> None:
        image = self.create('debian')
        self.assertEqual('debian', image['name'])
        self.assertEqual('queued', image['status'])
        self.assertIsNone(image['size'])
        self.assertEqual([image], self.ask('/v2/images').json['images'])
        self.assertEqual(image, self.ask(image['self']).json)

    def test_the_location_of_a_new_image_leads_to_it(self) -> None:
        response = self.ask('/v2/images', 'POST', b'{"name": "x"}')
        self.assertEqual(
            'http://localhost' + response.json['self'], response.location
        )

    def test_images_are_listed_oldest_first(self) -> None:
        created = [self.create(name)['id'] for name in 'cab']
        listed = self.ask('/v2/images').json['images']
        self.assertEqual(created, [image['id'] for image in listed])

    def test_links_keep_the_prefix_the_application_is_mounted_at(self) -> None:
        image = self.create()
        response = self.ask(image['self'], environ={'SCRIPT_NAME': '/image'})
        self.assertEqual(f'/image{image["self"]}', response.json['self'])

    def test_a_name_that_is_missing_is_a_bad_request(self) -> None:
        bodies = (
            b'',
            b'{}',
            b'[]',
            b'{"name": 1}',
            b'"name"',
            b'\xff',
            b'[' * 60000,
        )
        for body in bodies:
            response = self.ask('/v2/images', 'POST', body)
            self.assertEqual(400, response.status_code, repr(body[:9]))
            self.assertEqual(400, response.json['error']['code'])
        self.assertEqual([], self.ask('/v2/images').json['images'])

    def test_a_document_that_is_too_large_is_refused(self) -> None:
        body = b'{"name": "%s"}' % (b'x' * 65536)
        response = self.ask('/v2/images', 'POST', body)
        self.assertEqual(413, response.status_code)

    def test_a_deleted_image_is_gone_with_its_data(self) -> None:
        image = self.create()
        self.ask(image['file'], 'PUT', DATA)
        self.assertEqual(204, self.ask(image['self'], 'DELETE').status_code)
        self.assertEqual(404, self.ask(image['self']).status_code)
        self.assertEqual(404, self.ask(image['file']).status_code)
        self.assertEqual(404, self.ask(image['self'], 'DELETE').status_code)
        self.assertEqual([], self.leftovers())

    def test_errors_are_json_and_say_what_is_wrong(self) -> None:
        response = self.ask('/v2/images/nothing')
        self.assertEqual(404, response.status_code)
        self.assertEqual('application/json', response.content_type)
        self.assertEqual('Not Found', response.json['error']['title'])

    def test_a_path_that_leads_out_of_the_directory_is_unknown(self) -> None:
        for path in ('/v2/images/../lock', '/v2/images/%2e%2e', '/%ff'):
            self.assertEqual(404, self.ask(path).status_code)

    def test_a_method_that_is_unknown_is_answered_with_those_known(
        self,
    ) -> None:
        response = self.ask('/v2/images', 'PATCH')
        self.assertEqual(405, response.status_code)
        self.assertEqual('GET, HEAD, POST', response.headers['Allow'])

    def test_two_applications_of_one_directory_see_the_same_images(
        self,
    ) -> None:
        image = self.create()
        self.app = images.app_factory({}, store_dir=self.directory)
        self.assertEqual(image, self.ask(image['self']).json)

    def test_the_conversation_keeps_to_pep_3333(self) -> None:
        checked = validate.validator(self.app)
        request = webob.Request.blank('/v2/images', method='POST')
        request.body = b'{"name": "x"}'
        image = request.get_response(checked).json
        request = webob.Request.blank(image['file'], method='PUT')
        request.body = DATA
        self.assertEqual(b'', request.get_response(checked).body)
        request = webob.Request.blank(image['file'])
        self.assertEqual(DATA, request.get_response(checked).body)


class TestUpload(ImagesCase):
    def test_an_upload_makes_the_image_active(self) -> None:
        image = self.create()
        self.assertEqual(204, self.ask(image['file'], 'PUT', DATA).status_code)
        image = self.ask(image['self']).json
        self.assertEqual('active', image['status'])
        self.assertEqual(len(DATA), image['size'])
        self.assertEqual(hashlib.sha256(DATA).hexdigest(), image['sha256'])

    def test_a_body_without_a_length_is_read_to_its_end(self) -> None:
        image = self.create()
        response = self.put(image['file'], io.BytesIO(DATA))
        self.assertEqual(204, response.status_code)
        self.assertEqual(DATA, self.ask(image['file']).body)

    def test_a_body_is_read_a_block_at_a_time(self) -> None:
        image = self.create()
        stream = CountingInput(DATA)
        self.put(image['file'], stream)
        self.assertEqual({images.BLOCK}, set(stream.sizes))

    def test_a_read_that_fails_leaves_the_image_queued(self) -> None:
        image = self.create()
        self.assertRaises(OSError, self.put, image['file'], FailingInput(DATA))
        self.assertEqual('queued', self.ask(image['self']).json['status'])
        self.assertEqual(404, self.ask(image['file']).status_code)
        self.assertEqual([], self.leftovers())

    def test_a_body_shorter_than_its_length_leaves_the_image_queued(
        self,
    ) -> None:
        image = self.create()
        response = self.put(
            image['file'],
            io.BytesIO(DATA),
            CONTENT_LENGTH=str(len(DATA) + 1),
        )
        self.assertEqual(400, response.status_code)
        self.assertEqual('queued', self.ask(image['self']).json['status'])
        self.assertEqual([], self.leftovers())

    def test_an_upload_can_be_tried_again_after_a_failure(self) -> None:
        image = self.create()
        self.assertRaises(
            OSError, self.put, image['file'], FailingInput(b'xx')
        )
        self.ask(image['file'], 'PUT', DATA)
        self.assertEqual(DATA, self.ask(image['file']).body)

    def test_a_second_upload_is_refused_before_its_body_is_read(self) -> None:
        image = self.create()
        self.ask(image['file'], 'PUT', DATA)
        stream = CountingInput(b'other')
        response = self.put(image['file'], stream)
        self.assertEqual(409, response.status_code)
        self.assertEqual([], stream.sizes)
        self.assertEqual(DATA, self.ask(image['file']).body)

    def test_an_image_that_is_unknown_takes_no_upload(self) -> None:
        image = self.create()
        self.ask(image['self'], 'DELETE')
        stream = CountingInput(DATA)
        self.assertEqual(404, self.put(image['file'], stream).status_code)
        self.assertEqual([], stream.sizes)

    def test_an_image_deleted_during_its_upload_stays_deleted(self) -> None:
        image = self.create()
        store = image_store.ImageStore(self.directory)

        def upload() -> None:
            with store.upload(image['id']) as upload:
                upload.write(DATA)
                store.delete(image['id'])

        self.assertRaises(image_store.ImageNotFound, upload)
        self.assertEqual(404, self.ask(image['self']).status_code)
        self.assertEqual([], self.leftovers())

    def test_of_two_uploads_at_once_the_first_to_end_counts(self) -> None:
        image = self.create()
        store = image_store.ImageStore(self.directory)

        def upload() -> None:
            with store.upload(image['id']) as upload:
                upload.write(b'slow')
                self.ask(image['file'], 'PUT', DATA)

        self.assertRaises(image_store.ImageConflict, upload)
        self.assertEqual(DATA, self.ask(image['file']).body)

    def test_an_empty_body_makes_an_empty_image(self) -> None:
        image = self.create()
        self.ask(image['file'], 'PUT', b'')
        self.assertEqual(0, self.ask(image['self']).json['size'])
        self.assertEqual(b'', self.ask(image['file']).body)


class TestImageSizeCap(ImagesCase):
    def setUp(self) -> None:
        super().setUp()
        self.app = images.app_factory(
            {}, store_dir=self.directory, image_size_cap='10'
        )

    def test_an_image_of_the_largest_size_is_taken(self) -> None:
        image = self.create()
        response = self.ask(image['file'], 'PUT', b'0123456789')
        self.assertEqual(204, response.status_code)

    def test_a_larger_length_is_refused_before_the_body_is_read(self) -> None:
        image = self.create()
        stream = CountingInput(b'0123456789A')
        response = self.put(image['file'], stream, CONTENT_LENGTH='11')
        self.assertEqual(413, response.status_code)
        self.assertEqual([], stream.sizes)

    def test_a_larger_body_without_a_length_is_refused(self) -> None:
        image = self.create()
        response = self.put(image['file'], io.BytesIO(b'0123456789A'))
        self.assertEqual(413, response.status_code)
        self.assertEqual('queued', self.ask(image['self']).json['status'])


class TestDownload(ImagesCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.create()
        self.ask(self.image['file'], 'PUT', DATA)

    def test_a_download_tells_its_length_and_checksum(self) -> None:
        response = self.ask(self.image['file'])
        self.assertEqual(DATA, response.body)
        self.assertEqual(len(DATA), response.content_length)
        self.assertEqual(hashlib.sha256(DATA).hexdigest(), response.etag)
        self.assertEqual('application/octet-stream', response.content_type)

    def test_the_file_goes_through_the_wrapper_of_the_server(self) -> None:
        wrapped = []

        def wrap(file: io.BufferedReader, size: int) -> list[bytes]:
            wrapped.append(file)
            self.addCleanup(file.close)
            return [file.read()]

        response = self.ask(
            self.image['file'], environ={'wsgi.file_wrapper': wrap}
        )
        self.assertEqual(DATA, response.body)
        self.assertEqual(1, len(wrapped))

    def test_the_file_is_closed_with_the_response(self) -> None:
        files = []

        class Wrapper:
            def __init__(self, file: io.BufferedReader, size: int) -> None:
                files.append(file)
                self.close = file.close

            def __iter__(self) -> Any:
                return iter([b''])

        for method in ('GET', 'HEAD'):
            response = self.ask(
                self.image['file'],
                method,
                environ={'wsgi.file_wrapper': Wrapper},
            )
            body: Any = response.app_iter
            body.close()
        self.assertEqual([True, True], [file.closed for file in files])

    def test_head_tells_the_length_without_the_data(self) -> None:
        response = self.ask(self.image['file'], 'HEAD')
        self.assertEqual(b'', response.body)
        self.assertEqual(len(DATA), response.content_length)
