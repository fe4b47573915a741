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

"""The application that a service's api-paste.ini describes."""

import os
from wsgiref.types import WSGIApplication

from oslo_config import cfg
from oslo_log import log as logging

from wsgiserver import _config
from wsgiserver._paste import loading
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.loader')


class Loader:
    """Loads applications from the file that ``api_paste_config`` names.

    The interface of ``oslo_service.wsgi.Loader``. After ``api-paste.ini``
    the files ``*.ini`` in the directory ``api-paste.ini.d`` beside it are
    read, sorted by name: their sections add to those of the same name, and
    their options override them. ``api_paste_config`` may be a directory as
    well, and its files ``*.ini`` are read like this then.

    :param conf: the ConfigOpts of the service, already called. A relative
        file name is looked for where its configuration files are. The
        composite ``egg:os-wsgiserver#pipeline`` reads its options.
    :raises ConfigNotFound: if there is no such file.
    """

    #: The path of the file or of the directory.
    config_path: str

    #: The options that the last :meth:`load_app` has found and that don't
    #: count, a line for each with file and section: in PasteDeploy, one of
    #: ``[DEFAULT]`` hides that of a section. They are logged as well, once in
    #: a process.
    dropped: list[str]

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        _config.register_opts(conf)
        self._conf = conf
        name: str = conf.api_paste_config
        path = name if os.path.isabs(name) else conf.find_file(name)
        if path is None or not os.path.exists(path):
            raise exceptions.ConfigNotFound(name)
        self.config_path = path
        self.dropped = []

    def load_app(self, name: str | None) -> WSGIApplication:
        """Load an application; the files are read anew each time.

        :param name: the name of the application; None means ``main``.
        :returns: the application, inside the filters of its pipeline.
        :raises PasteAppNotFound: if the file has no such application.
        :raises PasteLoadError: if anything that the application needs can't
            be loaded; the message names file, section, option and cause.
        """
        name = name or 'main'
        LOG.debug('Loading app %s from %s', name, self.config_path)
        self.dropped = []
        return loading.load_app(
            self.config_path, name, self._conf, self.dropped
        )
