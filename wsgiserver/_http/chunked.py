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

"""The chunked transfer coding (RFC 9112, section 7.1), decoded strictly.

It is decoded here and not by llhttp for three reasons: llhttp bounds
neither chunk extensions nor trailers, doesn't tell where the body ended, and
would go on into the next request of the same buffer.
"""

import enum
import re

from wsgiserver._http import errors
from wsgiserver._http import framing

_CRLF = b'\r\n'

_TOKEN = rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'

# chunk-size and chunk-ext (RFC 9112, section 7.1.1). Whitespace around ';'
# and '=' is "bad", and has to be taken all the same; what follows neither is
# no part of the grammar. 15 hexadecimal digits are more than any disk holds.
_SIZE_LINE = re.compile(
    rb'([0-9A-Fa-f]{1,15})'
    rb'((?:[\t ]*;[\t ]*%b(?:[\t ]*=[\t ]*(?:%b|%b))?)*)'
    % (_TOKEN, _TOKEN, _QUOTED)
)

_TRAILER = re.compile(rb'(%b):[\t\x20-\x7e\x80-\xff]*' % _TOKEN)

#: The longest chunk-size line in bytes. Extensions are rare and short; a
#: signature of some cloud storages takes 90 bytes.
MAX_SIZE_LINE = 256


class _Part(enum.Enum):
    SIZE = enum.auto()
    DATA = enum.auto()
    DATA_END = enum.auto()
    TRAILERS = enum.auto()
    DONE = enum.auto()


# Up to Python 3.11, a name looked up in an enumeration takes twenty times as
# long as one in a module.
_SIZE, _DATA, _DATA_END, _TRAILERS, _DONE = _Part


class ChunkedDecoder:
    """Decodes one chunked body; bytes in, bytes out.

    After an error it must not be used again.

    :param max_chunk_extensions: what all chunk extensions of the body may take
        together, in bytes.
    :param max_trailer_size: how large its trailer section may be, in bytes.
    """

    __slots__ = ('rest', '_part', '_left', '_extensions', '_trailers')

    def __init__(
        self, max_chunk_extensions: int, max_trailer_size: int
    ) -> None:
        #: The bytes that were fed and not decoded: those behind the body
        #: once it is complete, else the beginning of a line.
        self.rest = b''
        self._part = _SIZE
        self._left = 0
        # What of these bounds is left.
        self._extensions = max_chunk_extensions
        self._trailers = max_trailer_size

    @property
    def done(self) -> bool:
        """True once the end of the body was seen."""
        return self._part is _DONE

    def feed(self, data: bytes) -> bytes:
        """Decode bytes.

        :param data: the next bytes of the connection.
        :returns: the content among them.
        :raises BadRequest: if they are no chunked body; nothing behind them
            may be read as a request then.
        """
        return b''.join(self.pieces(data))

    def pieces(self, data: bytes) -> list[memoryview]:
        """Decode bytes as :meth:`feed` does, and copy none.

        :returns: the content, as parts of what was fed.
        """
        data = self.rest + data if self.rest else data
        content: list[memoryview] = []
        position: int | None = 0
        self.rest = b''
        while position is not None:
            start = position
            if self._part is _DATA:
                position = self._data(data, start, content)
            elif self._part is _SIZE:
                position = self._size_line(data, start)
            elif self._part is _DATA_END:
                position = self._data_end(data, start)
            elif self._part is _TRAILERS:
                position = self._trailer_line(data, start)
            else:
                position = None
            if position is None and self._part is not _DATA:
                self.rest = data[start:]
        return content

    # Each of these takes its part from data at position and returns where
    # the next one begins, or None if it needs more bytes.

    def _data(
        self, data: bytes, position: int, content: list[memoryview]
    ) -> int | None:
        end = position + self._left
        piece = memoryview(data)[position:end]
        if piece:
            content.append(piece)
        self._left -= len(piece)
        if self._left:
            return None
        self._part = _DATA_END
        return end

    def _data_end(self, data: bytes, position: int) -> int | None:
        end = data[position : position + 2]
        if end == _CRLF:
            self._part = _SIZE
            return position + 2
        if not _CRLF.startswith(end):
            raise errors.BadRequest('chunk longer than its size')
        return None

    def _size_line(self, data: bytes, position: int) -> int | None:
        line = _line(data, position, MAX_SIZE_LINE)
        if line is None:
            return None
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            raise errors.BadRequest('malformed chunk size')
        if match[2]:
            self._extensions -= len(match[2])
            if self._extensions < 0:
                raise errors.BadRequest('too many chunk extensions')
        self._left = int(match[1], 16)
        self._part = _DATA if self._left else _TRAILERS
        return position + len(line) + 2

    def _trailer_line(self, data: bytes, position: int) -> int | None:
        line = _line(data, position, max(self._trailers - 2, 0))
        if line is None:
            return None
        self._trailers -= len(line) + 2
        if not line:
            self._part = _DONE
        else:
            _check_trailer(line)
        return position + len(line) + 2


def _line(data: bytes, position: int, longest: int) -> bytes | None:
    end = data.find(_CRLF, position, position + longest + 2)
    if end >= 0:
        return data[position:end]
    # The CR of its end may be there already.
    if len(data[position:].removesuffix(b'\r')) > longest:
        raise errors.BadRequest('a line of the chunked body is too long')
    # A lone LF can't become part of any line; llhttp refuses it as well.
    if data.find(b'\n', position) >= 0:
        raise errors.BadRequest('a line must end with CRLF')
    return None


def _check_trailer(line: bytes) -> None:
    match = _TRAILER.fullmatch(line)
    if match is None:
        raise errors.BadRequest('malformed trailer field')
    # Trailers are dropped, yet these show that somebody wants them to be
    # taken for something else (RFC 9110, section 6.5.1).
    if match[1].lower() in framing.NOTED:
        raise errors.BadRequest('forbidden trailer field')
