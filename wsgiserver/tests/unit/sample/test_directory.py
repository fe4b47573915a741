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

"""The temporary directory that the processes of a service share."""

import os

import fixtures
import webob

from wsgiserver.sample import directory
from wsgiserver.sample import images
from wsgiserver.tests import base


class TestSharedDirectory(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.parent = self.useFixture(fixtures.TempDir()).path
        self.useFixture(fixtures.MonkeyPatch('tempfile.tempdir', self.parent))
        self.useFixture(fixtures.EnvironmentVariable(directory.VARIABLE))

    def age(self, path: str) -> None:
        os.utime(path, (0, 0))

    def test_an_application_loaded_again_has_the_same_images(self) -> None:
        path = directory.shared_directory()
        self.assertEqual(path, directory.shared_directory())
        self.assertEqual([os.path.basename(path)], os.listdir(self.parent))

    def test_nobody_else_can_enter_it(self) -> None:
        path = directory.shared_directory()
        self.assertEqual(0o700, os.stat(path).st_mode & 0o777)

    def test_an_application_without_a_directory_stores_there(self) -> None:
        request = webob.Request.blank('/v2/images', method='POST')
        request.body = b'{"name": "x"}'
        request.get_response(images.app_factory(None))
        path = directory.shared_directory()
        self.assertEqual(1, len(os.listdir(path)))

    def test_a_directory_that_was_left_behind_is_cleared(self) -> None:
        left = os.path.join(self.parent, 'wsgiserver-images-left')
        os.mkdir(left)
        with open(os.path.join(left, 'x.data'), 'w'):
            self.age(left)
        directory.clear_left_behind(self.parent)
        self.assertFalse(os.path.exists(left))

    def test_a_directory_in_use_is_not_cleared(self) -> None:
        path = directory.shared_directory()
        self.age(path)
        directory.clear_left_behind(self.parent)
        self.assertTrue(os.path.isdir(path))

    def test_a_directory_in_the_making_is_not_cleared(self) -> None:
        path = os.path.join(self.parent, 'wsgiserver-images-new')
        os.mkdir(path)
        directory.clear_left_behind(self.parent)
        self.assertTrue(os.path.isdir(path))

    def test_what_others_made_is_not_cleared(self) -> None:
        kept = [os.path.join(self.parent, 'images-other')]
        os.mkdir(kept[0])
        kept.append(os.path.join(self.parent, 'wsgiserver-images-link'))
        os.symlink(kept[0], kept[1])
        self.age(kept[0])
        directory.clear_left_behind(self.parent)
        self.assertEqual([True, True], [os.path.exists(k) for k in kept])
