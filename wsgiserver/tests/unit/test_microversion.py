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

"""The microversion of a request, as the code of an application has it."""

from typing import Any
from wsgiref.types import WSGIEnvironment

import webob
import webob.dec
import webob.exc

from wsgiserver import microversion
from wsgiserver.tests import base

Version = microversion.Version


def environ_with(
    version: str | None, experimental: bool = False
) -> WSGIEnvironment:
    """Make the environ of a request that passed the filter."""
    environ: WSGIEnvironment = webob.Request.blank('/').environ
    found = None if version is None else Version.parse(version)
    if found is not None:
        found.experimental = experimental
    environ[microversion.ENVIRON_KEY] = found
    return environ


def request_with(
    version: str | None, experimental: bool = False
) -> webob.Request:
    return webob.Request(environ_with(version, experimental))


@microversion.api_version('2.5', '2.9')
def show(req: webob.Request, name: str = 'x') -> str:
    """Show it."""
    return f'old {name}'


@show.api_version('2.10', '2.20')
def show_with_more(req: webob.Request, name: str = 'x') -> str:
    return f'new {name}'


class VersionTestCase(base.TestCase):
    def test_it_is_read_and_written_alike(self) -> None:
        for text in ('1.0', '2.15', '10.100'):
            version = Version.parse(text)
            self.assertEqual(text, str(version))
            self.assertEqual(
                [int(part) for part in text.split('.')], list(version)
            )

    def test_a_text_that_is_none_is_refused(self) -> None:
        for text in ('', '2', '2.', '02.1', '2.01', '0.1', 'latest', ' 2.1'):
            self.assertRaises(ValueError, Version.parse, text)
        for text in ('2.1\n', '2.\u0661', '+2.1', '2.1.1', '2.' + '1' * 5000):
            self.assertRaises(ValueError, Version.parse, text)

    def test_it_compares_by_number(self) -> None:
        self.assertLess(Version(2, 9), Version(2, 10))
        self.assertGreater(Version(3, 0), Version(2, 99))
        self.assertEqual(Version(2, 1), Version.parse('2.1'))
        self.assertEqual(Version(2, 1), (2, 1))
        self.assertLess(Version(2, 1), (2, 2))
        self.assertEqual(1, len({Version(2, 1), Version.parse('2.1')}))

    def test_a_range_has_both_its_ends(self) -> None:
        for low, high, expected in (
            ('2.5', '2.9', True),
            ('2.5', '2.5', True),
            ('2.6', '2.9', False),
            ('2.1', '2.4', False),
            (None, '2.5', True),
            (None, '2.4', False),
            ('2.5', None, True),
            ('2.6', None, False),
            (None, None, True),
            ((2, 5), Version(2, 5), True),
        ):
            self.assertIs(
                expected, Version(2, 5).matches(low, high), f'{low} {high}'
            )

    def test_a_range_has_to_be_readable(self) -> None:
        self.assertRaises(ValueError, Version(2, 5).matches, '2')
        self.assertRaises(ValueError, Version(2, 5).matches, None, 'latest')

    def test_it_is_not_experimental_by_itself(self) -> None:
        self.assertIs(False, Version(2, 5).experimental)


class OfTestCase(base.TestCase):
    def test_a_request_and_its_environ_are_as_good(self) -> None:
        request = request_with('2.5')
        self.assertEqual((2, 5), microversion.of(request))
        self.assertEqual((2, 5), microversion.of(request.environ))

    def test_an_api_without_microversions_has_none(self) -> None:
        self.assertIsNone(microversion.of(request_with(None)))

    def test_a_request_that_passed_no_filter_is_told_apart(self) -> None:
        self.assertRaises(
            LookupError, microversion.of, webob.Request.blank('/')
        )


class FunctionTestCase(base.TestCase):
    def test_the_range_of_the_request_decides(self) -> None:
        for version, answer in (
            ('2.5', 'old x'),
            ('2.9', 'old x'),
            ('2.10', 'new x'),
            ('2.20', 'new x'),
        ):
            self.assertEqual(answer, show(request_with(version)))

    def test_outside_all_ranges_there_is_nothing(self) -> None:
        for version in ('2.1', '2.4', '2.21', '3.0'):
            self.assertRaises(
                webob.exc.HTTPNotFound, show, request_with(version)
            )

    def test_the_status_of_that_may_be_another(self) -> None:
        @microversion.api_version('2.5', status=406)
        def only(req: webob.Request) -> None:
            """Never called."""

        self.assertRaises(
            webob.exc.HTTPNotAcceptable, only, request_with('2.4')
        )

    def test_a_status_that_is_no_error_is_refused_at_once(self) -> None:
        for status in (200, 302, 299, 600):
            self.assertRaises(
                ValueError, microversion.api_version, '2.5', status=status
            )

    def test_the_request_may_stand_anywhere(self) -> None:
        self.assertEqual('old y', show(request_with('2.5'), name='y'))
        self.assertEqual('new x', show(req=request_with('2.10')))
        self.assertEqual('new x', show(environ_with('2.10')))

    def test_a_call_needs_a_request(self) -> None:
        calls: tuple[tuple[Any, ...], ...] = ((), ('x',), ({},), (None, 1))
        for arguments in calls:
            self.assertRaises(TypeError, show, *arguments)

    def test_a_request_needs_to_have_passed_the_filter(self) -> None:
        self.assertRaises(LookupError, show, webob.Request.blank('/'))

    def test_an_api_without_microversions_gets_the_oldest(self) -> None:
        self.assertEqual('old x', show(request_with(None)))

    def test_all_names_of_it_are_the_same(self) -> None:
        self.assertIs(show, show_with_more)

    def test_it_looks_like_its_first_implementation(self) -> None:
        self.assertEqual('show', getattr(show, '__name__', None))
        self.assertEqual('Show it.', show.__doc__)
        self.assertEqual(__name__, show.__module__)

    def test_it_may_be_decorated_further(self) -> None:
        @webob.dec.wsgify
        @microversion.api_version('2.5')
        def app(req: webob.Request) -> str:
            return 'served'

        self.assertEqual('served', request_with('2.5').get_response(app).text)
        self.assertEqual(404, request_with('2.4').get_response(app).status_int)

    def test_ranges_may_be_declared_in_any_order(self) -> None:
        @microversion.api_version('2.10')
        def pick(req: webob.Request) -> str:
            return 'new'

        @pick.api_version('2.1', '2.9')
        def pick_old(req: webob.Request) -> str:
            return 'old'

        self.assertEqual('old', pick(request_with('2.9')))
        self.assertEqual('old', pick(request_with(None)))
        self.assertEqual('new', pick(request_with('2.10')))


class RangeTestCase(base.TestCase):
    def test_ranges_that_overlap_are_refused(self) -> None:
        for first, second in (
            (('2.5', '2.9'), ('2.9', '2.10')),
            (('2.5', '2.9'), ('2.1', '2.5')),
            (('2.5', '2.9'), ('2.6', '2.7')),
            (('2.5', '2.9'), ('2.1', None)),
            (('2.5', None), ('2.9', None)),
            (('2.5', None), ('2.1', '2.5')),
        ):
            chosen = microversion.api_version(*first)(len)
            error = self.assertRaises(
                ValueError, chosen.api_version(*second), max
            )
            self.assertIn('max', str(error))

    def test_ranges_that_touch_are_not(self) -> None:
        chosen = microversion.api_version('2.5', '2.9')(len)
        for bounds in (('2.10', None), ('2.1', '2.4')):
            self.assertIs(chosen, chosen.api_version(*bounds)(max))

    def test_a_range_needs_versions_and_an_order(self) -> None:
        for bounds in (('2.9', '2.5'), ('2',), ('2.1', 'latest'), ('',)):
            self.assertRaises(ValueError, microversion.api_version, *bounds)


class ExperimentalTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()

        @microversion.api_version('2.5', '2.9', experimental=True)
        def pick(req: webob.Request) -> str:
            return 'tried'

        @pick.api_version('2.10')
        def pick_new(req: webob.Request) -> str:
            return 'new'

        self.pick = pick

    def test_it_is_for_those_who_ask(self) -> None:
        self.assertEqual('tried', self.pick(request_with('2.5', True)))
        self.assertRaises(
            webob.exc.HTTPNotFound, self.pick, request_with('2.5')
        )

    def test_those_who_ask_get_the_rest_as_well(self) -> None:
        self.assertEqual('new', self.pick(request_with('2.10', True)))

    def test_an_api_without_microversions_gets_what_is_not(self) -> None:
        self.assertEqual('new', self.pick(request_with(None)))


class Servers:
    """Has a method of each kind."""

    name = 'servers'

    @microversion.api_version('2.1', '2.4')
    def index(self, req: webob.Request, limit: int = 0) -> Any:
        """List them."""
        return self.name, 'old', limit

    @index.api_version('2.5')  # type: ignore[no-redef]  # it is the same
    def index(self, req: webob.Request, limit: int = 0) -> Any:  # noqa: F811
        return self.name, 'new', limit

    @classmethod
    @microversion.api_version('2.1')
    def of_class(cls, req: webob.Request) -> Any:
        return cls.name

    @staticmethod
    @microversion.api_version('2.1')
    def of_none(req: webob.Request) -> Any:
        return 'static'


class Derived(Servers):
    name = 'derived'

    @microversion.api_version('2.3')
    def index(self, req: webob.Request, limit: int = 0) -> Any:
        return super().index(req, limit=limit + 1)


class MethodTestCase(base.TestCase):
    def test_it_is_called_with_the_instance(self) -> None:
        servers = Servers()
        self.assertEqual(
            ('servers', 'old', 0), servers.index(request_with('2.4'))
        )
        self.assertEqual(
            ('servers', 'new', 3), servers.index(request_with('2.5'), limit=3)
        )

    def test_it_may_be_called_by_way_of_the_class(self) -> None:
        self.assertEqual(
            ('servers', 'new', 0),
            Servers.index(Servers(), request_with('2.5')),
        )

    def test_a_class_that_derives_has_its_own_ranges(self) -> None:
        derived = Derived()
        self.assertEqual(
            ('derived', 'old', 1), derived.index(request_with('2.4'))
        )
        self.assertRaises(
            webob.exc.HTTPNotFound, derived.index, request_with('2.1')
        )
        self.assertEqual(
            ('servers', 'old', 0), Servers().index(request_with('2.1'))
        )

    def test_methods_of_the_class_and_static_ones_work_too(self) -> None:
        for owner in (Derived, Derived()):
            self.assertEqual('derived', owner.of_class(request_with('2.1')))
            self.assertEqual('static', owner.of_none(request_with('2.1')))

    def test_a_bound_one_looks_like_a_method(self) -> None:
        bound = Servers().index
        self.assertEqual('index', bound.__name__)
        self.assertEqual('List them.', bound.__doc__)
        self.assertIsInstance(bound.__self__, Servers)

    def test_the_request_is_found_though_the_instance_has_an_environ(
        self,
    ) -> None:
        class Controller:
            environ = 'production'

            @microversion.api_version('2.1')
            def index(self, req: webob.Request) -> str:
                return self.environ

        self.assertEqual('production', Controller().index(request_with('2.1')))
