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
# stestr 4.2.1 and a test of the standard library's unittest that skips one of
# its subtests.
#
# Guess: as "python -m unittest" has it: the subtest is skipped, the others
# count, and the run is good.
#
# Seen: the run fails. The skip is told under the name of the subtest; the test
# itself was told to have begun, and nobody tells its end any more. So stestr
# takes it for one whose process has died, and says that it "likely segfaulted
# or crashed Python". Without the skip the same test passes.
#
# Output:
#
#     stestr 4.2.1
#     unittest: exit 0, OK (skipped=1)
#     stestr: exit 1, likely segfaulted or crashed
#     stestr without the skip: exit 0

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    stestr==4.2.1 python-subunit==1.4.6 testtools==2.9.1
# It would have stestr run tests with that one.
unset PYTHON

for name in skipping passing; do
    mkdir -p "$folder/$name"
    touch "$folder/$name/__init__.py"
done
cat >"$folder/skipping/test_sizes.py" <<'END'
import unittest


class SizesTestCase(unittest.TestCase):
    def test_each(self):
        for size in (1, 2):
            with self.subTest(size=size):
                if size == 1:
                    self.skipTest('not this one')

    def test_other(self):
        self.assertTrue(True)
END
cat >"$folder/passing/test_sizes.py" <<'END'
import unittest


class SizesTestCase(unittest.TestCase):
    def test_each(self):
        for size in (1, 2):
            with self.subTest(size=size):
                self.assertTrue(size)
END

cd "$folder"
status=0
run() {
    status=0
    "$folder/venv/bin/$@" >"$folder/output" 2>&1 || status=$?
}

echo 'stestr 4.2.1'
run python -m unittest skipping.test_sizes
echo "unittest: exit $status, $(tail -n 1 output)"
[ "$status" = 0 ]
grep -q '^OK (skipped=1)$' output
run stestr --test-path ./skipping run
crashed=$(grep -o 'likely segfaulted or crashed' output || :)
echo "stestr: exit $status, $crashed"
[ "$status" = 1 ]
[ -n "$crashed" ]
run stestr --test-path ./passing run
echo "stestr without the skip: exit $status"
[ "$status" = 0 ]
