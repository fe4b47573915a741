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

"""Route prefixes: the few parts of an API that are counted apart."""

from __future__ import annotations

from collections.abc import Sequence
import re

from wsgiserver import _config
from wsgiserver._i18n import _
from wsgiserver._metrics import layout

_OPTION = 'metrics_routes'

# What needs no escape in Prometheus' text format, and is no pattern.
_ROUTE = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+")


class Routes:
    """Route prefixes, and the longest one of a path.

    They are named in advance: a peer that could make up new ones would fill
    the memory of whoever keeps the metrics.

    :param prefixes: the beginnings of paths, in whole segments.
    :raises OptionError: if one can't be used, or there are too many.
    """

    def __init__(self, prefixes: Sequence[str]) -> None:
        for prefix in prefixes:
            _check(prefix)
        if len(set(prefixes)) > layout.MAX_ROUTES:
            raise _config.OptionError(
                _('there may be %d at most') % layout.MAX_ROUTES, _OPTION
            )
        self._routes = sorted(set(prefixes), key=len, reverse=True)
        # The first segments of those that have several.
        self._firsts = {_first(p) for p in prefixes if p != _first(p)}

    def of(self, path: str) -> str:
        """Longest route that a path begins with.

        :param path: the path, decoded.
        :returns: the route; ``other`` if there is none.
        """
        for route in self._routes:
            if path == route or path.startswith(route + '/'):
                return route
        return layout.OTHER

    def is_told_by_first(self, path: str) -> bool:
        """Whether the first segment alone tells the route.

        :param path: the path, decoded.
        """
        return _first(path) not in self._firsts


def _first(path: str) -> str:
    """First segment of a path."""
    end = path.find('/', 1)
    return path if end < 0 else path[:end]


def _check(prefix: str) -> None:
    if len(prefix) > layout.MAX_ROUTE or not _ROUTE.fullmatch(prefix):
        raise _config.OptionError(
            _(
                '%(prefix)r is no beginning of a path, such '
                'as /v2.1, of at most %(most)d bytes'
            )
            % {'prefix': prefix, 'most': layout.MAX_ROUTE},
            _OPTION,
        )
