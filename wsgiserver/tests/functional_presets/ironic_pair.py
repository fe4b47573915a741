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

"""Ironic's API, and the same behind the preset of its name."""

# mypy: disable-error-code="import-not-found, import-untyped"

from typing import Any
from wsgiref.types import WSGIApplication

from ironic.api import app
from ironic.api.controllers.v1 import versions as ironic_versions
from ironic.conf import CONF

from wsgiserver.middleware import document
from wsgiserver.middleware import versions
from wsgiserver.tests.functional_presets import side_by_side


def table() -> list[document.Version]:
    """List the version that Ironic has."""
    return [
        document.Version(
            id='v1',
            status='CURRENT',
            min_version=ironic_versions.min_version_string(),
            max_version=ironic_versions.max_version_string(),
        )
    ]


def make(_options: dict[str, Any]) -> tuple[WSGIApplication, WSGIApplication]:
    """Make both; nothing here asks for a database or a message bus."""
    CONF([], project='ironic', default_config_files=[])
    CONF.set_override('auth_strategy', 'noauth')
    CONF.set_override('rpc_transport', 'none')
    theirs: WSGIApplication = app.VersionSelectorApplication()
    ours = versions.VersionNegotiationFilter(
        theirs,
        versions=f'{side_by_side.__package__}.ironic_pair:table',
        preset='ironic',
    )
    return theirs, ours


if __name__ == '__main__':
    side_by_side.main(make)
