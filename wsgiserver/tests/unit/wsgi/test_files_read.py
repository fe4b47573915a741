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

"""``wsgi.file_wrapper`` with what has to be read."""

from collections.abc import Iterator
import io

from wsgiserver._wsgi import files
from wsgiserver.tests.unit.wsgi import fakes
from wsgiserver.tests.unit.wsgi import sent_files


class OwnWayTestCase(sent_files.FileTestCase):
    """What is sent as it reads, though the system could send it."""

    def test_an_overridden_read_is_what_is_sent(self) -> None:
        class Upper(io.BufferedReader):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(size).upper()

        with open(self.path, 'wb') as file:
            file.write(b'hello')
        for version in (0, 1):
            upper = Upper(io.FileIO(self.path))
            exchange = self._handle(upper, version=version)
            self.assertEqual(b'HELLO', exchange.answer.content)
            self.assertEqual([], exchange.channel.files_sent)

    def test_a_subclass_of_the_wrapper_iterates_as_it_likes(self) -> None:
        class Range(files.FileWrapper):
            def __iter__(self) -> Iterator[bytes]:
                yield self.filelike.read(5)

        app = fakes.app_of(Range(self._open()))
        self.assertEqual(
            sent_files.CONTENT[:5], fakes.handle(app).answer.content
        )

    def test_a_file_of_untrue_size_arrives_whole(self) -> None:
        for path in sent_files.UNTRUE:
            with open(path, 'rb') as file:
                content = file.read()
            length = ('Content-Length', str(len(content)))
            for version in (0, 1):
                for fields in ((), (length,)):
                    with open(path, 'rb') as file:
                        exchange = self._handle(file, *fields, version=version)
                    self.assertEqual(content, exchange.answer.content)
                    self.assertEqual([], exchange.channel.files_sent)

    def test_head_declares_no_untrue_size(self) -> None:
        for path in sent_files.UNTRUE:
            with open(path, 'rb') as file:
                answer = self._handle(file, method='HEAD').answer
            self.assertIsNone(answer.get('Content-Length'))

    def test_a_file_that_has_grown_is_sent_up_to_the_length(self) -> None:
        channel = fakes.Channel()
        send_file = channel.send_file

        def grow(fileno: int, offset: int, count: int) -> int:
            with open(self.path, 'ab') as file:
                file.write(b'more')
            return send_file(fileno, offset, count)

        channel.send_file = grow  # type: ignore[method-assign]  # a fake's
        exchange = self._handle(
            self._open(),
            ('Content-Length', str(len(sent_files.CONTENT) + 4)),
            channel=channel,
        )
        self.assertEqual(sent_files.CONTENT + b'more', exchange.answer.content)
        self.assertEqual(0, exchange.to_skip)
