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


"""Server fixture, for the tests of a service.

It needs ``os-wsgiserver[fixture]``::

    from wsgiserver import fixture


    class TestService(testtools.TestCase):
        def setUp(self):
            super().setUp()
            self.service = self.useFixture(fixture.ServerFixture(app))

        def test_versions(self):
            response = requests.get(f'{self.service.url}/versions')
            self.assertEqual(200, response.status_code)
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
import threading
from typing import Any

import fixtures
from oslo_config import cfg

from wsgiserver import _config
from wsgiserver._engine import registry
from wsgiserver._wsgi import types as wsgi_types
from wsgiserver import server

#: How long a request that hangs may hold up the end of a test, in seconds,
#: unless the test has a configuration of its own.
_PATIENCE = 5

_HOST = '127.0.0.1'


class ServerFixture(fixtures.Fixture):
    """Serves an application in this process, on a port that is free.

    The application is called as it would be in a worker: on a thread of the
    server's, or in a greenlet. A test can look at it, and replace parts of it.

    With ``engine='eventlet'`` in a process that eventlet has not patched, the
    server has a hub in a thread of its own; an application that waits there
    holds up its other requests.

    :param app: the WSGI application; None takes that of ``api_paste_config``.
    :param conf: the ConfigOpts of the service, already called; None makes one
        with all options at their defaults.
    :param engine: ``'eventlet'`` or ``'threading'``; None takes what this
        process is made for: eventlet if that has patched it.
    :param tls: whether to speak TLS, with a certificate made for this server.
        :attr:`ca_file` has who issued it.
    :param arguments: those of :class:`wsgiserver.wsgi.Server`, by name.
    :raises MultipleExceptions: in ``setUp``, by the fixtures library: with
        what the Server raised, or an ImportError if ``tls`` is set and
        trustme is not installed.
    """

    #: The server.
    server: server.Server
    #: Where it is, without a slash at the end: ``http://127.0.0.1:34567``.
    url: str
    #: The port that it got.
    port: int
    #: The file of the authority that issued its certificate, for clients to
    #: trust; None without TLS.
    ca_file: str | None

    def __init__(
        self,
        app: wsgi_types.Application | None = None,
        conf: cfg.ConfigOpts | None = None,
        *,
        engine: str | None = None,
        tls: bool = False,
        **arguments: Any,
    ) -> None:
        super().__init__()
        self._app = app
        self._conf = conf
        self._engine_name = engine
        self._tls = tls
        self._arguments = arguments

    def _setUp(self) -> None:
        conf = self._conf or _defaults()
        _config.register_opts(conf)
        self.ca_file = self._make_certificate(conf) if self._tls else None
        engine = self._engine_name
        registry.check(engine)
        if engine is None:
            engine = 'eventlet' if _is_patched('socket') else 'threading'
        arguments: dict[str, Any] = {
            'host': _HOST,
            'engine': engine,
            'use_ssl': self._tls,
            **self._arguments,
        }
        if self._app is None:
            made = server.Server.from_paste(conf, 'test', **arguments)
        else:
            made = server.Server(conf, 'test', self._app, **arguments)
        self.server = made
        # Not before it has been started: until then, there is nobody to stop.
        self.addCleanup(made.wait)
        self.addCleanup(made.stop)
        if engine == 'eventlet' and not _is_patched('thread'):
            self._start_in_thread()
        else:
            made.start()
        self.port = made.port or 0
        scheme = 'https' if self._tls else 'http'
        self.url = f'{scheme}://{_in_url(made.host)}:{self.port}'

    def _start_in_thread(self) -> None:
        """Start a thread that is the hub."""
        # Not in the thread, which could not be joined.
        registry.load('eventlet')
        began = threading.Event()
        failed: list[BaseException] = []

        def be_the_hub() -> None:
            """Serve in this thread, until the server was stopped."""
            try:
                self.server.start()
                began.set()
                self.server.wait()
            except BaseException as error:
                failed.append(error)
            finally:
                began.set()

        thread = threading.Thread(
            target=be_the_hub, name='wsgiserver-hub', daemon=True
        )
        self.addCleanup(thread.join)
        # It ends once the server was stopped.
        self.addCleanup(self.server.stop)
        thread.start()
        began.wait()
        if failed:
            raise failed[0]

    def _make_certificate(self, conf: cfg.ConfigOpts) -> str:
        trustme = importlib.import_module('trustme')
        folder = self.useFixture(fixtures.TempDir()).path
        authority = trustme.CA()
        issued = authority.issue_cert(_HOST, '::1', 'localhost')
        files = {
            name: os.path.join(folder, f'{name}.pem')
            for name in ('ca', 'cert', 'key')
        }
        authority.cert_pem.write_to_path(files['ca'])
        issued.private_key_pem.write_to_path(files['key'])
        for blob in issued.cert_chain_pems:
            blob.write_to_path(files['cert'], append=True)
        for option in ('cert', 'key'):
            name = f'{option}_file'
            conf.set_override(name, files[option], group='ssl')
            self.addCleanup(conf.clear_override, name, group='ssl')
        return files['ca']


def _defaults() -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    _config.register_opts(conf)
    conf.set_default('graceful_shutdown_timeout', _PATIENCE)
    return conf


def _is_patched(name: str) -> bool:
    """Tell whether eventlet has replaced a module of the standard library."""
    patcher = sys.modules.get('eventlet.patcher')
    return patcher is not None and patcher.is_monkey_patched(name)


def _in_url(host: str) -> str:
    """Write an address as it stands in a URL (RFC 3986, section 3.2.2)."""
    try:
        socket.inet_pton(socket.AF_INET6, host)
    except OSError:
        return host
    return f'[{host}]'
