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

"""What each service does, by its preset: requests, and what becomes of them.

The tables are what the services themselves do in their releases of 2026.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any

from wsgiserver._versions import presets
from wsgiserver import middleware
from wsgiserver.tests.unit.middleware import fakes
from wsgiserver.tests.unit import scenarios

STANDARD = 'OpenStack-API-Version'
NOVA = 'X-OpenStack-Nova-API-Version'
MANILA = 'X-OpenStack-Manila-API-Version'
EXPERIMENTAL = 'X-OpenStack-Manila-API-Experimental'
IRONIC = 'X-OpenStack-Ironic-API-Version'
IRONIC_RANGE = {
    'X-OpenStack-Ironic-API-Minimum-Version': '1.1',
    'X-OpenStack-Ironic-API-Maximum-Version': '1.109',
}
MAGNUM = 'container-infrastructure-management'
MAGNUM_RANGE = {
    'OpenStack-API-Minimum-Version': f'{MAGNUM} 1.1',
    'OpenStack-API-Maximum-Version': f'{MAGNUM} 1.14',
}
IMAGES = 'application/vnd.openstack.images-'
STACKS = 'application/vnd.openstack.orchestration-'


@dataclasses.dataclass(frozen=True)
class Row:
    """A request, and what becomes of it.

    :param path: what is asked for.
    :param status: the status of the answer; 0 where the application's.
    :param seen: SCRIPT_NAME and PATH_INFO, as the application has them.
    :param told: what the environ has for the application.
    :param headers: the header fields of the request.
    :param fields: those of the response; None for one that isn't there.
    :param body: keys that the document has, each within the one before.
    """

    path: str
    status: int = 0
    seen: tuple[str, str] | None = None
    told: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    fields: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    body: tuple[str | int, ...] = ()


def asks(value: str, name: str = STANDARD) -> dict[str, str]:
    return {name: value}


def accepts(value: str) -> dict[str, str]:
    return {'Accept': value}


#: By preset: the versions, and the rows.
PRESETS: dict[str, tuple[str, tuple[Row, ...]]] = {
    'glance': (
        'v2.2 v2.1 v2.0',
        (
            Row(
                '/',
                300,
                body=('versions', 0, 'links'),
                fields={'Vary': 'Accept'},
            ),
            Row('/versions', 200, body=('versions', 2)),
            Row('/v2', seen=('', '/v2'), told={'api.version': 2}),
            Row('/v2.1/images', seen=('', '/v2/images')),
            Row('/v2.9/images', 300, body=('versions',)),
            Row('/images', 300),
            Row(
                '/images',
                seen=('', '/v2/images'),
                headers=accepts(f'{IMAGES}v2.2'),
            ),
            Row('/v2/x', 300, headers=accepts(f'{IMAGES}v9')),
            Row('/v2/x', seen=('', '/v2/x'), fields={'Vary': None}),
        ),
    ),
    'heat': (
        'v1.0 path=v1/',
        (
            Row('/', 300, body=('versions', 0)),
            Row('/versions', 300),
            Row(
                '/v1/p/stacks',
                seen=('/v1', '/p/stacks'),
                told={'api.major_version': 1, 'api.minor_version': 0},
            ),
            Row('/v1.0/p', seen=('/v1.0', '/p')),
            Row('/v2/p', 300),
            Row('/p/stacks', 404),
            Row(
                '/p',
                told={'api.major_version': 1},
                headers=accepts(f'{STACKS}v1'),
            ),
            Row('/p', 300, headers=accepts(f'{STACKS}v9')),
            Row('/%FF', 400),
        ),
    ),
    'nova': (
        'v2.0 DEPRECATED path=v2/ v2.1 CURRENT min=2.1 max=2.96',
        (
            Row('/', 200, body=('versions', 1, 'min_version')),
            Row('/v9/servers', 300, body=('choices', 0, 'media-types')),
            Row('/servers', 300, body=('choices',)),
            Row(
                '/v2.1/',
                200,
                body=('version', 'media-types'),
                fields={STANDARD: 'compute 2.1', NOVA: '2.1'},
            ),
            Row(
                '/v2.1/servers',
                seen=('/v2.1', '/servers'),
                fields={
                    STANDARD: 'compute 2.40',
                    NOVA: '2.40',
                    'Vary': f'{STANDARD}, {NOVA}',
                },
                headers=asks('compute 2.40'),
            ),
            Row('/v2.1/x', fields={NOVA: '2.5'}, headers=asks('2.5', NOVA)),
            Row(
                '/v2.1/x',
                fields={NOVA: '2.96'},
                headers=asks('compute latest'),
            ),
            Row('/v2.1/x', fields={NOVA: '2.1'}, headers=asks('volume 3.0')),
            Row(
                '/v2.1/x', 400, body=('badRequest',), headers=asks('compute 2')
            ),
            Row(
                '/v2.1/x',
                406,
                body=('computeFault',),
                headers=asks('compute 3.0'),
            ),
            Row(
                '/v2/servers',
                seen=('/v2', '/servers'),
                fields={STANDARD: None, NOVA: None, 'Vary': None},
                headers=asks('compute 9.9'),
            ),
            Row(
                '/x',
                seen=('/v2.1', '/x'),
                headers=accepts('application/json;version=2.1'),
            ),
            Row(
                '/x',
                seen=('/v2', '/x'),
                headers=accepts('application/json;q=0.5;version=2'),
            ),
            Row(
                '/x',
                seen=('/v2.1', '/x'),
                headers={'Content-Type': 'application/json;version=2.1'},
            ),
        ),
    ),
    'cinder': (
        'v3.0 CURRENT min=3.0 max=3.71',
        (
            Row(
                '/',
                300,
                body=('versions', 0, 'media-types'),
                fields={STANDARD: None},
            ),
            Row(
                '/v3/',
                200,
                body=('versions', 0),
                fields={STANDARD: 'volume 3.0'},
            ),
            Row('/v9/volumes', 404, body=('itemNotFound',)),
            Row('/volumes', 404),
            Row(
                '/v3/p/volumes',
                seen=('/v3', '/p/volumes'),
                fields={STANDARD: 'volume 3.50', 'Vary': STANDARD},
                headers=asks('volume 3.50'),
            ),
            Row('/v3/p', 406, headers=asks('volume 3.99')),
            Row('/v3/p', 400, headers=asks('volume x')),
        ),
    ),
    'manila': (
        'v2.0 CURRENT min=2.0 max=2.90',
        (
            Row('/', 300, body=('versions', 0), fields={MANILA: None}),
            Row('/v9/shares', 404),
            Row(
                '/v2/shares',
                seen=('/v2', '/shares'),
                fields={MANILA: '2.50', EXPERIMENTAL: None, 'Vary': MANILA},
                headers=asks('2.50', MANILA),
            ),
            Row(
                '/v2/shares',
                fields={EXPERIMENTAL: 'True'},
                headers=asks('true', EXPERIMENTAL),
            ),
            Row(
                '/v2/x',
                406,
                fields={'Vary': MANILA},
                headers=asks('2.91', MANILA),
            ),
            Row('/v2/x', fields={MANILA: '2.0'}, headers=asks('share 2.50')),
        ),
    ),
    'ironic': (
        'v1 min=1.1 max=1.109',
        (
            Row(
                '/',
                200,
                body=('default_version', 'min_version'),
                fields={IRONIC: '1.1', **IRONIC_RANGE},
            ),
            Row('/v1/nodes', seen=('', '/v1/nodes'), fields={IRONIC: '1.1'}),
            Row('/nodes', seen=('', '/v1/nodes')),
            Row('/v1', seen=('', '/v1'), fields=IRONIC_RANGE),
            Row(
                '/v1/x',
                fields={IRONIC: '1.50'},
                headers=asks('baremetal 1.50'),
            ),
            Row(
                '/v1/x', fields={IRONIC: '1.60'}, headers=asks('1.60', IRONIC)
            ),
            Row(
                '/v1/x',
                406,
                fields={IRONIC: None, **IRONIC_RANGE},
                headers=asks('1.110', IRONIC),
            ),
            Row('/v1/x', 406, fields=IRONIC_RANGE, headers=asks('x', IRONIC)),
        ),
    ),
    'placement': (
        'v1.0 CURRENT min=1.0 max=1.39',
        (
            Row(
                '/',
                200,
                body=('versions', 0, 'max_version'),
                fields={
                    STANDARD: 'placement 1.0',
                    'Vary': f'Accept, {STANDARD}',
                },
            ),
            Row(
                '/resource_providers',
                seen=('', '/resource_providers'),
                told={'placement.microversion': (1, 39)},
                fields={STANDARD: 'placement 1.39', 'Vary': STANDARD},
                headers=asks('placement latest'),
            ),
            Row(
                '/',
                406,
                body=('errors', 0, 'max_version'),
                headers=asks('placement 1.99'),
            ),
            Row('/x', 400, body=('errors', 0), headers=asks('placement pony')),
            Row(
                '/x',
                406,
                fields={STANDARD: None, 'Vary': STANDARD},
                headers=asks('placement 1.40'),
            ),
        ),
    ),
    'keystone': (
        'v3.14 path=v3/ updated=2020-04-07T00:00:00Z',
        (
            Row(
                '/',
                300,
                body=('versions', 'values', 0, 'media-types'),
                fields={'Location': 'http://localhost/v3/'},
            ),
            Row('/v3', 200, body=('version', 'media-types')),
            Row('/v3/', 200, body=('version', 'updated')),
            Row('/v3/auth', seen=('/v3', '/auth')),
            Row('/', seen=('', '/'), headers=accepts('application/json-home')),
            Row(
                '/v3',
                seen=('/v3', ''),
                headers=accepts('application/json-home'),
            ),
            Row('/v9', 404),
            Row('/auth', 404),
        ),
    ),
    'octavia': (
        'v2.0 SUPPORTED path=v2 v2.30 CURRENT path=v2',
        (
            Row('/', 200, body=('versions', 1, 'links')),
            Row('/v2/lbaas', seen=('/v2', '/lbaas')),
            Row('/v9/lbaas', 404),
            Row('/lbaas', 404),
        ),
    ),
    'designate': (
        'v2 SUPPORTED v2.0 SUPPORTED v2.4 CURRENT',
        (
            Row('/', 200, body=('versions', 2, 'links', 1)),
            Row('/v2/zones', seen=('/v2', '/zones')),
            Row('/v2.4/zones', 404),
            Row('/v9', 404),
        ),
    ),
    'barbican': (
        'v1 CURRENT min=1.0 max=1.2',
        (
            Row('/', 300, body=('versions', 'values', 0, 'media-types')),
            Row(
                '/',
                300,
                body=('versions', 0, 'max_version'),
                fields={STANDARD: 'key-manager 1.1'},
                headers=asks('key-manager 1.1'),
            ),
            Row('/v1/', 200, body=('version', 'media-types')),
            Row(
                '/v1',
                body=('version', 'min_version'),
                status=200,
                headers=asks('key-manager latest'),
            ),
            Row(
                '/v1/secrets',
                seen=('/v1', '/secrets'),
                told={'key-manager.microversion': (1, 2)},
                fields={'Vary': STANDARD},
                headers=asks('key-manager 1.2'),
            ),
            Row('/v1/secrets', 406, headers=asks('key-manager 1.3')),
            Row('/v9', 404),
        ),
    ),
    'magnum': (
        'v1 CURRENT min=1.1 max=1.14',
        (
            Row('/', 200, body=('versions', 0, 'max_version')),
            Row('/clusters', seen=('', '/v1/clusters')),
            Row(
                '/v1/clusters',
                seen=('', '/v1/clusters'),
                fields={
                    STANDARD: f'{MAGNUM} 1.5',
                    'Vary': STANDARD,
                    **MAGNUM_RANGE,
                },
                headers=asks('container-infra 1.5'),
            ),
            Row(
                '/v1/x',
                fields={STANDARD: f'{MAGNUM} 1.14'},
                headers=asks('container-infrastructure latest'),
            ),
            Row(
                '/v1/x',
                406,
                fields=MAGNUM_RANGE,
                headers=asks('container-infra 1.15'),
            ),
            Row(
                '/v1/x',
                406,
                fields=MAGNUM_RANGE,
                headers=asks('container-infra x'),
            ),
            Row('/v9/x', 404),
        ),
    ),
    'neutron': (
        'v2.0 CURRENT',
        (
            Row('/', 200, body=('versions', 0, 'links')),
            Row('/v2.0/', seen=('/v2.0', '/')),
            Row('/v2.0/networks', seen=('/v2.0', '/networks')),
            Row('/v2/networks', 404),
            Row('/networks', 404),
        ),
    ),
}


class PresetTestCase(scenarios.ScenarioTestCase):
    scenarios = [(name, {'name': name}) for name in presets.PRESETS]
    name: str

    def _check(self, row: Row, versions: str) -> None:
        app = fakes.App(status='203 Mine')
        negotiating = middleware.VersionNegotiationFilter(
            app, preset=self.name, versions=versions
        )
        response = fakes.fetch(negotiating, row.path, headers=row.headers)
        self.assertEqual(row.status or 203, response.status_int)
        self.assertEqual(0 if row.status else 1, len(app.environs))
        for environ in app.environs:
            seen = environ['SCRIPT_NAME'], environ['PATH_INFO']
            self.assertEqual(row.seen or seen, seen)
            for key, value in row.told.items():
                self.assertEqual(value, environ[key], key)
        for name, field in row.fields.items():
            found = ', '.join(response.headers.getall(name))
            self.assertEqual(field, found or None, name)
        content: Any = response.json if row.body else None
        for step in row.body:
            content = content[step]

    def test_requests_become_what_they_do_there(self) -> None:
        versions, rows = PRESETS[self.name]
        for row in rows:
            try:
                self._check(row, versions)
            except Exception as error:
                raise AssertionError(f'{self.name}: {row}') from error
