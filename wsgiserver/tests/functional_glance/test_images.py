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

"""Images created, uploaded, downloaded and deleted through the server."""

from concurrent import futures

import requests
import testscenarios

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional_glance import base
from wsgiserver.tests.functional_glance import deployment


class TestLifeOfAnImage(base.GlanceTest):
    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [
            ('1 worker', {'workers': 1, 'target': deployment.FACTORY}),
            ('2 workers', {'workers': 2, 'target': deployment.FACTORY}),
            # Glance loads its paste file by itself here.
            ('own module', {'workers': 2, 'target': deployment.GLANCE_OWN}),
        ],
    )
    workers: int
    target: str

    def deploy(self) -> deployment.Deployment:
        return self.deploy_own(workers=self.workers, target=self.target)

    def test_image_lives_until_it_is_deleted(self) -> None:
        for chunked in (False, True):
            data = base.content(20 * base.MIB + 1)
            image = self.create()
            self.assertEqual('queued', self.show(image)['status'])
            sent = self.upload(image, base.blocks(data) if chunked else data)
            self.assertEqual(204, sent.status_code)
            shown = self.show(image)
            self.assertEqual('active', shown['status'])
            self.assertEqual(len(data), shown['size'])
            self.assert_holds(image, data)
            deleted = self.call('DELETE', f'/v2/images/{image}')
            self.assertEqual(204, deleted.status_code)
            self.assertEqual(404, self.download(image).status_code)
            self.assertEqual({}, self.glance.stored())


class TestUpload(base.GlanceTest):
    def test_empty_image_is_stored(self) -> None:
        for nothing in (b'', iter(())):
            image = self.create()
            self.assertEqual(204, self.upload(image, nothing).status_code)
            self.assertEqual(0, self.show(image)['size'])

    def test_chunks_may_have_any_size(self) -> None:
        data = base.content(3 * base.MIB)
        for size in (4096, 65536, 65537, base.MIB):
            image = self.create()
            sent = self.upload(image, base.blocks(data, size))
            self.assertEqual(204, sent.status_code)
            self.assert_holds(image, data)
        data = data[:2000]
        image = self.create()
        sent = self.upload(image, base.blocks(data, 1))
        self.assertEqual(204, sent.status_code)
        self.assert_holds(image, data)

    def test_connection_is_kept_after_an_upload(self) -> None:
        data = base.content(100_000)
        image = self.create()
        head = base.upload_head(image, f'Content-Length: {len(data)}')
        with self.glance.connect() as wire:
            wire.send(head + data)
            self.assertEqual(204, wire.response().status)
            wire.send(harness.request('GET', f'/v2/images/{image}/file'))
            got = wire.response().body
        self.assertEqual(base.digest(data), base.digest(got))

    def test_body_is_asked_for_when_it_is_wanted(self) -> None:
        data = base.content(100_000)
        image = self.create()
        length = f'Content-Length: {len(data)}'
        with self.glance.connect() as wire:
            wire.send(base.upload_head(image, length, 'Expect: 100-continue'))
            self.assertEqual(100, wire.response().status)
            wire.send(data)
            self.assertEqual(204, wire.response().status)
        self.assert_holds(image, data)

    def test_body_is_not_asked_for_when_it_is_not_wanted(self) -> None:
        lines = ('Content-Length: 100000', 'Expect: 100-continue')
        with self.glance.connect() as wire:
            wire.send(base.upload_head('none-such', *lines))
            response = wire.response()
            self.assertEqual(404, response.status)
            self.assertEqual('close', response.headers['connection'])


class TestUploadsAtTheSameTime(base.GlanceTest):
    """Eight images, half of them chunked, which differ in their last byte.

    SQLite, as oslo.db uses it, fails those who write at the same time. So
    Glance gets to know of them one after another, and their last bytes come
    one after another; all the rest comes at once.
    """

    COUNT = 8

    def setUp(self) -> None:
        super().setUp()
        self.data = base.content(20 * base.MIB)

    def begin(self, number: int) -> tuple[str, harness.Wire]:
        framing = f'Content-Length: {len(self.data) + 1}'
        if number % 2:
            framing = 'Transfer-Encoding: chunked'
        image = self.create()
        return image, self.begin_upload(image, framing)

    def send(self, number: int, wire: harness.Wire) -> None:
        for block in base.blocks(self.data):
            wire.send(base.chunk(block) if number % 2 else block)

    def finish(self, number: int, wire: harness.Wire) -> None:
        end = bytes([number])
        wire.send(base.chunk(end) + base.chunk(b'') if number % 2 else end)
        self.assertEqual(204, wire.response().status)

    def test_each_gets_what_is_its_own(self) -> None:
        numbers = range(self.COUNT)
        images, wires = zip(*map(self.begin, numbers), strict=True)
        with futures.ThreadPoolExecutor(self.COUNT) as pool:
            list(pool.map(self.send, numbers, wires))
        for number in numbers:
            self.finish(number, wires[number])
        for number in numbers:
            self.assert_holds(images[number], self.data + bytes([number]))
            self.call('DELETE', f'/v2/images/{images[number]}')


class TestDownload(base.GlanceTest):
    def setUp(self) -> None:
        super().setUp()
        self.data = base.content(300_000)
        self.image = self.store(self.data)

    def test_range_is_all_that_is_sent(self) -> None:
        for range_, first, end in (
            ('bytes=0-0', 0, 1),
            ('bytes=65530-131080', 65530, 131081),
            ('bytes=299990-', 299990, 300000),
            ('bytes=-10', 299990, 300000),
        ):
            got = self.download(self.image, Range=range_)
            self.assertEqual(206, got.status_code)
            self.assertEqual(
                base.digest(self.data[first:end]), base.digest(got.content)
            )
            self.assertEqual(
                f'bytes {first}-{end - 1}/300000',
                got.headers['Content-Range'],
            )

    def test_range_outside_is_refused(self) -> None:
        got = self.download(self.image, Range='bytes=300000-')
        self.assertEqual(416, got.status_code)

    def test_several_clients_get_the_same_image(self) -> None:
        with futures.ThreadPoolExecutor(8) as pool:
            url = f'{self.glance.url}/v2/images/{self.image}/file'
            got = list(pool.map(requests.get, [url] * 32))
        self.assertEqual(
            {base.digest(self.data)},
            {base.digest(response.content) for response in got},
        )

    def test_client_may_leave_before_the_end(self) -> None:
        image = self.store(base.content(30 * base.MIB))
        for _turn in range(4):
            with self.glance.connect() as wire:
                wire.send(harness.request('GET', f'/v2/images/{image}/file'))
                wire.read(100_000)
        self.assertEqual(
            206, self.download(image, Range='bytes=0-9').status_code
        )
