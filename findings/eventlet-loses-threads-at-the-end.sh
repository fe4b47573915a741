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
# eventlet 0.41.3, patched: what a program has begun when its main thread ends.
#
# Guess: as without eventlet. The interpreter waits for a thread that is said to
# be no daemon, and an executor does what was submitted to it; atexit comes last.
#
# Seen: the interpreter waits for neither, and nothing says that they are lost. Only
# the handler of atexit is called. Within a green thread, threading.Thread() makes a
# daemon where nobody says otherwise, since green threads are said to be daemons.
#
# Output:
#
#     eventlet 0.41.3
#     plain: main, task, thread, handler
#     patched: main, handler
#     a thread of a green thread is a daemon: True

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    eventlet==0.41.3 greenlet==3.5.6

cat >"$folder/program.py" <<'END'
import sys

if sys.argv[1] == 'patched':
    import eventlet

    eventlet.monkey_patch()

import atexit
from concurrent import futures
import threading
import time


def say(name, seconds=0.0):
    time.sleep(seconds)
    print(name, flush=True)


atexit.register(say, 'handler')
threading.Thread(target=say, args=('thread', 0.6), daemon=False).start()
futures.ThreadPoolExecutor(1).submit(say, 'task', 0.3)
say('main')
END

cat >"$folder/daemon.py" <<'END'
import eventlet

eventlet.monkey_patch()

import threading  # noqa: E402

print(eventlet.spawn(lambda: threading.Thread().daemon).wait())
END

run() {
    "$folder/venv/bin/python" -W ignore "$@" 2>"$folder/errors"
}

said() {
    run "$folder/program.py" "$1" | paste -s -d , | sed 's/,/, /g'
}

plain=$(said plain)
patched=$(said patched)
daemon=$(run "$folder/daemon.py")
echo 'eventlet 0.41.3'
echo "plain: $plain"
echo "patched: $patched"
echo "a thread of a green thread is a daemon: $daemon"
[ "$plain" = 'main, task, thread, handler' ]
[ "$patched" = 'main, handler' ]
[ "$daemon" = True ]
