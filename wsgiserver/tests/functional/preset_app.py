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

"""What is behind the filters of the examples, when tests look at them."""

from collections.abc import Callable
from collections.abc import Iterable
import itertools
import json
from typing import Any

import webob
import webob.dec
import webob.exc

from wsgiserver import microversion

#: What presets set in the environ for an application.
_KEYS = (
    'api.version',
    'api.major_version',
    'api.minor_version',
    'placement.microversion',
    'key-manager.microversion',
)

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]


class Telling:
    """An application that answers with what the filter has told it.

    The last segment of the path may be ``conflict``, which is refused as an
    application does it; ``broken``, for an exception ahead of the response,
    ``broken-generator``, for one as soon as the body is read; or
    ``broken-midway``, for one when some of it has been sent.
    """

    def __call__(
        self, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        match environ['PATH_INFO'].rpartition('/')[2]:
            case 'conflict':
                return self._refuse(environ, start)
            case 'broken':
                _fail()
            case 'broken-generator':
                return map(_fail, [b''])
            case 'broken-midway':
                start('200 OK', [('Content-Type', 'text/plain')])
                return itertools.chain([b'some'], map(_fail, [b'']))
        body = json.dumps(self._told(environ)).encode()
        start('200 OK', [('Content-Type', 'application/json')])
        return [body]

    @staticmethod
    @webob.dec.wsgify
    def _refuse(_request: webob.Request) -> webob.Response:
        raise webob.exc.HTTPConflict()

    @staticmethod
    def _told(environ: Environ) -> dict[str, Any]:
        found = microversion.of(environ)
        return {
            'method': environ['REQUEST_METHOD'],
            'script_name': environ['SCRIPT_NAME'],
            'path_info': environ['PATH_INFO'],
            'microversion': found and str(found),
            'experimental': found is not None and found.experimental,
            'environ': {
                key: _plain(environ[key]) for key in _KEYS if key in environ
            },
        }


def _fail(_block: bytes = b'') -> bytes:
    raise ValueError('the application is broken')


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, microversion.Version) else value


def factory(_global_conf: dict[str, str], **_local_conf: str) -> Telling:
    """Make the application (``paste.app_factory``)."""
    return Telling()
