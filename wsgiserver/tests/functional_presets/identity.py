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

"""As much of an identity service as a client needs to find the others.

It goes into the example of the preset ``keystone``, and gives everybody who
asks a token with the same catalog.
"""

from collections.abc import Mapping
import json
from typing import Any

from keystoneauth1 import fixture
import webob
import webob.dec

from wsgiserver.tests.functional import examples

#: The application of the example, and the section's beginning in its place.
_THEIRS = 'use = egg:os-wsgiserver#hello'
_OURS = f'paste.app_factory = {__name__}:factory\n'

REGION = 'here'


class Identity:
    """Answers a request for a token.

    :param catalog: the URL of each service, by its type.
    """

    def __init__(self, catalog: Mapping[str, str]) -> None:
        self._catalog = catalog

    @webob.dec.wsgify
    def __call__(self, request: webob.Request) -> webob.Response:
        if (request.method, request.path_info) != ('POST', '/auth/tokens'):
            return webob.Response(status=404)
        token: Any = fixture.V3Token()
        token.set_project_scope()
        for service_type, url in self._catalog.items():
            service: Any = token.add_service(service_type)
            service.add_standard_endpoints(public=url, region=REGION)
        return webob.Response(
            status=201,
            json_body=token,
            headerlist=[
                ('Content-Type', 'application/json'),
                ('X-Subject-Token', 'a-token'),
            ],
        )


def factory(_global_conf: dict[str, str], catalog: str) -> Identity:
    """Make the application (``paste.app_factory``).

    :param catalog: the URL of each service, by its type, as JSON.
    """
    return Identity(json.loads(catalog))


def paste_file(catalog: Mapping[str, str]) -> str:
    """Write a paste file that has it as its application ``main``.

    :param catalog: the URL of each service, by its type.
    """
    text = (examples.FOLDER / 'keystone.ini').read_text()
    assert text.count(_THEIRS) == 1
    # PasteDeploy takes a $ for its own, and JSON of URLs has none.
    return text.replace(_THEIRS, f'{_OURS}catalog = {json.dumps(catalog)}')
