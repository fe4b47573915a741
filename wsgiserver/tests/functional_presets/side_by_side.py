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

"""The same requests for a real service and for its preset.

A service's configuration is global, so each pair has a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import subprocess
import sys
from typing import Any
from typing import NamedTuple
from wsgiref.types import WSGIApplication

import webob

from wsgiserver.tests.functional import harness


class Ask(NamedTuple):
    """A request."""

    path: str
    headers: dict[str, str] = {}
    method: str = 'GET'


class Answer(NamedTuple):
    """What came back.

    :param status: the HTTP status.
    :param headers: the header fields, their names in lower case.
    :param body: the body; of JSON what it means, in an order of its own.
    """

    status: int
    headers: dict[str, str]
    body: Any


class Pair(NamedTuple):
    """What the service answers, and what the preset does."""

    theirs: Answer
    ours: Answer


def compare(module: str, options: dict[str, Any], asks: list[Ask]) -> Any:
    """Have a service and its preset answer the same requests.

    :param module: the module of this package that makes the two.
    :param options: what it is given to make them.
    :param asks: the requests.
    :returns: a Pair for each request, by request; a list of them.
    """
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', f'{__package__}.{module}'],
        input=json.dumps([options, asks]),
        capture_output=True,
        text=True,
        timeout=harness.PATIENCE * 3,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [
        Pair(Answer(*theirs), Answer(*ours))
        for theirs, ours in json.loads(done.stdout.splitlines()[-1])
    ]


def main(
    make: Callable[[dict[str, Any]], tuple[WSGIApplication, WSGIApplication]],
) -> None:
    """Answer what standard input asks for; the process's part of compare().

    :param make: makes the application of the service, and ours.
    """
    options, asks = json.load(sys.stdin)
    applications = make(options)
    pairs = [
        [_answer(application, Ask(*ask)) for application in applications]
        for ask in asks
    ]
    # Services print what they like before.
    print('\n' + json.dumps(pairs))


def _answer(application: WSGIApplication, ask: Ask) -> Answer:
    request = webob.Request.blank(
        ask.path, method=ask.method, headers=ask.headers
    )
    response = request.get_response(application)
    headers = {name.lower(): value for name, value in response.headerlist}
    return Answer(response.status_int, headers, _body(response))


def _body(response: webob.Response) -> Any:
    if response.content_type != 'application/json' or not response.body:
        return response.text
    return ordered(response.json)


def ordered(value: Any) -> Any:
    """Put every list within a value into an order that only it decides."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=json.dumps)
    return value
