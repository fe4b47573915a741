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

"""What runs behind HAProxy and nginx: a service that tells what it sees."""

from collections.abc import Iterable
import hashlib
import json
from typing import Any

#: What is at /large, and how often.
BLOCK = bytes(range(256)) * 256
BLOCKS = 64


class Node:
    """An application that knows which node it is on.

    :param name: the node.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        """Answer."""
        if environ['PATH_INFO'] == '/large':
            start('200 OK', [('Content-Type', 'application/octet-stream')])
            return [BLOCK] * BLOCKS
        seen = {
            'node': self._name,
            'client': [environ['REMOTE_ADDR'], environ['REMOTE_PORT']],
            'forwarded': environ.get('HTTP_X_FORWARDED_FOR'),
            'framing': environ.get('CONTENT_LENGTH') or 'chunked',
            'digest': hashlib.sha256(environ['wsgi.input'].read()).hexdigest(),
        }
        text = json.dumps(seen).encode()
        start(
            '200 OK',
            [
                ('Content-Type', 'application/json'),
                ('Content-Length', str(len(text))),
            ],
        )
        return [text]


def factory(global_conf: object, name: str) -> Node:
    """Make it for a paste file."""
    return Node(name)
