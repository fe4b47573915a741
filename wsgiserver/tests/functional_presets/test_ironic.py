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

"""Ironic's own version negotiation next to the preset ``ironic``."""

from wsgiserver.tests import base
from wsgiserver.tests.functional_presets import side_by_side

_Ask = side_by_side.Ask

_STANDARD = 'OpenStack-API-Version'
_OWN = 'X-OpenStack-Ironic-API-Version'

#: The header fields of which each response of Ironic has some or all.
_FIELDS = (
    'x-openstack-ironic-api-version',
    'x-openstack-ironic-api-minimum-version',
    'x-openstack-ironic-api-maximum-version',
)

#: Ways to ask for a microversion that there is, or for none.
_GOOD = [
    {},
    {_OWN: '1.50'},
    {_OWN: '1.1'},
    {_OWN: '1.115'},
    {_OWN: 'latest'},
    {_STANDARD: 'baremetal 1.50'},
    {_STANDARD: 'baremetal latest'},
    {_STANDARD: 'compute 2.50'},
    {_STANDARD: 'compute 2.50, baremetal 1.60, volume 3.50'},
    {_STANDARD: 'baremetal 1.50', _OWN: '1.60'},
]

#: Ways to ask for one that there isn't.
_BAD = [
    {_OWN: '1.0'},
    {_OWN: '1.116'},
    {_OWN: '2.1'},
    {_STANDARD: 'baremetal 1.999'},
    {_STANDARD: 'compute 2.50, baremetal 1.999'},
]

#: Ways to ask for what is none.
_MALFORMED = [
    {_OWN: 'one'},
    {_OWN: '1'},
    {_OWN: '1.2.3'},
    {_OWN: '1.x'},
    {_STANDARD: 'baremetal one'},
]


class TestIronic(base.TestCase):
    # A process imports Ironic.
    TIMEOUT_SCALING_FACTOR = 3

    def compare(
        self, asks: list[side_by_side.Ask]
    ) -> list[tuple[side_by_side.Ask, side_by_side.Pair]]:
        pairs = side_by_side.compare('ironic_pair', {}, asks)
        self.assertEqual(len(asks), len(pairs))
        return [*zip(asks, pairs, strict=True)]

    def assert_same_fields(
        self, ask: side_by_side.Ask, pair: side_by_side.Pair
    ) -> None:
        """Check that ours says all that Ironic says, where it does."""
        for name in _FIELDS:
            if name in pair.theirs.headers:
                self.assertEqual(
                    pair.theirs.headers[name],
                    pair.ours.headers.get(name),
                    f'{name} of {ask}',
                )

    def test_root_document_is_the_same(self) -> None:
        asks = [_Ask('/', headers) for headers in _GOOD] + [_Ask('//')]
        for ask, pair in self.compare(asks):
            self.assertEqual(200, pair.theirs.status, str(ask))
            self.assertEqual(200, pair.ours.status, str(ask))
            self.assertEqual(pair.theirs.body, pair.ours.body, str(ask))
            self.assert_same_fields(ask, pair)
            self.assertEqual({*_FIELDS}, {*_FIELDS} & {*pair.theirs.headers})

    def test_version_is_the_same_to_the_application(self) -> None:
        asks = [
            _Ask(path, headers)
            for path in ('/v1', '/v1/', '/lookup', '/v1/lookup')
            for headers in _GOOD
        ]
        for ask, pair in self.compare(asks):
            self.assertEqual(pair.theirs.status, pair.ours.status, str(ask))
            self.assertEqual(pair.theirs.body, pair.ours.body, str(ask))
            self.assert_same_fields(ask, pair)

    def test_path_without_a_version_is_that_of_the_first(self) -> None:
        without, with_it = self.compare([_Ask('/lookup'), _Ask('/v1/lookup')])
        self.assertEqual(without[1].theirs.body, with_it[1].theirs.body)
        self.assertEqual(without[1].ours.body, with_it[1].ours.body)

    def test_microversion_out_of_range_is_not_acceptable(self) -> None:
        self.assert_refused(_BAD)

    def test_what_is_no_microversion_is_not_acceptable(self) -> None:
        self.assert_refused(_MALFORMED)

    def assert_refused(self, ways: list[dict[str, str]]) -> None:
        asks = [
            _Ask(path, headers)
            for path in ('/', '/v1/', '/lookup')
            for headers in ways
        ]
        for ask, pair in self.compare(asks):
            self.assertEqual(406, pair.theirs.status, str(ask))
            self.assertEqual(406, pair.ours.status, str(ask))
            self.assert_same_fields(ask, pair)
            self.assertNotIn(_FIELDS[0], pair.ours.headers)

    def test_what_is_not_there_is_not_found(self) -> None:
        asks = [
            _Ask(path)
            for path in ('/v2/nodes', '/v9', '/versions', '/nosuch', '/v1/v1')
        ]
        for ask, pair in self.compare(asks):
            self.assertEqual(404, pair.theirs.status, str(ask))
            self.assertEqual(404, pair.ours.status, str(ask))
