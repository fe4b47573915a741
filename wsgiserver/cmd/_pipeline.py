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

"""Pipeline view: what ``wsgiserver --show-pipeline`` shows of a paste file."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg
from oslo_utils import strutils
from paste.deploy import loadwsgi

from wsgiserver._factories import pipelines
from wsgiserver._paste import errors
from wsgiserver._paste import loading
from wsgiserver import exceptions
from wsgiserver import factories

_INDENT = '  '

_MARK = '  (chosen by the configuration)'

_COMPOSITES = ('paste.composite_factory', 'paste.composit_factory')


def lines(path: str, name: str, conf: cfg.ConfigOpts) -> Iterator[str]:
    """Describe an application: its filters in order, and what is behind.

    No factory is called, but the modules that have them are imported.

    :param path: the paste file, or the directory of several.
    :param name: the name of the application there.
    :param conf: the configuration, which may choose among pipelines.
    :returns: the lines, indented below what they belong to.
    :raises PasteAppNotFound: if the file has no such application.
    :raises PasteLoadError: if something that it refers to isn't there. What
        a composite refers to is shown as an error first, and all the rest.
    """
    yield f'{name} of {path}'
    context = loading.read_app(path, name, conf)
    view = _View()
    yield from _indented(view.of_app(context))
    if view.errors:
        raise exceptions.PasteLoadError(view.errors[0])


def summary(path: str, name: str, conf: cfg.ConfigOpts) -> str:
    """Summary of a pipeline: its filters, where there is one way only.

    :param path: as for :func:`lines`, and so are the others.
    :returns: the names in order; empty if a composite chooses the way.
    """
    context = loading.read_app(path, name, conf)
    if context.object_type is not loadwsgi.PIPELINE:
        return ''
    parts = [*context.filter_contexts, context.app_context]
    return ' '.join(map(_name, parts))


def _indented(found: Iterator[str]) -> Iterator[str]:
    for line in found:
        yield _INDENT + line


class _View:
    """View of one paste file."""

    def __init__(self) -> None:
        # The composites that it is within.
        self._around: list[str] = []
        #: What keeps the application from being loaded.
        self.errors: list[str] = []

    def of_app(self, context: Any) -> Iterator[str]:
        """Describe what answers requests, and the filters before it."""
        kind = context.object_type
        if kind is loadwsgi.PIPELINE:
            for each in context.filter_contexts:
                yield from self.of_filter(each)
            yield from self.of_app(context.app_context)
        elif kind is loadwsgi.FILTER_APP:
            # Its section is the filter's.
            context.filter_context.section = context.section
            yield from self.of_filter(context.filter_context)
            yield from self.of_app(context.next_context)
        elif kind is loadwsgi.FILTER_WITH:
            yield from self.of_filter(context.filter_context)
            context.next_context.section = context.section
            yield from self.of_app(context.next_context)
        elif context.protocol in _COMPOSITES:
            yield from self._of_composite(context)
        else:
            yield from _of_part('application', context)

    def of_filter(self, context: Any) -> Iterator[str]:
        """Describe a filter, and those that it brings along."""
        if context.object_type is loadwsgi.FILTER_WITH:
            yield from self.of_filter(context.filter_context)
            context.next_context.section = context.section
            context = context.next_context
        yield from _of_part('filter', context)

    def _of_composite(self, context: Any) -> Iterator[str]:
        section = _name(context)
        routes, options = {}, {}
        for option, value in context.local_conf.items():
            found = None
            if section not in self._around:
                found = _referred(context, option, value)
            if found is None:
                options[option] = value
            else:
                routes[option] = found
        yield _title('composite', context)
        yield from _of_options(options)
        chosen = _chosen(context)
        self._around.append(section)
        for route, found in routes.items():
            mark = _MARK if route == chosen else ''
            yield f'{_INDENT}{route}{mark}'
            if isinstance(found, str):
                below = [f'error: {found}']
                # Another pipeline than the one that is chosen isn't loaded.
                if chosen in (None, route):
                    self.errors.append(found)
            else:
                below = self._of_member(*found)
            yield from _indented(_indented(iter(below)))
        self._around.pop()

    def _of_member(self, filters: list[Any], app: Any) -> list[str]:
        lines = [line for each in filters for line in self.of_filter(each)]
        return [*lines, *self.of_app(app)]


def _referred(
    context: Any, option: str, value: str
) -> tuple[list[Any], Any] | str | None:
    """Sections that an option of a composite names.

    :returns: filters and an application; what is wrong with them; or None if
        it is another option.
    """
    names = value.split()
    if not names:
        return None
    try:
        return loading.read_member(context, option, names)
    except (
        errors.MissingSection,
        errors.UnknownScheme,
    ) as error:
        # How composites refer to others is their own affair.
        if _is_reference(context, option):
            return str(context.failure(option, error))
        return None
    except exceptions.PasteLoadError as error:
        return str(error)


def _is_reference(context: Any, option: str) -> bool:
    """Whether an option can have nothing else than a reference."""
    if context.object is factories.pipeline_factory:
        return not pipelines.is_setting(option)
    # A path, as in any map of URLs.
    return option.startswith('/') or (
        context.object is factories.urlmap_factory
    )


def _chosen(context: Any) -> str | None:
    """Pipeline that the configuration chooses."""
    if context.object is not factories.pipeline_factory:
        return None
    return pipelines.chosen(context.loader, context.local_conf)


def _of_part(kind: str, context: Any) -> Iterator[str]:
    yield _title(kind, context)
    yield from _of_options(context.local_conf)


def _of_options(options: Mapping[str, str]) -> Iterator[str]:
    # Old files have passwords.
    shown: dict[str, str] = strutils.mask_dict_password(dict(options))
    for option, value in shown.items():
        text = ' '.join(str(value).split())
        yield f'{_INDENT}{option} = {text}'.rstrip()


def _title(kind: str, context: Any) -> str:
    factory = _factory(context)
    name = getattr(context, 'section', None)
    return (
        f'{kind} {_name(context)}: {factory}' if name else f'{kind} {factory}'
    )


def _name(context: Any) -> str:
    """Name of a part, as others refer to it."""
    section: str | None = getattr(context, 'section', None)
    if section is None:
        return _factory(context)
    return section.partition(':')[2] or section


def _factory(context: Any) -> str:
    """Name of a factory, as a paste file has it."""
    if context.distribution is not None:
        return f'egg:{context.distribution.name}#{context.entry_point_name}'
    found = context.object
    owner = getattr(found, '__self__', None)
    if isinstance(owner, type):
        # A class method, which may be inherited.
        return f'{owner.__module__}:{owner.__qualname__}.{found.__name__}'
    name = getattr(found, '__qualname__', None)
    return repr(found) if name is None else f'{found.__module__}:{name}'
