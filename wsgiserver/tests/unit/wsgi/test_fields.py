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

"""The checks of what an application says, one by one."""

from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import strategies as st

from wsgiserver._wsgi import fields
from wsgiserver.tests import base

_bounded = hypothesis.settings(
    max_examples=200, deadline=None, derandomize=True, database=None
)


def _accepts(check: Callable[..., Any], *args: object) -> bool:
    try:
        check(*args)
    except ValueError:
        return False
    return True


class FieldsTestCase(base.TestCase):
    def test_the_code_of_a_final_status_is_read(self) -> None:
        for status, code in (
            ('200 OK', 200),
            ('200 ', 200),
            ('404 \xe9\t', 404),
            ('999 x', 999),
        ):
            line = f'HTTP/1.1 {status}\r\n'
            self.assertEqual((code, line), fields.status_line(status))
        self.assertEqual((204, 'HTTP/1.1 204 \r\n'), fields.status_line('204'))

    def test_names_say_what_they_mean_to_the_server(self) -> None:
        for name, kind in (
            ('X', fields.Kind.ORDINARY),
            ('X-Content-Length', fields.Kind.ORDINARY),
            ('content-LENGTH', fields.Kind.CONTENT_LENGTH),
            ('DATE', fields.Kind.DATE),
            ('server', fields.Kind.SERVER),
        ):
            self.assertIs(kind, fields.kind_of(name))

    def test_a_hop_by_hop_name_is_named_in_its_error(self) -> None:
        error = self.assertRaises(ValueError, fields.kind_of, 'Connection')
        self.assertIn('Connection', str(error))

    def test_a_length_is_read(self) -> None:
        for text, length in (('0', 0), ('5', 5), ('005', 5), ('9' * 18, None)):
            expected = int(text) if length is None else length
            self.assertEqual(expected, fields.content_length(text))

    @_bounded
    @hypothesis.given(st.text(max_size=8))
    def test_no_text_that_is_accepted_can_end_a_line(self, text: str) -> None:
        for accepted in (
            _accepts(fields.kind_of, text),
            _accepts(fields.kind_of, 'X' + text),
            _accepts(fields.check_value, 'X', text),
            _accepts(fields.status_line, '200 ' + text),
            _accepts(fields.content_length, text),
        ):
            if accepted:
                raw = text.encode('latin-1')
                self.assertFalse(set(raw) & set(b'\r\n\x00'), text)

    @_bounded
    @hypothesis.given(st.text(max_size=4))
    def test_a_length_that_is_accepted_is_the_same_to_everybody(
        self, text: str
    ) -> None:
        if _accepts(fields.content_length, text):
            self.assertTrue(set(text) <= set('0123456789'), text)

    def test_every_character_of_latin_1_is_decided_on(self) -> None:
        for code in range(0x100):
            char = chr(code)
            fine = char == '\t' or 0x20 <= code < 0x7F or code >= 0x80
            self.assertIs(fine, _accepts(fields.check_value, 'X', char))
            self.assertIs(fine, _accepts(fields.status_line, '200 ' + char))
