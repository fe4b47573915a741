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

"""``egg:os-wsgiserver#status``: the metrics for people, and as JSON."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
import json
import re

import webob

from wsgiserver import _metrics
from wsgiserver.monitoring import _base
from wsgiserver.monitoring import _visitors
from wsgiserver import version


class StatusApp(_base.MonitoringApp):
    """Answers with a page that shows the worker processes at work.

    The page is one document, which loads nothing but its figures. They are at
    the same address with ``?format=json``, or for who prefers
    ``application/json``.

    :param allow: who may see them: addresses and networks, separated by
        commas or spaces. ``unix`` lets in who connects to a UNIX socket.
    :raises InvalidInput: if there is something else among them.
    """

    def __init__(self, allow: str = _visitors.LOOPBACK) -> None:
        super().__init__(allow)
        package = resources.files('wsgiserver.monitoring')
        self._page = package.joinpath('page.html').read_text('utf-8')
        self._policy = _policy(self._page)

    def show(
        self, request: webob.Request, report: _metrics.Report
    ) -> webob.Response:
        """Show the page, or the metrics as JSON."""
        if _wants_json(request):
            found = {'version': version.version_string(), **report.as_dict()}
            response = webob.Response(
                content_type='application/json', charset='utf-8'
            )
            response.text = json.dumps(found)
        else:
            response = webob.Response(
                content_type='text/html', charset='utf-8'
            )
            response.text = self._page
            response.headers['Content-Security-Policy'] = self._policy
            response.headers['Referrer-Policy'] = 'no-referrer'
        response.vary = ['Accept']
        return response


def _wants_json(request: webob.Request) -> bool:
    asked = request.GET.get('format')
    if asked is not None:
        return bool(asked == 'json')
    offers = request.accept.acceptable_offers(
        ['text/html', 'application/json']
    )
    return bool(offers) and offers[0][0] == 'application/json'


def _policy(page: str) -> str:
    """Content security policy: a page uses what it has within itself."""
    hashes = {}
    for name in ('script', 'style'):
        match = re.search(f'<{name}>(.*?)</{name}>', page, re.DOTALL)
        content = match[1] if match is not None else ''
        digest = hashlib.sha256(content.encode()).digest()
        hashes[name] = base64.b64encode(digest).decode()
    return '; '.join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{hashes['script']}'",
            f"style-src 'sha256-{hashes['style']}'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
