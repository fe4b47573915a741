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

"""Names of this library's loggers, and those that they had before.

A logger's name is public, and no module's path: files move, and what somebody
has written into a configuration is to go on working.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import logging

from wsgiserver._process import log_locks

LOG = logging.getLogger('wsgiserver.server')

#: All of them, as the documentation has them.
NAMES = frozenset(
    {
        'wsgiserver.access',
        'wsgiserver.application',
        'wsgiserver.command',
        'wsgiserver.connection',
        'wsgiserver.engine',
        'wsgiserver.housekeeping',
        'wsgiserver.launcher',
        'wsgiserver.listener',
        'wsgiserver.loader',
        'wsgiserver.middleware.debug',
        'wsgiserver.middleware.versions',
        'wsgiserver.refusals',
        'wsgiserver.resource',
        'wsgiserver.server',
        'wsgiserver.watchdog',
        'wsgiserver.wsgi.errors',
    }
)

#: The former names, which were paths of modules, and those of today. What is
#: set up for a former one counts in this release for the last time.
FORMER = {
    'wsgiserver._engine._acceptor': 'wsgiserver.listener',
    'wsgiserver._engine._base': 'wsgiserver.engine',
    'wsgiserver._engine._channel': 'wsgiserver.connection',
    'wsgiserver._engine._connection': 'wsgiserver.connection',
    'wsgiserver._engine._ending': 'wsgiserver.connection',
    'wsgiserver._engine._eventlet': 'wsgiserver.engine',
    'wsgiserver._engine._green': 'wsgiserver.application',
    'wsgiserver._engine._refusals': 'wsgiserver.refusals',
    'wsgiserver._engine._threads': 'wsgiserver.engine',
    'wsgiserver._engine._watched': 'wsgiserver.watchdog',
    'wsgiserver._figures': 'wsgiserver.server',
    'wsgiserver._forks': 'wsgiserver.application',
    'wsgiserver._sockets._tcp': 'wsgiserver.listener',
    'wsgiserver._upkeep': 'wsgiserver.housekeeping',
    'wsgiserver._wsgi.error_log': 'wsgiserver.wsgi.errors',
    'wsgiserver._wsgi.gateway': 'wsgiserver.application',
    'wsgiserver.cmd._run': 'wsgiserver.command',
    'wsgiserver.middleware._versions._catching': (
        'wsgiserver.middleware.versions'
    ),
}

# The former names that were warned of.
_told: set[str] = set()


def adopt() -> None:
    """Apply to each logger what is set up for its former names.

    That is levels, handlers and filters, those of the packages that the
    former names were in included. To be called whenever the log may have been
    set up; each name that is found is warned of once.
    """
    _rename_filters()
    for name in sorted(set(FORMER.values())):
        logger = logging.getLogger(name)
        formers = [each for each in FORMER if FORMER[each] == name]
        # Who has given the new one a level has the last word.
        if logger.level == logging.NOTSET:
            logger.setLevel(_level(formers))
        for source in _unique(s for f in formers for s in _set_up(f)):
            for handler in source.handlers:
                logger.addHandler(handler)
            logger.propagate = logger.propagate and source.propagate
            if source.name in FORMER:
                # A logger's filters see nothing of the loggers below it.
                for each in source.filters:
                    logger.addFilter(each)
    _warn()


def _level(formers: Iterable[str]) -> int:
    """Level for a logger that takes the place of some.

    The lowest one: what any of them was to let through is not to be lost.
    """
    nearest = (
        next((s.level for s in _set_up(f) if s.level != logging.NOTSET), None)
        for f in formers
    )
    return min((n for n in nearest if n is not None), default=logging.NOTSET)


def _set_up(former: str) -> Iterator[logging.Logger]:
    """Former loggers, and those above them, where anything is set up.

    Those that are above its successor as well need no help.
    """
    # Of the loggers there are: looking is not to make any.
    known = logging.root.manager.loggerDict
    name = former
    while not FORMER[former].startswith(f'{name}.'):
        found = known.get(name)
        if isinstance(found, logging.Logger) and (
            found.level != logging.NOTSET
            or found.handlers
            or found.filters
            or not found.propagate
        ):
            yield found
            if not found.propagate:
                break
        name = name.rpartition('.')[0]


def _unique(loggers: Iterable[logging.Logger]) -> list[logging.Logger]:
    return list(dict.fromkeys(loggers))


def _rename_filters() -> None:
    """Rename what handlers' filters by name look for."""
    for handler in log_locks.handlers():
        for each in handler.filters:
            if isinstance(each, logging.Filter) and each.name in FORMER:
                former = each.name
                logging.Filter.__init__(each, FORMER[former])
                _warn_of(former, FORMER[former])


def _warn() -> None:
    for found in _unique(s for f in FORMER for s in _set_up(f)):
        successors = {
            FORMER[f] for f in FORMER if f'{f}.'.startswith(f'{found.name}.')
        }
        _warn_of(found.name, ', '.join(sorted(successors)))


def _warn_of(former: str, successors: str) -> None:
    if former not in _told:
        _told.add(former)
        LOG.warning(
            'What is set up for the logger %s counts in this release for '
            'the last time, for its name is %s now',
            former,
            successors,
        )
