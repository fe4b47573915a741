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

"""URL map: applications by path, and by the version of a media type."""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import re
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment

import webob.exc

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._versions import media_types

#: How a path ends that needs something behind it.
_MORE = '/+'

_SLASHES = re.compile('//+')

#: The option that is no path.
_NOT_FOUND = 'not_found_app'


@dataclasses.dataclass(frozen=True)
class _Mount:
    """Mount point: an application, and the paths that are its own.

    :param prefix: what goes to SCRIPT_NAME; without a slash at its end.
    :param needs_more: whether something has to be behind it.
    :param application: the application.
    """

    prefix: str
    needs_more: bool
    application: WSGIApplication

    def fits(self, path: str) -> bool:
        """Whether a path is one of its own."""
        if path.startswith(self.prefix + '/'):
            return not self.needs_more or len(path) > len(self.prefix) + 1
        return path == self.prefix and not self.needs_more

    @property
    def rank(self) -> int:
        """Rank: how much of a path it names; the higher the better."""
        # A slash that has to be there is one more character.
        return len(self.prefix) + self.needs_more


class URLMap:
    """URL map: an application made of others, each at its own path.

    What is before the application's part of the path goes to SCRIPT_NAME.
    Slashes that are repeated count as one, and the application sees one.

    Where no path but the root's fits, and the parameter ``version`` of
    Content-Type or Accept names a version, the application at ``/v`` and
    that version is taken. Its path is added to SCRIPT_NAME then, and
    PATH_INFO stays as it is.

    :param applications: the applications by path. The longest path that
        fits counts; ``/v2`` fits ``/v2`` and ``/v2/images``, not ``/v21``;
        ``/v2/+`` fits ``/v2/images``, and neither ``/v2`` nor ``/v2/``.
    :param not_found: the application for what fits none of them; None
        answers with 404.
    :raises InvalidInput: if a path doesn't begin with a slash, or two are
        the same.
    """

    def __init__(
        self,
        applications: Mapping[str, WSGIApplication],
        not_found: WSGIApplication | None = None,
    ) -> None:
        mounts: dict[tuple[str, bool], _Mount] = {}
        for path, application in applications.items():
            key = _parse(path)
            if key in mounts:
                raise _config.OptionError(_('the path is there twice'), path)
            mounts[key] = _Mount(*key, application)
        self._mounts = sorted(
            mounts.values(), key=lambda mount: mount.rank, reverse=True
        )
        self._exact = {m.prefix: m for m in self._mounts if not m.needs_more}
        self._not_found = not_found or _not_found

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        # Clients join an endpoint and a path with a slash too many.
        path = _SLASHES.sub('/', environ.get('PATH_INFO', ''))
        mount = next((m for m in self._mounts if m.fits(path)), None)
        if mount is None or not mount.prefix:
            named = self._named(environ)
            if named is not None:
                _enter(environ, named.prefix)
                return named.application(environ, start_response)
        if mount is None:
            return self._not_found(environ, start_response)
        _enter(environ, mount.prefix)
        environ['PATH_INFO'] = path[len(mount.prefix) :]
        return mount.application(environ, start_response)

    def _named(self, environ: WSGIEnvironment) -> _Mount | None:
        """Application whose version a media type names."""
        version = media_types.version(environ)
        if version is None or '/' in version:
            return None
        return self._exact.get('/v' + version)


def _enter(environ: WSGIEnvironment, prefix: str) -> None:
    environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '') + prefix


def _not_found(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    answer: Iterable[bytes] = webob.exc.HTTPNotFound()(environ, start_response)
    return answer


def _parse(path: str) -> tuple[str, bool]:
    """Prefix that a path names, and whether it needs more."""
    if not path.startswith('/'):
        raise _config.OptionError(
            _("it is not a path, which would begin with '/'"), path
        )
    path = _SLASHES.sub('/', path)
    needs_more = path.endswith(_MORE)
    prefix = path.removesuffix(_MORE).rstrip('/')
    # The environ has the path's octets as latin-1 (PEP 3333).
    return prefix.encode().decode('latin-1'), needs_more


def urlmap_factory(
    loader: Any, global_conf: dict[str, str] | None, **local_conf: str
) -> URLMap:
    """Make an application of others (``paste.composite_factory``).

    In the paste file, each option is a path and its value the name of the
    application there, as in :class:`URLMap`::

        [composite:main]
        use = egg:os-wsgiserver#urlmap
        / = versions
        /v2.1/+ = api
        /healthcheck = healthcheck
        not_found_app = nothing

    :param loader: PasteDeploy's loader of the file.
    :param global_conf: the ``[DEFAULT]`` section of the paste file;
        ``not_found_app`` may be there as well.
    :param local_conf: the name of each application by its path, and
        ``not_found_app``, the name of the one for all other paths.
    :returns: the application.
    :raises InvalidInput: if an option is not a path, or two are the same.
    """
    names = dict(local_conf)
    not_found = names.pop(_NOT_FOUND, (global_conf or {}).get(_NOT_FOUND))
    # Before the applications are made, which may take its time.
    URLMap(dict.fromkeys(names, _not_found))
    applications = {
        path: loader.get_app(name, global_conf=global_conf)
        for path, name in names.items()
    }
    if not not_found:
        return URLMap(applications)
    return URLMap(
        applications, loader.get_app(not_found, global_conf=global_conf)
    )
