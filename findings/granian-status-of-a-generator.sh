#!/bin/bash
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
#
# granian 2.8.9 and a WSGI application that is a generator.
#
# Guess: PEP 3333 lets an application call start_response as late as in the
# first step of its iterable, and a generator can't do otherwise, for nothing
# of it runs before. The server waits for the first block, and sends the status
# and the fields that were given by then.
#
# Seen: granian takes status and fields when the application has returned. A
# generator that answers 404 is sent as 200, without its fields, and with its
# body. No error and no line in the log. The same answer out of a function that
# returns a list is a 404. wsgiref sends both as they are meant.
#
# Output:
#
#     granian 2.8.9
#     list: HTTP/1.1 404 Not Found, with x-reason
#     generator: HTTP/1.1 200 OK, without x-reason
#     generator on wsgiref: HTTP/1.0 404 Not Found, with x-reason

set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || :; wait; rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    granian==2.8.9

cat >"$folder/apps.py" <<'END'
REFUSAL = '404 Not Found', [('X-Reason', 'no such image')]


def of_list(environ, start_response):
    start_response(*REFUSAL)
    return [b'no such image\n']


def of_generator(environ, start_response):
    start_response(*REFUSAL)
    yield b'no such image\n'
END

cat >"$folder/ask.py" <<'END'
import io
import socket
import sys
import time
import wsgiref.handlers

import apps


def tell(response):
    head, _end, body = response.partition(b'\r\n\r\n')
    lines = head.decode().lower().split('\r\n')
    found = any(line.startswith('x-reason:') for line in lines)
    assert b'no such image' in body, response
    status = head.decode().split('\r\n')[0]
    print(f'{status}, {"with" if found else "without"} x-reason')


if sys.argv[1] == 'wsgiref':
    output = io.BytesIO()
    wsgiref.handlers.SimpleHandler(
        io.BytesIO(), output, sys.stderr, {'SERVER_PROTOCOL': 'HTTP/1.0'}
    ).run(apps.of_generator)
    tell(output.getvalue())
else:
    deadline = time.monotonic() + 20
    while True:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        try:
            client.connect(sys.argv[1])
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    client.sendall(b'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    tell(client.makefile('rb').read())
END

cd "$folder"
ask() {
    "$folder/venv/bin/granian" --interface wsgi --uds "$folder/$1.sock" \
        --log-level error "apps:of_$1" &
    server=$!
    "$folder/venv/bin/python" ask.py "$folder/$1.sock"
    kill "$server"
    wait "$server" || :
}

ask list >list
ask generator >generator
"$folder/venv/bin/python" ask.py wsgiref >wsgiref
echo 'granian 2.8.9'
echo "list: $(cat list)"
echo "generator: $(cat generator)"
echo "generator on wsgiref: $(cat wsgiref)"

[ "$(cat list)" = 'HTTP/1.1 404 Not Found, with x-reason' ]
[ "$(cat generator)" = 'HTTP/1.1 200 OK, without x-reason' ]
[ "$(cat wsgiref)" = 'HTTP/1.0 404 Not Found, with x-reason' ]
