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

"""Loader of paste files, which traces each failure to its section.

Whatever is raised while a file is loaded, by PasteDeploy, by configparser,
by an import or by a factory, leaves here as one PasteLoadError.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import configparser
import contextlib
import dataclasses
import logging
import os
from typing import Any
from urllib import parse
from wsgiref.types import WSGIApplication

from oslo_config import cfg
from paste.deploy import loadwsgi

from wsgiserver._i18n import _
from wsgiserver._paste import errors
from wsgiserver._paste import files
from wsgiserver import exceptions

LOG = logging.getLogger('wsgiserver.loader')

#: What may be ahead of the colon in a reference, and what of it is installed.
_INSTALLED = ('egg', 'call')
_SCHEMES = ('config', *_INSTALLED)

#: What a factory makes, where it isn't made of other sections.
_MADE = (loadwsgi.APP, loadwsgi.FILTER)


#: What was said of dropped options, in this process: files are read often.
_said: set[str] = set()


def load_app(
    path: str, name: str, conf: cfg.ConfigOpts, dropped: list[str]
) -> WSGIApplication:
    """Load an application.

    :param path: the file, or the directory of several.
    :param name: the application's name, or a URI such as ``egg:glance``.
    :param conf: the configuration of the service, for the factories of this
        library.
    :param dropped: takes a line for each option that doesn't count.
    :returns: the application.
    :raises PasteAppNotFound: if the file has no such application.
    :raises PasteLoadError: if it can't be loaded.
    """
    with _locate_failure(files.Origins(path)):
        context = _read_app(path, name, conf, dropped)
        app: WSGIApplication = context.create()
    return app


def read_app(path: str, name: str, conf: cfg.ConfigOpts) -> Any:
    """Read what an application is made of, without making it.

    :param path: as for :func:`load_app`, and so are the others.
    :returns: PasteDeploy's context, with the sections it refers to; a section
        has its name in the attribute ``section``.
    :raises PasteAppNotFound: if the file has no such application.
    :raises PasteLoadError: if a section, or a factory, is not there.
    """
    with _locate_failure(files.Origins(path)):
        return _read_app(path, name, conf, [])


def read_member(
    context: Any, option: str, names: Sequence[str]
) -> tuple[list[Any], Any]:
    """Read what an option of a composite refers to.

    :param context: that of the composite, as :func:`read_app` has it.
    :param option: the option.
    :param names: the filters, and then the application.
    :returns: the filters and the application.
    :raises MissingSection: if there is none of such a name.
    :raises UnknownScheme: if one is an URI, but of something else.
    :raises PasteLoadError: if one is there and can't be read.
    """
    loader, given = context.loader, context.global_conf
    try:
        filters = [loader.filter_context(name, given) for name in names[:-1]]
        return filters, loader.app_context(names[-1], given)
    except (
        exceptions.PasteLoadError,
        errors.MissingSection,
        errors.UnknownScheme,
    ):
        raise
    except (Exception, SystemExit) as error:
        raise context.failure(option, error) from error


def _read_app(
    path: str, name: str, conf: cfg.ConfigOpts, dropped: list[str]
) -> Any:
    loader = ConfigLoader(os.path.abspath(path), conf, dropped)
    try:
        return loader.app_context(name)
    except errors.MissingSection as error:
        raise exceptions.PasteAppNotFound(name, path) from error


class ConfigLoader(loadwsgi.ConfigLoader):  # type: ignore[misc]  # untyped
    """Loader of a paste file, whose sections answer for their failures.

    :param filename: the path of the file, or of a directory of several; the
        drop-in files of it are read as well.
    :param conf: the configuration of the service.
    :param dropped: takes a line for each option that doesn't count.
    """

    def __init__(
        self, filename: str, conf: cfg.ConfigOpts, dropped: list[str]
    ) -> None:
        # PasteDeploy's own constructor would read one file, and stumble over
        # a path with a percent sign in it.
        self.filename = path = os.path.abspath(filename)
        #: What factories read that choose by the configuration.
        self.oslo_conf = conf
        self._dropped = dropped
        self.parser = loadwsgi.NicerConfigParser(path)
        self.parser.optionxform = str
        self.origins = files.Origins(path)
        for source, text in files.read(path):
            with _locate_failure(files.Origins(source)):
                self.parser.read_string(text, source)
                self.origins.record(source, text)
        self._here = path if os.path.isdir(path) else os.path.dirname(path)
        defaults = {'here': self._here, '__file__': path}
        self.update_defaults(_escaped(defaults))

    def get_context(
        self,
        object_type: Any,
        name: str | None = None,
        global_conf: dict[str, str] | None = None,
    ) -> Any:
        """Read a section, and all sections that it refers to."""
        if self.absolute_name(name):
            return self._get_absolute(object_type, str(name), global_conf)
        # Outside the block below: that a section is missing is the fault of
        # the one that refers to it.
        section = self.find_config_section(object_type, name)
        self._note_dropped(section)
        options = dict(self.parser.items(section, raw=True))
        with _locate_failure(self.origins, section, options):
            context = super().get_context(object_type, name, global_conf)
        return _Context(context, self.origins, section, options)

    def _note_dropped(self, section: str) -> None:
        """Record options that don't count: PasteDeploy takes the defaults."""
        # Its own method interpolates them, which may fail.
        defaults = configparser.ConfigParser.defaults(self.parser)
        for option in self.origins.options(section):
            if option not in defaults:
                continue
            path = self.origins.of(section, option)
            cause = _(
                'it is dropped, for there is one of that name in [DEFAULT];'
                " 'set %s' would count"
            )
            fault = errors.Fault(section, option, cause % option)
            line = fault.message(path)
            if line not in self._dropped:
                self._dropped.append(line)
            if line not in _said:
                _said.add(line)
                LOG.warning('%s', line)

    # What PasteDeploy makes of a section with a factory: get_context() may
    # return it, or put it inside of something else.

    def _context_from_use(self, *arguments: Any) -> Any:
        *_rest, section = arguments
        return self._traced_context(
            super()._context_from_use(*arguments), section
        )

    def _context_from_explicit(self, *arguments: Any) -> Any:
        *_rest, section = arguments
        return self._traced_context(
            super()._context_from_explicit(*arguments), section
        )

    def _traced_context(self, context: Any, section: str) -> Any:
        options = dict(self.parser.items(section, raw=True))
        return _Context(context, self.origins, section, options)

    def find_config_section(
        self, object_type: Any, name: str | None = None
    ) -> str:
        """Find a section by the name of what it describes."""
        try:
            section: str = super().find_config_section(object_type, name)
        except LookupError as error:
            if str(error).startswith('Ambiguous'):
                raise
            raise errors.MissingSection(
                object_type.name, name or 'main'
            ) from error
        return section

    def _get_absolute(
        self, object_type: Any, uri: str, global_conf: dict[str, str] | None
    ) -> Any:
        scheme, _, rest = uri.partition(':')
        if scheme.lower() != 'config':
            return self._get_installed(object_type, uri, global_conf)
        # PasteDeploy would make a loader of its own for another file.
        path, _, name = rest.partition('#')
        filename = os.path.join(self._here, parse.unquote(path))
        loader = ConfigLoader(filename, self.oslo_conf, self._dropped)
        loader.update_defaults(_escaped(global_conf or {}), overwrite=False)
        return loader.get_context(object_type, name or None, global_conf)

    def _get_installed(
        self, object_type: Any, uri: str, global_conf: dict[str, str] | None
    ) -> Any:
        scheme = uri.partition(':')[0].lower()
        if scheme not in _INSTALLED:
            raise errors.UnknownScheme(
                _("'%(uri)s' is none of the URIs that are known: %(known)s")
                % {'uri': uri, 'known': ', '.join(_SCHEMES)}
            )
        context = super().get_context(object_type, uri, global_conf)
        return _Context(context, self.origins, None, {}, uri)


class _Context(loadwsgi.LoaderContext):  # type: ignore[misc]  # untyped
    """Context of PasteDeploy: what was read of one section.

    :param context: PasteDeploy's own context of it.
    :param origins: which file has what.
    :param section: the section; None if it is in none.
    :param options: its options.
    :param uri: what is referred to where there is no section.
    """

    def __init__(
        self,
        context: Any,
        origins: files.Origins,
        section: str | None,
        options: Mapping[str, str],
        uri: str | None = None,
    ) -> None:
        self.__dict__.update(vars(context))
        self.section = section
        self._origins = origins
        self._options = options
        self._uri = uri

    def create(self) -> Any:
        """Call the factory, and those of the sections referred to."""
        with self._locate_failure():
            made = super().create()
            if self.object_type in _MADE:
                self._check(made, self._uri or _('the factory'))
        if self.object_type is loadwsgi.FILTER:
            return self._locate_wrap_failure(made)
        return made

    def failure(
        self, option: str, error: BaseException
    ) -> exceptions.PasteLoadError:
        """Error of an option whose value leads nowhere."""
        fault = errors.diagnose(error, self.section, self._options)
        fault = dataclasses.replace(fault, option=option)
        path = self._origins.of(self.section, option)
        return exceptions.PasteLoadError(fault.message(path))

    def _locate_wrap_failure(
        self, wrap: Callable[[Any], Any]
    ) -> Callable[[Any], Any]:
        """Name a filter's section where it fails to wrap its application."""

        def wrap_and_locate(app: Any) -> Any:
            with self._locate_failure():
                wrapped = wrap(app)
                self._check(wrapped, self._uri or _('the filter'))
            return wrapped

        return wrap_and_locate

    def _check(self, made: object, maker: str) -> None:
        if not callable(made):
            raise errors.NotCallable(maker, made, self._uri)

    def _locate_failure(self) -> contextlib.AbstractContextManager[None]:
        if self.section is None:
            # Who refers to it is in a file.
            return contextlib.nullcontext()
        return _locate_failure(
            self._origins, self.section, self._options, is_loaded=True
        )


def _escaped(values: Mapping[str, str]) -> dict[str, str]:
    """Values escaped, so that they aren't interpolated."""
    return {name: value.replace('%', '%%') for name, value in values.items()}


@contextlib.contextmanager
def _locate_failure(
    origins: files.Origins,
    section: str | None = None,
    options: Mapping[str, str] | None = None,
    is_loaded: bool = False,
) -> Iterator[None]:
    """Context manager that names a failure's section; the innermost wins.

    :param origins: which file has what.
    :param is_loaded: whether the factory was found and is being called.
    """
    try:
        yield
    except (exceptions.PasteAppNotFound, exceptions.PasteLoadError):
        raise
    # Factories and the modules they are in are the service's own code, and
    # those that parse sys.argv end with SystemExit.
    except (Exception, SystemExit) as error:
        fault = errors.diagnose(error, section, options, is_loaded)
        path = origins.of(fault.section, fault.option)
        raise exceptions.PasteLoadError(fault.message(path)) from error
