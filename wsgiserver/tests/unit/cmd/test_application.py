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

"""The application that the command serves."""

import os
import sys
from typing import Any

import fixtures
from oslo_config import cfg
import webob

from wsgiserver import _config
from wsgiserver.cmd import _application
from wsgiserver.cmd import _arguments
from wsgiserver.cmd import _errors
from wsgiserver import exceptions
from wsgiserver.sample import directory
from wsgiserver.tests import base

#: Applications and factories of each kind.
MODULE = '''
import functools

def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'app']

class Instance:
    def __call__(self, environ, start_response):
        return app(environ, start_response)

class PerRequest:
    """A class that is itself the application."""

    def __init__(self, environ, start_response):
        self.result = app(environ, start_response)

    def __iter__(self):
        return iter(self.result)

class Namespace:
    inner = app

class Uncallable:
    """A class whose instances are no applications."""

def any_arguments(*args):
    return app(*args)

@functools.wraps(app)
def wrapped(*args, **kwargs):
    return app(*args, **kwargs)

def factory():
    return app

def factory_with_defaults(argv=None, config=None):
    return app

def factory_of_nothing():
    return None

def failing_factory():
    raise RuntimeError('no database\\n  there')

def exiting_factory():
    raise SystemExit(2)

def paste_factory(global_conf):
    return app

instance = Instance()
number = 7
'''

PASTE = """
[app:main]
use = egg:os-wsgiserver#hello
text = main
[app:other]
use = egg:os-wsgiserver#hello
text = other
"""


class ApplicationCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)
        self.useFixture(fixtures.MonkeyPatch('sys.path', list(sys.path)))
        self.addCleanup(sys.modules.pop, 'served', None)
        self.write('served.py', MODULE)

    def write(self, name: str, text: str) -> str:
        path = os.path.join(self.directory, name)
        with open(path, 'w') as file:
            file.write(text)
        return path

    def answer(self, app: Any) -> str:
        text: str = webob.Request.blank('/').get_response(app).text
        return text


class TestCallable(ApplicationCase):
    def load(self, name: str, factory: bool | None = None) -> str:
        target = f'served:{name}'
        return self.answer(_application.load_callable(target, factory))

    def refuse(self, target: str, factory: bool | None = None) -> str:
        error = self.assertRaises(
            _errors.CommandError, _application.load_callable, target, factory
        )
        message = str(error)
        self.assertNotIn('\n', message)
        self.assertIn(target, message)
        return message

    def test_an_application_is_found_by_its_signature(self) -> None:
        for name in (
            'app',
            'instance',
            'PerRequest',
            'Namespace.inner',
            'any_arguments',
            'wrapped',
        ):
            self.assertEqual('app', self.load(name), name)

    def test_a_factory_is_found_by_its_signature(self) -> None:
        for name in ('factory', 'factory_with_defaults', 'Instance'):
            self.assertEqual('app', self.load(name), name)

    def test_a_factory_can_be_named_one(self) -> None:
        self.assertEqual('app', self.load('factory', factory=True))
        self.assertIn('TypeError', self.refuse('served:app', factory=True))

    def test_an_application_can_be_named_one(self) -> None:
        found = _application.load_callable('served:factory', factory=False)
        self.assertEqual('factory', getattr(found, '__name__', None))

    def test_a_callable_of_neither_kind_is_refused(self) -> None:
        message = self.refuse('served:paste_factory')
        self.assertIn('(global_conf)', message)

    def test_a_module_that_is_missing_is_named(self) -> None:
        self.assertIn("No module named 'gone'", self.refuse('gone:app'))

    def test_a_module_of_no_name_is_refused(self) -> None:
        self.refuse(':app')

    def test_an_attribute_that_is_missing_is_named(self) -> None:
        self.assertIn("attribute 'gone'", self.refuse('served:gone'))

    def test_what_is_not_callable_is_refused(self) -> None:
        self.refuse('served:number')

    def test_a_factory_that_returns_no_application_is_refused(self) -> None:
        self.assertIn('None', self.refuse('served:factory_of_nothing'))
        self.refuse('served:Uncallable')

    def test_a_factory_that_fails_is_told_in_one_line(self) -> None:
        self.assertIn(
            'RuntimeError: no database there',
            self.refuse('served:failing_factory'),
        )

    def test_a_factory_that_exits_is_told_in_one_line(self) -> None:
        self.assertIn('SystemExit: 2', self.refuse('served:exiting_factory'))


class TestLoad(ApplicationCase):
    def setUp(self) -> None:
        super().setUp()
        # The sample's images are not to outlive the test.
        self.useFixture(fixtures.EnvironmentVariable(directory.VARIABLE))

    def load(self, *argv: str) -> _application.Loaded:
        arguments = _arguments.parse(argv)
        conf = cfg.ConfigOpts()
        _config.register_opts(conf)
        conf(
            arguments.oslo,
            project='wsgiserver',
            default_config_files=[],
            default_config_dirs=[],
        )
        return _application.load(arguments, conf)

    def test_a_callable_is_found_in_the_current_directory(self) -> None:
        loaded = self.load('served:app')
        self.assertEqual('app', self.answer(loaded.app))
        self.assertEqual('served:app', loaded.title)

    def test_a_paste_file_is_taken_from_the_current_directory(self) -> None:
        self.write('my.ini', PASTE)
        self.assertEqual('main', self.answer(self.load('my.ini').app))

    def test_another_application_of_it_can_be_named(self) -> None:
        path = self.write('my.ini', PASTE)
        loaded = self.load(path, '--app-name', 'other')
        self.assertEqual('other', self.answer(loaded.app))
        self.assertEqual(f'other of {path}', loaded.title)

    def test_its_name_in_the_paste_file_is_kept_for_a_reset(self) -> None:
        path = self.write('my.ini', PASTE)
        for argv, name in (
            ([path], 'main'),
            ([path, '--app-name=other'], 'other'),
            (['served:app'], None),
            ([], 'main'),
        ):
            self.assertEqual(name, self.load(*argv).paste_app)

    def test_the_configuration_names_a_paste_file(self) -> None:
        self.write('my.ini', PASTE)
        path = self.write('my.conf', '[DEFAULT]\napi_paste_config=my.ini\n')
        loaded = self.load('--config-file', path)
        self.assertEqual('main', self.answer(loaded.app))

    def test_so_does_the_environment(self) -> None:
        path = self.write('my.ini', PASTE)
        self.useFixture(
            fixtures.EnvironmentVariable('OS_DEFAULT__API_PASTE_CONFIG', path)
        )
        self.assertEqual('main', self.answer(self.load().app))

    def test_a_file_that_the_configuration_misses_is_named(self) -> None:
        path = self.write('my.conf', '[DEFAULT]\napi_paste_config=gone.ini\n')
        error = self.assertRaises(
            _config.OptionError, self.load, '--config-file', path
        )
        self.assertEqual(
            f'{path}, section [DEFAULT], option api_paste_config: '
            'Could not find config at gone.ini',
            str(error),
        )

    def test_a_configuration_that_names_none_gets_no_sample(self) -> None:
        path = self.write('my.conf', '[DEFAULT]\n')
        error = self.assertRaises(
            _config.OptionError, self.load, '--config-file', path
        )
        self.assertIn(f'{path}, section [DEFAULT]', str(error))

    def test_a_paste_file_that_is_missing_is_named(self) -> None:
        error = self.assertRaises(_errors.CommandError, self.load, 'dir/gone')
        self.assertEqual('dir/gone: there is no such file', str(error))

    def test_an_application_that_is_missing_is_named(self) -> None:
        self.write('my.ini', PASTE)
        self.assertRaises(
            exceptions.PasteAppNotFound,
            self.load,
            'my.ini',
            '--app-name=third',
        )

    def test_what_is_neither_is_refused(self) -> None:
        self.assertRaises(_errors.CommandError, self.load, 'served')

    def test_with_nothing_at_all_the_sample_is_served(self) -> None:
        loaded = self.load()
        for path, status in (
            ('/', 300),
            (loaded.tries, 200),
            ('/images', 300),
            ('/healthcheck', 200),
        ):
            response = webob.Request.blank(path).get_response(loaded.app)
            self.assertEqual(status, response.status_code, path)

    def test_the_sample_takes_the_version_from_accept(self) -> None:
        request = webob.Request.blank('/images')
        request.accept = 'application/vnd.openstack.images-v2.0'
        response = request.get_response(self.load().app)
        self.assertEqual([], response.json['images'])

    def test_the_sample_gives_each_request_an_id(self) -> None:
        response = webob.Request.blank('/v2/images').get_response(
            self.load().app
        )
        self.assertIn('x-openstack-request-id', response.headers)
