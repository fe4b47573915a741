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

"""A filter ahead of a health check, which fails once the server ends."""

from collections.abc import Mapping
import json
from wsgiref.types import WSGIApplication

import webob

from wsgiserver.middleware import base

#: What is wrong, where oslo.middleware says ``DISABLED BY FILE``, say.
REASON = 'DRAINING'


# In the order of oslo.middleware's health check: the first one goes to those
# who accept anything, and to those who accept none of them, for a 406 would
# tell a load balancer something else.
_BODIES: Mapping[str, str] = {
    'text/plain': REASON,
    'text/html': (
        '<!DOCTYPE html>\n'
        '<html><head><title>Healthcheck Status</title></head>\n'
        f'<body><p>{REASON}</p></body></html>'
    ),
    'application/json': json.dumps(
        {'detailed': False, 'reasons': [REASON]}, indent=4, sort_keys=True
    ),
}


class DrainingFilter(base.Middleware):
    """Answers 503 while a stop of the server is in progress.

    It belongs in front of the health check of oslo.middleware, and answers
    in the same media types. While the server goes on, and on one of another
    make, requests pass through. Where ``drain_delay`` is set, a load
    balancer sees the 503 before the server accepts no more.
    """

    def process_request(self, req: webob.Request) -> WSGIApplication | None:
        """Answer 503 while the server drains.

        :param req: the request.
        :returns: the 503, or None to go on.
        """
        is_draining = req.environ.get('wsgiserver.draining')
        if is_draining is None or not is_draining():
            return None
        response = webob.Response(status=503, charset='UTF-8')
        # No "Connection: close": PEP 3333 leaves that field to the server,
        # which says so once it accepts no more. Until then, the next check
        # may come on the same connection.
        if req.method == 'HEAD':
            response.content_type = 'text/plain'
            return response
        offers = req.accept.acceptable_offers(tuple(_BODIES))
        kind = offers[0][0] if offers else 'text/plain'
        response.content_type = kind
        response.text = _BODIES[kind]
        return response
