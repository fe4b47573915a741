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

"""Texts of others that are logged."""

import traceback

from wsgiserver._log import escaping
from wsgiserver.tests import base


class LineTestCase(base.TestCase):
    def test_what_can_be_printed_stays(self) -> None:
        for text in ('', 'a b', 'é ü € 漢字 😀', '"quotes" \\ and %s'):
            self.assertEqual(text, escaping.line(text))

    def test_all_else_is_escaped(self) -> None:
        for text, expected in (
            ('a\nb\r\n', 'a\\x0ab\\x0d\\x0a'),
            ('\x1b[2J\x00\x7f', '\\x1b[2J\\x00\\x7f'),
            ('\x85\xa0\u2028\u202e', '\\x85\\xa0\\u2028\\u202e'),
            ('é\ud800\U000e0001', 'é\\ud800\\U000e0001'),
        ):
            self.assertEqual(expected, escaping.line(text))
            self.assertTrue(escaping.line(text).isprintable())

    def test_further_lines_of_a_paragraph_are_indented(self) -> None:
        self.assertEqual('a\n    b\\x0d\n    ', escaping.paragraph('a\nb\r\n'))


class ExceptionTestCase(base.TestCase):
    def raised(self, error: BaseException) -> BaseException:
        """Have an exception raised, so that it has a traceback."""
        try:
            raise error
        except BaseException as caught:
            return caught

    def text(self, error: BaseException) -> str:
        """Write its traceback, as a log does."""
        made = escaping.exception(error)
        return ''.join(
            traceback.format_exception(type(made), made, made.__traceback__)
        )

    def plain(self, error: BaseException) -> str:
        return ''.join(traceback.format_exception(error))

    def check(self, error: BaseException) -> str:
        """Check that no line begins with what a peer has sent."""
        text = self.text(error)
        self.assertIn('evil', text)
        for line in text.split('\n'):
            self.assertTrue(line.isprintable(), repr(line))
            self.assertFalse(line.startswith('evil'), text)
        return text

    def test_one_that_is_printable_is_itself(self) -> None:
        error = self.raised(ValueError('no', 'é'))
        self.assertIs(error, escaping.exception(error))

    def test_its_message_can_not_break_out_of_its_place(self) -> None:
        for message in ('a\nevil', 'a\revil', '\x1b[2Jevil', 'a\u2028evil'):
            text = self.check(self.raised(LookupError(message)))
            self.assertIn('\nLookupError: ', text)
            # Where it was raised is there as well.
            self.assertIn('in raised', text)

    def test_it_is_written_as_it_was_but_for_the_message(self) -> None:
        class Own(Exception):
            def __init__(self, one: int, two: int) -> None:
                super().__init__('a\x07')

        error = self.raised(Own(1, 2))
        self.assertEqual(
            self.plain(error).replace('\x07', '\\x07'), self.text(error)
        )

    def test_neither_can_those_of_its_causes(self) -> None:
        first = self.raised(KeyError('x'))
        second = self.raised(ValueError('b\nevil'))
        second.__context__ = first
        for name in ('__cause__', '__context__'):
            third = self.raised(RuntimeError('fine'))
            setattr(third, name, second)
            text = self.check(third)
            for word in ("KeyError: 'x'", 'ValueError: b', 'RuntimeError'):
                self.assertIn(word, text)

    def test_what_hides_its_context_still_does(self) -> None:
        error = ValueError('b\nevil')
        error.__context__ = KeyError('hidden')
        error.__suppress_context__ = True
        self.assertNotIn('hidden', self.check(error))

    def test_neither_can_its_notes(self) -> None:
        error = self.raised(ValueError('fine'))
        error.add_note('c\nevil')
        self.check(error)

    def test_one_that_goes_in_a_circle_comes_to_an_end(self) -> None:
        first, second = ValueError('a\nevil'), ValueError('b\nevil')
        first.__context__, second.__context__ = second, first
        self.check(first)

    def test_one_that_can_not_say_anything(self) -> None:
        class Silent(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        error = self.raised(Silent())
        self.assertIs(error, escaping.exception(error))

    def test_one_that_ends_a_process_is_none_any_more(self) -> None:
        made = escaping.exception(SystemExit('a\nb'))
        self.assertEqual('SystemExit', type(made).__name__)
