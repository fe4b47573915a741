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

"""Paste files for tests, and the factories that they name."""

from collections.abc import Iterable
import os
import sys
import textwrap
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIEnvironment

import fixtures
from oslo_config import cfg

from wsgiserver import exceptions
from wsgiserver import loader
from wsgiserver.tests import base

#: Factories for the files of these tests, in a module of their own.
MODULE = """
import configparser

class Conf(tuple):
    def __call__(self, environ, start_response):
        return []

class Composite(dict):
    def __call__(self, environ, start_response):
        return []

class Filter:
    def __init__(self, app, options):
        if 'broken' in options:
            raise ValueError('broken is no good')
        self.app = app
        self.options = options

    def __call__(self, environ, start_response):
        return self.app(environ, start_response)

def app_factory(global_conf, text='hello'):
    return lambda environ, start_response: text

def conf_factory(global_conf, **local_conf):
    return Conf((global_conf, local_conf))

def composite_factory(loader, global_conf, **local_conf):
    return Composite((k, loader.get_app(v)) for k, v in local_conf.items())

def filter_factory(global_conf, **local_conf):
    return lambda app: Filter(app, local_conf)

def needing_factory(global_conf, needed):
    return needed

def none_factory(*ignored, **options):
    return None

def dict_factory(*ignored, **options):
    return {'password': 'secret'}

def none_filter_factory(global_conf, **local_conf):
    return lambda app: None

def deep_type_error(global_conf, **local_conf):
    app_factory()

def failing_factory(global_conf):
    raise RuntimeError('the database\\n  is away')

def silent_factory(global_conf):
    raise RuntimeError

def key_error_factory(global_conf):
    return global_conf['nowhere']

def exiting_factory(global_conf):
    raise SystemExit(2)

def reading_factory(global_conf):
    parser = configparser.ConfigParser()
    parser.read_string('[own]\\nx = %(y)s')
    return parser['own']['x']

def option_error_factory(global_conf, limit):
    error = ValueError('too small')
    error.option = 'limit'
    raise error
"""


def named(name: str) -> str:
    """Write the section of an application that is Named."""
    return (
        f'[app:{name}]\npaste.app_factory = {__name__}:named_factory\n'
        f'name = {name}\n'
    )


class Named:
    """An application that tells its name and how it was called."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        start_response('200 OK', [('Content-Type', 'text/plain')])
        script, path = environ['SCRIPT_NAME'], environ['PATH_INFO']
        return [f'{self.name} {script!r} {path!r}'.encode()]


def named_factory(global_conf: object, name: str) -> Named:
    return Named(name)


class FakeLoader:
    """PasteDeploy's loader, as a composite factory meets it."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def get_app(self, name: str, global_conf: object) -> Named:
        self.names.append(name)
        self.global_conf = global_conf
        return Named(name)


class LoaderCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.write('paste_parts.py', MODULE)
        self.write('paste_broken.py', 'def app(:\n')
        self.write('paste_exiting.py', 'raise SystemExit("usage: ...")\n')
        self.write('paste_importing.py', 'import no_such_module_anywhere\n')
        self.useFixture(
            fixtures.MonkeyPatch('sys.path', [self.directory, *sys.path])
        )
        self.addCleanup(self.forget_modules)

    def forget_modules(self) -> None:
        for name in [n for n in sys.modules if n.startswith('paste_')]:
            del sys.modules[name]

    def write(self, name: str, text: str) -> str:
        path = os.path.join(self.directory, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def configured(self, paste_config: str) -> cfg.ConfigOpts:
        config_file = self.write(
            'service.conf', f'[DEFAULT]\napi_paste_config = {paste_config}\n'
        )
        conf = cfg.ConfigOpts()
        conf(['--config-file', config_file], default_config_dirs=[])
        return conf

    def load(
        self, text: str, name: str | None = None, filename: str = 'paste.ini'
    ) -> Any:
        self.path = self.write(filename, textwrap.dedent(text))
        paste_loader = loader.Loader(self.configured(self.path))
        return paste_loader.load_app(name)

    def check_broken(
        self, text: str, place: str, cause: str
    ) -> BaseException | None:
        """Check that the message is the path, the place and the cause.

        :returns: the exception that the error is chained to.
        """
        error = self.assertRaises(exceptions.PasteLoadError, self.load, text)
        self.assertEqual(f'{self.path}{place}: {cause}', str(error))
        return error.__cause__
