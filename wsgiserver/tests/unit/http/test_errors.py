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

"""The errors of the protocol."""

import http

from wsgiserver._http import errors
from wsgiserver.tests import base


class ErrorsTestCase(base.TestCase):
    def test_every_error_has_a_status_line_of_its_own(self) -> None:
        kinds = errors.ProtocolError.__subclasses__()
        codes = {int(kind.status[:3]) for kind in kinds}
        self.assertEqual(len(kinds), len(codes))
        self.assertLessEqual({400, 408, 413, 414, 417, 431, 501, 505}, codes)
        for kind in kinds:
            code, _space, phrase = kind.status.partition(' ')
            self.assertIn(int(code), list(http.HTTPStatus))
            self.assertTrue(phrase)
            self.assertTrue(issubclass(kind, errors.ProtocolError))

    def test_an_error_gives_its_reason(self) -> None:
        error = errors.BadRequest('why')
        self.assertEqual('why', error.reason)
        self.assertEqual('why', str(error))
