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

"""Application that the command serves."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import functools
import importlib
from importlib import resources
import inspect
import os
import sys
from typing import Any
from wsgiref.types import WSGIApplication

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _errors
from wsgiserver.cmd import _pipeline
from wsgiserver import exceptions
from wsgiserver import loader


@dataclasses.dataclass(frozen=True)
class Loaded:
    """Loaded application, and what to call it.

    :param app: the application.
    :param title: what to call it.
    :param tries: a path to try.
    :param paste_app: its name in ``api_paste_config``; None if it isn't from
        there.
    :param through: what the requests go through, if that can be said in a
        line.
    :param dropped: what doesn't count of the paste file, a line for each.
    """

    app: WSGIApplication
    title: str
    tries: str = '/'
    paste_app: str | None = None
    through: str = ''
    dropped: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class ApplicationSource:
    """Source of an application: where it is described.

    :param title: what to call it.
    :param paste: the paste file; None for a callable.
    :param paste_app: its name there.
    :param tries: a path to try.
    """

    title: str
    paste: loader.Loader | None = None
    paste_app: str | None = None
    tries: str = '/'


def load(arguments: _arguments.Arguments, conf: cfg.ConfigOpts) -> Loaded:
    """Load what the command line asks for.

    :param arguments: the command line.
    :param conf: the configuration.
    :returns: the application.
    :raises CommandError: if it can't be imported, or is no application.
    :raises WSGIServerError: if the paste file can't be loaded.
    """
    source = find(arguments, conf)
    if source.paste is None:
        app = load_callable(source.title, arguments.factory)
        through, dropped = '', list[str]()
    else:
        app = source.paste.load_app(source.paste_app)
        through = _pipeline.summary(
            source.paste.config_path, source.paste_app or 'main', conf
        )
        dropped = source.paste.dropped
    return Loaded(
        app, source.title, source.tries, source.paste_app, through, dropped
    )


def find(
    arguments: _arguments.Arguments, conf: cfg.ConfigOpts
) -> ApplicationSource:
    """Source of the application that the command line asks for.

    That is the paste file or the callable it names; else the application of
    the ``api_paste_config`` of the configuration files; and where there are
    none of those either, the sample.

    :param arguments: the command line.
    :param conf: the configuration.
    :returns: where it is.
    :raises CommandError: if there is nothing like that.
    """
    _see_current_directory()
    target = arguments.app
    if target is None:
        if _is_configured(conf):
            return _of_paste(arguments.app_name, conf)
        return _of_sample(conf)
    if _is_file(target):
        if not os.path.exists(target):
            raise _errors.CommandError(f'{target}: there is no such file')
        conf.set_override('api_paste_config', os.path.abspath(target))
        return _of_paste(arguments.app_name, conf)
    if ':' not in target:
        raise _errors.CommandError(
            f'{target} is neither a file nor package.module:callable'
        )
    return ApplicationSource(target)


def _see_current_directory() -> None:
    """Import modules from the current directory, too.

    Installed commands have their own directory on the path instead.
    """
    if '' not in sys.path:
        sys.path.insert(0, '')


def _is_configured(conf: cfg.ConfigOpts) -> bool:
    """Whether there is anything that could name a paste file."""
    location = conf.get_location('api_paste_config')
    return bool(
        conf.config_file
        or conf.config_dir
        or (location and location.location.is_user_controlled)
    )


def _is_file(target: str) -> bool:
    looks_like_one = os.sep in target or target.endswith(('.ini', '.conf'))
    return looks_like_one or os.path.isfile(target)


def _of_paste(name: str, conf: cfg.ConfigOpts) -> ApplicationSource:
    try:
        paste_loader = loader.Loader(conf)
    except exceptions.ConfigNotFound as error:
        option = 'api_paste_config'
        source = _config.source(conf, None, option)
        raise _config.OptionError(
            str(error),
            option,
            'DEFAULT',
            source or ', '.join(conf.config_file),
        ) from error
    path = paste_loader.config_path
    return ApplicationSource(f'{name} of {path}', paste_loader, name)


def _of_sample(conf: cfg.ConfigOpts) -> ApplicationSource:
    file = resources.files('wsgiserver.sample') / 'api-paste.ini'
    conf.set_override('api_paste_config', str(file))
    title = 'the sample images service'
    return ApplicationSource(title, loader.Loader(conf), 'main', '/v2/images')


def load_callable(target: str, factory: bool | None) -> WSGIApplication:
    """Import an application, or the factory that makes it.

    :param target: ``package.module:callable``, of the current directory or
        an installed package.
    :param factory: whether it is a factory; None lets the signature decide.
    :returns: the application.
    :raises CommandError: if it can't be imported, or is no application.
    """
    found = _import(target)
    if not callable(found):
        raise _errors.CommandError(f'{target} is not callable')
    if factory is None:
        factory = _is_factory(target, found)
    if not factory:
        app: WSGIApplication = found
        return app
    with _failures(f'{target}()'):
        app = found()
    if not callable(app):
        raise _errors.CommandError(
            f'{target}() returned {app!r}, which is not callable'
        )
    return app


def _import(target: str) -> Any:
    _see_current_directory()
    module, _, path = target.partition(':')
    with _failures(target):
        return functools.reduce(
            getattr, path.split('.'), importlib.import_module(module)
        )


@contextlib.contextmanager
def _failures(what: str) -> Iterator[None]:
    """Context manager: errors of the service's own code, on one line."""
    try:
        yield
    # Modules that parse sys.argv end with SystemExit.
    except (Exception, SystemExit) as error:
        cause = ' '.join(str(error).split())
        raise _errors.CommandError(
            f'{what} failed: {type(error).__name__}: {cause}'
        ) from error


def _is_factory(target: str, found: Callable[..., Any]) -> bool:
    """Whether a callable is a factory, by its signature.

    An application takes two arguments, a factory does without. Where either
    would do, parameters with default values are those of a factory, and
    ``*args`` stands for what a wrapped application takes.
    """
    try:
        signature = inspect.signature(found)
    except ValueError:
        return False  # written in C: nothing is known of it
    if not _takes(signature, 0):
        if _takes(signature, 2):
            return False
        raise _errors.CommandError(
            f'{target}{signature} takes neither (environ, start_response), '
            'as an application does, nor no arguments, as a factory does'
        )
    kinds = [p.kind for p in signature.parameters.values()]
    return not _takes(signature, 2) or (
        inspect.Parameter.POSITIONAL_OR_KEYWORD in kinds
    )


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
