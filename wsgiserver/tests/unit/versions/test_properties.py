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

"""What holds for all presets and all requests, tried with many."""

from typing import Any
from wsgiref import validate

import hypothesis
from hypothesis import strategies as st
import webob

from wsgiserver._versions import presets
from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

_bounded = hypothesis.settings(
    max_examples=300, deadline=None, derandomize=True, database=None
)

_VERSIONS = 'v1.0 min=1.0 max=1.9 v2.1 min=2.1 max=2.96 v3'

_words = st.sampled_from(
    (
        'v1',
        'v2.1',
        'v9',
        'versions',
        '2.5',
        'latest',
        'compute',
        'version',
        'application/json',
        'application/vnd.openstack.images-',
        'text/html',
        '*/*',
        'q=',
        '0.5',
        ';',
        '=',
        ',',
        '"',
        '\\',
        '/',
        ' ',
        '*',
    )
)


def _texts(characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pieces = st.one_of(_words, st.text(characters, max_size=3))
    return st.lists(pieces, max_size=8).map(''.join)


# What a field may have on the wire (RFC 9112, section 5.5), as latin-1.
_fields = _texts(
    st.characters(
        min_codepoint=32, max_codepoint=255, exclude_characters='\x7f'
    )
)

_paths = _texts(st.characters(max_codepoint=255)).map('/{}'.format)


def _make_all() -> dict[str, middleware.VersionNegotiationFilter]:
    made = {}
    for name in presets.PRESETS:
        # With the other selectors as well, the unlikely ones first.
        for more in ('', 'other'):
            options: dict[str, Any] = {'preset': name, 'versions': _VERSIONS}
            if more:
                options['selectors'] = 'header parameter media_type path'
                options['media_type'] = 'application/vnd.openstack.images-'
            made[name + more] = middleware.VersionNegotiationFilter(
                webob.Response(text='application'), **options
            )
    return made


class AnyRequestTestCase(base.TestCase):
    FILTERS = _make_all()

    @_bounded
    @hypothesis.given(
        name=st.sampled_from(sorted(FILTERS)),
        method=st.sampled_from(('GET', 'HEAD', 'POST', 'OPTIONS')),
        path=st.one_of(st.just(''), st.just('/'), _paths),
        accept=_fields,
        content_type=_fields,
        asked=_fields,
        legacy=_fields,
    )
    def test_it_is_answered_as_it_should_be(
        self, name: str, path: str, method: str, **fields: str
    ) -> None:
        environ = webob.Request.blank('/').environ
        environ['REQUEST_METHOD'] = method
        environ['PATH_INFO'] = path
        environ['HTTP_ACCEPT'] = fields['accept']
        environ['CONTENT_TYPE'] = fields['content_type']
        environ['HTTP_OPENSTACK_API_VERSION'] = fields['asked']
        for service in ('NOVA', 'MANILA', 'IRONIC'):
            key = f'HTTP_X_OPENSTACK_{service}_API_VERSION'
            environ[key] = fields['legacy']
        start = fakes.Start()
        body = validate.validator(self.FILTERS[name])(environ, start)
        content = b''.join(body)
        body.close()  # type: ignore[attr-defined]  # the validator has one
        self.assertLess(int(start.status[:3]), 500)
        if environ['REQUEST_METHOD'] == 'HEAD':
            self.assertEqual(b'', content)
        for field, value in start.headers.items():
            self.assertTrue(value.isprintable(), field)
