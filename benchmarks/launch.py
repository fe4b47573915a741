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


"""How one server is to be run: what its process is told."""

from __future__ import annotations

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Launch:
    """One server to be run in a process of its own.

    The same for all servers where they know of it: a server without an
    access log, or without TLS, is left out of what needs it.
    """

    #: The server's name, a key of ``servers.SERVERS``.
    server: str
    #: The application's, for ``applications.make``.
    application: str
    #: The port to listen on, at 127.0.0.1.
    port: int = 0
    #: The processors it may use.
    processors: tuple[int, ...] = ()
    #: The files of the certificate and of its key; empty for plain HTTP.
    certificate: str = ''
    key: str = ''
    #: Where the access log goes; empty for none.
    access_log: str = ''
    #: How many requests may run at once; 0 for what is the server's default,
    #: and at least 16.
    pool: int = 0
    #: How many connections there will be.
    connections: int = 64
    #: How many processes.
    workers: int = 1
    #: Whether each request is counted, which no other server does.
    metrics: bool = False

    def to_json(self) -> str:
        """Write it as the argument of ``python -m benchmarks.serve``."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Launch:
        """Read that."""
        fields = json.loads(text)
        fields['processors'] = tuple(fields['processors'])
        return cls(**fields)
