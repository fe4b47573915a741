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

"""The base of the tests of pipelines, and the sections of their files."""

from typing import Any

from oslo_config import cfg

from wsgiserver import loader
from wsgiserver.tests.unit import paste_files

SECTION = '[composite:main]\nuse = egg:os-wsgiserver#pipeline\n'

PARTS = """
[filter:limits]
paste.filter_factory = paste_parts:filter_factory
name = limits
[filter:token]
paste.filter_factory = paste_parts:filter_factory
name = token
[filter:broken]
paste.filter_factory = paste_parts:filter_factory
broken = yes
[app:open]
paste.app_factory = paste_parts:conf_factory
[app:api]
paste.app_factory = paste_parts:conf_factory
"""

STRATEGIES = """
noauth = limits open
keystone = limits token api
keystone_nolimit = token api
"""


class PipelineCase(paste_files.LoaderCase):
    def service(self, text: str = '', *opts: cfg.Opt) -> cfg.ConfigOpts:
        """The configuration of a service, with an api-paste.ini."""
        path = self.write(
            'service.conf',
            '[DEFAULT]\n'
            f'api_paste_config = {self.directory}/paste.ini\n{text}',
        )
        conf = cfg.ConfigOpts()
        conf(['--config-file', path], default_config_dirs=[])
        conf.register_opts(opts)
        return conf

    def choose(
        self,
        pipelines: str = STRATEGIES,
        conf: cfg.ConfigOpts | None = None,
    ) -> list[str]:
        """Load a section; returns its filters, the outermost first."""
        self.path = self.write('paste.ini', SECTION + pipelines + PARTS)
        paste_loader = loader.Loader(conf or self.service())
        return self.filters(paste_loader.load_app('main'))

    def filters(self, app: Any) -> list[str]:
        names = []
        while hasattr(app, 'app'):
            names.append(app.options['name'])
            app = app.app
        return names
