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

"""The log of mixed traffic with attacks in it, read line by line."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import json
import random
import re
import signal
import threading
import time
from typing import Any

from wsgiserver.tests.functional import access_log
from wsgiserver.tests.functional import harness
from wsgiserver.tests.functional import load
from wsgiserver.tests.functional import log_attacks
from wsgiserver.tests.soak import durations

request = harness.request

_LINE = re.compile(r'\d+ [A-Z]+ access (.*)')

# Half a request, a body that breaks off, bytes that are no HTTP.
_BROKEN = (
    *(b'GET /hel', b'GET /hello HTTP/1.1\r\nUser-Agent: "\\', b'\x16\x03\x01'),
    b'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc',
    b'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ',
)


class TestLog(access_log.AccessLogTest):
    """Whatever comes, every line is as documented, and none is forged."""

    scenarios = [
        ('all', {'backend': 'threading', 'launcher': 'own'}),
    ]

    TIMEOUT_SCALING_FACTOR = durations.TIMEOUT_SCALING_FACTOR

    def test_every_line_is_what_it_seems(self) -> None:
        servers = []
        for self.backend in harness.BACKENDS:
            for style in ('text', 'json'):
                servers.append((style, self.logging(style=style)))
        self.ending = threading.Event()
        threads = [
            threading.Thread(target=self._attack, args=(server, turn))
            for _style, server in servers
            for turn in range(2)
        ]
        with contextlib.ExitStack() as stack:
            for _style, server in servers:
                stack.enter_context(
                    load.Load(server.connect, 4, '/hello', pause=0.05)
                )
            for thread in threads:
                thread.start()
            self._reset_now_and_then([server for _style, server in servers])
            self.ending.set()
            for thread in threads:
                thread.join()
        for style, server in servers:
            self.assertEqual(0, server.terminate())
            counts = self._check(style, server)
            print(f'{style}: {counts}', flush=True)
            self.assertGreater(counts['access'], durations.SECONDS * 20)

    def _reset_now_and_then(
        self, servers: list[harness.ServerProcess]
    ) -> None:
        end = time.monotonic() + durations.SECONDS
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 10))
            for server in servers:
                server.process.send_signal(signal.SIGHUP)

    def _attack(self, server: harness.ServerProcess, seed: int) -> None:
        """Send attacks, one after the other, in an order of one's own."""
        chosen = random.Random(seed)  # noqa: S311 - for tests
        streams = [*log_attacks.attacks(), *_BROKEN]
        while not self.ending.wait(0.02):
            stream = chosen.choice(streams)
            # What is refused may be reset before all of it is sent.
            with server.connect() as wire, contextlib.suppress(OSError):
                wire.send(stream)
                if chosen.random() < 0.9:
                    wire.finish_sending()
                    wire.rest()

    def _check(
        self, style: str, server: harness.ServerProcess
    ) -> dict[str, Any]:
        """Read each line; returns how many there are of each kind."""
        read = {
            'text': log_attacks.read_text,
            'json': log_attacks.read_json,
        }[style]
        counts = {'access': 0, 'other': 0}
        for line in _lines(server):
            match = _LINE.fullmatch(line)
            if match is not None:
                read(match[1])
                counts['access'] += 1
            else:
                self.assertFalse(_is_like(line), line)
                log_attacks.check_line(self, line)
                counts['other'] += 1
        return counts


def _is_like(line: str) -> bool:
    """Tell whether somebody could take a line for one of the access log."""
    if log_attacks.LINE.fullmatch(line):
        return True
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _lines(server: harness.ServerProcess) -> Iterator[str]:
    """Read the whole log, however long it is."""
    server._log.seek(0)
    for line in server._log:
        yield line.removesuffix('\n')
