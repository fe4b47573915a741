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

"""The base of the tests that read the access log of a server."""

import json
import re
from typing import Any

from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import launched
from wsgiserver.tests.functional import log_attacks

request = harness.request

PASTE = """\
[pipeline:main]
pipeline = proxy request_id token life

[filter:proxy]
paste.filter_factory = oslo_middleware:HTTPProxyToWSGI.factory
enable_proxy_headers_parsing = true

[filter:request_id]
paste.filter_factory = oslo_middleware:RequestId.factory

[filter:token]
paste.filter_factory = wsgiserver.tests.functional.log_attacks:token_factory

[app:life]
paste.app_factory = wsgiserver.tests.functional.life_apps:factory
"""


class AccessLogTest(launched.LaunchedTest):
    def logging(
        self,
        transport: str = 'tcp',
        style: str = 'json',
        options: harness.Options | None = None,
    ) -> harness.ServerProcess:
        """Have a server that has the usual filters."""
        return self.serve(
            transport,
            paste=PASTE,
            server={'logger_name': 'access'},
            options={
                'wsgiserver.access_log_format': style,
                'wsgi_log_format': log_attacks.FORMAT,
                **(options or {}),
            },
        )

    def lines(self, server: harness.ServerProcess) -> list[str]:
        """Read the lines of the access log, without what is ahead of them."""
        return [
            match[1]
            for line in server.log().splitlines()
            if (match := re.match(r'\d+ [A-Z]+ access (.*)', line))
        ]

    def line_about(self, server: harness.ServerProcess, text: str) -> str:
        """Wait for the one line that has this text."""
        harness.eventually(
            lambda: any(text in line for line in self.lines(server))
        )
        [found] = [line for line in self.lines(server) if text in line]
        return found

    def about(self, server: harness.ServerProcess, text: str) -> Any:
        """The same, read as JSON."""
        return json.loads(self.line_about(server, text))

    def ask(
        self,
        server: harness.ServerProcess,
        path: str,
        *lines: str,
        method: str = 'GET',
        body: bytes = b'',
        **way: Any,
    ) -> harness.Response:
        with server.connect(**way) as wire:
            wire.send(request(method, path, *lines, body=body))
            return wire.response()
