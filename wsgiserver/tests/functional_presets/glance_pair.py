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

"""Glance's filter for the versions, and the preset of its name."""

# mypy: disable-error-code="import-not-found, import-untyped"

from typing import Any
from wsgiref.types import WSGIApplication

from glance.api.middleware import version_negotiation
from oslo_config import cfg

from wsgiserver import microversion
from wsgiserver.middleware import document
from wsgiserver.middleware import versions
from wsgiserver.tests.functional import preset_app
from wsgiserver.tests.functional_presets import side_by_side

CONF = cfg.CONF
CONF.import_opt('enabled_backends', 'glance.common.config')
CONF.import_opt('image_cache_dir', 'glance.image_cache')


def table() -> list[document.Version]:
    """List the versions that a Glance of this configuration has.

    It is how a service has its versions depend on its configuration: the
    option ``versions`` of the filter names this function.
    """
    minors = {0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 17}
    if CONF.image_cache_dir:
        minors |= {14, 16, 18}
    if CONF.enabled_backends:
        minors |= {8, 10, 11, 12, 13}
    falling = sorted(minors, reverse=True)
    return [document.Version(id=f'v2.{minor}') for minor in falling]


def _theirs() -> WSGIApplication:
    telling = preset_app.Telling()

    def application(environ, start_response):  # type: ignore[no-untyped-def]
        # What tells needs a filter of this library to have been there.
        environ[microversion.ENVIRON_KEY] = None
        return telling(environ, start_response)

    made: WSGIApplication = version_negotiation.VersionNegotiationFilter(
        application
    )
    return made


def make(options: dict[str, Any]) -> tuple[WSGIApplication, WSGIApplication]:
    """Make both, for one configuration of Glance."""
    CONF([], project='glance', default_config_files=[])
    for name, value in options.items():
        CONF.set_override(name, value)
    ours = versions.VersionNegotiationFilter(
        preset_app.Telling(),
        versions=f'{side_by_side.__package__}.glance_pair:table',
        preset='glance',
    )
    return _theirs(), ours


if __name__ == '__main__':
    side_by_side.main(make)
