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

"""The microversion of a request, for the code of an application.

:class:`~wsgiserver.wsgi.VersionNegotiationFilter` finds it out; here it is
read, compared, and used to pick one of several implementations.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import functools
import re
import types
from typing import Any
from typing import NamedTuple
from typing import Self

import microversion_parse
import webob
import webob.exc

from wsgiserver._i18n import _

#: Where the environ of a request has it: a :class:`Version`, or None where
#: the version of the API that was asked for has no microversions.
ENVIRON_KEY = 'wsgiserver.microversion'

#: What a client says who wants the newest.
LATEST = 'latest'

# The API SIG's rule, with ASCII digits alone, and no more of them than int()
# takes whatever sys.set_int_max_str_digits() says.
_VERSION = re.compile(r'([1-9][0-9]{0,639})\.(0|[1-9][0-9]{0,639})')


class Version(microversion_parse.Version):
    """A microversion: a tuple of ``major`` and ``minor``.

    It compares as a tuple does, and is written ``2.15``.
    """

    #: Whether the client has asked for what is experimental, as manila has
    #: it.
    experimental: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a microversion.

        :param text: such as ``2.15``.
        :returns: the version.
        :raises ValueError: if it is not two numbers without leading zeros
            (API SIG, microversion specification).
        """
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError(_('%r is not a microversion') % text)
        return cls(int(match[1]), int(match[2]))

    def matches(
        self,
        min_version: tuple[int, int] | str | None = None,
        max_version: tuple[int, int] | str | None = None,
    ) -> bool:
        """Tell whether it is within a range.

        :param min_version: the lowest one, as a text or a tuple; None for
            no bound.
        :param max_version: the highest one, likewise.
        :returns: True if it is neither lower nor higher.
        :raises ValueError: if a text is not a microversion.
        """
        if min_version is not None and self < _tuple(min_version):
            return False
        return max_version is None or self <= _tuple(max_version)


def _tuple(version: tuple[int, int] | str) -> tuple[int, int]:
    return Version.parse(version) if isinstance(version, str) else version


def of(request: webob.Request | Mapping[str, Any]) -> Version | None:
    """Tell the microversion of a request.

    :param request: the request, or its environ.
    :returns: the version; None where the version of the API has no
        microversions.
    :raises LookupError: if no VersionNegotiationFilter has seen the request.
    """
    environ: Any = getattr(request, 'environ', request)
    try:
        found: Version | None = environ[ENVIRON_KEY]
    except KeyError:
        raise LookupError(
            _('the request has passed no filter that negotiates versions')
        ) from None
    return found


class _Implementation(NamedTuple):
    """A function, and the microversions that it is for."""

    min_version: Version
    max_version: Version | None
    experimental: bool
    function: Callable[..., Any]

    def fits(self, version: Version | None) -> bool:
        """Tell whether it is for a microversion."""
        if version is None:
            # That of an API without microversions is what there was first.
            return not self.experimental
        if self.experimental and not version.experimental:
            return False
        return version.matches(self.min_version, self.max_version)

    def overlaps(self, other: _Implementation) -> bool:
        """Tell whether both are for one microversion."""
        return _reaches(self, other) and _reaches(other, self)


def _reaches(one: _Implementation, other: _Implementation) -> bool:
    return one.max_version is None or one.max_version >= other.min_version


class Versioned:
    """A function, or a method, with an implementation for each range.

    Made by :func:`api_version`.

    :param status: the status of the answer where no range fits.
    :raises ValueError: if that is not the status of an error.
    """

    def __init__(self, status: int) -> None:
        error = webob.exc.status_map.get(status)
        if error is None or not issubclass(error, webob.exc.HTTPError):
            raise ValueError(_('%s is not the status of an error') % status)
        self._error = error
        # Ascending: the lowest serves an API that has no microversions.
        self._implementations: list[_Implementation] = []

    def api_version(
        self,
        min_version: str,
        max_version: str | None = None,
        *,
        experimental: bool = False,
    ) -> Callable[[Callable[..., Any]], Versioned]:
        """Add an implementation; a decorator.

        :param min_version: the lowest microversion that it is for.
        :param max_version: the highest one; None for all that follow.
        :param experimental: whether it is for those alone who ask for what
            is experimental.
        :returns: the decorator; it returns this object.
        :raises ValueError: if a version can't be read, or the range is empty
            or overlaps another one.
        """
        low = Version.parse(min_version)
        high = None if max_version is None else Version.parse(max_version)
        if high is not None and high < low:
            raise ValueError(
                _('%(high)s is lower than %(low)s')
                % {'high': high, 'low': low}
            )

        def decorate(function: Callable[..., Any]) -> Versioned:
            """Take a function for these versions."""
            self._add(_Implementation(low, high, experimental, function))
            return self

        return decorate

    def _add(self, added: _Implementation) -> None:
        for other in self._implementations:
            if added.overlaps(other):
                raise ValueError(
                    _(
                        '%(name)s: the range from %(one)s on overlaps the one '
                        'from %(other)s on'
                    )
                    % {
                        'name': getattr(added.function, '__name__', '?'),
                        'one': added.min_version,
                        'other': other.min_version,
                    }
                )
        if not self._implementations:
            functools.update_wrapper(self, added.function)
        self._implementations.append(added)
        self._implementations.sort(key=lambda each: each.min_version)

    def select(self, version: Version | None) -> Callable[..., Any]:
        """Find the implementation for a microversion.

        :param version: the version; None where there are none.
        :returns: the function as it was decorated.
        :raises webob.exc.HTTPException: if no range fits, by default
            HTTPNotFound.
        """
        for implementation in self._implementations:
            if implementation.fits(version):
                return implementation.function
        raise self._error()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the implementation for the request among the arguments.

        :raises TypeError: if there is no request among them.
        """
        return self.select(of(_request(args, kwargs)))(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return types.MethodType(self, instance)


def _request(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Find the request, or its environ, among the arguments of a call."""
    for value in (*args, *kwargs.values()):
        environ = getattr(value, 'environ', value)
        if isinstance(environ, Mapping) and 'REQUEST_METHOD' in environ:
            return environ
    raise TypeError(_('there is no request among the arguments'))


def api_version(
    min_version: str,
    max_version: str | None = None,
    *,
    experimental: bool = False,
    status: int = 404,
) -> Callable[[Callable[..., Any]], Versioned]:
    """Have a function, or a method, serve a range of microversions.

    The others are added to it by its own decorator of the same name::

        class Servers:
            @microversion.api_version('2.1', '2.9')
            def index(self, req): ...

            @index.api_version('2.10')
            def index(self, req): ...

    A call is given a request, or its environ, among its arguments, and goes
    to the implementation whose range has the microversion of the request.

    :param min_version: the lowest microversion that it is for.
    :param max_version: the highest one; None for all that follow.
    :param experimental: whether it is for those alone who ask for what is
        experimental.
    :param status: the HTTP status of the answer where no range fits.
    :returns: the decorator, which makes a :class:`Versioned`.
    :raises ValueError: if a version can't be read, the range is empty, or the
        status is not that of an error.
    """
    return Versioned(status).api_version(
        min_version, max_version, experimental=experimental
    )
