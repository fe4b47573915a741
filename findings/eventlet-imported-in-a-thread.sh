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
# eventlet 0.41.3, imported for the first time in a thread of its own.
#
# Guess: an import is an import, whichever thread does it. When the thread has
# run its function, is_alive() is false.
#
# Seen: up to Python 3.12, is_alive() stays true for good, though the system
# has no such thread any more. eventlet imports a second copy of the threading
# module to keep the functions that it replaces. At its import, that copy takes
# the thread it runs in for the main one and asks to be told of its end; the
# interpreter tells one asker for each thread, so the first copy never hears of
# it. Python 3.13 keeps book of threads in another way, and isn't concerned.
# Nothing is monkey-patched here, and an import in the main thread ahead of the
# other one avoids it.
#
# Output with Python 3.11.7:
#
#     Python 3.11, eventlet 0.41.3
#     imported in the thread: exists False, is_alive True
#     imported before: exists False, is_alive False

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    eventlet==0.41.3 greenlet==3.5.6

cat >"$folder/look.py" <<'END'
import importlib
import os
import sys
import threading
import time

if sys.argv[1] == 'before':
    importlib.import_module('eventlet')

thread = threading.Thread(
    target=importlib.import_module, args=['eventlet'], daemon=True
)
thread.start()
thread.join(5)
task = f'/proc/self/task/{thread.native_id}'
deadline = time.monotonic() + 5
while os.path.exists(task) and time.monotonic() < deadline:
    time.sleep(0.01)
print(f'exists {os.path.exists(task)}, is_alive {thread.is_alive()}')
END

look() {
    "$folder/venv/bin/python" -W ignore "$folder/look.py" "$1"
}

version=$("$folder/venv/bin/python" -c \
    'import sys; print("%d.%d" % sys.version_info[:2])')
thread=$(look thread)
before=$(look before)
echo "Python $version, eventlet 0.41.3"
echo "imported in the thread: $thread"
echo "imported before: $before"

alive=False
case $version in
3.9 | 3.10 | 3.11 | 3.12) alive=True ;;
esac
[ "$thread" = "exists False, is_alive $alive" ]
[ "$before" = 'exists False, is_alive False' ]
