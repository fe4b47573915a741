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
# oslo.service 4.8.0 on its threading backend, which is cotyledon 2.2.0: a
# SIGHUP to the launcher while a worker is running a program.
#
# Guess: the launcher tells its workers to read their configuration anew, one
# by one, and what they run is theirs: a conversion of an image, say, goes on.
#
# Seen: the launcher sends the signal to its whole process group, itself aside.
# The program, which has no handler for it as a rule, is hung up on. One that
# was started in a session of its own goes on.
#
# Output:
#
#     oslo.service 4.8.0, cotyledon 2.2.0
#     program of a worker: hung up
#     the same in a session of its own: running

set -euo pipefail
folder=$(mktemp -d)
launcher=
finish() {
    local pid
    for pid in $launcher $(cat "$folder"/*.pid 2>/dev/null); do
        kill "$pid" 2>/dev/null || :
    done
    wait
    rm -rf "$folder"
}
trap finish EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'oslo.service[threading]==4.8.0' cotyledon==2.2.0 oslo.config==10.7.0

# It says what has become of it in a file.
cat >"$folder/program.sh" <<'END'
trap 'echo hung up >"$1.says"; exit' HUP
echo running >"$1.says"
echo $$ >"$1.pid"
sleep 60 &
wait
END

cat >"$folder/serve.py" <<'END'
import subprocess
import sys
import threading

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

from oslo_config import cfg  # noqa: E402
from oslo_service import service  # noqa: E402

FOLDER = sys.argv[1]


class Service(service.ServiceBase):
    def start(self):
        for name, apart in (('plain', False), ('apart', True)):
            subprocess.Popen(
                ['sh', f'{FOLDER}/program.sh', f'{FOLDER}/{name}'],
                start_new_session=apart,
            )

    def wait(self):
        threading.Event().wait()

    def stop(self):
        pass

    def reset(self):
        pass


conf = cfg.ConfigOpts()
conf([], default_config_files=[], default_config_dirs=[])
service.launch(conf, Service(), workers=1, restart_method='mutate').wait()
END

says() {
    cat "$folder/$1.says" 2>/dev/null || :
}

await() {
    local turn
    for turn in $(seq 200); do
        "$@" && return
        sleep 0.1
    done
    return 1
}

both_run() {
    [ -e "$folder/plain.pid" ] && [ -e "$folder/apart.pid" ]
}

plain_is_hung_up() {
    [ "$(says plain)" = 'hung up' ]
}

"$folder/venv/bin/python" -W ignore "$folder/serve.py" "$folder" \
    >"$folder/log" 2>&1 &
launcher=$!
await both_run || {
    cat "$folder/log"
    exit 1
}
# The next worker may write, too: what the first one's programs say is kept.
apart=$(cat "$folder/apart.pid")
kill -HUP "$launcher"
status=0
await plain_is_hung_up || status=1
goes_on=ended
kill -0 "$apart" 2>/dev/null && goes_on=running
echo 'oslo.service 4.8.0, cotyledon 2.2.0'
echo "program of a worker: $(says plain)"
echo "the same in a session of its own: $goes_on"
kill "$apart" 2>/dev/null || :
[ "$goes_on" = running ] && exit "$status"
