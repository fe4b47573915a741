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

"""The options of a filter's section, on their way to its constructor."""

import os
from typing import Any
from wsgiref.types import WSGIApplication

import fixtures
from paste import deploy

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes


class Taking(middleware.Middleware):
    """Keeps what its factory gave it."""

    taken: Any = None


class GlanceStyle(Taking):
    def __init__(self, app: WSGIApplication) -> None:
        super().__init__(app)


class CinderStyle(Taking):
    def __init__(
        self, application: WSGIApplication, host: str, port: str = '1'
    ) -> None:
        super().__init__(application)
        self.taken = (host, port)


class OsloStyle(Taking):
    def __init__(
        self, application: WSGIApplication, conf: dict[str, Any] | None = None
    ) -> None:
        super().__init__(application)
        self.taken = conf


class HeatStyle(Taking):
    def __init__(
        self, app: WSGIApplication, conf: dict[str, Any], **local_conf: Any
    ) -> None:
        super().__init__(app)
        self.taken = (conf, local_conf)


class FactoryTestCase(base.TestCase):
    def _make(self, cls: type[Taking], **local_conf: str) -> Any:
        app = fakes.App()
        made = cls.factory({'debug': 'no'}, **local_conf)(app)
        self.assertIs(app, made.application)
        self.assertIs(cls, type(made))
        return made.taken

    def _refused(self, cls: type[Taking], **local_conf: str) -> str:
        exc = self.assertRaises(
            middleware.InvalidOption, cls.factory, {}, **local_conf
        )
        return str(exc)

    def test_a_constructor_may_take_the_application_alone(self) -> None:
        self.assertIsNone(self._make(GlanceStyle))
        self.assertIsNone(self._make(Taking))

    def test_a_constructor_may_take_options_by_name(self) -> None:
        self.assertEqual(('h', '1'), self._make(CinderStyle, host='h'))
        taken = self._make(CinderStyle, host='h', port='2')
        self.assertEqual(('h', '2'), taken)

    def test_a_constructor_may_take_all_options_in_a_dict(self) -> None:
        self.assertEqual(
            {'debug': 'yes', 'other': '1'},
            self._make(OsloStyle, debug='yes', other='1'),
        )

    def test_a_constructor_may_take_both(self) -> None:
        self.assertEqual(
            ({'debug': 'no', 'conf': 'c', 'other': '1'}, {'other': '1'}),
            self._make(HeatStyle, conf='c', other='1'),
        )

    def test_a_constructor_may_take_any_option(self) -> None:
        class Open(Taking):
            def __init__(
                self, application: WSGIApplication, **options: str
            ) -> None:
                super().__init__(application)
                self.taken = options

        taken = self._make(Open, host='h', conf='c')
        self.assertEqual({'host': 'h', 'conf': 'c'}, taken)

    def test_there_may_be_no_global_configuration(self) -> None:
        made = OsloStyle.factory(None, other='1')(fakes.App())
        self.assertEqual({'other': '1'}, made.taken)

    def test_an_option_without_a_parameter_is_refused(self) -> None:
        message = self._refused(GlanceStyle, colour='red')
        self.assertIn('GlanceStyle', message)
        self.assertIn('colour', message)

    def test_an_option_named_as_the_application_is_refused(self) -> None:
        message = self._refused(CinderStyle, host='h', application='a')
        self.assertIn('application', message)

    def test_a_parameter_without_its_option_is_refused(self) -> None:
        message = self._refused(CinderStyle, port='2')
        self.assertIn('CinderStyle', message)
        self.assertIn('host', message)

    def test_an_error_names_the_class_and_the_option(self) -> None:
        exc = self.assertRaises(
            middleware.InvalidOption, Taking.factory, {}, colour='red'
        )
        self.assertEqual(('Taking', 'colour'), (exc.owner, exc.option))
        self.assertIsInstance(exc, ValueError)


class PasteTestCase(base.TestCase):
    def _load(self, *options: str) -> WSGIApplication:
        name = __name__
        lines = (
            '[pipeline:main]',
            'pipeline = filter app',
            '[app:app]',
            f'paste.app_factory = {name}:paste_app',
            '[filter:filter]',
            f'paste.filter_factory = {name}:CinderStyle.factory',
            *options,
        )
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'p.ini')
        with open(path, 'w') as ini:
            ini.write('\n'.join(lines))
        app: WSGIApplication = deploy.loadapp(f'config:{path}')
        return app

    def test_a_filter_is_loaded_with_its_options(self) -> None:
        app = self._load('host = h', 'port = 3')
        self.assertEqual(('h', '3'), getattr(app, 'taken', None))
        self.assertEqual(b'hello', fakes.fetch(app).body)

    def test_an_unknown_option_fails_while_the_file_is_loaded(self) -> None:
        exc = self.assertRaises(
            middleware.InvalidOption, self._load, 'host = h', 'prot = 3'
        )
        self.assertIn("option 'prot' of CinderStyle", str(exc))


def paste_app(global_conf: dict[str, str]) -> WSGIApplication:
    return fakes.App([b'hello'])
