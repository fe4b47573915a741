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


"""Filters that do nothing, in the ways that services write them."""

from __future__ import annotations

from typing import Any

import webob
import webob.dec

from wsgiserver import middleware


class Silent(middleware.Middleware):
    """Overrides nothing."""


class Asking(middleware.Middleware):
    """Looks at requests."""

    def process_request(self, req: webob.Request) -> None:
        """Let the request pass."""


class Both(Asking):
    """Looks at requests and at responses."""

    def process_response(self, response: webob.Response) -> webob.Response:
        """Let the response pass."""
        return response


class Wrapping:
    """What the base classes of the services do, whether they need it or not.

    A request is made of the environ, the next application is asked through
    it, and what it answers becomes a response that is sent anew. This is the
    peer of :class:`Silent`, and no filter of this library.

    :param application: the next one.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    @webob.dec.wsgify
    def __call__(self, req: webob.Request) -> webob.Response:
        """Ask the next application."""
        return req.get_response(self.application)


KINDS: dict[str, Any] = {
    'silent': Silent,
    'asking': Asking,
    'both': Both,
    'wrapping': Wrapping,
}
