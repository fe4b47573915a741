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

"""Seeing that the files of TLS have changed."""

import os
import shutil

from oslo_config import cfg

from wsgiserver._net import tls_files
from wsgiserver.tests.unit.net import tls_peer


class FileWatchTestCase(tls_peer.TLSTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.paths = (self.cert_file, self.key_file, self.ca_file)
        self.watched = self.conf(ca_file=self.ca_file)
        self.watch = tls_files.FileWatch(self.watched)

    def _look(self, times: int = 4) -> list[bool]:
        return [self.watch.changed() for _look in range(times)]

    def _replace(self, path: str, content: bytes = b'new') -> None:
        with open(path + '.new', 'wb') as file:
            file.write(content)
        os.replace(path + '.new', path)

    def _touch(self, path: str) -> None:
        """Change the time of a file by the least there is."""
        seen = os.stat(path)
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))

    def test_files_that_stay_as_they_are_have_not_changed(self) -> None:
        self.assertEqual([False] * 4, self._look())

    def test_a_file_that_was_replaced_is_told_of_once(self) -> None:
        for path in self.paths:
            self._replace(path)
            self.assertEqual([False, True, False, False], self._look())

    def test_a_file_that_was_written_to_is_told_of_once(self) -> None:
        for path in self.paths:
            with open(path, 'ab') as file:
                file.write(b'\n')
            self.assertEqual([False, True, False, False], self._look())

    def test_the_time_alone_is_a_change(self) -> None:
        for path in self.paths:
            self._touch(path)
            self.assertEqual([False, True, False, False], self._look())

    def test_another_file_of_the_same_time_and_size_is_a_change(self) -> None:
        for path in self.paths:
            shutil.copy2(path, path + '.copy')
            os.replace(path + '.copy', path)
            self.assertEqual([False, True, False, False], self._look())

    def test_files_that_go_on_changing_are_waited_for(self) -> None:
        for path in self.paths * 2:
            self._touch(path)
            self.assertFalse(self.watch.changed())
        self.assertEqual([True, False, False], self._look(3))

    def test_a_second_change_is_told_of_as_well(self) -> None:
        for _turn in range(3):
            self._replace(self.cert_file)
            self.assertEqual([False, True, False], self._look(3))

    def test_a_change_that_was_taken_back_is_none(self) -> None:
        os.rename(self.key_file, self.key_file + '.kept')
        self._replace(self.key_file)
        self.assertFalse(self.watch.changed())
        os.rename(self.key_file + '.kept', self.key_file)
        self.assertEqual([False] * 4, self._look())

    def test_a_file_that_is_missing_is_waited_for(self) -> None:
        for path in self.paths:
            os.unlink(path)
            self.assertEqual([False] * 4, self._look())
            self._replace(path)
            self.assertEqual([False, True, False, False], self._look())

    def test_a_file_may_be_missing_from_the_start(self) -> None:
        os.unlink(self.cert_file)
        self.watch = tls_files.FileWatch(self.watched)
        self.assertEqual([False] * 4, self._look())
        self._replace(self.cert_file)
        self.assertEqual([False, True, False, False], self._look())

    def test_options_that_name_no_file_are_left_out(self) -> None:
        self.watch = tls_files.FileWatch(self.conf())
        self._replace(self.ca_file)
        self.assertEqual([False] * 4, self._look())
        self.watch = tls_files.FileWatch(
            self.conf(cert_file=None, key_file=None)
        )
        self.assertEqual([False] * 4, self._look())

    def test_another_name_is_a_change(self) -> None:
        self.watched.set_override(
            'ca_file', self.file('other.pem', b'other'), 'ssl'
        )
        self.assertEqual([False, True, False, False], self._look())
        self._replace(self.ca_file)
        self.assertEqual([False] * 4, self._look())
        self._replace(os.path.join(self.dir, 'other.pem'))
        self.assertEqual([False, True, False, False], self._look())


class LinksTestCase(tls_peer.TLSTestCase):
    """Files as Kubernetes mounts them: links by way of one directory."""

    def setUp(self) -> None:
        super().setUp()
        self._publish('first')
        paths = {}
        for name in ('cert', 'key', 'ca'):
            paths[f'{name}_file'] = os.path.join(self.dir, f'tls.{name}')
            os.symlink(os.path.join('..data', name), paths[f'{name}_file'])
        self.watch = tls_files.FileWatch(self._conf(paths))

    def _conf(self, paths: dict[str, str]) -> cfg.ConfigOpts:
        return self.conf(**paths)

    def _publish(self, version: str) -> None:
        """Put a directory in the place of the one before, in one step."""
        os.mkdir(os.path.join(self.dir, version))
        for name in ('cert', 'key', 'ca'):
            path = self.file(os.path.join(version, name), b'content')
            os.utime(path, ns=(0, 0))
        link = os.path.join(self.dir, '..data')
        os.symlink(version, link + '.new')
        os.replace(link + '.new', link)

    def test_another_directory_is_a_change(self) -> None:
        for version in ('second', 'third'):
            self._publish(version)
            looks = [self.watch.changed() for _look in range(4)]
            self.assertEqual([False, True, False, False], looks)

    def test_a_link_to_nowhere_is_waited_for(self) -> None:
        os.unlink(os.path.join(self.dir, '..data'))
        self.assertFalse(self.watch.changed())
        self.assertFalse(self.watch.changed())
        self._publish('second')
        self.assertFalse(self.watch.changed())
        self.assertTrue(self.watch.changed())
