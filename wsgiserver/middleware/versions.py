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

"""The filter that finds out which version of an API a request is for."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Protocol
import urllib.parse
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from oslo_log import log as logging
import webob
import webob.exc

from wsgiserver._i18n import _
from wsgiserver.middleware import _arguments
from wsgiserver.middleware import base
from wsgiserver.middleware import document

LOG = logging.getLogger(__name__)


class _ListsVersions(Protocol):
    """What answers with the list of versions, in glance's interface."""

    def index(
        self, req: webob.Request, explicit: bool = ...
    ) -> WSGIApplication:
        """Make the application that answers with the list."""

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse, /
    ) -> Iterable[bytes]: ...


class VersionNegotiationFilter(base.Middleware):
    """Find the version that a request is for, and rewrite the path to it.

    The version is in the ``Accept`` header, or else it is the first segment
    of the path. ``/v2.1/images`` and, with ``Accept:
    application/vnd.openstack.images-v2.1``, ``/images`` both become
    ``/v2/images``, and ``api.version`` in the environ becomes 2. A request
    for no version or an unknown one gets the list of versions as 300
    (Multiple Choices); ``/versions`` gets the same list as 200. A path that
    is not UTF-8 gets 400.

    In ``api-paste.ini``::

        [filter:version_negotiation]
        use = egg:os-wsgiserver#version_negotiation
        versions =
            v2.2
            v2.1
            v2.0 DEPRECATED
        media_type = application/vnd.openstack.images-

    or in a subclass, which may set :attr:`vnd_mime_type` and
    :attr:`versions_app` and override ``_get_allowed_versions``,
    ``_match_version_string`` and ``_pop_path_info``, as with glance's
    filter of this name; or override ``_get_versions`` for a table that
    depends on the configuration. An option that is set goes before what a
    subclass says.

    :param application: the next application, which has each version at the
        path of its major version: ``/v2``.
    :param versions: the table of versions, in the order of the document,
        as :func:`wsgiserver.middleware.document.parse_table` takes it. Only
        a subclass that knows its versions can do without.
    :param media_type: how a media type that names a version begins, as far
        as the version; empty to look for it in the path alone.
    :param public_endpoint: the URL of the API's root for the links in the
        document; empty to take it from each request.
    :raises InvalidOption: if there are no versions, or an option has a
        value of no use.
    """

    #: How a media type that names a version begins; empty if none does.
    vnd_mime_type: str = ''

    #: The WSGI application for a request that is for no known version; its
    #: ``index(req, explicit=True)`` answers a request for ``/versions``.
    versions_app: _ListsVersions

    #: The major version by version string; None until the first request.
    allowed_versions: Mapping[str, int] | None = None

    def __init__(
        self,
        application: WSGIApplication,
        versions: str = '',
        media_type: str = '',
        public_endpoint: str = '',
    ) -> None:
        super().__init__(application)
        self._versions = self._read_table(versions)
        self._check_endpoint(public_endpoint)
        if media_type:
            self.vnd_mime_type = media_type
        if versions or not hasattr(self, 'versions_app'):
            self.versions_app = document.VersionsApp(
                self._get_versions, public_endpoint
            )

    def process_request(self, req: webob.Request) -> WSGIApplication | None:
        """Find the version, and rewrite the path to it.

        :param req: the request; its ``api.version`` and its path are set.
        :returns: None to go on, or the list of versions.
        :raises webob.exc.HTTPBadRequest: if the path is not UTF-8.
        """
        path = req.environ.get('PATH_INFO', '')
        if not _is_utf8(path):
            raise webob.exc.HTTPBadRequest(_('The path is not UTF-8.'))
        if _split(path)[0] == 'versions':
            return self.versions_app.index(req, explicit=True)
        subject = self._version_in_accept(req)
        if subject is None:
            subject = self._pop_path_info(req)
        try:
            version = self._match_version_string(subject)
        except ValueError:
            LOG.debug('no known version in %r', path)
            return self.versions_app
        req.environ['api.version'] = version
        rest = req.environ.get('PATH_INFO', '')
        req.environ['PATH_INFO'] = f'/v{version}{rest}'
        return None

    def _get_versions(self) -> Iterable[document.Version]:
        """List the versions, as the document has them.

        :returns: the versions in the order of the document.
        """
        return self._versions

    def _get_allowed_versions(self) -> Mapping[str, int]:
        """Tell which version strings a request may have.

        Asked once, by the first request.

        :returns: the major version by version string. A major version
            alone is good for each of its minor versions.
        """
        allowed = {}
        for version in self._get_versions():
            allowed[version.id] = allowed[f'v{version.major}'] = version.major
        return allowed

    def _match_version_string(self, subject: str | None) -> int:
        """Find the major version that a version string stands for.

        :param subject: the string; empty or None where the path has none.
        :returns: the major version.
        :raises ValueError: if there is no such version.
        """
        if self.allowed_versions is None:
            self.allowed_versions = self._get_allowed_versions()
        if subject is None or subject not in self.allowed_versions:
            raise ValueError('unknown version')
        return self.allowed_versions[subject]

    def _pop_path_info(self, req: webob.Request) -> str | None:
        """Take the first segment off the path.

        It does not go to SCRIPT_NAME: a major version comes in its place.

        :param req: the request; its path loses the segment.
        :returns: the segment; empty, or None, where there is none.
        """
        path = req.environ.get('PATH_INFO', '')
        segment, req.environ['PATH_INFO'] = _split(path)
        return segment

    def _version_in_accept(self, req: webob.Request) -> str | None:
        """Read the version that the ``Accept`` header names.

        The first media type counts, and its parameters don't. A header that
        is no list of media types names no version, and so is no error.

        :param req: the request.
        :returns: the version string; None where no media type is for us.
        """
        prefix = self.vnd_mime_type.lower()
        if not prefix:
            return None
        accept: str = req.environ.get('HTTP_ACCEPT', '')
        media_type = accept.partition(',')[0].partition(';')[0].strip().lower()
        if not media_type.startswith(prefix):
            return None
        return media_type.removeprefix(prefix)

    def _read_table(self, text: str) -> tuple[document.Version, ...]:
        try:
            versions = document.parse_table(text)
        except ValueError as exc:
            raise self._invalid('versions', str(exc)) from exc
        if not versions and type(self) is VersionNegotiationFilter:
            raise self._invalid('versions', _('it has to be set'))
        return versions

    def _check_endpoint(self, url: str) -> None:
        if url and not _is_http_url(url):
            problem = _('%r is not an http or https URL') % url
            raise self._invalid('public_endpoint', problem)

    def _invalid(self, option: str, problem: str) -> _arguments.InvalidOption:
        return _arguments.InvalidOption(type(self).__name__, option, problem)


def _is_http_url(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ('http', 'https') and bool(parts.netloc)


def _split(path: str) -> tuple[str, str]:
    segment, slash, rest = path.lstrip('/').partition('/')
    return segment, slash + rest


def _is_utf8(path: str) -> bool:
    # The environ has the path's octets as latin-1 (PEP 3333).
    if path.isascii():
        return True
    try:
        path.encode('latin-1').decode('utf-8')
    except UnicodeError:
        return False
    return True
