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

"""Specification of a server: what it is made of, and loaded anew from."""

from __future__ import annotations

import dataclasses
import ssl

from oslo_config import cfg
from oslo_log import log as oslo_log

from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver._engine import registry
from wsgiserver._i18n import _
from wsgiserver._log import access
from wsgiserver import _metrics
from wsgiserver._net import tls_context
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver._wsgi import types as wsgi_types
from wsgiserver import exceptions
from wsgiserver import loader


@dataclasses.dataclass(frozen=True)
class Components:
    """Components that a server runs with, of one moment."""

    app: wsgi_types.Application
    settings: config_settings.Settings
    gateway: wsgi_gateway.Gateway
    tls: ssl.SSLContext | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerSpecification:
    """Specification of a server: what was said when it was made.

    :param conf: the configuration.
    :param name: what the server is called.
    :param group: the section of the server's options.
    :param use_ssl: whether it speaks TLS.
    :param pool_size: overrides ``wsgi_default_pool_size``.
    :param max_url_len: overrides ``max_request_line``, in bytes.
    :param logger_name: the logger of the access log.
    :param app_name: the application in the paste file; None if the
        application was handed in.
    """

    conf: cfg.ConfigOpts
    name: str
    group: str
    use_ssl: bool
    pool_size: int | None
    max_url_len: int | None
    logger_name: str
    app_name: str | None

    def load(
        self, app: wsgi_types.Application | None, anew: bool = True
    ) -> Components:
        """Load all components, with the options' values of now.

        :param app: the application so far; None where there is none yet.
        :param anew: whether one from a paste file is loaded although it is
            there.
        :returns: all of it.
        :raises WSGIServerError: if an option or the paste file is unusable.
        :raises RuntimeError: if the TLS files are, or there is no
            application.
        """
        settings = self.settings()
        tls = self.tls()
        if self.app_name is not None and (anew or app is None):
            app = loader.Loader(self.conf).load_app(self.app_name)
        if not callable(app):
            raise RuntimeError(
                _('%(name)s has no application: %(app)r is not callable')
                % {'name': self.name, 'app': app}
            )
        return Components(app, settings, self.gateway(app, settings), tls)

    def check(self) -> config_settings.Settings:
        """Check all of it but the application.

        That may come later: tests of services make servers without one.

        :returns: the settings.
        :raises WSGIServerError: if an option is unusable.
        :raises RuntimeError: if the TLS files are.
        """
        settings = self.settings()
        self.tls()
        self.access_log(settings)
        return settings

    def settings(self) -> config_settings.Settings:
        """Settings, read from the options and checked.

        :raises OptionError: if one has a value of no use.
        """
        _config.check(self.conf, self.group)
        settings = config_settings.Settings.from_conf(
            self.conf, self.pool_size, self.max_url_len, self.group
        )
        with _config.locating(self.conf, self.group):
            _metrics.Routes(settings.metrics_routes)
        return settings

    def tls(self) -> ssl.SSLContext | None:
        """TLS context, loaded from its files.

        :returns: None where TLS is not spoken.
        :raises RuntimeError: if they can't be used.
        """
        return (
            tls_context.context(self.conf, self.group)
            if self.use_ssl
            else None
        )

    def gateway(
        self, app: wsgi_types.Application, settings: config_settings.Settings
    ) -> wsgi_gateway.Gateway:
        """Gateway that runs the requests.

        :param app: the application.
        :param settings: the settings.
        """
        return wsgi_gateway.Gateway(app, settings, self.access_log(settings))

    def access_log(
        self, settings: config_settings.Settings
    ) -> access.AccessLog:
        """Access log, as the options have it.

        :param settings: the settings.
        :raises OptionError: if the lines can't be written as they say.
        """
        with _config.locating(self.conf, self.group):
            return access.AccessLog(
                oslo_log.getLogger(self.logger_name),
                settings.wsgi_log_format,
                settings.access_log_format,
                settings.access_log_levels,
            )


def check_arguments(
    protocol: object, backlog: int, engine: str | None
) -> None:
    """Check arguments that need no configuration.

    :param protocol: must be None.
    :param backlog: how many connections may wait.
    :param engine: the engine's name, or None.
    :raises InvalidInput: at the first that can't be used.
    """
    if protocol is not None:
        raise exceptions.InvalidInput(
            _(
                'protocol can only be None: this server has one '
                'implementation of HTTP'
            )
        )
    if backlog < 1:
        raise exceptions.InvalidInput(_('The backlog must be more than 0'))
    registry.check(engine)
