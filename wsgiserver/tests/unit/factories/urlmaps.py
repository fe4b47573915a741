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

"""The base of the tests of the map of URLs."""

from collections.abc import Mapping
from typing import Any

import webob

from wsgiserver import factories
from wsgiserver.tests import base
from wsgiserver.tests.unit import paste_files


class URLMapCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.loader = paste_files.FakeLoader()

    def ask(
        self,
        path: str,
        mapping: Mapping[str, str],
        script: str = '',
        global_conf: dict[str, str] | None = None,
        **environ: Any,
    ) -> webob.Response:
        """Ask for a path as it is, a strange one too."""
        app = factories.urlmap_factory(self.loader, global_conf, **mapping)
        request = webob.Request.blank('/')
        request.environ.update(SCRIPT_NAME=script, PATH_INFO=path, **environ)
        return request.get_response(app)

    def check(
        self, expected: str, path: str, mapping: Mapping[str, str], **how: Any
    ) -> None:
        """Check the application, SCRIPT_NAME and PATH_INFO."""
        self.assertEqual(expected, self.ask(path, mapping, **how).text)
