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

"""PasteDeploy, with every failure traced to the section that caused it.

Whatever is raised while a file is loaded, by PasteDeploy, by configparser,
by an import or by a factory, leaves here as one PasteLoadError.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import os
from typing import Any
from urllib import parse
from wsgiref.types import WSGIApplication

from oslo_config import cfg
from paste.deploy import loadwsgi

from wsgiserver import _paste_errors
from wsgiserver import _paste_files
from wsgiserver import exceptions


def load_app(path: str, name: str, conf: cfg.ConfigOpts) -> WSGIApplication:
    """Load an application.

    :param path: the file, or the directory of several.
    :param name: the application's name, or a URI such as ``egg:glance``.
    :param conf: the configuration of the service, for the factories of this
        library.
    :returns: the application.
    :raises PasteAppNotFound: if the file has no such application.
    :raises PasteLoadError: if it can't be loaded.
    """
    with _blame(_paste_files.Origins(path)):
        app: WSGIApplication = _read_app(path, name, conf).create()
    return app


def read_app(path: str, name: str, conf: cfg.ConfigOpts) -> Any:
    """Read what an application is made of, and make nothing.

    :param path: as for :func:`load_app`, and so are the others.
    :returns: PasteDeploy's context, with the sections it refers to; a section
        has its name in the attribute ``section``.
    :raises PasteAppNotFound: if the file has no such application.
    :raises PasteLoadError: if a section, or a factory, is not there.
    """
    with _blame(_paste_files.Origins(path)):
        return _read_app(path, name, conf)


def _read_app(path: str, name: str, conf: cfg.ConfigOpts) -> Any:
    loader = ConfigLoader(os.path.abspath(path), conf)
    try:
        return loader.app_context(name)
    except _paste_errors.MissingSection as error:
        raise exceptions.PasteAppNotFound(name, path) from error


class ConfigLoader(loadwsgi.ConfigLoader):  # type: ignore[misc]  # untyped
    """A paste file whose sections answer for their failures.

    :param filename: the path of the file, or of a directory of several; the
        drop-in files of it are read as well.
    :param conf: the configuration of the service.
    """

    def __init__(self, filename: str, conf: cfg.ConfigOpts) -> None:
        # PasteDeploy's own constructor would read one file, and stumble over
        # a path with a percent sign in it.
        self.filename = path = os.path.abspath(filename)
        #: What factories read that choose by the configuration.
        self.oslo_conf = conf
        self.parser = loadwsgi.NicerConfigParser(path)
        self.parser.optionxform = str
        self.origins = _paste_files.Origins(path)
        for source, text in _paste_files.read(path):
            with _blame(_paste_files.Origins(source)):
                self.parser.read_string(text, source)
                self.origins.note(source, text)
        self._here = path if os.path.isdir(path) else os.path.dirname(path)
        places = {'here': self._here, '__file__': path}
        self.update_defaults(_escaped(places))

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
        options = dict(self.parser.items(section, raw=True))
        with _blame(self.origins, section, options):
            context = super().get_context(object_type, name, global_conf)
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
            raise _paste_errors.MissingSection(
                object_type.name, name or 'main'
            ) from error
        return section

    def _get_absolute(
        self, object_type: Any, uri: str, global_conf: dict[str, str] | None
    ) -> Any:
        scheme, _, rest = uri.partition(':')
        if scheme.lower() != 'config':
            return super().get_context(object_type, uri, global_conf)
        # PasteDeploy would make a loader of its own for another file.
        path, _, name = rest.partition('#')
        filename = os.path.join(self._here, parse.unquote(path))
        loader = ConfigLoader(filename, self.oslo_conf)
        loader.update_defaults(_escaped(global_conf or {}), overwrite=False)
        return loader.get_context(object_type, name or None, global_conf)


class _Context(loadwsgi.LoaderContext):  # type: ignore[misc]  # untyped
    """What was read of one section, ready to be made.

    :param context: PasteDeploy's own context of it.
    """

    def __init__(
        self,
        context: Any,
        origins: _paste_files.Origins,
        section: str,
        options: Mapping[str, str],
    ) -> None:
        self.__dict__.update(vars(context))
        self.section = section
        self._place = origins, section, options

    def create(self) -> Any:
        """Call the factory, and those of the sections referred to."""
        with self._blame():
            made = super().create()
        return self._answering(made) if self._is_filter() else made

    def _is_filter(self) -> bool:
        return self.object_type is loadwsgi.FILTER

    def _answering(self, wrap: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Have a filter blamed when it fails to wrap its application."""

        def wrap_or_blame(app: Any) -> Any:
            with self._blame():
                return wrap(app)

        return wrap_or_blame

    def _blame(self) -> contextlib.AbstractContextManager[None]:
        return _blame(*self._place, is_loaded=True)


def _escaped(values: Mapping[str, str]) -> dict[str, str]:
    """Keep values that are final from being interpolated."""
    return {name: value.replace('%', '%%') for name, value in values.items()}


@contextlib.contextmanager
def _blame(
    origins: _paste_files.Origins,
    section: str | None = None,
    options: Mapping[str, str] | None = None,
    is_loaded: bool = False,
) -> Iterator[None]:
    """Name the place of whatever is raised inside; the innermost one wins.

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
        fault = _paste_errors.diagnose(error, section, options, is_loaded)
        path = origins.of(fault.section, fault.option)
        raise exceptions.PasteLoadError(fault.message(path)) from error
