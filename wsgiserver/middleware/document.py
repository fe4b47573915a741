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

"""The version discovery document: what an API says of its versions."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import Self
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment

import webob

from wsgiserver._i18n import _
from wsgiserver._paste import arguments
from wsgiserver._versions import policies
from wsgiserver._versions import version_table
from wsgiserver.middleware import versions as versions_filter

Version = version_table.Version
parse_table = version_table.parse_table
STATUSES = version_table.STATUSES

__all__ = ('STATUSES', 'Version', 'VersionsApp', 'parse_table')


class VersionsApp:
    """A WSGI application that answers with the versions of an API.

    It is what :class:`~wsgiserver.wsgi.VersionNegotiationFilter` is in front
    of an application that has nothing: it has the same options, answers with
    the same documents, and any path below a version is 404. In a paste
    file::

        [app:versions]
        use = egg:os-wsgiserver#versions
        preset = nova
        versions = v2.1 CURRENT min=2.1 max=2.96

    :param versions: as for the filter.
    :param options: as for the filter.
    :raises InvalidOption: as the filter does.
    """

    def __init__(self, versions: policies.Source = '', **options: str) -> None:
        name = type(self).__name__
        if not versions:
            raise arguments.InvalidOption(
                name, 'versions', _('it has to be set')
            )
        try:
            self._filter = _Terminal(self._nothing, versions, **options)
        except arguments.InvalidOption as error:
            raise arguments.InvalidOption(
                name, error.option, error.problem
            ) from error

    @classmethod
    def factory(
        cls, global_conf: Mapping[str, Any] | None, **local_conf: str
    ) -> Self:
        """Make the application (``paste.app_factory``).

        :param global_conf: the ``[DEFAULT]`` section of the paste file,
            unused.
        :param local_conf: the options.
        :returns: the application.
        :raises InvalidOption: as the constructor does.
        """
        return cls(**local_conf)

    def index(
        self, req: webob.Request, explicit: bool = False
    ) -> webob.Response:
        """Answer a request with the list of versions, whatever its path.

        :param req: the request.
        :param explicit: whether the client asked for just this list, and
            so gets it as 200; otherwise it is told to choose, with 300.
        :returns: the response.
        """
        return self._filter.listing.index(req, explicit)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body.
        """
        return self._filter(environ, start_response)

    def _nothing(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        response = self._filter.refuse(environ)
        return response(environ, start_response)


class _Terminal(versions_filter.VersionNegotiationFilter):
    """Filter within a VersionsApp, which has no application behind it."""

    @property
    def listing(self) -> versions_filter.Listing:
        """Application that answers with the list."""
        return versions_filter.Listing(self._answering)

    def refuse(self, environ: WSGIEnvironment) -> webob.Response:
        """Answer a request for what isn't there."""
        return self._answering.refuse_version(environ, 404)
