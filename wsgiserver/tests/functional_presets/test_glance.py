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

"""Glance's own version negotiation next to the preset ``glance``."""

from typing import Any

import testscenarios

from wsgiserver.tests import base
from wsgiserver.tests.functional_presets import side_by_side

_Ask = side_by_side.Ask

_CACHE = {'image_cache_dir': '/var/lib/glance/cache'}
_STORES = {'enabled_backends': {'one': 'file', 'two': 'file'}}

_PREFIX = 'application/vnd.openstack.images-'

#: Where no version is.
_DOCUMENTS = [
    _Ask('/'),
    _Ask('/', method='HEAD'),
    _Ask('/', method='POST'),
    _Ask('/versions'),
    _Ask('/versions/'),
    _Ask('/versions/x'),
    _Ask('/versions', method='POST'),
    _Ask('/images'),
    _Ask('/v9'),
    _Ask('/v9/images'),
    _Ask('/v1/images'),
    _Ask('/v2.99/images'),
    _Ask('/v2./images'),
    _Ask('/V2/images'),
    _Ask('/v02/images'),
    _Ask('/', {'Accept': '*/*'}),
    _Ask('/', {'Accept': 'application/json'}),
    _Ask('/images', {'Accept': 'application/json'}),
    _Ask('/images', {'Accept': f'{_PREFIX}v9'}),
    _Ask('/v2/images', {'Accept': f'{_PREFIX}v9'}),
    _Ask('/v2/images', {'Accept': _PREFIX}),
    _Ask('/versions', {'Accept': f'{_PREFIX}v2'}),
]

#: Where a version is, be it known or not.
_VERSIONS = [
    _Ask('/v2'),
    _Ask('/v2/'),
    _Ask('/v2/images'),
    _Ask('/v2/images', method='POST'),
    _Ask('//v2//images'),
    _Ask('/images', {'Accept': f'{_PREFIX}v2'}),
    _Ask('/images', {'Accept': f'{_PREFIX}v2.1'}),
    _Ask('/', {'Accept': f'{_PREFIX}v2'}),
    _Ask('/v2/images', {'Accept': f'{_PREFIX}v2'}),
    _Ask('/v2/images', {'Accept': 'application/json'}),
    *(_Ask(f'/v2.{minor}/images/1') for minor in range(20)),
    *(
        _Ask('/images', {'Accept': f'{_PREFIX}v2.{minor}'})
        for minor in range(20)
    ),
]


class TestGlance(  # type: ignore[misc]  # testscenarios has no annotations
    testscenarios.WithScenarios, base.TestCase
):
    # A process imports Glance.
    TIMEOUT_SCALING_FACTOR = 3

    scenarios = [
        ('bare', {'options': {}}),
        ('cache', {'options': _CACHE}),
        ('stores', {'options': _STORES}),
        ('cache,stores', {'options': {**_CACHE, **_STORES}}),
    ]
    options: dict[str, Any]

    def compare(
        self, asks: list[side_by_side.Ask]
    ) -> list[tuple[side_by_side.Ask, side_by_side.Pair]]:
        pairs = side_by_side.compare('glance_pair', self.options, asks)
        self.assertEqual(len(asks), len(pairs))
        return [*zip(asks, pairs, strict=True)]

    def assert_same(self, asks: list[side_by_side.Ask]) -> None:
        for ask, (theirs, ours) in self.compare(asks):
            self.assertEqual(theirs.status, ours.status, str(ask))
            self.assertEqual(theirs.body, ours.body, str(ask))
            self.assertEqual(
                theirs.headers['content-type'], ours.headers['content-type']
            )

    def test_documents_are_the_same(self) -> None:
        self.assert_same(_DOCUMENTS)

    def test_applications_are_told_the_same(self) -> None:
        self.assert_same(_VERSIONS)

    def test_document_has_what_the_configuration_says(self) -> None:
        ((_ask, (theirs, _ours)),) = self.compare([_Ask('/versions')])
        ids = {entry['id'] for entry in theirs.body['versions']}
        self.assertEqual('image_cache_dir' in self.options, 'v2.18' in ids)
        self.assertEqual('enabled_backends' in self.options, 'v2.13' in ids)
