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


"""The servers that are compared, and what each can't do."""

from __future__ import annotations

import dataclasses
from importlib import metadata


@dataclasses.dataclass(frozen=True)
class Server:
    """A server, and what is known of it beforehand."""

    #: Its name, a key of ``serve.RUN``.
    name: str
    #: The distribution that it comes from.
    distribution: str
    #: What ``import`` measures; empty where there is nothing to import.
    module: str
    #: Why it has no part in a workload, by the workload's name.
    lacks: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def version(self) -> str:
        """Its version; empty if it is not installed."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return ''


_NO_LOG = {'log': 'it has no access log'}
_NO_TLS = {'tls': 'it has no TLS'}
_NO_POOL = {'blocking': 'it has a green thread for each connection'}
_ONE_THREAD = {'blocking': 'it has a single thread'}

SERVERS = {
    server.name: server
    for server in (
        Server('eventlet engine', 'os-wsgiserver', 'wsgiserver.wsgi'),
        Server('threading engine', 'os-wsgiserver', 'wsgiserver.wsgi'),
        Server('eventlet.wsgi', 'eventlet', 'eventlet.wsgi', _NO_POOL),
        Server(
            'oslo_service.wsgi', 'oslo.service', 'oslo_service.wsgi', _NO_POOL
        ),
        Server('gevent', 'gevent', 'gevent.pywsgi', _NO_POOL),
        Server('gunicorn gthread', 'gunicorn', 'gunicorn.workers.gthread'),
        Server('cheroot', 'cheroot', 'cheroot.wsgi', _NO_LOG),
        Server('cheroot tuned', 'cheroot', '', _NO_LOG),
        Server('waitress', 'waitress', 'waitress', _NO_LOG | _NO_TLS),
        Server(
            'uWSGI',
            'uWSGI',
            '',
            {
                'tls': 'it keeps no connection in TLS',
                'get-1000': 'it binds a thread to each connection',
                'idle': 'it binds a thread to each connection',
                'idle-heads': 'it binds a thread to each connection',
                'upload-chunked': 'its wsgi.input does not decode chunks',
            },
        ),
        Server('granian', 'granian', 'granian.server'),
        Server('bjoern', 'bjoern', 'bjoern', _NO_LOG | _NO_TLS | _ONE_THREAD),
    )
}
