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

"""``wsgi.file_wrapper``: what read() gives, sent as fast as can be."""

import bz2
import gzip
import io
import lzma
import os
import tempfile
from typing import Any
import zipfile

import fixtures

from wsgiserver._wsgi import files
from wsgiserver._wsgi import outcome as wsgi_outcome
from wsgiserver.tests.unit.wsgi import fakes
from wsgiserver.tests.unit.wsgi import sent_files


class Source:
    """A file that has read() and nothing else."""

    def __init__(self, content: bytes = sent_files.CONTENT) -> None:
        self._file = io.BytesIO(content)
        self.reads = 0

    def read(self, size: int, /) -> bytes:
        self.reads += 1
        return self._file.read(size)


class FileWrapperTestCase(sent_files.FileTestCase):
    def test_the_environ_offers_it(self) -> None:
        self.assertIs(
            files.FileWrapper, fakes.base_environ()['wsgi.file_wrapper']
        )

    def test_it_is_an_iterable_over_blocks(self) -> None:
        for size in (
            1000,
            65536,
            len(sent_files.CONTENT),
            len(sent_files.CONTENT) + 1,
        ):
            blocks = list(files.FileWrapper(Source(), size))
            self.assertEqual(sent_files.CONTENT, b''.join(blocks))
            self.assertEqual({size}, set(map(len, blocks[:-1])) or {size})

    def test_it_closes_what_can_be_closed(self) -> None:
        file = self._open()
        files.FileWrapper(file).close()
        self.assertTrue(file.closed)
        files.FileWrapper(Source()).close()

    def test_a_regular_file_is_a_region(self) -> None:
        file = self._open()
        self.assertEqual(
            (file.fileno(), 0, len(sent_files.CONTENT)),
            files.FileWrapper(file).region(),
        )
        file.read(10)
        self.assertEqual(
            (file.fileno(), 10, len(sent_files.CONTENT) - 10),
            files.FileWrapper(file).region(),
        )

    def test_a_file_read_beyond_its_end_is_an_empty_region(self) -> None:
        file = self._open()
        file.seek(len(sent_files.CONTENT) + 5)
        region = files.FileWrapper(file).region()
        assert region is not None
        self.assertEqual(0, region[2])

    def test_what_is_no_regular_file_is_no_region(self) -> None:
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        with open(reader, 'rb') as pipe:
            self.assertIsNone(files.FileWrapper(pipe).region())
        with open(os.devnull, 'rb') as device:
            self.assertIsNone(files.FileWrapper(device).region())
        buffered: Any = io.BufferedReader(io.BytesIO(b'a'))
        self.assertIsNone(files.FileWrapper(buffered).region())
        self.assertIsNone(files.FileWrapper(Source()).region())
        self.assertIsNone(files.FileWrapper(io.BytesIO(b'a')).region())

    def test_what_reads_in_its_own_way_is_no_region(self) -> None:
        class Buffered(io.BufferedReader):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(size).upper()

        class Raw(io.FileIO):
            def readinto(self, buffer: Any, /) -> int:
                raise AssertionError

        class Plain(io.BufferedReader):
            """Overrides what, in another release, read() may go by."""

            def read1(self, size: int = -1, /) -> bytes:
                return super().read1(size).upper()

        patched = self._open()
        patched.read = io.BytesIO(b'other').read
        patched_raw = self._open()
        patched_raw.raw.readinto = io.BytesIO(b'other').readinto
        for file in (
            Buffered(io.FileIO(self.path)),
            Plain(io.FileIO(self.path)),
            Raw(self.path),
            io.BufferedReader(Raw(self.path)),
            patched,
            patched_raw,
        ):
            self.assertIsNone(files.FileWrapper(file).region())

    def test_a_size_that_reading_does_not_give_is_no_region(self) -> None:
        # 0 bytes of /proc can be read, and a few of the 4,096 of /sys.
        for path in sent_files.UNTRUE:
            with open(path, 'rb') as file:
                self.assertIsNone(files.FileWrapper(file).region(), path)

    def test_a_file_that_grows_just_now_is_no_region(self) -> None:
        file = self._open()
        size = os.fstat(file.fileno())

        def fstat(_fileno: int) -> os.stat_result:
            with open(self.path, 'ab') as other:
                other.write(b'!')
            return size

        self.useFixture(fixtures.MonkeyPatch('os.fstat', fstat))
        self.assertIsNone(files.FileWrapper(file).region())

    def test_a_file_that_can_not_be_read_there_is_no_region(self) -> None:
        with open(self.path, 'ab') as file:
            self.assertIsNone(files.FileWrapper(file).region())


class SendFileTestCase(sent_files.FileTestCase):
    def test_a_file_is_sent_by_the_system(self) -> None:
        for buffering in (-1, 0):
            exchange = self._handle(self._open(buffering=buffering))
            self.assertEqual(sent_files.CONTENT, exchange.answer.content)
            self.assertEqual(
                [(0, len(sent_files.CONTENT))], exchange.channel.files_sent
            )
            self.assertEqual(0, exchange.to_skip)

    def test_a_file_is_sent_from_its_position(self) -> None:
        file = self._open()
        file.read(1000)
        exchange = self._handle(file)
        self.assertEqual(sent_files.CONTENT[1000:], exchange.answer.content)

    def test_a_file_is_the_same_where_the_system_can_not_send_it(self) -> None:
        for position in (0, 1000):
            channel = fakes.Channel()
            channel.sends_files = False
            file = self._open()
            file.seek(position)
            exchange = self._handle(file, channel=channel)
            self.assertEqual(
                sent_files.CONTENT[position:], exchange.answer.content
            )
            self.assertEqual(0, exchange.to_skip)

    def test_a_declared_length_ends_the_file(self) -> None:
        # As for a range; PEP 3333 says so for file wrappers.
        for sends_files in (True, False):
            for length in (0, 1, 1000, 65536, 70000, len(sent_files.CONTENT)):
                channel = fakes.Channel()
                channel.sends_files = sends_files
                exchange = self._handle(
                    self._open(),
                    ('Content-Length', str(length)),
                    channel=channel,
                )
                self.assertEqual(
                    sent_files.CONTENT[:length], exchange.answer.content
                )
                self.assertEqual(0, exchange.to_skip)

    def test_a_file_shorter_than_declared_cuts_the_connection(self) -> None:
        for sends_files in (True, False):
            channel = fakes.Channel()
            channel.sends_files = sends_files
            exchange = self._handle(
                self._open(),
                ('Content-Length', str(len(sent_files.CONTENT) + 1)),
                channel=channel,
            )
            self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)

    def test_a_file_that_shrinks_meanwhile_cuts_the_connection(self) -> None:
        file = self._open()
        channel = fakes.Channel()
        channel.file_ends_after = 1000
        file.seek(0)
        os.truncate(self.path, 1000)
        exchange = self._handle(
            file,
            ('Content-Length', str(len(sent_files.CONTENT))),
            channel=channel,
        )
        self.assertEqual(wsgi_outcome.ABORT, exchange.outcome)

    def test_what_the_system_did_not_send_is_read(self) -> None:
        for position in (0, 500):
            channel = fakes.Channel()
            channel.file_ends_after = 1000
            file = self._open()
            file.seek(position)
            exchange = self._handle(file, channel=channel)
            self.assertEqual(
                sent_files.CONTENT[position:], exchange.answer.content
            )
            self.assertEqual([(position, 1000)], channel.files_sent)

    def test_nothing_is_read_behind_the_declared_length(self) -> None:
        source = Source()
        exchange = self._handle(source, ('Content-Length', '65536'))
        self.assertEqual(sent_files.CONTENT[:65536], exchange.answer.content)
        self.assertEqual(1, source.reads)

    def test_an_empty_file_is_an_empty_response(self) -> None:
        os.truncate(self.path, 0)
        exchange = self._handle(self._open())
        self.assertEqual('0', exchange.answer.get('Content-Length'))
        self.assertEqual(0, exchange.to_skip)

    def test_head_reads_nothing_of_the_file(self) -> None:
        for file in (self._open(), Source()):
            exchange = self._handle(file, method='HEAD')
            self.assertEqual(b'', exchange.answer.content)
            self.assertEqual([], exchange.channel.files_sent)
            if isinstance(file, Source):
                self.assertEqual(0, file.reads)
            else:
                self.assertEqual(
                    str(len(sent_files.CONTENT)),
                    exchange.answer.get('Content-Length'),
                )

    def test_204_and_304_send_nothing_of_the_file(self) -> None:
        for status in ('204 No', '304 Not'):
            exchange = self._handle(self._open(), status=status)
            self.assertEqual(b'', exchange.answer.content)
            self.assertEqual([], exchange.channel.files_sent)
            self.assertEqual(0, exchange.to_skip)

    def test_http_1_0_gets_a_file_with_its_length(self) -> None:
        exchange = self._handle(self._open(), version=0)
        self.assertEqual(sent_files.CONTENT, exchange.answer.content)
        self.assertEqual(
            str(len(sent_files.CONTENT)), exchange.answer.get('Content-Length')
        )

    def test_what_is_no_file_is_streamed(self) -> None:
        for version in (0, 1):
            exchange = self._handle(Source(), version=version)
            self.assertEqual(sent_files.CONTENT, exchange.answer.content)
        exchange = self._handle(io.BytesIO(sent_files.CONTENT))
        self.assertEqual(sent_files.CONTENT, exchange.answer.content)

    def test_a_compressed_file_is_sent_as_it_reads(self) -> None:
        for module in (gzip, bz2, lzma):
            path = self.path + '.packed'
            with open(path, 'wb') as packed:
                packed.write(module.compress(sent_files.CONTENT))
            file = module.open(path, 'rb')
            self.addCleanup(file.close)
            self.assertEqual(
                sent_files.CONTENT, self._handle(file).answer.content
            )

    def test_a_member_of_an_archive_is_sent_as_it_reads(self) -> None:
        path = self.path + '.zip'
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr('member', sent_files.CONTENT)
        with zipfile.ZipFile(path) as archive, archive.open('member') as file:
            self.assertEqual(
                sent_files.CONTENT, self._handle(file).answer.content
            )

    def test_temporary_files_are_sent_as_they_read(self) -> None:
        for make in (
            tempfile.TemporaryFile,
            tempfile.NamedTemporaryFile,
            tempfile.SpooledTemporaryFile,
            lambda: tempfile.SpooledTemporaryFile(max_size=10),
        ):
            with make() as file:
                file.write(sent_files.CONTENT)
                file.seek(5)
                exchange = self._handle(file)
            self.assertEqual(sent_files.CONTENT[5:], exchange.answer.content)

    def test_what_was_written_is_sent_even_if_it_is_still_buffered(
        self,
    ) -> None:
        file = open(self.path, 'r+b')
        self.addCleanup(file.close)
        file.seek(0, os.SEEK_END)
        file.write(b'more')
        file.seek(-6, os.SEEK_CUR)
        exchange = self._handle(file)
        self.assertEqual(
            sent_files.CONTENT[-2:] + b'more', exchange.answer.content
        )

    def test_a_closed_file_is_answered_with_500(self) -> None:
        file = self._open()
        file.close()
        exchange = self._handle(file)
        self.assertEqual('500 Internal Server Error', exchange.answer.status)

    def test_a_file_behind_what_was_written_is_whole(self) -> None:
        def app(environ: dict[str, Any], start_response: Any) -> Any:
            start_response('200 OK', [])(b'first ')
            return files.FileWrapper(self._open())

        exchange = fakes.handle(app)
        self.assertEqual(
            b'first ' + sent_files.CONTENT, exchange.answer.content
        )

    def test_a_file_is_closed_whatever_happens(self) -> None:
        for breaks_after in (None, 0, 300):
            channel = fakes.Channel()
            channel.breaks_after = breaks_after
            file = self._open()
            self._handle(file, channel=channel)
            self.assertTrue(file.closed)
