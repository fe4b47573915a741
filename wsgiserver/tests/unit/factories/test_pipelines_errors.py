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

"""What is wrong with the pipelines of a section, or with the choice."""

import os

from oslo_config import cfg

from wsgiserver import exceptions
from wsgiserver import loader
from wsgiserver.tests.unit.factories import pipelines

STRATEGIES = pipelines.STRATEGIES


class TestErrors(pipelines.PipelineCase):
    def refuse(
        self,
        pipelines: str,
        option: str | None,
        cause: str,
        conf: cfg.ConfigOpts | None = None,
    ) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError, self.choose, pipelines, conf
        )
        place = ', section [composite:main]'
        place += f', option {option}' if option else ''
        self.assertEqual(f'{self.path}{place}: {cause}', str(error))

    def test_a_name_of_no_pipeline(self) -> None:
        self.refuse(
            STRATEGIES,
            None,
            "auth_strategy of [DEFAULT] is 'saml'; the pipelines: 'noauth',"
            " 'keystone', 'keystone_nolimit'",
            self.service('auth_strategy = saml\n'),
        )

    def test_no_name_where_nothing_is_usual(self) -> None:
        self.refuse(
            'oslo_config_group = api\na = api\nb = api\n',
            None,
            "auth_strategy of [api] is not set; the pipelines: 'a', 'b'",
        )

    def test_no_pipeline_at_all(self) -> None:
        self.refuse(
            '',
            None,
            'auth_strategy of [DEFAULT] is not set; the pipelines: none',
        )

    def test_a_value_that_oslo_config_refuses(self) -> None:
        opt = cfg.StrOpt('auth_strategy', choices=['keystone'])
        self.refuse(
            STRATEGIES,
            None,
            f'{self.directory}/service.conf, section [DEFAULT], option'
            " auth_strategy: Valid values are [keystone], but found 'noauth'",
            self.service('auth_strategy = noauth\n', opt),
        )

    def test_a_pipeline_that_is_empty(self) -> None:
        self.refuse('keystone =\n', 'keystone', 'the pipeline is empty')

    def test_a_filter_that_is_missing_is_that_of_the_pipeline(self) -> None:
        self.refuse(
            'noauth = nowhere api\nkeystone = token nowhere api\n',
            'keystone',
            "there is no filter 'nowhere'",
        )

    def test_an_application_that_is_missing(self) -> None:
        self.refuse(
            'noauth = nowhere\nkeystone = token nowhere\n',
            'keystone',
            "there is no application 'nowhere'",
        )

    def test_a_filter_that_fails_is_blamed_itself(self) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError, self.choose, 'keystone = broken api\n'
        )
        self.assertEqual(
            f'{self.path}, section [filter:broken]: ValueError: broken is no'
            ' good',
            str(error),
        )

    def test_a_pipeline_that_contains_itself(self) -> None:
        error = self.assertRaises(
            exceptions.PasteLoadError, self.choose, 'keystone = token main\n'
        )
        self.assertIn('refer to each other in a circle?', str(error))

    def test_an_option_of_the_section_that_is_unknown(self) -> None:
        self.refuse(
            STRATEGIES + 'oslo_config_colour = red\n',
            'oslo_config_colour',
            'there is no such option',
        )

    def test_a_default_that_is_missing(self) -> None:
        self.refuse(
            STRATEGIES + 'oslo_config_default = saml\n',
            'oslo_config_default',
            "there is no pipeline 'saml'",
        )

    def test_a_configuration_file_that_is_missing(self) -> None:
        self.refuse(
            STRATEGIES + 'oslo_config_file = /nowhere.conf\n',
            'oslo_config_file',
            'Failed to find some config files: /nowhere.conf',
        )

    def test_a_configuration_file_that_is_not_text(self) -> None:
        path = os.path.join(self.directory, 'own.conf')
        with open(path, 'wb') as file:
            file.write(b'# \xe4\n')
        self.refuse(
            STRATEGIES + f'oslo_config_file = {path}\n',
            'oslo_config_file',
            f"Failed to parse {path}: 'utf-8' codec can't decode byte 0xe4 in"
            ' position 2: invalid continuation byte',
        )

    def test_the_file_is_that_with_the_pipeline(self) -> None:
        text = pipelines.SECTION + STRATEGIES + pipelines.PARTS
        self.write('paste.ini', text)
        self.path = f'{self.directory}/paste.ini.d/50.ini'
        os.mkdir(os.path.dirname(self.path))
        self.write('paste.ini.d/50.ini', '[composite:main]\nkeystone = x\n')
        paste_loader = loader.Loader(self.service())
        error = self.assertRaises(
            exceptions.PasteLoadError, paste_loader.load_app, 'main'
        )
        self.assertEqual(
            f'{self.path}, section [composite:main], option keystone: there'
            " is no application 'x'",
            str(error),
        )
