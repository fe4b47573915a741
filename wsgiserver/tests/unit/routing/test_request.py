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

"""What a request says of types and languages, sense and nonsense."""

from typing import Any
from typing import ClassVar

import webob.exc

from wsgiserver import routing
from wsgiserver.tests import base

#: What strangers send.
GARBAGE = ('', ',', ';;;', 'a=b=c', '\xff\xfe', 'q=1', '*/', '/' * 50)


def request(path: str = '/', **headers: str) -> routing.Request:
    fields = {name.replace('_', '-'): headers[name] for name in headers}
    blank: routing.Request = routing.Request.blank(path, headers=fields)
    return blank


class ContentTypeTestCase(base.TestCase):
    SUPPORTED = ('application/json', 'application/xml')

    def _best(self, accept: str, *args: Any, **kwargs: Any) -> str:
        made = request(Accept=accept)
        return made.best_match_content_type(*args, **kwargs)

    def test_json_is_all_there_is(self) -> None:
        self.assertEqual(
            'application/json', request().best_match_content_type()
        )
        self.assertEqual('application/json', self._best('text/html'))

    def test_the_client_chooses(self) -> None:
        self.assertEqual(
            'application/xml',
            self._best(
                'application/json;q=0.5, application/xml', self.SUPPORTED
            ),
        )

    def test_there_is_a_default(self) -> None:
        self.assertEqual(
            'text/plain',
            self._best('text/html', self.SUPPORTED, 'text/plain'),
        )

    def test_nonsense_is_taken_as_nothing(self) -> None:
        for accept in GARBAGE:
            self.assertEqual(
                'application/json', self._best(accept, self.SUPPORTED)
            )

    def test_the_path_counts_where_it_is_asked_to(self) -> None:
        made = request('/a.xml', Accept='application/json')
        self.assertEqual(
            'application/xml',
            made.best_match_content_type(self.SUPPORTED, by_suffix=True),
        )
        self.assertEqual(
            'application/json', made.best_match_content_type(self.SUPPORTED)
        )

    def test_a_suffix_that_is_no_type_counts_for_nothing(self) -> None:
        made = request('/a.tar', Accept='application/xml')
        self.assertEqual(
            'application/xml',
            made.best_match_content_type(self.SUPPORTED, by_suffix=True),
        )

    def test_the_type_of_the_body_is_checked(self) -> None:
        made = request(Content_Type='Application/JSON; charset=utf-8')
        self.assertEqual(
            'application/json', made.get_content_type(('application/json',))
        )

    def test_a_wrong_type_of_the_body_is_415(self) -> None:
        for content_type in (*GARBAGE, 'text/plain'):
            made = request(Content_Type=content_type)
            self.assertRaises(
                webob.exc.HTTPUnsupportedMediaType,
                made.get_content_type,
                ('application/json',),
            )

    def test_no_type_of_the_body_is_415(self) -> None:
        self.assertRaises(
            webob.exc.HTTPUnsupportedMediaType,
            request().get_content_type,
            ('application/json',),
        )


class LanguageTestCase(base.TestCase):
    LANGUAGES = ('en_US', 'de', 'pt_BR')

    def _best(self, accepted: str) -> str | None:
        return request(Accept_Language=accepted).best_match_language(
            self.LANGUAGES
        )

    def test_no_header_is_none(self) -> None:
        self.assertIsNone(request().best_match_language(self.LANGUAGES))
        self.assertIsNone(request().best_match_language())

    def test_the_client_chooses(self) -> None:
        self.assertEqual('de', self._best('fr, de;q=0.5, en-US;q=0.1'))

    def test_a_region_is_found_as_gettext_has_it(self) -> None:
        self.assertEqual('pt_BR', self._best('pt-BR'))
        self.assertEqual('pt_BR', self._best('pt-br'))

    def test_a_region_that_is_unknown_is_left_out(self) -> None:
        self.assertEqual('de', self._best('de-AT'))

    def test_none_of_them_is_none(self) -> None:
        self.assertIsNone(self._best('fr'))
        self.assertIsNone(self._best('de;q=0'))

    def test_nonsense_is_taken_as_nothing(self) -> None:
        for accepted in GARBAGE:
            self.assertIsNone(self._best(accepted))

    def test_there_may_be_no_languages(self) -> None:
        made = request(Accept_Language='de')
        self.assertIsNone(made.best_match_language(()))

    def test_a_service_has_a_domain(self) -> None:
        class Own(routing.Request):
            i18n_domain: ClassVar[str] = 'own'

        made = Own.blank('/', headers={'Accept-Language': 'en-US, de'})
        self.assertEqual('en_US', made.best_match_language())
