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

"""Which route a path belongs to."""

from wsgiserver import _metrics
from wsgiserver import exceptions
from wsgiserver.tests import base


class RoutesTestCase(base.TestCase):
    def check(self, prefixes: list[str], **expected: str) -> None:
        routes = _metrics.Routes(prefixes)
        for path, route in expected.items():
            self.assertEqual(route, routes.of(path), path)

    def test_whole_segments_count(self) -> None:
        self.check(
            ['/v2', '/v2.1'],
            **{
                '/v2': '/v2',
                '/v2/': '/v2',
                '/v2/servers/1': '/v2',
                '/v2.1/servers': '/v2.1',
                '/v2.11': 'other',
                '/v2a': 'other',
                '/v': 'other',
                '//v2': 'other',
                '/': 'other',
                '': 'other',
                '*': 'other',
                'v2': 'other',
            },
        )

    def test_the_longest_one_counts(self) -> None:
        self.check(
            ['/v3', '/v3/auth', '/v3/auth/tokens', '/identity/v3'],
            **{
                '/v3': '/v3',
                '/v3/users': '/v3',
                '/v3/auth': '/v3/auth',
                '/v3/authority': '/v3',
                '/v3/auth/tokens': '/v3/auth/tokens',
                '/v3/auth/tokens/1': '/v3/auth/tokens',
                '/identity': 'other',
                '/identity/v3/auth': '/identity/v3',
            },
        )

    def test_there_need_be_none(self) -> None:
        self.check([], **{'/v2': 'other'})

    def test_what_is_no_prefix_is_refused(self) -> None:
        for prefix in (
            *('', '/', 'v2', '/v2/', '//v2', '/v 2', '/v"2', '/v\\2'),
            *('/v\n2', '/v\xe9', '/v?a', '/v#a', '/' + 'x' * 200),
        ):
            error = self.assertRaises(
                exceptions.InvalidInput, _metrics.Routes, [prefix]
            )
            self.assertIn('metrics_routes', str(error))

    def test_there_are_31_at_most(self) -> None:
        most = [f'/v{number}' for number in range(31)]
        self.assertEqual('/v30', _metrics.Routes(most).of('/v30/x'))
        self.assertRaises(
            exceptions.InvalidInput, _metrics.Routes, [*most, '/v31']
        )
        # Twice the same is one.
        _metrics.Routes([*most, '/v30'])
