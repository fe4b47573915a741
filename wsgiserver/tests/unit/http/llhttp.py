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

"""llhttp's chunked decoder, to be held against the one of this library."""

import httptools

from wsgiserver.tests.unit.http import wire

_HEAD = wire.post(b'Transfer-Encoding: chunked')


class Peer:
    """llhttp, fed with one request that has a chunked body."""

    def __init__(self, body: bytes) -> None:
        self.content = b''
        self.complete = 0
        self.refused = False
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(_HEAD)
        try:
            parser.feed_data(body)
        except httptools.HttpParserError:
            self.refused = True

    def on_body(self, data: bytes) -> None:
        self.content += data

    def on_message_complete(self) -> None:
        self.complete += 1
