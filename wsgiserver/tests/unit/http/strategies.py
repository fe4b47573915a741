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

"""Byte streams for the tests with hypothesis."""

import hypothesis
from hypothesis import strategies as st

from wsgiserver._http import framing
from wsgiserver._http import head
from wsgiserver.tests.unit.http import wire

#: The same examples in every run, and nothing written to the disk.
bounded = hypothesis.settings(
    max_examples=200, deadline=None, derandomize=True, database=None
)

_TOKEN = (
    "!#$%&'*+-.^`|~0123456789"
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
)
_TEXT = bytes([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])

tokens: st.SearchStrategy[bytes] = st.text(
    _TOKEN, min_size=1, max_size=12
).map(str.encode)
values = st.lists(st.sampled_from(_TEXT), max_size=20).map(bytes)
plain_names = tokens.filter(lambda name: name.lower() not in framing.NOTED)
targets = st.lists(
    st.sampled_from(sorted(set(range(0x21, 0x7F)) - {ord('#')})), max_size=20
).map(lambda path: b'/' + bytes(path))


@st.composite
def chunked_bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Make a chunked body and its content."""
    chunks = draw(st.lists(st.binary(min_size=1, max_size=40), max_size=5))
    encoded = b''
    for chunk in chunks:
        encoded += b'%x' % len(chunk)
        if draw(st.booleans()):
            encoded += b';' + draw(tokens) + b'="' + draw(tokens) + b'"'
        encoded += b'\r\n' + chunk + b'\r\n'
    encoded += b'0\r\n'
    for name in draw(st.lists(plain_names, max_size=2)):
        encoded += name + b':' + draw(values) + b'\r\n'
    return encoded + b'\r\n', b''.join(chunks)


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Make a request and the content of its body."""
    fields = [
        name + b':' + draw(values)
        for name in draw(st.lists(plain_names, max_size=4))
    ]
    kind = draw(st.sampled_from(('none', 'sized', 'chunked')))
    body = content = b''
    if kind == 'sized':
        body = content = draw(st.binary(max_size=60))
        fields.append(b'Content-Length: %d' % len(body))
    elif kind == 'chunked':
        body, content = draw(chunked_bodies())
        fields.append(b'Transfer-Encoding: chunked')
    fields.append(b'Host: a')
    method = draw(st.sampled_from(sorted(head.METHODS)))
    line = b'%s %s HTTP/1.1' % (method, draw(targets))
    ahead = draw(st.sampled_from((b'', b'\r\n')))
    return ahead + wire.head_of(line, *draw(st.permutations(fields))) + body, (
        content
    )


streams = st.lists(requests(), min_size=1, max_size=4)


@st.composite
def broken(draw: st.DrawFn, valid: st.SearchStrategy[bytes]) -> bytes:
    """Make a stream with a few bytes changed, added or taken away."""
    stream = draw(valid)
    for _turn in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(stream)))
        added = draw(
            st.one_of(
                st.binary(max_size=2),
                st.sampled_from((b'\r', b'\n', b'\r\n', b' ', b'\x00', b':')),
            )
        )
        taken = draw(st.integers(0, 2))
        stream = stream[:place] + added + stream[place + taken :]
    return stream


@st.composite
def pieces_of(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """Cut a stream at any number of places."""
    places = draw(
        st.lists(st.integers(0, len(stream)), max_size=12, unique=True)
    )
    ends = [0, *sorted(places), len(stream)]
    pieces = [
        stream[start:end] for start, end in zip(ends, ends[1:], strict=False)
    ]
    return [piece for piece in pieces if piece]
