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

"""The engines there are, and which of them serves."""

from __future__ import annotations

import importlib
import select
from types import ModuleType
from typing import cast
from typing import TYPE_CHECKING

from oslo_service import backend

from wsgiserver._i18n import _
from wsgiserver._wsgi import gateway as wsgi_gateway
from wsgiserver import exceptions

if TYPE_CHECKING:
    from wsgiserver._engine import base_engine

_ENGINES = {
    'eventlet': 'wsgiserver._engine.eventlet_engine',
    'threading': 'wsgiserver._engine.threading_engine',
}


def check(name: str | None) -> None:
    """Check that there is an engine of a name.

    :param name: the name; None stands for that of the backend.
    :raises InvalidInput: if there is none.
    """
    if name is not None and name not in _ENGINES:
        raise exceptions.InvalidInput(
            _('engine must be one of %(known)s, not %(engine)s')
            % {'known': ', '.join(_ENGINES), 'engine': name}
        )


def make(
    name: str | None, gateway: wsgi_gateway.Gateway
) -> base_engine.Engine:
    """Make an engine, not started yet.

    :param name: its name; None takes the one of oslo.service's backend.
    :param gateway: runs the requests.
    :raises RuntimeError: if it can't work in this process.
    """
    name = name or backend_name()
    if name == 'threading' and not hasattr(select, 'epoll'):
        raise RuntimeError(
            _(
                'the threading engine needs the standard library as it '
                'is, and eventlet has patched it'
            )
        )
    return cast('base_engine.Engine', load(name).Engine(gateway))


def load(name: str) -> ModuleType:
    """Import the module of an engine.

    Up to Python 3.12, the thread that imports eventlet ahead of all others
    can't be joined: eventlet makes another module of threading, which takes
    the place of the first one as who is told of the thread's end.

    :param name: the engine's name.
    """
    return importlib.import_module(_ENGINES[name])


def backend_name() -> str:
    """Tell the name of oslo.service's backend, which is chosen now at last."""
    kind = backend.get_backend_type()
    if kind is None:
        # What oslo.service itself would come to, hook included.
        backend.get_backend()
        kind = backend.get_backend_type()
    assert kind is not None
    return str(kind.value)
