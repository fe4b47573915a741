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

"""An application to try a server with."""

from collections.abc import Iterable
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment


class Hello:
    """An application that gives everybody the same few words.

    :param text: the words.
    """

    def __init__(self, text: str) -> None:
        self._body = text.encode()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        start_response(
            '200 OK',
            [
                ('Content-Type', 'text/plain; charset=utf-8'),
                ('Content-Length', str(len(self._body))),
            ],
        )
        return [self._body]


def hello_app_factory(
    global_conf: dict[str, str] | None, text: str = 'Hello, world!\n'
) -> Hello:
    """Make an application to try a server with (``paste.app_factory``).

    :param global_conf: the ``[DEFAULT]`` section of the paste file, unused.
    :param text: what it answers.
    :returns: the application.
    """
    return Hello(text)
