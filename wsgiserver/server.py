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

from collections.abc import Callable
from collections.abc import Sequence
import contextlib
import logging
import os
import signal
import socket
from typing import Any
from typing import Self
from typing import TYPE_CHECKING

from oslo_config import cfg
from oslo_service.backend import base as service_base

from wsgiserver import _config
from wsgiserver._config import settings as config_settings
from wsgiserver._engine import registry
from wsgiserver._engine import stop_state
from wsgiserver._i18n import _
from wsgiserver._log import loggers
from wsgiserver._log import write_failures
from wsgiserver._metrics import server_metrics
from wsgiserver._net import listening_sockets
from wsgiserver._process import forks
from wsgiserver._process import signals
from wsgiserver._service import housekeeping
from wsgiserver._service import listening
from wsgiserver._service import specification
from wsgiserver._wsgi import environ as wsgi_environ
from wsgiserver._wsgi import types as wsgi_types
from wsgiserver import exceptions
from wsgiserver import loader

if TYPE_CHECKING:
    from wsgiserver._engine import base_engine

LOG = logging.getLogger('wsgiserver.server')

# The attributes that are not pickled.
_OF_THIS_PROCESS = (
    *('_engine', '_retired', '_waiting', '_housekeeping', '_draining'),
    '_is_starting',
    *('_is_replaced', '_is_spent', 'retire', 'is_watched'),
    *('socket', 'sockets'),
)


class Server(service_base.ServiceBase):
    """A WSGI server, to be run by a launcher of oslo.service.

    The call is that of ``oslo_service.wsgi.Server``, and more. The constructor
    binds; :meth:`start` serves, in the process that calls it.

    :param conf: the ConfigOpts; the options are registered in it.
    :param name: what the log calls the server.
    :param app: the WSGI application; None where nobody is to :meth:`start`
        the server, or ``paste_app`` names one.
    :param host: the address or host name to listen on; a name stands for
        all its addresses.
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
    :param socket_file: the UNIX socket; ``@name`` is an abstract one.
    :param socket_mode: its permissions; None takes the option of that name.
    :param engine: ``'eventlet'`` or ``'threading'``; None takes the one of
        oslo.service's backend.
    :param listen: where to listen, in place of host, port and socket_file: in
        the notation of the option ``listen``, or sockets, which stay the
        caller's to close.
    :param socket_owner: the owner of UNIX socket files, as ``user:group``;
        None takes the option of that name.
    :param dual_stack: whether ``::`` takes IPv4 too; None takes the option of
        that name.
    :param group: the section of this server's options, for a process that
        has several; those of ``[DEFAULT]`` and ``[ssl]`` they share.
    :param paste_app: the name that ``app`` has in ``api_paste_config``, from
        which :meth:`reset` then loads it anew.
    :raises InvalidInput: if an argument can't be used.
    :raises ListenError: an OSError, if the address can't be listened on.
    :raises RuntimeError: if ``use_ssl`` is set and ``[ssl]`` is incomplete.
    """

    #: The address of the first listener: an IP, or a UNIX socket's path.
    host: str
    #: The port of the first listener; None for a UNIX socket.
    port: int | None

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        name: str,
        app: wsgi_types.Application | None,
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
        listen: Sequence[str | socket.socket] | None = None,
        socket_owner: str | None = None,
        dual_stack: bool | None = None,
        group: str = _config.GROUP,
        paste_app: str | None = None,
    ) -> None:
        _config.register_opts(conf, group)
        specification.check_arguments(protocol, backlog, engine)
        loggers.adopt()
        write_failures.limit_handler_errors()
        self.conf = conf
        self.name = name
        self.app = app
        self._spec = specification.ServerSpecification(
            conf=conf,
            name=name,
            group=group,
            use_ssl=use_ssl,
            pool_size=pool_size,
            max_url_len=max_url_len,
            logger_name=logger_name,
            app_name=paste_app,
        )
        self._engine_name = engine
        # What can't be used is to be said now, and not by every worker.
        self._follow(self._spec.check())
        socket_settings = listening.SocketSettings(
            conf[group], dual_stack, socket_mode, socket_owner
        )
        addresses = listening.of_listen(listen or (), socket_settings) or [
            listening.of_host(
                host, port, socket_family, socket_file, socket_settings
            )
        ]
        self._sockets = listening_sockets.ListeningSockets(
            addresses, backlog, self._set_socket_opts
        )
        self._listen()
        self._server_metrics = server_metrics.ServerMetrics(name)
        self._made_in: int | None = os.getpid()
        self._begin_life()

    @classmethod
    def from_paste(
        cls,
        conf: cfg.ConfigOpts,
        name: str,
        app_name: str | None = None,
        **arguments: Any,
    ) -> Self:
        """Make a server of an application that ``api_paste_config`` has.

        :meth:`reset` loads it anew.

        :param conf: the ConfigOpts of the service, already called.
        :param name: what the log calls the server.
        :param app_name: the name of the application there; None is ``main``.
        :param arguments: those of the constructor, by name.
        :returns: the server.
        :raises ConfigNotFound: if there is no such file.
        :raises PasteAppNotFound: if the file has no such application.
        :raises PasteLoadError: if the application can't be loaded.
        """
        app = loader.Loader(conf).load_app(app_name)
        return cls(conf, name, app, paste_app=app_name or 'main', **arguments)

    def _begin_life(self) -> None:
        self._engine: base_engine.Engine | None = None
        # Engines that were stopped and still drain.
        self._retired: list[base_engine.Engine] = []
        # One entry for each thread in wait(): the list's append() and pop()
        # need no lock, which a signal handler could not take.
        self._waiting: list[None] = []
        # Whether start() is under way, in this thread or a green one.
        self._is_starting = False
        self._housekeeping: housekeeping.Housekeeping | None = None
        self._draining = wsgi_environ.Draining()
        # Whether this process ends for another one to take its place, and
        # whether that one is made only when this one has ended.
        self._is_replaced = False
        self._is_spent = False
        #: Called once ``max_requests`` were served: it ends this process.
        self.retire: Callable[[], None] = self._end_process
        #: Whether who launched this process ends it when it stands still; else
        #: it does so itself.
        self.is_watched = False

    def __getstate__(self) -> dict[str, Any]:
        # What start() makes stays in this process.
        state = self.__dict__.copy()
        for name in _OF_THIS_PROCESS:
            del state[name]
        state['_made_in'] = None
        if self._spec.app_name is not None:
            # The file is read anew there.
            state['app'] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.sockets = self._sockets.sockets
        if self.sockets:
            self.socket = self.sockets[0]
        self._begin_life()

    # -- listening ----------------------------------------------------------

    def _listen(self) -> None:
        """Open the listening sockets, unless they are."""
        if self._sockets.is_open:
            return
        self._sockets.open()
        self.sockets = self._sockets.sockets
        self.socket = self.sockets[0]
        self.host, self.port = listening.address(self.sockets[0])
        for address in self._sockets.names():
            LOG.info('%s listening on %s', self.name, address)

    @property
    def places(self) -> list[str]:
        """Where the server listens, such as ``[::1]:8000``."""
        return self._sockets.names()

    @property
    def uses_tls(self) -> bool:
        """Whether it speaks TLS."""
        return self._spec.use_ssl

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

    # -- what can change ----------------------------------------------------

    def _follow(self, settings: config_settings.Settings) -> None:
        self._settings = settings
        # Attributes of oslo.service's server.
        self.default_pool_size = self.conf.wsgi_default_pool_size
        self.pool_size = settings.wsgi_default_pool_size
        self.client_socket_timeout = settings.client_socket_timeout

    def reload(self) -> None:
        """Apply everything that may change while the server runs.

        That is the options, the TLS files and, if the server was made by
        :meth:`from_paste`, the application: the new one is loaded beside
        the old one, on which running requests finish.

        :raises ResetError: if any of it is unusable; nothing has changed
            then.
        """
        # The log may have been set up anew, whatever comes of the rest.
        loggers.adopt()
        engine = self._engine
        try:
            loaded = self._spec.load(self.app)
        except (exceptions.WSGIServerError, RuntimeError) as error:
            if engine is not None:
                engine.gateway.meter.reset(is_refused=True)
            raise exceptions.ResetError(str(error)) from error
        self.app = loaded.app
        self._follow(loaded.settings)
        # The log may have been set up anew.
        write_failures.limit_handler_errors()
        if engine is not None:
            meter = self._server_metrics.meter(loaded.settings)
            loaded.gateway.meter = meter
            meter.reset(is_refused=False)
            engine.gateway = loaded.gateway
            if loaded.tls is not None:
                engine.set_tls(loaded.tls)
        if self._housekeeping is not None:
            self._housekeeping.follow(loaded.settings)

    def reset(self) -> None:
        """Do as :meth:`reload`, or log why nothing has changed.

        Called by the launchers after they have read the configuration anew.
        """
        with write_failures.Caught(exceptions.ResetError) as caught:
            self.reload()
        if caught.problem is not None:
            LOG.error('%s goes on as before: %s', self.name, caught.problem)

    def refuse_reset(self) -> None:
        """Take note of a reset that the launcher refused; for launchers."""
        self._server_metrics.refuse_reset()

    # -- the service --------------------------------------------------------

    def start(self) -> None:
        """Serve, in this process; returns at once.

        After a :meth:`stop`, it listens on the same address again.

        :raises RuntimeError: if it was started already, the TLS files can't
            be used, or there is no application.
        :raises ListenError: if the address is taken by now.
        """
        self._is_starting = True
        try:
            self._start()
        finally:
            self._is_starting = False

    def _start(self) -> None:
        if self._engine is not None:
            if not self._engine.was_stopped:
                raise RuntimeError(_('%s runs already') % self.name)
            # It is not to accept beside the new one until its delay is over.
            self._engine.stop(has_successor=True)
            self._retired.append(self._engine)
            self._engine = None
        self._draining.set(False)
        loggers.adopt()
        write_failures.limit_handler_errors()
        loaded = self._spec.load(self.app, anew=False)
        self.app = loaded.app
        self._follow(loaded.settings)
        self._listen()
        loaded.gateway.meter = self._server_metrics.meter(loaded.settings)
        # They are to have their names when this process has closed them.
        listeners = [*zip(self.places, self.sockets, strict=True)]
        statistics = self._server_metrics.statistics(listeners)
        engine = registry.make(self._engine_name, loaded.gateway)
        for sock in self.sockets:
            base = listening.environ(sock, self.uses_tls)
            base['wsgiserver.draining'] = self._draining
            base['wsgiserver.statistics'] = statistics
            engine.listen(sock, base, loaded.tls)
        self._housekeeping = housekeeping.Housekeeping(
            self.name,
            self._spec,
            engine,
            loaded.settings,
            # A launcher forked this process, or spawned it.
            self._retire if self._made_in != os.getpid() else None,
            self.is_watched,
        )
        self._engine = engine
        forks.guard(self)
        engine.start()

    def forsake(self) -> None:
        """Release what is the parent's, in a process that it has forked.

        What is launched, or starts the server, never has to call it. A child
        of the application neither listens nor serves: its copies of the
        sockets would keep connections open, and the address taken.
        """
        engines = [*self._retired, *([self._engine] if self._engine else [])]
        for engine in engines:
            engine.after_fork_in_child()
        self._sockets.close()
        # The timer of the heartbeat has stayed behind as well: it can't be
        # cancelled where the thread that counts isn't.
        self._begin_life()
        signals.restore_defaults()

    def _retire(self) -> None:
        LOG.info('%s has served max_requests in this process', self.name)
        self.retire()

    def _end_process(self) -> None:
        # The launcher can't tell us why it sends a SIGTERM; this one we know.
        self._is_spent = True
        os.kill(os.getpid(), signal.SIGTERM)

    @property
    def engine(self) -> base_engine.Engine | None:
        """Engine that serves in this process; for reports."""
        return self._engine

    def drain(self, at_once: bool = False, *, replaced: bool = False) -> None:
        """Begin to stop: as :meth:`stop`, but it never waits.

        :param at_once: without ``drain_delay``, also after a call with it,
            and untold to health checks.
        :param replaced: as ``at_once``, and another process accepts already:
            this one leaves it the backlog, and takes its time with what is
            connected.
        """
        self._is_replaced = self._is_replaced or replaced
        delay = self._delay(at_once or self._is_replaced)
        engine = self._engine
        if engine is not None:
            if not engine.was_stopped:
                when = f'in {delay:g} s' if delay else 'now'
                LOG.info('%s is stopping %s', self.name, when)
                goes_on = self._is_replaced or self._is_spent
                self._draining.set(not (at_once or goes_on))
            # eventlet's launcher of one process calls stop() and start() on
            # SIGHUP: clients in the backlog stay, and nobody is in wait().
            restarts = not (engine.drains_in_stop or self._waiting)
            engine.stop(delay, restarts or self._is_replaced)
            if restarts:
                return
        # The engine has its own. Without one this is a launcher's copy, in
        # whose process nobody accepts.
        if delay:
            self._sockets.leave()
        else:
            self._sockets.close()

    def _delay(self, at_once: bool) -> float:
        """Delay for which it goes on to accept, in seconds."""
        if at_once:
            return 0
        if not self._is_spent:
            return self._settings.drain_delay
        # Nobody else accepts until it has ended, so it does while it tells
        # those who keep their connections.
        timeout = self._settings.drain_timeout
        return (
            stop_state.LONG
            if timeout is None
            else min(stop_state.LONG, timeout / 2)
        )

    def stop(self) -> None:
        """Accept no more connections and let running requests finish.

        It accepts for ``drain_delay`` first, while health checks are told.
        On the threading backend it returns when all is done, for its launcher
        ends the process then; elsewhere at once. Both are bounded by
        ``graceful_shutdown_timeout``. If the server was not started in this
        process, its listening sockets are closed.
        """
        self.drain()
        engine = self._engine
        if engine is not None and engine.drains_in_stop:
            self._finish(engine)

    def wait(self) -> None:
        """Wait until the server was stopped and nothing runs any more."""
        self._waiting.append(None)
        try:
            self._await_restart()
            for retired in list(self._retired):
                retired.wait()
                with contextlib.suppress(ValueError):
                    # Another thread may have waited, too.
                    self._retired.remove(retired)
            engine = self._engine
            if engine is not None:
                if engine.was_stopped:
                    self.drain()
                self._finish(engine)
        finally:
            self._waiting.pop()

    def _await_restart(self) -> None:
        """Let a start() be done that another green thread is to call.

        On SIGHUP, eventlet's launcher of one process stops the server, has a
        green thread start it, and waits here without giving that its turn.
        The addresses must stay open for it.
        """
        engine = self._engine
        if engine is None or not engine.was_stopped or engine.drains_in_stop:
            return
        # The hub has its turn, and who was ready before this one.
        engine.wait(0)
        while self._is_starting:
            engine.wait(0.01)

    def _finish(self, engine: base_engine.Engine) -> None:
        engine.wait()
        if engine is self._engine:
            # After a delay, the file of a UNIX socket is there still.
            self._sockets.close()
            if self._housekeeping is not None:
                self._housekeeping.end()
