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

"""Version negotiation filter, by which a request gets its version."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
from typing import Any
from typing import ClassVar
from typing import Protocol
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

from oslo_log import log as logging
import webob
import webob.exc

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._paste import arguments
from wsgiserver._versions import answers
from wsgiserver._versions.cached_property import cached_property
from wsgiserver._versions import catching
from wsgiserver._versions import negotiator
from wsgiserver._versions import policies as versions_policies
from wsgiserver._versions import selection
from wsgiserver._versions import version_headers
from wsgiserver._versions import version_table
from wsgiserver.middleware import _project
from wsgiserver.middleware import base

LOG = logging.getLogger('wsgiserver.middleware.versions')

# Where __call__() hands process_request() what takes the outcome.
_OUTCOME = 'wsgiserver.middleware.negotiated'

# What a filter in the manner of glance's overrides.
_HOOKS = ('_get_allowed_versions', '_match_version_string', '_pop_path_info')


class ListsVersions(Protocol):
    """Interface of glance's for what answers with the list of versions."""

    def index(
        self, req: webob.Request, explicit: bool = ...
    ) -> WSGIApplication:
        """Make the application that answers with the list."""

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse, /
    ) -> Iterable[bytes]: ...


class Listing:
    """List of versions, in glance's interface.

    :param answering: makes the answers.
    """

    def __init__(self, answering: answers.Answering) -> None:
        self._answering = answering

    def index(
        self, req: webob.Request, explicit: bool = False
    ) -> webob.Response:
        """Answer a request with the list of versions.

        :param req: the request.
        :param explicit: whether the client asked for just this list, and so
            gets it as 200; otherwise it is told to choose, with 300.
        :returns: the response.
        """
        return self._answering.choices(req.environ, 200 if explicit else 300)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Tell the client to choose a version: the list, as 300."""
        return self._answering.choices(environ, 300)(environ, start_response)


@contextlib.contextmanager
def _refused(owner: str) -> Iterator[None]:
    """Context manager that says whose an unusable option is.

    :param owner: the name of the class.
    :raises InvalidOption: in the place of another OptionError.
    """
    try:
        yield
    except arguments.InvalidOption:
        raise
    except _config.OptionError as error:
        raise arguments.InvalidOption(
            owner, error.option or '', error.cause
        ) from error


class VersionNegotiationFilter(base.Middleware):
    """Find the version that a request is for, and prepare the request.

    Without a ``preset`` it does what glance's filter of this name does: the
    version is in the ``Accept`` header, or else it is the first segment of
    the path. ``/v2.1/images`` and, with ``Accept:
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

    With one, it does what that service does, microversions included::

        [filter:version_negotiation]
        use = egg:os-wsgiserver#version_negotiation
        preset = nova
        versions =
            v2.0 DEPRECATED path=v2/
            v2.1 CURRENT min=2.1 max=2.96

    The environ then has the microversion for
    :func:`wsgiserver.microversion.of`. The user guide has all options.

    A subclass may set :attr:`defaults`, options that its section can
    override, and override ``_get_versions``. As with glance's filter of this
    name it may set ``vnd_mime_type`` and ``versions_app``, and override
    ``_get_allowed_versions``, ``_match_version_string`` and
    ``_pop_path_info``; if it has any of the last four, it is glance's rules
    that count. An option that is set goes before what a subclass says.

    :param application: the next application.
    :param versions: the versions, in the order of the document: a table as
        :func:`wsgiserver.middleware.document.parse_table` takes it,
        ``module:callable``, a function, or the versions themselves. A
        function is called once, and returns either. Only a subclass that
        knows its versions can do without.
    :param options: the other options, by name.
    :raises InvalidOption: if there are no versions, an option is unknown, or
        one has a value of no use.
    """

    #: Options that a subclass has where they aren't set.
    defaults: ClassVar[Mapping[str, str]] = {}

    #: How a media type that names a version begins; empty if none does.
    vnd_mime_type: str = ''

    #: The WSGI application for a request that is for no known version; its
    #: ``index(req, explicit=True)`` answers a request for ``/versions``.
    versions_app: ListsVersions

    #: The major version by version string; None until the first request.
    allowed_versions: Mapping[str, int] | None = None

    _goes_by_hooks: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = VersionNegotiationFilter
        cls._goes_by_hooks = any(
            getattr(cls, name) is not getattr(own, name) for name in _HOOKS
        )

    def __init__(
        self,
        application: WSGIApplication,
        versions: versions_policies.Source = '',
        **options: str,
    ) -> None:
        super().__init__(application)
        self._source: versions_policies.Source = versions or self.defaults.get(
            'versions', ''
        )
        chosen = {k: v for k, v in self.defaults.items() if k != 'versions'}
        if self.vnd_mime_type:
            chosen['media_type'] = self.vnd_mime_type
        owner = type(self).__name__
        with _refused(owner):
            self._policies = versions_policies.Policies(
                {**chosen, **self._own(options)}, self._load_versions
            )
            if self._source:
                self._policies.check()
        if not self._source and type(self) is VersionNegotiationFilter:
            raise arguments.InvalidOption(
                owner, 'versions', _('it has to be set')
            )
        self._negotiator = negotiator.Negotiator(self._policies)
        self._answering = answers.Answering(self._policies)
        self.vnd_mime_type = self._policies.selection.media_type
        # The documents of a subclass, where it has its own.
        self._has_own_app = not self._source and hasattr(self, 'versions_app')
        if not self._has_own_app:
            self.versions_app = Listing(self._answering)

    @staticmethod
    def _own(options: Mapping[str, str]) -> dict[str, str]:
        # Those of oslo.config may stand in any section.
        return {k: v for k, v in options.items() if k not in _project.KEYS}

    # -- the versions --------------------------------------------------------

    def _load_versions(self) -> tuple[version_table.Version, ...]:
        try:
            if self._source:
                return versions_policies.versions_of(self._source)
            return versions_policies.versions_of(self._get_versions())
        except ValueError as error:
            raise _config.OptionError(str(error), 'versions') from error

    def _get_versions(self) -> Iterable[version_table.Version]:
        """List the versions, as the document has them.

        Asked once, by the first request, where the option isn't set.

        :returns: the versions in the order of the document.
        """
        return ()

    # -- a request -----------------------------------------------------------

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Serve one request, as PEP 3333 has it.

        As with any Middleware, and the response is told of the version. An
        exception of the application is answered here if the option
        ``catch_exceptions`` says so.

        :param environ: the environ of the request.
        :param start_response: as the server gave it.
        :returns: the body; the caller closes it.
        """
        policies = self._policies
        if not policies.says_something and not policies.catches:
            return super().__call__(environ, start_response)
        outcome = version_headers.Negotiated(
            policies.header_policy, start_response
        )
        environ[_OUTCOME] = outcome
        if not policies.catches:
            return super().__call__(environ, outcome.start_response)
        catcher = catching.Catcher(self._answering, environ, outcome)
        return catcher.call(super().__call__)

    def process_request(self, req: webob.Request) -> WSGIApplication | None:
        """Find the version, and prepare the request.

        :param req: the request; what the options name is set in its environ,
            and its path may be changed.
        :returns: None to go on, or what answers.
        """
        environ = req.environ
        outcome = environ.pop(_OUTCOME, None)
        if self._goes_by_hooks or self._has_own_app:
            return self._ask_hooks(req)
        answer = self._negotiator.negotiate(environ, outcome)
        if answer is not None:
            LOG.debug('answered %r here', environ.get('PATH_INFO'))
        return answer

    # -- glance's rules ------------------------------------------------------

    def _ask_hooks(self, req: webob.Request) -> WSGIApplication | None:
        """Do as glance's filter does, with what a subclass overrides."""
        environ = req.environ
        path = environ.get('PATH_INFO', '')
        if not negotiator.is_utf8(path):
            return self._answering.refuse_path(environ)
        if selection.split(path)[0] == 'versions':
            return self.versions_app.index(req, explicit=True)
        subject = self._version_in_accept(req)
        if subject is None:
            subject = self._pop_path_info(req)
        try:
            version = self._match_version_string(subject)
        except ValueError:
            LOG.debug('no known version in %r', path)
            return self.versions_app
        environ['api.version'] = version
        rest = environ.get('PATH_INFO', '')
        environ['PATH_INFO'] = f'/v{version}{rest}'
        return None

    def _get_allowed_versions(self) -> Mapping[str, int]:
        """Tell which version strings a request may have.

        Asked once, by the first request.

        :returns: the major version by version string. A major version
            alone is good for each of its minor versions.
        """
        allowed = {}
        for version in self._policies.table.versions:
            allowed[version.id] = allowed[f'v{version.major}'] = version.major
        return allowed

    @cached_property
    def _asked_versions(self) -> Mapping[str, int]:
        return self._get_allowed_versions()

    def _match_version_string(self, subject: str | None) -> int:
        """Find the major version that a version string stands for.

        :param subject: the string; empty or None where the path has none.
        :returns: the major version.
        :raises ValueError: if there is no such version.
        """
        if self.allowed_versions is None:
            self.allowed_versions = self._asked_versions
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
        segment, req.environ['PATH_INFO'] = selection.split(path)
        return segment

    def _version_in_accept(self, req: webob.Request) -> str | None:
        """Read the version that the ``Accept`` header names.

        :param req: the request.
        :returns: the version string; None where no media type is for us.
        """
        return selection.version_in_accept(req.environ, self.vnd_mime_type)
