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

"""The translation of what a user reads."""

import gettext

import fixtures
import oslo_i18n

from wsgiserver import _i18n
from wsgiserver.tests import base


class TranslationTestCase(base.TestCase):
    def test_without_a_catalogue_a_text_is_itself(self) -> None:
        self.assertEqual('no such option', _i18n._('no such option'))

    def test_its_catalogue_is_that_of_this_library(self) -> None:
        self.assertEqual('wsgiserver', _i18n._translators.domain)

    def test_a_text_can_be_translated_later(self) -> None:
        self.addCleanup(oslo_i18n.enable_lazy, False)
        oslo_i18n.enable_lazy()
        text = _i18n._('no such option')

        class Catalogue(gettext.NullTranslations):
            def gettext(self, message: str) -> str:
                return message.upper()

        self.useFixture(
            fixtures.MonkeyPatch(
                'gettext.translation', lambda *_given, **_more: Catalogue()
            )
        )
        self.assertEqual('NO SUCH OPTION', oslo_i18n.translate(text, 'xx'))
