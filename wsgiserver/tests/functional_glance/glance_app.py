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

"""Glance's application, as the api-paste.ini that Glance ships describes it.

What a service does with this library: configure itself, then have
:class:`wsgiserver.wsgi.Loader` load its paste file.
"""

# mypy: disable-error-code="import-not-found, import-untyped"

import os
from wsgiref.types import WSGIApplication

import glance.async_
from glance.common import config
from glance.common import wsgi_app
from glance import notifier
import glance_store
from oslo_config import cfg
from oslo_log import log as logging

from wsgiserver import wsgi


def make() -> WSGIApplication:
    """Configure Glance and load ``glance-api`` of its paste file.

    The configuration is glance-api.conf in ``OS_GLANCE_CONFIG_DIR``, and
    ``api_paste_config`` in it names the paste file.

    :returns: the application.
    """
    conf = cfg.CONF
    file = os.path.join(os.environ['OS_GLANCE_CONFIG_DIR'], 'glance-api.conf')
    config.set_config_defaults()
    # Glance's factories read this ConfigOpts while they are called.
    conf([], project='glance', default_config_files=[file])
    logging.setup(conf, 'glance')
    glance.async_.set_threadpool_model('native')
    reserved = wsgi_app.RESERVED_STORES
    glance_store.register_store_opts(conf, reserved_stores=reserved)
    glance_store.create_multi_stores(conf, reserved_stores=reserved)
    glance_store.verify_store()
    notifier.set_defaults()
    return wsgi.Loader(conf).load_app('glance-api')
