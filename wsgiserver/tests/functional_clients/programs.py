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

"""Clients that are programs: curl and Node.js."""

from __future__ import annotations

import json
import pathlib
import subprocess

from wsgiserver.tests import conditions
from wsgiserver.tests.functional_clients import base

_SCRIPT = pathlib.Path(__file__).with_name('client.mjs')
_WHOLE = b''.join(base.BLOCKS)


def _output(
    *words: str, given: bytes = b''
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        words,
        input=given,
        capture_output=True,
        check=True,
        timeout=2 * conditions.PATIENCE,
    )


class Curl(base.Client):
    """curl."""

    def _curl(
        self, *words: str, given: bytes = b''
    ) -> subprocess.CompletedProcess[bytes]:
        quiet = ('--silent', '--show-error', '--fail')
        ours = ('--cacert', self.ca_file, '--noproxy', '*')
        return _output('curl', *quiet, *ours, *words, given=given)

    def get_twice(self) -> list[str]:
        url = f'{self.url}/'
        text = self._curl(url, url, '--write-out', '\\n').stdout.decode()
        return text.split('\n')[:2]

    def _upload(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        body = ('--request', 'POST', '--data-binary', '@-')
        # It adds fields of forms, for which nobody asks here.
        kind = ('--header', 'Content-Type: application/octet-stream')
        return self._curl(
            *body, *kind, *words, f'{self.url}/upload', given=_WHOLE
        )

    def upload(self) -> str:
        field = 'Transfer-Encoding: chunked'
        return self._upload('--header', field).stdout.decode()

    def upload_expecting(self) -> str:
        done = self._upload('--verbose', '--header', 'Expect: 100-continue')
        if b'< HTTP/1.1 100 Continue' not in done.stderr:
            raise AssertionError(done.stderr)
        return done.stdout.decode()

    def get_part(self) -> base.Part:
        done = self._curl(
            '--include', '--range', '300-309', f'{self.url}/content'
        )
        head, _empty, content = done.stdout.partition(b'\r\n\r\n')
        status, *fields = head.decode().split('\r\n')
        named = dict(field.split(': ', 1) for field in fields)
        return base.Part(
            int(status.split(' ')[1]), named['Content-Range'], content
        )


class Node(base.Client):
    """The http and https modules of Node.js."""

    def _node(self, what: str) -> list[str]:
        words = ('node', str(_SCRIPT), what, self.url, self.ca_file)
        found: list[str] = json.loads(_output(*words).stdout)
        return found

    def get_twice(self) -> list[str]:
        return self._node('twice')

    def upload(self) -> str:
        return self._node('upload')[0]

    def upload_expecting(self) -> str:
        return self._node('expect')[0]

    def get_part(self) -> base.Part:
        status, field, content = self._node('part')
        return base.Part(int(status), field, bytes.fromhex(content))
