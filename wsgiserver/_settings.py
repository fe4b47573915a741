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
"""What a running server needs to know, read from its options once."""

import dataclasses
import ipaddress

from oslo_config import cfg

from wsgiserver._i18n import _
from wsgiserver import _options
from wsgiserver import exceptions

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What a running server needs to know, read from its options once.

    Sizes are bytes, times are seconds; a limit or time of None has no bound,
    and ``proxy_peers`` is None where the PROXY protocol is not spoken.
    """

    log_format: str
    log_style: str
    log_levels: dict[str, str]
    tcp_keepidle: int
    pool_size: int
    max_field_value: int
    max_target: int
    max_fields: int
    max_head: int
    max_body: int | None
    max_extensions: int
    max_trailers: int
    min_body_rate: int
    max_waiting: int
    max_requests: int | None
    max_connections: int
    max_per_client: int | None
    proxy_peers: tuple[Network, ...] | None
    keep_alive: bool
    keep_alive_timeout: float | None
    header_timeout: float | None
    handshake_timeout: float | None
    socket_timeout: float | None
    request_timeout: float | None
    drain_delay: float
    drain_timeout: float | None
    debug: bool
    server_header: str
    metrics: bool
    metrics_routes: tuple[str, ...]
    queue_wait: float | None

    @classmethod
    def from_conf(
        cls,
        conf: cfg.ConfigOpts,
        pool_size: int | None = None,
        max_target: int | None = None,
        group: str = _options.GROUP,
    ) -> 'Settings':
        """Read the options.

        :param conf: where the options are registered.
        :param pool_size: overrides ``wsgi_default_pool_size``.
        :param max_target: overrides ``max_request_line``, in bytes.
        :param group: has the options that are this library's own.
        :returns: the settings, with 0 turned into None where it means that
            there is no bound.
        :raises InvalidInput: if a value can't be used.
        """
        own = conf[group]
        _check(conf, group)
        idle = [own.keep_alive_timeout, conf.client_socket_timeout]
        return cls(
            log_format=conf.wsgi_log_format,
            log_style=own.access_log_format,
            log_levels=dict(own.access_log_levels),
            tcp_keepidle=conf.tcp_keepidle,
            pool_size=pool_size or conf.wsgi_default_pool_size,
            max_field_value=conf.max_header_line,
            max_target=max_target or own.max_request_line,
            max_fields=own.max_header_fields,
            max_head=own.max_head_size,
            max_body=own.max_request_body_size or None,
            max_extensions=own.max_chunk_extensions,
            max_trailers=own.max_trailer_size,
            min_body_rate=own.min_body_rate,
            max_waiting=own.max_waiting_requests,
            max_requests=own.max_requests_per_connection or None,
            max_connections=own.max_connections,
            max_per_client=own.max_connections_per_client or None,
            proxy_peers=_networks(conf, group) if own.proxy_protocol else None,
            keep_alive=conf.wsgi_keep_alive,
            keep_alive_timeout=min(filter(None, idle), default=None),
            header_timeout=own.header_timeout or None,
            handshake_timeout=own.tls_handshake_timeout or None,
            socket_timeout=conf.client_socket_timeout or None,
            request_timeout=own.request_timeout or None,
            drain_delay=own.drain_delay,
            drain_timeout=_drain_timeout(conf.graceful_shutdown_timeout),
            debug=conf.wsgi_server_debug,
            server_header=own.server_header,
            metrics=own.metrics,
            metrics_routes=tuple(own.metrics_routes),
            queue_wait=own.queue_wait_warning or None,
        )

    def is_proxy(self, address: str) -> bool:
        """Tell whether a peer must send a PROXY header.

        :param address: the peer's address; '' on a UNIX socket.
        :returns: True if it must; else it may not.
        """
        if self.proxy_peers is None:
            return False
        if not address:
            return True
        # Dual-stack sockets show IPv4 addresses mapped into IPv6.
        found = ipaddress.ip_address(address.partition('%')[0])
        found = getattr(found, 'ipv4_mapped', None) or found
        return any(found in network for network in self.proxy_peers)


def _drain_timeout(graceful: int) -> float | None:
    """Be a little earlier than the launcher, which ends the process."""
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
            raise exceptions.InvalidInput(
                _('[DEFAULT]/%(name)s must be %(least)d at least')
                % {'name': name, 'least': least}
            )
    # What would end the field would end the head next.
    header = conf[group].server_header
    if not (header.isascii() and (header.isprintable() or not header)):
        raise exceptions.InvalidInput(
            _('[%s]/server_header must be printable ASCII') % group
        )
    _check_delay(conf, group)


def _check_delay(conf: cfg.ConfigOpts, group: str) -> None:
    delay = conf[group].drain_delay
    longest = _drain_timeout(conf.graceful_shutdown_timeout)
    if longest is not None and delay >= longest:
        # Nothing would be left for the requests that run.
        raise exceptions.InvalidInput(
            _(
                '[%(group)s]/drain_delay must be less than %(longest)g with '
                '[DEFAULT]/graceful_shutdown_timeout at %(graceful)d'
            )
            % {
                'group': group,
                'longest': longest,
                'graceful': conf.graceful_shutdown_timeout,
            }
        )


def _networks(conf: cfg.ConfigOpts, group: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(text)
            for text in conf[group].proxy_protocol_peers
        )
    except ValueError as error:
        raise exceptions.InvalidInput(
            _('[%(group)s]/proxy_protocol_peers: %(error)s')
            % {'group': group, 'error': error}
        ) from error
