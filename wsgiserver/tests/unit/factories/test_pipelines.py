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

"""The pipeline that an option chooses: egg:os-wsgiserver#pipeline."""

from typing import Any

from oslo_config import cfg
from paste import deploy

from wsgiserver import exceptions
from wsgiserver import factories
from wsgiserver import loader
from wsgiserver.tests import base
from wsgiserver.tests.unit.factories import pipelines
from wsgiserver.tests.unit import paste_files


class TestChoice(pipelines.PipelineCase):
    def test_the_option_names_the_pipeline(self) -> None:
        for name, filters in (
            ('noauth', ['limits']),
            ('keystone', ['limits', 'token']),
            ('keystone_nolimit', ['token']),
        ):
            conf = self.service(f'auth_strategy = {name}\n')
            self.assertEqual(filters, self.choose(conf=conf))

    def test_an_option_that_is_registered_is_used_as_it_is(self) -> None:
        opt = cfg.StrOpt('auth_strategy', default='noauth', help='how')
        self.assertEqual(['limits'], self.choose(conf=self.service('', opt)))

    def test_one_that_is_not_can_be_registered_after_it(self) -> None:
        conf = self.service()
        self.choose(conf=conf)
        self.assertEqual('keystone', conf.auth_strategy)
        conf.register_opt(cfg.StrOpt('auth_strategy', default='keystone'))

    def test_an_override_counts(self) -> None:
        conf = self.service('', cfg.StrOpt('auth_strategy'))
        conf.set_override('auth_strategy', 'noauth')
        self.assertEqual(['limits'], self.choose(conf=conf))

    def test_a_configuration_that_is_read_anew_counts(self) -> None:
        conf = self.service('auth_strategy = noauth\n')
        self.assertEqual(['limits'], self.choose(conf=conf))
        self.service('auth_strategy = keystone\n')
        conf.mutate_config_files()
        self.assertEqual(['limits', 'token'], self.choose(conf=conf))

    def test_the_option_may_have_another_name_and_group(self) -> None:
        text = (
            'oslo_config_option = flavor\noslo_config_group = paste_deploy\n'
            'default = api\nkeystone+caching = token api\n'
        )
        conf = self.service('[paste_deploy]\nflavor = keystone+caching\n')
        self.assertEqual(['token'], self.choose(text, conf))

    def test_a_group_that_is_registered_is_used(self) -> None:
        conf = self.service('[api]\nauth_strategy = noauth\n')
        conf.register_opt(
            cfg.StrOpt('auth_strategy', choices=['keystone', 'noauth']), 'api'
        )
        text = pipelines.STRATEGIES + 'oslo_config_group = api\n'
        self.assertEqual(['limits'], self.choose(text, conf))

    def test_a_section_may_set_and_get(self) -> None:
        app = self.load(
            pipelines.SECTION + 'set a = 1\nget noauth = b\n'
            + '[DEFAULT]\nb = open\n' + pipelines.PARTS
        )  # fmt: skip
        self.assertEqual('1', app[0]['a'])


class TestUnset(pipelines.PipelineCase):
    def test_keystone_is_taken_first(self) -> None:
        text = 'default = api\nkeystone = token api\n'
        self.assertEqual(['token'], self.choose(text))

    def test_then_the_default_one(self) -> None:
        text = 'other = api\ndefault = token api\n'
        self.assertEqual(['token'], self.choose(text))

    def test_then_the_only_one(self) -> None:
        self.assertEqual(['token'], self.choose('other = token api\n'))

    def test_the_section_may_say_which(self) -> None:
        text = pipelines.STRATEGIES + 'oslo_config_default = noauth\n'
        self.assertEqual(['limits'], self.choose(text))

    def test_what_is_set_goes_ahead_of_that(self) -> None:
        text = pipelines.STRATEGIES + 'oslo_config_default = noauth\n'
        conf = self.service('auth_strategy = keystone\n')
        self.assertEqual(['limits', 'token'], self.choose(text, conf))

    def test_an_empty_value_is_none(self) -> None:
        conf = self.service('auth_strategy =\n')
        self.assertEqual(['limits', 'token'], self.choose(conf=conf))

    def test_each_section_has_its_own(self) -> None:
        conf = self.service()
        self.assertEqual([], self.choose('one = api\n', conf))
        self.assertEqual([], self.choose('two = api\n', conf))
        self.assertEqual(['limits', 'token'], self.choose(conf=conf))


class TestRateLimit(pipelines.PipelineCase):
    def test_without_a_limit_the_pipeline_for_that_is_taken(self) -> None:
        conf = self.service('api_rate_limit = false\n')
        self.assertEqual(['token'], self.choose(conf=conf))

    def test_where_there_is_none_the_usual_one_is(self) -> None:
        conf = self.service(
            'api_rate_limit = false\nauth_strategy = noauth\n',
            cfg.BoolOpt('api_rate_limit', default=True),
        )
        self.assertEqual(['limits'], self.choose(conf=conf))

    def test_with_a_limit_it_is_left_alone(self) -> None:
        conf = self.service('', cfg.BoolOpt('api_rate_limit', default=True))
        self.assertEqual(['limits', 'token'], self.choose(conf=conf))

    def test_the_option_is_registered_where_it_matters_alone(self) -> None:
        conf = self.service()
        self.choose('keystone = token api\n', conf)
        self.assertNotIn('api_rate_limit', conf)
        self.choose(conf=conf)
        conf.register_opt(cfg.BoolOpt('api_rate_limit', default=True))
        self.assertTrue(conf.api_rate_limit)


class TestConfiguration(pipelines.PipelineCase):
    """Whose configuration it is."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(cfg.CONF.reset)
        cfg.CONF.reset()

    def test_a_file_of_its_own_is_read(self) -> None:
        path = self.write('own.conf', '[DEFAULT]\nauth_strategy = noauth\n')
        for more in ('', 'oslo_config_project = nova\n'):
            text = f'{pipelines.STRATEGIES}oslo_config_file = {path}\n{more}'
            conf = self.service('auth_strategy = keystone\n')
            self.assertEqual(['limits'], self.choose(text, conf))
            self.assertNotIn('auth_strategy', conf)

    def test_the_files_of_a_project_are_found(self) -> None:
        path = self.write('snow.conf', '[DEFAULT]\nauth_strategy = noauth\n')
        asked: list[tuple[str | None, str | None]] = []

        def find(
            project: str | None, prog: str | None, *_more: Any
        ) -> list[str]:
            asked.append((project, prog))
            return [path]

        self.patch(cfg, 'find_config_files', find)
        text = (
            f'{pipelines.STRATEGIES}oslo_config_project = snow\n'
            'oslo_config_program = snow-api\n'
        )
        self.assertEqual(['limits'], self.choose(text))
        self.assertIn(('snow', 'snow-api'), asked)

    def test_another_loader_has_that_of_oslo_config(self) -> None:
        path = self.write(
            'paste.ini',
            pipelines.SECTION + pipelines.STRATEGIES + pipelines.PARTS,
        )
        opt = cfg.StrOpt('auth_strategy')
        cfg.CONF.register_opt(opt)
        self.addCleanup(cfg.CONF.unregister_opt, opt)
        cfg.CONF.set_override('auth_strategy', 'noauth')
        self.addCleanup(cfg.CONF.clear_override, 'auth_strategy')
        app = deploy.loadapp(f'config:{path}')
        self.assertEqual(['limits'], self.filters(app))

    def test_a_file_used_has_that_of_the_loader(self) -> None:
        self.write(
            'other.ini',
            pipelines.SECTION + pipelines.STRATEGIES + pipelines.PARTS,
        )
        conf = self.service('auth_strategy = noauth\n')
        self.write(
            'paste.ini', '[pipeline:main]\npipeline = config:other.ini\n'
        )
        app = loader.Loader(conf).load_app('main')
        self.assertEqual(['limits'], self.filters(app))


class FakeLoader(paste_files.FakeLoader):
    """One whose filters note when they are made, and when they wrap."""

    def __init__(self) -> None:
        super().__init__()
        # oslo.config's global one would keep what a test registers.
        self.oslo_conf = cfg.ConfigOpts()

    def get_filter(self, name: str, global_conf: object) -> Any:
        self.names.append(name)

        def wrap(app: Any) -> Any:
            self.names.append(f'{name} around {getattr(app, "name", app)}')
            return name

        return wrap


class TestOrder(base.TestCase):
    def test_filters_are_made_in_order_and_wrap_from_the_last(self) -> None:
        fake = FakeLoader()
        app = factories.pipeline_factory(fake, {}, keystone='a b c')
        self.assertEqual('a', app)
        self.assertEqual(
            ['a', 'b', 'c', 'b around c', 'a around b'], fake.names
        )

    def test_an_error_of_a_factory_stays_as_it_is(self) -> None:
        class Failing(FakeLoader):
            def get_filter(self, name: str, global_conf: object) -> Any:
                raise KeyError(name)

        self.assertRaises(
            KeyError, factories.pipeline_factory, Failing(), {}, a='b c'
        )

    def test_what_another_loader_misses_is_said(self) -> None:
        class Missing(FakeLoader):
            def get_filter(self, name: str, global_conf: object) -> Any:
                raise LookupError(f'No section {name}')

        error = self.assertRaises(
            exceptions.InvalidInput,
            factories.pipeline_factory,
            Missing(),
            {},
            a='b c',
        )
        self.assertEqual('option a: No section b', str(error))
