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

"""The glossary: one line a term, with the file that has it."""

import pathlib
import re

import wsgiserver
from wsgiserver.tests import base

_ROOT = pathlib.Path(wsgiserver.__file__).parent

_PAGE = _ROOT.parent / 'doc/source/contributor/glossary.rst'

#: A term, what it is, and a file below the package.
_ENTRY = re.compile(r'   ([^;:]+); ([^;]+); ``([^`;]+)``')

#: Names that nobody else has for these things, and nobody searches for.
_COINED = frozenset(
    {'board', 'crew', 'recipe', 'rehearsal', 'seat', 'speaker', 'upkeep'}
)

#: The words of a name, in whatever style it is written.
_WORD = re.compile(r'[A-Z]?[a-z]+')


class GlossaryTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        lines = _PAGE.read_text(encoding='utf-8').splitlines()
        self.entries = [m.groups() for m in map(_ENTRY.fullmatch, lines) if m]
        self.rows = [
            line for line in lines if line.startswith('   ') and ';' in line
        ]

    def test_each_line_has_a_term_its_meaning_and_a_file(self) -> None:
        # The two others are the header and the delimiter.
        self.assertEqual(len(self.rows) - 2, len(self.entries))
        self.assertGreater(len(self.entries), 50)

    def test_each_file_is_there(self) -> None:
        missing = [
            (term, path)
            for term, _meaning, path in self.entries
            if not (_ROOT / path).is_file()
        ]
        self.assertEqual([], missing)

    def test_each_term_is_there_once_and_in_order(self) -> None:
        terms = [term.lower() for term, _meaning, _path in self.entries]
        self.assertEqual(sorted(set(terms)), terms)


class WordsTestCase(base.TestCase):
    def test_no_class_or_function_has_a_coined_name(self) -> None:
        pattern = re.compile(r'^\s*(?:class|def) (\w+)', re.MULTILINE)
        coined = [
            (path.relative_to(_ROOT).as_posix(), name)
            for path in sorted(_ROOT.rglob('*.py'))
            if 'tests' not in path.relative_to(_ROOT).parts
            for name in pattern.findall(path.read_text(encoding='utf-8'))
            if {word.lower() for word in _WORD.findall(name)} & _COINED
        ]
        self.assertEqual([], coined)
