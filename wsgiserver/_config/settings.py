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
"""Settings: what servers and launchers read from their options, once."""

import dataclasses
import ipaddress

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._i18n import _

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a running server, read from its options once.

    Each field has the name of its option. Sizes are bytes, times are seconds;
    a limit or time of None has no bound, and ``proxy_protocol_peers`` is None
    where the PROXY protocol is not spoken.

    This is the one way in which a changed option reaches its user: a reset
    makes other settings, and hands all of them on at once. Who serves looks
    them up in its gateway whenever it needs one; who has made something of
    them has a method ``follow``, which takes them.
    """

    wsgi_log_format: str
    access_log_format: str
    access_log_levels: dict[str, str]
    wsgi_default_pool_size: int
    max_header_line: int
    max_request_line: int
    max_header_fields: int
    max_head_size: int
    max_request_body_size: int | None
    max_chunk_extensions: int
    max_trailer_size: int
    min_body_rate: int
    max_waiting_requests: int
    max_requests_per_connection: int | None
    max_connections: int
    max_connections_per_client: int | None
    proxy_protocol_peers: tuple[Network, ...] | None
    wsgi_keep_alive: bool
    keep_alive_timeout: float | None
    header_timeout: float | None
    tls_handshake_timeout: float | None
    tls_reload_on_change: bool
    client_socket_timeout: float | None
    request_timeout: float | None
    drain_delay: float
    graceful_shutdown_timeout: float | None
    max_requests: int | None
    max_requests_jitter: int | None
    worker_heartbeat_timeout: float | None
    wsgi_server_debug: bool
    server_header: str
    metrics: bool
    metrics_routes: tuple[str, ...]
    queue_wait_warning: float | None

    @classmethod
    def from_conf(
        cls,
        conf: cfg.ConfigOpts,
        pool_size: int | None = None,
        max_url_len: int | None = None,
        group: str = _config.GROUP,
    ) -> 'Settings':
        """Settings of the options as they are now.

        :param conf: where the options are registered.
        :param pool_size: overrides ``wsgi_default_pool_size``.
        :param max_url_len: overrides ``max_request_line``, in bytes.
        :param group: has the options that are this library's own.
        :returns: the settings, with 0 turned into None where it means that
            there is no bound, and ``keep_alive_timeout`` bounded by
            ``client_socket_timeout``.
        :raises OptionError: if a value can't be used.
        """
        own = conf[group]
        _check(conf, group)
        idle = [own.keep_alive_timeout, conf.client_socket_timeout]
        peers = _networks(conf, group) if own.proxy_protocol else None
        return cls(
            wsgi_log_format=conf.wsgi_log_format,
            access_log_format=own.access_log_format,
            access_log_levels=dict(own.access_log_levels),
            wsgi_default_pool_size=pool_size or conf.wsgi_default_pool_size,
            max_header_line=conf.max_header_line,
            max_request_line=max_url_len or own.max_request_line,
            max_header_fields=own.max_header_fields,
            max_head_size=own.max_head_size,
            max_request_body_size=own.max_request_body_size or None,
            max_chunk_extensions=own.max_chunk_extensions,
            max_trailer_size=own.max_trailer_size,
            min_body_rate=own.min_body_rate,
            max_waiting_requests=own.max_waiting_requests,
            max_requests_per_connection=own.max_requests_per_connection
            or None,
            max_connections=own.max_connections,
            max_connections_per_client=own.max_connections_per_client or None,
            proxy_protocol_peers=peers,
            wsgi_keep_alive=conf.wsgi_keep_alive,
            keep_alive_timeout=min(filter(None, idle), default=None),
            header_timeout=own.header_timeout or None,
            tls_handshake_timeout=own.tls_handshake_timeout or None,
            tls_reload_on_change=own.tls_reload_on_change,
            client_socket_timeout=conf.client_socket_timeout or None,
            request_timeout=own.request_timeout or None,
            drain_delay=own.drain_delay,
            graceful_shutdown_timeout=conf.graceful_shutdown_timeout or None,
            max_requests=own.max_requests or None,
            max_requests_jitter=own.max_requests_jitter,
            worker_heartbeat_timeout=own.worker_heartbeat_timeout or None,
            wsgi_server_debug=conf.wsgi_server_debug,
            server_header=own.server_header,
            metrics=own.metrics,
            metrics_routes=tuple(own.metrics_routes),
            queue_wait_warning=own.queue_wait_warning or None,
        )

    @property
    def drain_timeout(self) -> float | None:
        """Longest drain, in seconds; None if there is no bound."""
        return _drain_timeout(self.graceful_shutdown_timeout)

    def is_proxy(self, address: str) -> bool:
        """Whether a peer must send a PROXY header.

        :param address: the peer's address; '' on a UNIX socket.
        :returns: True if it must; else it may not.
        """
        if self.proxy_protocol_peers is None:
            return False
        if not address:
            return True
        # Dual-stack sockets show IPv4 addresses mapped into IPv6.
        found = ipaddress.ip_address(address.partition('%')[0])
        found = getattr(found, 'ipv4_mapped', None) or found
        return any(found in network for network in self.proxy_protocol_peers)


@dataclasses.dataclass(frozen=True, slots=True)
class LauncherSettings:
    """Settings of a launcher, read from its options once.

    Each field has the name of its option; a time of None has no bound.
    """

    #: None to have the number of processors decide.
    workers: int | None
    worker_heartbeat_timeout: float | None
    graceful_shutdown_timeout: float | None

    @classmethod
    def from_conf(cls, conf: cfg.ConfigOpts) -> 'LauncherSettings':
        """Settings of the options as they are now.

        :param conf: the configuration of the launcher.
        """
        own = conf[_config.GROUP]
        return cls(
            workers=own.workers,
            worker_heartbeat_timeout=own.worker_heartbeat_timeout or None,
            graceful_shutdown_timeout=conf.graceful_shutdown_timeout or None,
        )

    @property
    def finish_timeout(self) -> float | None:
        """How long a worker may finish background work, in seconds.

        It counts from the beginning of its end, and is over between the end of
        the drain and that of the process; None if there is no bound.
        """
        graceful = self.graceful_shutdown_timeout
        return max(graceful - 1.0, graceful * 3 / 4) if graceful else None


def _drain_timeout(graceful: float | None) -> float | None:
    """Drain time-out, a little ahead of the launcher's SIGKILL."""
    return max(graceful - 2.0, graceful / 2) if graceful else None


# oslo.service gives its options no bounds, and may be the one to register
# them.
_LEAST = {
    'wsgi_default_pool_size': 1,
    'max_header_line': 1,
    'client_socket_timeout': 0,
    'tcp_keepidle': 1,
}


def _check(conf: cfg.ConfigOpts, group: str) -> None:
    for name, least in _LEAST.items():
        if conf[name] < least:
            cause = _('it must be %d at least') % least
            raise _config.error_of(conf, None, name, cause)
    # What would end the field would end the head next.
    header = conf[group].server_header
    if not (header.isascii() and (header.isprintable() or not header)):
        cause = _('it must be printable ASCII')
        raise _config.error_of(conf, group, 'server_header', cause)
    _check_delay(conf, group)


def _check_delay(conf: cfg.ConfigOpts, group: str) -> None:
    graceful = conf.graceful_shutdown_timeout
    longest = _drain_timeout(graceful)
    if longest is not None and conf[group].drain_delay >= longest:
        # Nothing would be left for the requests that run.
        cause = _(
            'it must be less than %(longest)g with '
            '[DEFAULT]/graceful_shutdown_timeout at %(graceful)d'
        ) % {'longest': longest, 'graceful': graceful}
        raise _config.error_of(conf, group, 'drain_delay', cause)


def _networks(conf: cfg.ConfigOpts, group: str) -> tuple[Network, ...]:
    option = 'proxy_protocol_peers'
    try:
        peers = conf[group].proxy_protocol_peers
        return tuple(ipaddress.ip_network(text) for text in peers)
    except ValueError as error:
        raise _config.error_of(conf, group, option, str(error)) from error
