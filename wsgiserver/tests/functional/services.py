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

"""What keystoneauth1 is to find of each example, and where it looks."""

from __future__ import annotations

import dataclasses
from typing import Any

from keystoneauth1 import access
from keystoneauth1 import fixture
from keystoneauth1.identity import base as identity
from keystoneauth1 import session as sessions

#: The lowest microversion and the highest; None where there are none.
Range = tuple[tuple[int, int], tuple[int, int]] | None

#: A version: its number, the path that its link leads to, and the range that
#: the document has.
Version = tuple[tuple[int, int], str, Range]


@dataclasses.dataclass(frozen=True)
class Service:
    """What there is to find.

    :param service_type: the type that the catalog has.
    :param versions: the versions, from the lowest to the highest.
    :param microversion: one that is neither the lowest nor the highest; for
        a service that has none, one that a client may ask for all the same.
    :param hidden: the range, where the document doesn't have it.
    """

    service_type: str
    versions: tuple[Version, ...]
    microversion: str
    hidden: Range = None

    @property
    def newest(self) -> Version:
        """The highest version."""
        return self.versions[-1]

    @property
    def range(self) -> Range:
        """The microversions of the highest version."""
        return self.hidden or self.newest[2]


def _minors(path: str, last: int) -> tuple[Version, ...]:
    """Make versions that are all at the same place."""
    return tuple(((2, minor), path, None) for minor in range(last + 1))


SERVICES = {
    # Who asks for no microversion gets a document without the range.
    'barbican': Service(
        'key-manager',
        (((1, 0), '/v1/', None),),
        '1.1',
        hidden=((1, 0), (1, 2)),
    ),
    'cinder': Service(
        'block-storage', (((3, 0), '/v3/', ((3, 0), (3, 71))),), '3.50'
    ),
    # It has v2 and v2.0, which are the same number.
    'designate': Service(
        'dns', (((2, 0), '/v2', None), *_minors('/v2', 4)), '2.1'
    ),
    'glance': Service('image', _minors('/v2/', 18), '2.5'),
    'heat': Service('orchestration', (((1, 0), '/v1/', None),), '1.0'),
    'ironic': Service(
        'baremetal', (((1, 0), '/v1/', ((1, 1), (1, 115))),), '1.50'
    ),
    'keystone': Service('identity', (((3, 14), '/v3/', None),), '3.10'),
    'magnum': Service(
        'container-infrastructure-management',
        (((1, 0), '/v1/', ((1, 1), (1, 14))),),
        '1.9',
    ),
    'manila': Service(
        'shared-file-system', (((2, 0), '/v2/', ((2, 0), (2, 99))),), '2.50'
    ),
    'neutron': Service('network', (((2, 0), '/v2.0/', None),), '2.0'),
    'nova': Service(
        'compute',
        (
            ((2, 0), '/v2/', None),
            ((2, 1), '/v2.1/', ((2, 1), (2, 104))),
        ),
        '2.53',
    ),
    'octavia': Service('load-balancer', _minors('/v2', 30), '2.5'),
    'placement': Service(
        'placement', (((1, 0), '/', ((1, 0), (1, 39))),), '1.20'
    ),
}


class Catalog(identity.BaseIdentityPlugin):
    """Somebody's token, with a catalog of one service.

    :param service_type: the type of the service.
    :param url: its endpoint.
    """

    def __init__(self, service_type: str, url: str) -> None:
        super().__init__()
        token: Any = fixture.V3Token()
        token.set_project_scope()
        service: Any = token.add_service(service_type)
        service.add_standard_endpoints(public=url)
        self._access = access.create(body=token, auth_token='a-token')

    def get_auth_ref(self, session: sessions.Session) -> access.AccessInfo:
        return self._access
