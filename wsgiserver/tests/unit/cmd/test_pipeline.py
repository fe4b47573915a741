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


"""What ``--show-pipeline`` shows."""

import textwrap

from oslo_config import cfg

from wsgiserver import _config
from wsgiserver.cmd import _pipeline
from wsgiserver import exceptions
from wsgiserver.tests.unit import paste_files

#: Filters and applications that the pipelines below are made of.
PARTS = """
[filter:first]
paste.filter_factory = paste_parts:filter_factory
colour = blue
admin_password = not for everybody

[filter:second]
use = egg:os-wsgiserver#debug

[app:service]
paste.app_factory = paste_parts:app_factory
text = a text
    of two lines

[app:other]
use = egg:os-wsgiserver#hello
"""

FIRST = """\
filter first: paste_parts:filter_factory
  colour = blue
  admin_password = ***
"""

SECOND = 'filter second: egg:os-wsgiserver#debug\n'

SERVICE = """\
application service: paste_parts:app_factory
  text = a text of two lines
"""

OTHER = 'application other: egg:os-wsgiserver#hello\n'


#: A composite of somebody else.
PARTED = 'paste.composite_factory = paste_parts:composite_factory'


def below(text: str, depth: int = 1) -> str:
    """Indent a part."""
    return textwrap.indent(text, '  ' * depth)


class TestLines(paste_files.LoaderCase):
    def conf(self, text: str = '') -> cfg.ConfigOpts:
        """Make a configuration."""
        path = self.write('service.conf', f'[DEFAULT]\n{text}')
        conf = cfg.ConfigOpts()
        _config.register_opts(conf)
        conf(['--config-file', path], default_config_dirs=[])
        return conf

    def show(self, text: str, name: str = 'main', conf: str = '') -> str:
        """Show an application of a file, but for the first line."""
        self.path = self.write('paste.ini', text + PARTS)
        first, *rest = _pipeline.lines(self.path, name, self.conf(conf))
        self.assertEqual(f'{name} of {self.path}', first)
        return textwrap.dedent('\n'.join(rest)) + '\n'

    def test_filters_are_shown_in_their_order(self) -> None:
        text = '[pipeline:main]\npipeline = second first service\n'
        self.assertEqual(SECOND + FIRST + SERVICE, self.show(text))

    def test_another_application_can_be_named(self) -> None:
        self.assertEqual(SERVICE, self.show('', 'service'))

    def test_a_composite_has_its_routes(self) -> None:
        text = (
            '[composite:main]\nuse = egg:os-wsgiserver#urlmap\n'
            '/v2 = api\n/ = other\n'
            '[pipeline:api]\npipeline = first service\n'
        )
        self.assertEqual(
            'composite main: egg:os-wsgiserver#urlmap\n'
            f'  /v2\n{below(FIRST + SERVICE, 2)}'
            f'  /\n{below(OTHER, 2)}',
            self.show(text),
        )

    def test_the_pipeline_that_is_chosen_is_marked(self) -> None:
        text = (
            '[composite:main]\nuse = egg:os-wsgiserver#pipeline\n'
            'noauth = service\nkeystone = first service\n'
        )
        for chosen in ('noauth', 'keystone'):
            marks = {'noauth': '', 'keystone': ''}
            marks[chosen] = '  (chosen by the configuration)'
            self.assertEqual(
                'composite main: egg:os-wsgiserver#pipeline\n'
                f'  noauth{marks["noauth"]}\n{below(SERVICE, 2)}'
                f'  keystone{marks["keystone"]}\n{below(FIRST + SERVICE, 2)}',
                self.show(text, conf=f'auth_strategy = {chosen}\n'),
            )

    def test_what_names_no_section_is_an_option(self) -> None:
        text = (
            '[composite:main]\n'
            'paste.composite_factory = paste_parts:composite_factory\n'
            '/ = other\nlimit = 17\nempty =\n'
        )
        self.assertEqual(
            'composite main: paste_parts:composite_factory\n'
            f'  limit = 17\n  empty =\n  /\n{below(OTHER, 2)}',
            self.show(text),
        )

    def test_a_composite_may_refer_to_itself(self) -> None:
        text = (
            '[composite:main]\nuse = egg:os-wsgiserver#urlmap\n'
            '/ = other\n/again = main\n'
        )
        again = 'composite main: egg:os-wsgiserver#urlmap\n'
        self.assertEqual(
            f'{again}  /\n{below(OTHER, 2)}  /again\n'
            f'{below(again, 2)}      / = other\n      /again = main\n',
            self.show(text),
        )

    def test_filters_may_be_put_before_an_application_otherwise(self) -> None:
        text = '[app:main]\nuse = other\nfilter-with = first\n'
        self.assertEqual(
            FIRST + OTHER.replace('other', 'main'), self.show(text)
        )
        text = '[filter-app:main]\nuse = first\ncolour = red\nnext = service\n'
        self.assertEqual(
            FIRST.replace('first', 'main').replace('blue', 'red') + SERVICE,
            self.show(text),
        )

    def test_an_egg_may_be_served_as_it_is(self) -> None:
        self.assertEqual(
            'application egg:os-wsgiserver#hello\n',
            self.show('', 'egg:os-wsgiserver#hello'),
        )

    def broken(self, text: str, conf: str = '') -> tuple[list[str], str]:
        """Show one that can't be loaded; returns the lines and the error."""
        path = self.write('paste.ini', text + PARTS)
        shown: list[str] = []

        def show() -> None:
            for line in _pipeline.lines(path, 'main', self.conf(conf)):
                shown.append(line)  # noqa: PERF402 - one at a time

        error = self.assertRaises(exceptions.PasteLoadError, show)
        return shown[1:], str(error).removeprefix(path)

    def test_what_a_composite_has_and_cannot_be_imported_is_an_error(
        self,
    ) -> None:
        broken = '[app:broken]\npaste.app_factory = no_such_module:app\n'
        place = ', section [app:broken], option paste.app_factory'
        for value in ('broken', 'first broken'):
            lines, error = self.broken(
                '[composite:main]\nuse = egg:os-wsgiserver#urlmap\n'
                f'/v2 = {value}\n/ = other\n{broken}'
            )
            self.assertEqual(
                f"{place}: No module named 'no_such_module'", error
            )
            self.assertEqual(
                [
                    '  composite main: egg:os-wsgiserver#urlmap',
                    '    /v2',
                    f'      error: {self.directory}/paste.ini{error}',
                    '    /',
                    '      application other: egg:os-wsgiserver#hello',
                ],
                lines,
            )

    def test_so_is_what_a_composite_has_and_nobody_else(self) -> None:
        for composite in ('use = egg:os-wsgiserver#urlmap', PARTED):
            for value, cause in (
                ('nowhere', "there is no application 'nowhere'"),
                ('nowhere other', "there is no filter 'nowhere'"),
                ('egg:no-such', 'No package metadata was found for no-such'),
                ('call:no_such:x', "No module named 'no_such'"),
            ):
                _lines, error = self.broken(
                    f'[composite:main]\n{composite}\n/v2 = {value}\n'
                )
                self.assertEqual(
                    f', section [composite:main], option /v2: {cause}', error
                )

    def test_a_pipeline_that_is_not_chosen_may_be_broken(self) -> None:
        text = (
            '[composite:main]\nuse = egg:os-wsgiserver#pipeline\n'
            'noauth = nowhere other\nkeystone = other\n'
        )
        error = "option noauth: there is no filter 'nowhere'\n"
        self.assertIn(
            error, self.show(text, conf='auth_strategy = keystone\n')
        )
        _lines, said = self.broken(text, conf='auth_strategy = noauth\n')
        self.assertIn(error.strip(), said)

    def test_an_url_among_the_options_of_a_composite_is_one(self) -> None:
        text = (
            f'[composite:main]\n{PARTED}\n'
            'a = http://localhost\nb = no such app\n'
        )
        self.assertIn('a = http://localhost\n  b = no such', self.show(text))

    def test_what_is_missing_is_said(self) -> None:
        self.assertRaises(
            exceptions.PasteAppNotFound, self.show, '', 'nothing'
        )
        error = self.assertRaises(
            exceptions.PasteLoadError,
            self.show,
            '[pipeline:main]\npipeline = third service\n',
        )
        self.assertIn("there is no filter 'third'", str(error))

    def test_one_way_is_summed_up_in_a_line(self) -> None:
        path = self.write(
            'paste.ini',
            '[pipeline:main]\npipeline = second first service\n'
            '[composite:several]\nuse = egg:os-wsgiserver#urlmap\n'
            '/ = service\n' + PARTS,
        )
        for name, expected in (
            ('main', 'second first service'),
            ('several', ''),
            ('service', ''),
        ):
            found = _pipeline.summary(path, name, self.conf())
            self.assertEqual(expected, found)
