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

"""A mapper that knows the empty path."""

from typing import Any

import routes


class APIMapper(routes.Mapper):  # type: ignore[misc]  # untyped
    """Routes of an API that may be reached without a slash at its end.

    Some versions of ``routes`` can't match an empty path, which an
    application behind an URL map is given for ``/v2``. A
    :class:`~wsgiserver.wsgi.Router` of such a mapper redirects it to ``/``.

    The interface is ``glance.common.wsgi.APIMapper``.
    """

    def routematch(
        self, url: str | None = None, environ: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], Any] | None:
        """Match a path.

        :param url: the path; None for the one in the environ.
        :param environ: the environ of the request.
        :returns: the route's variables and the route; None without one.
        """
        if url is None and environ is not None:
            url = environ.get('PATH_INFO', '')
        if url:
            found = super().routematch(url, environ)
        else:
            found = self._match('', environ)
        return (found[0], found[1]) if found and found[1] else None
