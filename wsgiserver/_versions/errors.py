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

"""Error responses, in the form that a service's own have."""

from __future__ import annotations

import dataclasses
import http
import json
from typing import Any
from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver._versions import reading

#: Where oslo.middleware keeps the id of a request.
_REQUEST_ID = 'openstack.request_id'

#: What nova, cinder and manila call the faults of a status.
_FAULTS = {
    400: 'badRequest',
    404: 'itemNotFound',
    405: 'badMethod',
}


@dataclasses.dataclass(frozen=True)
class Errors:
    """Form of error responses: options of a filter.

    ``error_format`` is ``sig``, the API SIG's ``errors`` list; ``fault``,
    the one object of nova, cinder and manila; or ``plain``, text.
    ``fault_name`` is what such an object is called that has no name for its
    status. ``error_code`` begins the codes of the SIG's form, and
    ``error_help`` is the URL that it links for help.
    """

    error_format: str = reading.option(
        reading.choice('sig', 'fault', 'plain'), 'sig'
    )
    fault_name: str = reading.option(reading.text, 'computeFault')
    error_code: str = reading.option(reading.text, 'api')
    error_help: str = reading.option(reading.http_url)

    def respond(
        self,
        environ: WSGIEnvironment,
        status: int,
        code: str,
        detail: str,
        more: dict[str, str] | None = None,
    ) -> webob.Response:
        """Error response.

        :param environ: the environ of the request.
        :param status: the HTTP status.
        :param code: what is wrong, in a word for programs.
        :param detail: what is wrong, in a sentence.
        :param more: what else the API SIG's form has.
        :returns: the response.
        """
        request_id = environ.get(_REQUEST_ID)
        if self.error_format == 'plain':
            text = detail if not request_id else f'{detail} ({request_id})'
            return webob.Response(
                status=status,
                content_type='text/plain',
                charset='utf-8',
                text=text + '\n',
            )
        make = self._sig if self.error_format == 'sig' else self._fault
        document = make(status, code, detail, request_id, more or {})
        return webob.Response(
            status=status,
            content_type='application/json',
            body=json.dumps(document).encode(),
        )

    def _sig(
        self,
        status: int,
        code: str,
        detail: str,
        request_id: str | None,
        more: dict[str, str],
    ) -> dict[str, Any]:
        error: dict[str, Any] = {
            'status': status,
            'code': f'{self.error_code}.{code}',
            'title': http.HTTPStatus(status).phrase,
            'detail': detail,
            'links': [],
            **more,
        }
        if self.error_help:
            error['links'].append({'rel': 'help', 'href': self.error_help})
        if request_id:
            error['request_id'] = request_id
        return {'errors': [error]}

    def _fault(
        self,
        status: int,
        code: str,
        detail: str,
        request_id: str | None,
        more: dict[str, str],
    ) -> dict[str, Any]:
        fault: dict[str, Any] = {'code': status, 'message': detail}
        if request_id:
            fault['request_id'] = request_id
        return {_FAULTS.get(status, self.fault_name): fault}
