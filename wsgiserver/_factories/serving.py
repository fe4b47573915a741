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

"""Server factory and runner for paste: a server made of its options."""

from collections.abc import Callable
from collections.abc import Mapping
from wsgiref.types import WSGIApplication

from oslo_config import cfg
from oslo_service import backend

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._service import foreground
from wsgiserver._service import listening
from wsgiserver import server


def server_factory(
    global_conf: dict[str, str] | None, **local_conf: str
) -> Callable[[WSGIApplication], None]:
    """Make a function that serves an application (``paste.server_factory``).

    :param global_conf: as for :func:`server_runner`.
    :param local_conf: as for :func:`server_runner`.
    :returns: a function of the application, which returns when a signal
        has ended the server.
    :raises InvalidInput: as :func:`server_runner` does, but at once.
    """
    conf = _configure(local_conf)

    def serve(app: WSGIApplication) -> None:
        """Serve it until a signal comes."""
        _serve(app, conf)

    return serve


def server_runner(
    app: WSGIApplication,
    global_conf: dict[str, str] | None,
    **local_conf: str,
) -> None:
    """Serve an application (``paste.server_runner``).

    One process serves, the calling one, until SIGINT or SIGTERM; then the
    requests in progress are finished. In the paste file::

        [server:main]
        use = egg:os-wsgiserver#main
        host = 127.0.0.1
        port = 8000
        config_file = /etc/service/service.conf

    :param app: the application.
    :param global_conf: the ``[DEFAULT]`` section of the paste file, unused.
    :param local_conf: ``host`` and ``port``, else the options bind_host and
        bind_port count; ``config_file``, a configuration file to read; and
        any option of ``[DEFAULT]`` or ``[wsgiserver]`` by its own name.
    :raises InvalidInput: if there is no such option, or it has a value of
        no use.
    :raises OSError: if the server can't listen on its address.
    """
    _serve(app, _configure(local_conf))


def make_server(
    conf: cfg.ConfigOpts,
    app: WSGIApplication,
    *,
    engine: str | None = None,
    paste_app: str | None = None,
) -> server.Server:
    """Server that the options of a configuration describe.

    :param conf: the configuration.
    :param app: the application.
    :param engine: as for the Server.
    :param paste_app: as for the Server.
    :returns: the server, which listens, and was not started.
    :raises InvalidInput: if an option has a value of no use.
    :raises OSError: if it can't listen on its address.
    :raises RuntimeError: if the files of ``[ssl]`` can't be used.
    """
    own = conf.wsgiserver
    return server.Server(
        conf,
        'wsgiserver',
        app,
        host=own.bind_host,
        port=own.bind_port,
        listen=own.listen,
        backlog=own.backlog,
        use_ssl=bool(conf.ssl.cert_file or conf.ssl.key_file),
        logger_name='wsgiserver.access',
        engine=engine,
        paste_app=paste_app,
    )


def _serve(app: WSGIApplication, conf: cfg.ConfigOpts) -> None:
    # Paste's servers know nothing of oslo.service and its backends.
    engine = None if backend.get_backend_type() else 'threading'
    foreground.serve(make_server(conf, app, engine=engine))


#: How paste's servers call these options.
_ALIASES = {'host': 'bind_host', 'port': 'bind_port'}


def _configure(local_conf: Mapping[str, str]) -> cfg.ConfigOpts:
    """Configuration of a ``[server]`` section."""
    options = dict(local_conf)
    config_file = options.pop('config_file', None)
    conf = cfg.ConfigOpts()
    _config.register_opts(conf)
    with _config.reading(conf):
        conf(
            [],
            default_config_files=[config_file] if config_file else [],
            default_config_dirs=[],
        )
    for name, value in options.items():
        _override(conf, name, value)
    listening.check_option(conf)
    return conf


def _override(conf: cfg.ConfigOpts, name: str, value: str) -> None:
    option = _ALIASES.get(name, name)
    group = _config.GROUP if option in conf.wsgiserver else None
    # One process serves here, the one that was called.
    if option == 'workers' or (group is None and option not in conf):
        raise _config.OptionError(_('there is no such option'), name)
    try:
        conf.set_override(option, value, group=group)
    except ValueError as error:
        raise _config.OptionError(str(error), name) from error
