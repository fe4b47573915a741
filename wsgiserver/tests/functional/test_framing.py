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


"""Heads that proxies and servers read differently, on the wire.

Each is refused with its status, the connection says and does close, and what
stands behind it never runs, on every engine and transport.
"""

from wsgiserver.tests.functional import framing_cases
from wsgiserver.tests.functional import grammar_cases
from wsgiserver.tests.functional import refusals


class TestContentLength(refusals.RefusedHead):
    scenarios = refusals.refused(framing_cases.LENGTHS)


class TestTransferEncoding(refusals.RefusedHead):
    scenarios = refusals.refused(framing_cases.CODINGS)


class TestHost(refusals.RefusedHead):
    scenarios = refusals.refused(framing_cases.HOSTS)


class TestRequestLine(refusals.RefusedHead):
    scenarios = refusals.refused(grammar_cases.REQUEST_LINES)


class TestFieldName(refusals.RefusedHead):
    scenarios = refusals.refused(grammar_cases.NAMES)


class TestFieldValue(refusals.RefusedHead):
    scenarios = refusals.refused(grammar_cases.VALUES)
