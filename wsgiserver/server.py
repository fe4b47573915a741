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

"""The server as a service of oslo.service."""

from __future__ import annotations

import importlib
import logging
import os
import select
import socket
import ssl
from typing import Any
from typing import cast
from typing import TYPE_CHECKING
import weakref

from oslo_config import cfg
from oslo_log import log as oslo_log
from oslo_service import backend
from oslo_service.backend import base as service_base

from wsgiserver import _access_log
from wsgiserver._i18n import _
from wsgiserver import _options
from wsgiserver import _settings
from wsgiserver import _sockets
from wsgiserver import _tls
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver._wsgi import types as wsgi_types
from wsgiserver import exceptions

if TYPE_CHECKING:
    from wsgiserver._engine import _base

LOG = logging.getLogger(__name__)

_ENGINES = {
    'eventlet': 'wsgiserver._engine._eventlet',
    'threading': 'wsgiserver._engine._threads',
}


class Server(service_base.ServiceBase):
    """A WSGI server, to be run by a launcher of oslo.service.

    The call is that of ``oslo_service.wsgi.Server``. The constructor binds;
    :meth:`start` serves, in the process that calls it.

    :param conf: the ConfigOpts; the options are registered in it.
    :param name: what the log calls the server.
    :param app: the WSGI application.
    :param host: the address or host name to listen on.
    :param port: the TCP port; 0 lets the system choose.
    :param pool_size: how many requests run at the same time; None takes
        ``wsgi_default_pool_size``.
    :param protocol: must be None: it named a class of eventlet's.
    :param backlog: how many connections may wait to be accepted.
    :param use_ssl: speaks TLS as ``[ssl]`` says.
    :param max_url_len: the longest request target in bytes; None takes
        ``max_request_line``.
    :param logger_name: the logger of the access log.
    :param socket_family: AF_INET, AF_INET6 or AF_UNIX; None takes what the
        host resolves to.
    :param socket_file: the UNIX socket.
    :param socket_mode: its permissions.
    :param engine: ``'eventlet'`` or ``'threading'``; None takes the one of
        oslo.service's backend.
    :raises InvalidInput: if an argument can't be used.
    :raises ListenError: an OSError, if the address can't be listened on.
    :raises RuntimeError: if ``use_ssl`` is set and ``[ssl]`` is incomplete.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        name: str,
        app: wsgi_types.Application,
        host: str = '0.0.0.0',  # noqa: S104 - the signature of upstream
        port: int = 0,
        pool_size: int | None = None,
        protocol: None = None,
        backlog: int = 128,
        use_ssl: bool = False,
        max_url_len: int | None = None,
        logger_name: str = 'eventlet.wsgi.server',
        socket_family: int | None = None,
        socket_file: str | None = None,
        socket_mode: int | None = None,
        *,
        engine: str | None = None,
    ) -> None:
        _options.register_opts(conf)
        _check_arguments(protocol, backlog, engine)
        self.conf = conf
        self.name = name
        self.app = app
        self.default_pool_size = conf.wsgi_default_pool_size
        self.pool_size = pool_size or self.default_pool_size
        self.client_socket_timeout = conf.client_socket_timeout or None
        self._given_pool_size = pool_size
        self._use_ssl = use_ssl
        self._max_url_len = max_url_len
        self._logger_name = logger_name
        self._engine_name = engine
        # What can't be used is to be said now, and not by every worker.
        self._make_gateway()
        if use_ssl:
            _tls.context(conf)
        self.socket = self._listen(
            host, port, backlog, socket_family, socket_file, socket_mode
        )
        self.host: str
        self.port: int | None
        self.host, self.port = _address(self.socket)
        self._forget_engines()

    def _forget_engines(self) -> None:
        self._engine: _base.Engine | None = None
        # Engines that were stopped and still drain.
        self._retired: list[_base.Engine] = []

    def __getstate__(self) -> dict[str, Any]:
        # What start() makes can't go to another process, and isn't needed.
        state = self.__dict__.copy()
        del state['_engine'], state['_retired']
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_engines()

    # -- listening ----------------------------------------------------------

    def _listen(
        self,
        host: str,
        port: int,
        backlog: int,
        family: int | None,
        path: str | None,
        mode: int | None,
    ) -> socket.socket:
        if family == socket.AF_UNIX:
            if not path:
                raise exceptions.InvalidInput(
                    _('socket_file is needed for a UNIX socket')
                )
            sock = _sockets.listen_unix(path, mode, backlog)
            self._unlink_at_end(path)
            LOG.info('%s listening on %s', self.name, path)
            return sock
        if family not in (None, 0, socket.AF_INET, socket.AF_INET6):
            raise exceptions.InvalidInput(
                _('unsupported socket family: %s') % family
            )
        sock = _sockets.listen_tcp(
            host, port, family, backlog, self._set_socket_opts
        )
        LOG.info(
            '%s listening on %s:%d', self.name, host, sock.getsockname()[1]
        )
        return sock

    def _unlink_at_end(self, path: str) -> None:
        weakref.finalize(
            self, _sockets.unlink, path, os.stat(path).st_ino, os.getpid()
        )

    def _set_socket_opts(self, sock: socket.socket) -> socket.socket:
        """Set the options of the listening socket; subclasses may replace it.

        :param sock: the socket, not bound yet; connections inherit them.
        :returns: the socket.
        """
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, self.conf.tcp_keepidle
        )
        return sock

    # -- the service --------------------------------------------------------

    def start(self) -> None:
        """Serve, in this process; returns at once.

        :raises RuntimeError: if it was started already, or the TLS files
            can't be used.
        """
        if self._engine is not None:
            if not self._engine.stopping:
                raise RuntimeError(_('%s runs already') % self.name)
            self._retired.append(self._engine)
            self._engine = None
        engine = self._make_engine()
        tls = _tls.context(self.conf) if self._use_ssl else None
        engine.listen(self.socket, self._base_environ(tls), tls)
        self._engine = engine
        engine.start()

    def _make_engine(self) -> _base.Engine:
        name = self._engine_name or _backend_name()
        if name == 'threading' and not hasattr(select, 'epoll'):
            raise RuntimeError(
                _(
                    'the threading engine needs the standard library as it '
                    'is, and eventlet has patched it'
                )
            )
        module = importlib.import_module(_ENGINES[name])
        return cast('_base.Engine', module.Engine(self._make_gateway()))

    def _make_gateway(self) -> wsgi_gateway.Gateway:
        logger = oslo_log.getLogger(self._logger_name)
        settings = _settings.Settings.from_conf(
            self.conf, self._given_pool_size, self._max_url_len
        )
        log = _access_log.AccessLog(logger, settings.log_format)
        return wsgi_gateway.Gateway(self.app, settings, log)

    def _base_environ(self, tls: ssl.SSLContext | None) -> dict[str, Any]:
        host, port = self.host, str(self.port)
        if self.socket.family == socket.AF_UNIX:
            host, port = 'localhost', '443' if tls else '80'
        return wsgi_environ.base(host, port, 'https' if tls else 'http')

    def stop(self) -> None:
        """Accept no more connections and let running requests finish.

        On the threading backend it returns when they have, for its launcher
        ends the process then; elsewhere at once. Both are bounded by
        ``graceful_shutdown_timeout``. It does nothing if the server was not
        started or was stopped already.
        """
        engine = self._engine
        if engine is None:
            return
        if not engine.stopping:
            LOG.info('%s is stopping', self.name)
        engine.stop()
        if engine.drains_in_stop:
            engine.wait()

    def wait(self) -> None:
        """Wait until the server was stopped and nothing runs any more."""
        while self._retired:
            self._retired[0].wait()
            del self._retired[0]
        if self._engine is not None:
            self._engine.wait()

    def reset(self) -> None:
        """Apply the options that may change while the server runs.

        Called by the launchers after they have read the configuration anew.
        """
        engine = self._engine
        if engine is not None:
            engine.gateway = self._make_gateway()


def _check_arguments(
    protocol: object, backlog: int, engine: str | None
) -> None:
    if protocol is not None:
        raise exceptions.InvalidInput(
            _(
                'protocol can only be None: this server has one '
                'implementation of HTTP'
            )
        )
    if backlog < 1:
        raise exceptions.InvalidInput(_('The backlog must be more than 0'))
    if engine is not None and engine not in _ENGINES:
        raise exceptions.InvalidInput(
            _('engine must be one of %(known)s, not %(engine)s')
            % {'known': ', '.join(_ENGINES), 'engine': engine}
        )


def _address(sock: socket.socket) -> tuple[str, int | None]:
    name = sock.getsockname()
    if isinstance(name, tuple):
        return name[0], name[1]
    return name, None


def _backend_name() -> str:
    kind = backend.get_backend_type()
    if kind is None:
        # What oslo.service itself would come to, hook included.
        backend.get_backend()
        kind = backend.get_backend_type()
    assert kind is not None
    return str(kind.value)
