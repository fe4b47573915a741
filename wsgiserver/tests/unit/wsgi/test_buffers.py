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

"""Blocks that are bytes in another shape."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import fixtures

from wsgiserver._wsgi import files
from wsgiserver.tests.unit import scenarios as unit_scenarios
from wsgiserver.tests.unit.wsgi import fakes


class BufferTestCase(unit_scenarios.ScenarioTestCase):
    scenarios = [
        ('bytearray', {'make': bytearray}),
        ('memoryview', {'make': memoryview}),
        ('of_bytearray', {'make': lambda data: memoryview(bytearray(data))}),
        ('of_words', {'make': lambda data: memoryview(data).cast('H')}),
        (
            'strided',
            {
                'make': lambda d: memoryview(
                    b'\0'.join(d[i : i + 1] for i in range(len(d)))
                )[::2]
            },
        ),
    ]

    make: Callable[[bytes], Any]

    def _content(self, app: fakes.App, *fields: str) -> bytes:
        exchange = fakes.handle(app, fakes.request(*fields, method='GET'))
        self.assertEqual(0, exchange.to_skip)
        self.assertEqual('200 OK', exchange.answer.status)
        return exchange.answer.content

    def test_they_are_taken_wherever_a_block_is(self) -> None:
        large = bytes(range(256)) * 300
        for data in (b'hell', large):
            bodies: list[Iterable[Any]] = [
                [self.make(data)],
                (self.make(data),),
                [self.make(data[:2]), b'', self.make(data[2:])],
                (self.make(data[:2]), data[2:]),
                iter([self.make(data)]),
                iter([self.make(data[:2]), self.make(b''), data[2:]]),
            ]
            for body in bodies:
                self.assertEqual(data, self._content(fakes.app_of(body)))

    def test_they_are_taken_up_to_the_declared_length(self) -> None:
        self.useFixture(fixtures.FakeLogger())
        bodies: list[Iterable[Any]] = [
            [self.make(b'hell')],
            (self.make(b'he'), self.make(b'll')),
            iter([self.make(b'he'), self.make(b'll')]),
        ]
        for body in bodies:
            app = fakes.app_of(body, ('Content-Length', '3'))
            self.assertEqual(b'hel', self._content(app))

    def test_they_are_taken_by_write(self) -> None:
        def app(
            environ: dict[str, Any], start_response: Callable[..., Any]
        ) -> Iterable[bytes]:
            write = start_response('200 OK', [])
            write(self.make(b'he'))
            write(self.make(b''))
            write(self.make(b'll'))
            return []

        self.assertEqual(b'hell', self._content(app))

    def test_they_are_taken_from_a_file(self) -> None:
        pieces = [b'he', b'll']

        class File:
            @staticmethod
            def read(size: int, /) -> Any:
                return self.make(pieces.pop(0)) if pieces else b''

        self.assertEqual(
            b'hell', self._content(fakes.app_of(files.FileWrapper(File())))
        )
