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


"""Chunked bodies: those that have to be refused, and those that don't."""

_DATA = b'5\r\nhello\r\n'
_END = b'0\r\n\r\n'


def of_size(line: bytes) -> bytes:
    """Write a body whose first chunk has this size line."""
    return line + b'\r\nhello\r\n' + _END


def of_trailer(*lines: bytes) -> bytes:
    """Write a body with these trailer lines."""
    return _DATA + b'\r\n'.join((b'0', *lines, b'', b''))


#: What comes for a body, by the name of what is wrong with it.
REFUSED: dict[str, bytes] = (
    {
        f'size_{name}': of_size(line)
        for name, line in {
            'minus': b'-5',
            'plus': b'+5',
            'with_a_prefix': b'0x5',
            'underscore': b'0_5',
            'space_ahead': b' 5',
            'tab_ahead': b'\t5',
            'space_behind': b'5 ',
            'tab_behind': b'5\t',
            'vertical_tab_behind': b'5\x0b',
            'space_within': b'0 5',
            'empty': b'',
            'no_digit': b'g',
            'fraction': b'5.0',
            'quoted': b'"5"',
            'nul': b'5\x00',
            'non_ascii_digit': b'\xb2',
            'arabic_digit': '\u0665'.encode(),
            'fullwidth_digit': '\uff15'.encode(),
            'bare_cr': b'5\r5',
            'sixteen_digits': b'f' * 16,
            'two_to_the_64_and_5': b'10000000000000005',
            'many_zeros': b'0' * 300 + b'5',
        }.items()
    }
    | {
        f'extension_{name}': of_size(line)
        for name, line in {
            'nameless': b'5;',
            'nameless_with_value': b'5;=b',
            'without_a_value': b'5;a=',
            'blank': b'5; ',
            'space_behind': b'5;a ',
            'control': b'5;a\x01',
            'control_in_quotes': b'5;a="\x01"',
            'nul': b'5;a\x00',
            'bare_cr': b'5;a\rb',
            'bare_lf': b'5;a\nb',
            'bare_lf_in_quotes': b'5;a="\n"',
            'open_quotes': b'5;a="b',
            'behind_the_quotes': b'5;a="b"c',
            'non_ascii': b'5;\xe9',
            'long': b'5;a=' + b'b' * 300,
        }.items()
    }
    | {
        'extensions_without_end': b'1;%b\r\nx\r\n' % (b'a' * 250) * 300 + _END,
        'size_line_ends_with_lf': b'5\nhello\r\n' + _END,
        'size_line_ends_with_cr': b'5\rhello\r\n' + _END,
        'data_ends_with_lf': b'5\r\nhello\n' + _END,
        'data_ends_with_cr': b'5\r\nhello\r' + _END,
        'data_ends_with_nothing': b'5\r\nhello' + _END,
        'data_longer_than_its_size': b'4\r\nhello\r\n' + _END,
        'data_shorter_than_its_size': b'6\r\nhello\r\n' + _END,
        'another_line_end_behind_the_data': b'5\r\nhello\r\n\r\n' + _END,
        'last_chunk_ends_with_lf': _DATA + b'0\n\n',
        'end_is_lf': _DATA + b'0\r\n\n',
        'end_is_cr': _DATA + b'0\r\n\rX',
        'minus_zero': _DATA + b'-0\r\n\r\n',
    }
    | {
        f'trailer_{name}': of_trailer(*lines)
        for name, lines in {
            'without_a_colon': (b'name',),
            'without_a_name': (b': v',),
            'space_before_the_colon': (b'X : v',),
            'space_ahead': (b' X: v',),
            'folded': (b'X: a', b' b'),
            'nul': (b'X: a\x00b',),
            'control': (b'X: a\x01b',),
            'bare_cr': (b'X: a\rb',),
            'bare_lf': (b'X: a\nb',),
            'non_ascii_name': (b'X\xe9: a',),
            'content_length': (b'Content-Length: 5',),
            'content_length_in_lower_case': (b'content-length: 5',),
            'transfer_encoding': (b'Transfer-Encoding: chunked',),
            'host': (b'Host: b',),
            'connection': (b'Connection: close',),
            'expect': (b'Expect: 100-continue',),
            'request': (b'GET /stream HTTP/1.1', b'Host: a'),
            'too_long': (b'X: ' + b'a' * 8192,),
            'too_many': (b'X: y',) * 2000,
        }.items()
    }
)

#: What comes for a body, and the content that the application gets.
ACCEPTED: dict[str, tuple[bytes, bytes]] = {
    'one_chunk': (_DATA + _END, b'hello'),
    'no_content': (_END, b''),
    'upper_case_size': (b'A\r\n0123456789\r\n' + _END, b'0123456789'),
    'lower_case_size': (b'a\r\n0123456789\r\n' + _END, b'0123456789'),
    'zeros_ahead': (b'0005\r\nhello\r\n' + _END, b'hello'),
    'zeros_at_the_end': (_DATA + b'000\r\n\r\n', b'hello'),
    'line_ends_in_the_data': (b'4\r\n\r\n\r\n\r\n' + _END, b'\r\n\r\n'),
    'chunks_in_the_data': (b'5\r\n0\r\n\r\n\r\n' + _END, b'0\r\n\r\n'),
    'extension': (b'5;a\r\nhello\r\n' + _END, b'hello'),
    'extension_with_value': (b'5;a=b;c=d\r\nhello\r\n' + _END, b'hello'),
    'quoted_extension': (b'5;a="b;\\" c"\r\nhello\r\n' + _END, b'hello'),
    'extension_with_blanks': (
        b'5 ; a\t= "b" ;c\r\nhello\r\n0\t;a\r\n\r\n',
        b'hello',
    ),
    'extension_of_the_last': (_DATA + b'0;a=b\r\n\r\n', b'hello'),
    'trailer': (of_trailer(b'X: y'), b'hello'),
    'empty_trailer': (of_trailer(b'X:'), b'hello'),
    'trailer_that_reads_as_a_request': (
        of_trailer(b'X: GET /stream HTTP/1.1'),
        b'hello',
    ),
    'many_trailers': (of_trailer(*[b'X: y'] * 1000), b'hello'),
}
