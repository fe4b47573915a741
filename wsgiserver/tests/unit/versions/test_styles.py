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

"""Filters in the style of each service, loaded from a paste file."""

from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from oslo_config import cfg
import webob
import webob.dec
import webob.exc

from wsgiserver import exceptions
from wsgiserver import middleware
from wsgiserver import routing
from wsgiserver.tests.unit.middleware import fakes
from wsgiserver.tests.unit import paste_files

_OPTS = [cfg.IntOpt('size', default=7), cfg.StrOpt('name', default='none')]


class Glance(middleware.Middleware):
    """The application alone, and both hooks."""

    def __init__(self, app: WSGIApplication) -> None:
        self.seen = 'glance'
        super().__init__(app)

    def process_request(self, req: webob.Request) -> WSGIApplication | None:
        return webob.exc.HTTPGone() if req.path == '/gone' else None

    def process_response(self, resp: webob.Response) -> webob.Response:
        if resp.request is not None:
            resp.headers['X-Path'] = resp.request.path
        return resp


class Heat(middleware.Middleware):
    """A ConfigOpts and the local options, from a factory of heat's own."""

    def __init__(
        self, app: WSGIApplication, conf: cfg.ConfigOpts, **local_conf: str
    ) -> None:
        self.conf = conf
        self.seen = local_conf
        super().__init__(app)


class HeatFactory:
    """An object that paste calls, which knows the service's ConfigOpts."""

    def __init__(self, made: Callable[..., WSGIApplication]) -> None:
        self.conf = cfg.ConfigOpts()
        self.made = made

    def __call__(
        self, global_conf: dict[str, str], **local_conf: str
    ) -> Callable[[WSGIApplication], WSGIApplication]:
        return lambda app: self.made(app, self.conf, **local_conf)


def heat_filter(
    app: WSGIApplication, conf: cfg.ConfigOpts, **local_conf: str
) -> Glance:
    made = Glance(app)
    made.conf = conf
    return made


heat_factory = HeatFactory(Heat)
heat_function_factory = HeatFactory(heat_filter)


class Cinder(middleware.Middleware):
    """Options by name, and a wsgified call."""

    def __init__(
        self,
        application: WSGIApplication,
        limits: str | None = None,
        limiter: str | None = None,
        **kwargs: str,
    ) -> None:
        middleware.Middleware.__init__(self, application)
        self.seen = (limits, limiter, kwargs)

    @webob.dec.wsgify(RequestClass=routing.Request)
    def __call__(  # type: ignore[override]  # as a service has it
        self, req: routing.Request
    ) -> WSGIApplication:
        req.environ['test.class'] = type(req).__name__
        return self.application


class Nova(middleware.Middleware):
    """The options in a row, then what the base takes."""

    def __init__(self, context: Any, *args: Any, **kwargs: Any) -> None:
        self.seen = context
        super().__init__(*args, **kwargs)

    @webob.dec.wsgify(RequestClass=routing.Request)
    def __call__(  # type: ignore[override]  # as a service has it
        self, req: routing.Request
    ) -> WSGIApplication:
        req.environ['nova.context'] = self.seen
        return self.application


class PassesOn(middleware.Middleware):
    """Everything is for the base."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen = kwargs


class Manila(middleware.Middleware):
    """A factory of the filter's own."""

    def __init__(self, application: WSGIApplication, colour: str) -> None:
        super().__init__(application)
        self.seen = colour

    @classmethod
    def factory(  # type: ignore[override]  # as a service has it
        cls, global_config: dict[str, str], **local_config: str
    ) -> Callable[[WSGIApplication], 'Manila']:
        def _factory(app: WSGIApplication) -> Manila:
            return cls(app, **local_config)

        return _factory


class Oslo(middleware.Middleware):
    """conf, and an option of oslo.config."""

    def __init__(
        self,
        application: WSGIApplication,
        conf: dict[str, Any] | cfg.ConfigOpts | None = None,
    ) -> None:
        super().__init__(application, conf)
        self.oslo_conf.register_opts(_OPTS, group='oslo_middleware')
        self.seen = (self._conf_get('size'), self._conf_get('name'))

    def process_response(
        self, response: webob.Response, request: webob.Request | None = None
    ) -> webob.Response:
        assert request is not None
        response.headers['X-Path'] = request.path
        return response


class OsloChild(Oslo):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class OsloPlain(middleware.Middleware):
    """No constructor: the base's own is used."""


class StyleCase(paste_files.LoaderCase):
    def make(self, factory: str, *options: str) -> Any:
        return self.load(
            '\n'.join(
                (
                    '[DEFAULT]',
                    'shared = yes',
                    '[pipeline:main]',
                    'pipeline = filter app',
                    '[app:app]',
                    f'paste.app_factory = {__name__}:app_factory',
                    '[filter:filter]',
                    f'paste.filter_factory = {__name__}:{factory}',
                    *options,
                )
            )
        )

    def refused(self, factory: str, *options: str) -> str:
        error = self.assertRaises(
            exceptions.PasteLoadError, self.make, factory, *options
        )
        self.assertNotIn('\n', str(error))
        return str(error).removeprefix(f'{self.path}, section [filter:filter]')

    def project_file(self, text: str) -> tuple[str, str]:
        path = self.write('project.conf', text)
        return 'oslo_config_project = own', f'oslo_config_file = {path}'


class StylesTestCase(StyleCase):
    def test_glance(self) -> None:
        made = self.make('Glance.factory')
        self.assertEqual('glance', made.seen)
        self.assertEqual('/a', fakes.fetch(made, '/a').headers['X-Path'])
        self.assertEqual(410, fakes.fetch(made, '/gone').status_int)

    def test_heat_with_a_factory_object(self) -> None:
        made = self.make('heat_factory', 'colour = red')
        self.assertIs(heat_factory.conf, made.conf)
        self.assertEqual({'colour': 'red'}, made.seen)
        self.assertEqual(b'hello', fakes.fetch(made).body)

    def test_heat_with_a_function(self) -> None:
        made = self.make('heat_function_factory')
        self.assertEqual('/a', fakes.fetch(made, '/a').headers['X-Path'])

    def test_cinder(self) -> None:
        made = self.make('Cinder.factory', 'limits = 1', 'colour = red')
        self.assertEqual(('1', None, {'colour': 'red'}), made.seen)
        fakes.fetch(made)
        (environ,) = made.application.environs
        self.assertEqual('Request', environ['test.class'])

    def test_nova(self) -> None:
        app = fakes.App()
        fakes.fetch(Nova('context', app))
        self.assertEqual('context', app.environs[0]['nova.context'])

    def test_one_that_passes_everything_on(self) -> None:
        made = self.make('PassesOn.factory')
        self.assertEqual({}, made.seen)
        self.assertEqual(b'hello', fakes.fetch(made).body)
        self.assertEqual(
            ', option colour: TypeError: Middleware.__init__() got an'
            " unexpected keyword argument 'colour'",
            self.refused('PassesOn.factory', 'colour = red'),
        )

    def test_manila_with_a_factory_of_its_own(self) -> None:
        self.assertEqual(
            'red', self.make('Manila.factory', 'colour = red').seen
        )

    def test_oslo_middleware(self) -> None:
        made = self.make('Oslo.factory', 'size = 3')
        self.assertIs(cfg.CONF, made.oslo_conf)
        self.addCleanup(cfg.CONF.clear_override, 'size', 'oslo_middleware')
        self.assertEqual((3, 'none'), made.seen)
        self.assertEqual(
            ('yes', '3'), (made.conf['shared'], made.conf['size'])
        )
        self.assertEqual('/a', fakes.fetch(made, '/a').headers['X-Path'])

    def test_oslo_middleware_with_a_child_that_passes_on(self) -> None:
        options = self.project_file('[oslo_middleware]\nname = mine\n')
        made = self.make('OsloChild.factory', 'size = 3', *options)
        self.assertEqual((3, 'mine'), made.seen)

    def test_oslo_middleware_with_a_configopts(self) -> None:
        conf = cfg.ConfigOpts()
        conf([])
        made = Oslo(fakes.App(), conf)
        self.assertIs(conf, made.oslo_conf)
        self.assertEqual({}, dict(made.conf))
        self.assertEqual((7, 'none'), made.seen)

    def test_oslo_middleware_without_a_conf(self) -> None:
        self.assertIs(cfg.CONF, Oslo(fakes.App()).oslo_conf)


class ConfigurationTestCase(StyleCase):
    def test_the_file_of_a_project_is_read(self) -> None:
        options = self.project_file('[oslo_middleware]\nsize = 5\n')
        program = 'oslo_config_program = own-api'
        made = self.make('Oslo.factory', *options, program)
        self.assertEqual((5, 'none'), made.seen)
        self.assertIsNot(cfg.CONF, made.oslo_conf)
        self.assertEqual('own-api', made.oslo_conf.prog)

    def test_a_class_without_conf_may_have_the_options(self) -> None:
        options = self.project_file('')
        for factory in ('Glance', 'PassesOn', 'OsloPlain'):
            made = self.make(f'{factory}.factory', *options)
            self.assertEqual(b'hello', fakes.fetch(made).body)

    def test_one_without_a_constructor_has_its_configuration(self) -> None:
        options = self.project_file('')
        for factory in ('PassesOn', 'OsloPlain'):
            made = self.make(f'{factory}.factory', *options)
            self.assertEqual('own', made.oslo_conf.project)
            self.assertEqual('yes', made.conf['shared'])

    def test_a_class_that_does_not_ask_reads_nothing(self) -> None:
        made = self.make(
            'Glance.factory',
            'oslo_config_project = own',
            'oslo_config_file = /no/such/file',
        )
        self.assertIs(cfg.CONF, made.oslo_conf)

    def test_a_file_that_is_missing(self) -> None:
        for factory in ('Oslo', 'OsloChild', 'OsloPlain'):
            self.assertEqual(
                ", option oslo_config_file: option 'oslo_config_file' of"
                f' {factory}: Failed to find some config files:'
                ' /no/such/file',
                self.refused(
                    f'{factory}.factory',
                    'oslo_config_project = own',
                    'oslo_config_file = /no/such/file',
                ),
            )

    def test_a_file_that_is_broken(self) -> None:
        options = self.project_file('[oslo_middleware\n')
        message = self.refused('Oslo.factory', *options)
        self.assertTrue(message.startswith(', option oslo_config_file: '))

    def test_a_file_that_is_not_text(self) -> None:
        options = self.project_file('')
        path = options[1].partition(' = ')[2]
        with open(path, 'wb') as file:
            file.write(b'# \xe4\n')
        message = self.refused('Oslo.factory', *options)
        self.assertTrue(message.startswith(', option oslo_config_file: '))
        self.assertIn(f'{path}: ', message)

    def test_a_value_in_the_file_that_is_wrong(self) -> None:
        options = self.project_file('[oslo_middleware]\nsize = big\n')
        message = self.refused('Oslo.factory', *options)
        self.assertIn(", option size: option 'size' of Oslo: ", message)
        self.assertIn('project.conf', message)

    def test_a_value_in_the_section_that_is_wrong(self) -> None:
        options = self.project_file('')
        message = self.refused('Oslo.factory', 'size = big', *options)
        self.assertIn(", option size: option 'size' of Oslo: ", message)


class UnknownOptionTestCase(StyleCase):
    def test_it_is_named_with_its_section_and_class(self) -> None:
        for factory in ('Glance', 'OsloPlain'):
            self.assertEqual(
                f", option colour: option 'colour' of {factory}: there is"
                ' no such option',
                self.refused(f'{factory}.factory', 'colour = red'),
            )

    def test_a_name_that_is_near_is_suggested(self) -> None:
        message = self.refused('Near.factory', 'interfal = 1')
        self.assertTrue(message.endswith("; is 'interval' meant?"), message)


class Near(middleware.Middleware):
    def __init__(
        self, application: WSGIApplication, interval: str = '', size: str = ''
    ) -> None:
        super().__init__(application)


def app_factory(global_conf: dict[str, str]) -> fakes.App:
    return fakes.App([b'hello'])
