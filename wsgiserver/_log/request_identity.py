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

"""Identity of a request: its ids and its user, as filters found them."""

from collections.abc import Mapping
from typing import Any


class Identity:
    """Identity of a request, for those who read about it.

    :param environ: its environ, as the application has left it.
    :param context: its RequestContext of oslo.context, if it has one.
    """

    def __init__(
        self, environ: Mapping[str, Any], context: Any = None
    ) -> None:
        self._environ = environ
        self._context = context

    def _find(self, key: str, attribute: str) -> str:
        found = self._environ.get(key)
        if not isinstance(found, str):
            found = getattr(self._context, attribute, None)
        return found if isinstance(found, str) else ''

    @property
    def request_id(self) -> str:
        """Request id of oslo.middleware, or of the context."""
        return self._find('openstack.request_id', 'request_id')

    @property
    def global_request_id(self) -> str:
        """Global request id, where oslo.middleware took the client's."""
        return self._find('openstack.global_request_id', 'global_id')

    @property
    def user_id(self) -> str:
        """The user of the token."""
        return self._authenticated('HTTP_X_USER_ID', 'user_id')

    @property
    def project_id(self) -> str:
        """The project of the token."""
        return self._authenticated('HTTP_X_PROJECT_ID', 'project_id')

    def _authenticated(self, key: str, attribute: str) -> str:
        # Unless keystonemiddleware has seen the token, the header field is
        # whatever the client sent.
        is_sure = 'keystone.token_auth' in self._environ
        return self._find(key if is_sure else '', attribute)

    def __str__(self) -> str:
        ids = (self.request_id, self.global_request_id)
        return ' '.join(filter(None, dict.fromkeys(ids))) or '-'
