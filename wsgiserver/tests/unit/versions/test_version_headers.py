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

"""What responses say of the versions, however they come about."""

from collections.abc import Callable
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment
from wsgiref import validate


from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes

OPTIONS = {
    'versions': 'v2.1 min=2.1 max=2.96 v1 DEPRECATED',
    'service_type': 'compute',
    'response_headers': 'OpenStack-API-Version: compute {version}',
}

NAME = 'OpenStack-API-Version'


def make(
    app: WSGIApplication, **options: str
) -> middleware.VersionNegotiationFilter:
    return middleware.VersionNegotiationFilter(app, **{**OPTIONS, **options})


def answering(
    *headers: tuple[str, str], status: str = '200 OK'
) -> WSGIApplication:
    def app(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> list[bytes]:
        start_response(status, list(headers))
        return [b'hello']

    return app


def vary_of(app: WSGIApplication, path: str = '/v2/x') -> list[str]:
    return fakes.fetch(app, path).headers.getall('Vary')


class FieldsTestCase(base.TestCase):
    def test_every_status_is_told_the_version(self) -> None:
        for status in ('200 OK', '204 No', '302 Found', '404 No', '503 No'):
            app = make(answering(status=status))
            response = fakes.fetch(app, '/v2/x')
            self.assertEqual('compute 2.1', response.headers[NAME])
            self.assertEqual([NAME], response.headers.getall('Vary'))

    def test_so_is_a_generator(self) -> None:
        response = fakes.fetch(make(fakes.generator_app), '/v2/x')
        self.assertEqual('compute 2.1', response.headers[NAME])
        self.assertEqual(b'onetwo', response.body)

    def test_what_was_asked_for_is_said(self) -> None:
        for asked, said in (('2.40', '2.40'), ('latest', '2.96')):
            response = fakes.fetch(
                make(fakes.App()),
                '/v2/x',
                headers={NAME: f'compute {asked}'},
            )
            self.assertEqual(f'compute {said}', response.headers[NAME])

    def test_a_refusal_does_not_say_what_there_is_not(self) -> None:
        app = make(
            fakes.App(),
            response_headers='X-V: {version}\nX-Range: {min_version} '
            '{max_version}\nX-Fixed: 1',
        )
        for asked, status in (('9.9', 406), ('x', 400)):
            response = fakes.fetch(
                app, '/v2/x', headers={NAME: f'compute {asked}'}
            )
            self.assertEqual(status, response.status_int)
            self.assertNotIn('X-V', response.headers)
            self.assertEqual('2.1 2.96', response.headers['X-Range'])
            self.assertEqual('1', response.headers['X-Fixed'])
            self.assertEqual(NAME, response.headers['Vary'])

    def test_a_field_of_the_application_is_kept(self) -> None:
        app = make(answering((NAME.lower(), 'mine')))
        self.assertEqual(
            ['mine'], fakes.fetch(app, '/v2/x').headers.getall(NAME)
        )

    def test_a_version_without_microversions_is_left_alone(self) -> None:
        start = fakes.Start()
        list(make(fakes.App())(fakes.environ_of('/v1/x'), start))
        self.assertEqual({'X-App': 'yes'}, start.headers)

    def test_the_list_of_the_application_is_not_changed(self) -> None:
        headers = [('X-App', 'yes')]

        def app(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> list[bytes]:
            start_response('200 OK', headers)
            return []

        list(make(app)(fakes.environ_of('/v2/x'), fakes.Start()))
        self.assertEqual([('X-App', 'yes')], headers)

    def test_pep_3333_is_kept_on_both_sides(self) -> None:
        for app in (
            answering(('Content-Type', 'text/plain')),
            fakes.Failing(ValueError(), early=False),
        ):
            checked = validate.validator(make(validate.validator(app)))
            environ = fakes.environ_of('/v2/x')
            body = checked(environ, fakes.Start())
            self.assertIn(b'e', b''.join(body))
            close: Callable[[], None] = getattr(body, 'close')  # noqa: B009
            close()


class ExperimentalTestCase(base.TestCase):
    def test_it_is_said_where_it_was_asked_for(self) -> None:
        app = make(fakes.App(), experimental_header='X-Experimental')
        for value, said in (('True', 'True'), ('1', 'True'), ('no', None)):
            response = fakes.fetch(
                app, '/v2/x', headers={'X-Experimental': value}
            )
            self.assertEqual(said, response.headers.get('X-Experimental'))
            self.assertIn('X-Experimental', response.headers['Vary'])


class VaryTestCase(base.TestCase):
    def test_it_is_appended_to(self) -> None:
        for there, added in (
            ((), [NAME]),
            (('Accept',), [NAME]),
            (('Accept, Origin', 'Cookie'), [NAME]),
            (('',), [NAME]),
            ((f'Accept,{NAME.upper()}',), []),
            (('Accept', NAME), []),
            (('*',), []),
            (('Accept', ' * '), []),
        ):
            app = make(answering(*(('vary', value) for value in there)))
            found = [value.strip() for value in vary_of(app)]
            self.assertEqual([v.strip() for v in there] + added, found)

    def test_all_that_a_request_is_read_for_is_named(self) -> None:
        app = make(
            fakes.App(),
            selectors='path parameter',
            legacy_headers='X-Legacy',
            experimental_header='X-Experimental',
        )
        self.assertEqual(
            [f'{NAME}, X-Legacy, X-Experimental, Accept, Content-Type'],
            vary_of(app),
        )

    def test_what_names_the_version_is_named_without_microversions(
        self,
    ) -> None:
        app = make(fakes.App(), media_type='application/vnd.x-')
        for path in ('/v1/x', '/v9', '/versions'):
            varied = ','.join(vary_of(app, path))
            self.assertIn('Accept', varied, path)
            self.assertNotIn(NAME, varied, path)
        self.assertEqual([f'{NAME}, Accept'], vary_of(app))

    def test_it_may_be_chosen(self) -> None:
        app = make(fakes.App(), vary='X-One X-Two')
        self.assertEqual(['X-One, X-Two'], vary_of(app))
        self.assertEqual([], vary_of(make(fakes.App(), vary='none')))


class CrossOriginTestCase(base.TestCase):
    ALLOW = ('Access-Control-Allow-Origin', '*')
    EXPOSE = 'Access-Control-Expose-Headers'

    def exposed(self, *headers: tuple[str, str], **options: str) -> list[str]:
        app = make(answering(*headers), **options)
        return fakes.fetch(app, '/v2/x').headers.getall(self.EXPOSE)

    def test_scripts_may_read_the_fields(self) -> None:
        self.assertEqual([NAME], self.exposed(self.ALLOW))

    def test_those_that_they_may_read_already_are_kept(self) -> None:
        self.assertEqual(
            ['X-Mine', NAME],
            self.exposed(self.ALLOW, (self.EXPOSE, 'X-Mine')),
        )
        self.assertEqual(
            [NAME.lower()],
            self.exposed(self.ALLOW, (self.EXPOSE, NAME.lower())),
        )

    def test_a_response_that_no_script_may_read_is_left_alone(self) -> None:
        self.assertEqual([], self.exposed())

    def test_it_can_be_switched_off(self) -> None:
        self.assertEqual([], self.exposed(self.ALLOW, expose_headers='false'))
