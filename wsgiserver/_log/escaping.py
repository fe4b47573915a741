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

"""Escaping: texts of others, which must not pass for lines of a log."""

from __future__ import annotations

import re

_UNUSUAL = re.compile(r'[^ -~]')


def escape(character: str) -> str:
    """Escape a character in ASCII, as Python's source would have it.

    :param character: the character.
    """
    code = ord(character)
    if code < 0x100:
        return f'\\x{code:02x}'
    return f'\\u{code:04x}' if code < 0x10000 else f'\\U{code:08x}'


def _escaped(match: re.Match[str]) -> str:
    # Letters of any language stay what they are; line ends, what acts on a
    # terminal, and halves of surrogate pairs don't.
    character = match[0]
    return character if character.isprintable() else escape(character)


def line(text: str) -> str:
    """Escape a text into one line that can be printed.

    :param text: the text.
    :returns: the same if it is that already.
    """
    return text if text.isprintable() else _UNUSUAL.sub(_escaped, text)


def paragraph(text: str) -> str:
    """Escape a text into lines, all but the first indented.

    :param text: the text.
    """
    return '\n    '.join(map(line, text.split('\n')))


def exception(error: BaseException) -> BaseException:
    """Escape an exception, so that its traceback can be logged.

    Its message may have what a peer sent, and break out of its line.

    :param error: the exception.
    :returns: the same if its message and those of its causes are printable;
        else one that is written as it would be, but for them.
    """
    return _exception(error, [])


def _exception(
    error: BaseException, seen: list[BaseException]
) -> BaseException:
    seen.append(error)
    chained = {}
    for name in ('__cause__', '__context__'):
        other = getattr(error, name)
        if other is not None:
            # A circle is of no use to anybody.
            is_seen = any(other is each for each in seen)
            other = None if is_seen else _exception(other, seen)
        chained[name] = other
    text = _message(error)
    notes = [str(note) for note in getattr(error, '__notes__', ())]
    if all(map(str.isprintable, (text, *notes))) and all(
        other is getattr(error, name) for name, other in chained.items()
    ):
        return error
    kind = type(error)
    made: BaseException = type(
        kind.__name__,
        (Exception,),
        {'__module__': kind.__module__, '__qualname__': kind.__qualname__},
    )(paragraph(text))
    made.__traceback__ = error.__traceback__
    for name, other in chained.items():
        setattr(made, name, other)
    made.__suppress_context__ = error.__suppress_context__
    for note in notes:
        made.add_note(paragraph(note))
    return made


def _message(error: BaseException) -> str:
    try:
        return str(error)
    # As the traceback module does it: this is the application's code.
    except Exception:
        return '<exception str() failed>'
