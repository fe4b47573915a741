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

"""Runs a server for the functional tests, as a process of its own.

``python -m wsgiserver.tests.functional.serve`` and a JSON object: ``backend``
(eventlet or threading), ``transport`` (tcp, unix or tls), ``workers``,
``options`` (a mapping of ``group.name`` to a value) and what the Server is
to be given besides. The address is written to standard output as JSON.
"""

import importlib
import json
import logging
import socket
import sys
from typing import Any

from oslo_service import backend


def _prepare(name: str) -> None:
    """Choose the backend, before anything else is imported."""
    backend.init_backend(backend.BackendType(name))
    if name == 'eventlet':
        importlib.import_module('wsgiserver._engine._eventlet').monkey_patch()


def _server(given: dict[str, Any]) -> Any:
    from oslo_config import cfg

    from wsgiserver.tests.functional import apps
    from wsgiserver import wsgi

    conf = cfg.ConfigOpts()
    conf([], project='wsgiserver-test')
    wsgi.register_opts(conf)
    for name, value in given.get('options', {}).items():
        group, _dot, option = name.rpartition('.')
        conf.set_override(option, value, group or None)
    arguments = given.get('server', {})
    if given['transport'] == 'unix':
        arguments['socket_family'] = socket.AF_UNIX
        arguments.setdefault('socket_file', given['path'])
    return conf, wsgi.Server(
        conf,
        'test',
        apps.make(),
        host='127.0.0.1',
        use_ssl=given['transport'] == 'tls',
        **arguments,
    )


def main() -> int:
    """Serve until a signal comes."""
    given = json.loads(sys.argv[1])
    _prepare(given['backend'])
    logging.basicConfig(
        level=given.get('level', 'INFO'),
        format='%(levelname)s %(name)s %(message)s',
    )
    from oslo_service import service

    conf, server = _server(given)
    launcher = service.launch(conf, server, workers=given.get('workers', 1))
    address = server.host if server.port is None else server.port
    print(json.dumps(address), flush=True)
    return launcher.wait() or 0


if __name__ == '__main__':
    sys.exit(main())
