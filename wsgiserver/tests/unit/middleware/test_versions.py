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

"""The filter that finds out which version of an API a request is for."""

from collections.abc import Iterable
from collections.abc import Mapping
import contextlib
import os
import threading
from typing import Any
from wsgiref.types import StartResponse
from wsgiref.types import WSGIApplication
from wsgiref.types import WSGIEnvironment
from wsgiref import validate

import fixtures
from paste import deploy
import webob
import webob.dec

from wsgiserver import middleware
from wsgiserver.middleware import document
from wsgiserver.tests import base
from wsgiserver.tests import conditions
from wsgiserver.tests.unit.middleware import fakes

MEDIA_TYPE = 'application/vnd.openstack.images-'


def echo(
    environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    """Tell which path and which version the application sees."""
    text = f'{environ["PATH_INFO"]} {environ["api.version"]!r}'
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text.encode('latin-1')]


def make(**options: str) -> middleware.VersionNegotiationFilter:
    options = {
        'versions': 'v2.0 v2.1 v3.0',
        'media_type': MEDIA_TYPE,
        **options,
    }
    return middleware.VersionNegotiationFilter.factory({}, **options)(echo)


class NegotiationCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.app: WSGIApplication = make()

    def assert_seen(self, expected: str, path: str, **kwargs: Any) -> None:
        response = fakes.fetch(self.app, path, **kwargs)
        self.assertEqual(200, response.status_int)
        self.assertEqual(expected, response.text)

    def assert_list(self, status: int, path: str, **kwargs: Any) -> None:
        response = fakes.fetch(self.app, path, **kwargs)
        self.assertEqual(status, response.status_int)
        self.assertEqual(
            ['v2.0', 'v2.1', 'v3.0'],
            [version['id'] for version in response.json['versions']],
        )


class PathTestCase(NegotiationCase):
    def test_the_path_is_rewritten_to_the_major_version(self) -> None:
        self.assert_seen('/v2/images 2', '/v2.1/images')
        self.assert_seen('/v2/images 2', '/v2.0/images')
        self.assert_seen('/v3/images 3', '/v3.0/images')

    def test_a_major_version_alone_is_known(self) -> None:
        self.assert_seen('/v2/images 2', '/v2/images')

    def test_nothing_need_follow_the_version(self) -> None:
        self.assert_seen('/v2 2', '/v2.1')
        self.assert_seen('/v2/ 2', '/v2.1/')

    def test_slashes_ahead_of_the_version_are_dropped(self) -> None:
        self.assert_seen(
            '/v2/images/ 2', '/', environ={'PATH_INFO': '//v2.1/images/'}
        )

    def test_where_the_api_is_mounted_stays_as_it_is(self) -> None:
        environ = fakes.environ_of('/v2/x', base_url='http://host/image')
        list(self.app(environ, fakes.Start()))
        self.assertEqual('/image', environ['SCRIPT_NAME'])

    def test_the_rest_of_the_path_keeps_its_octets(self) -> None:
        self.assert_seen('/v2/\u20ac 2', '/v2.1/%E2%82%AC')

    def test_a_path_without_a_version_gets_the_choices(self) -> None:
        for path in ('/', '/images', '/x/v2'):
            self.assert_list(300, path)

    def test_an_empty_path_gets_the_choices(self) -> None:
        self.assert_list(300, '/', environ={'PATH_INFO': ''})

    def test_an_environ_without_a_path_gets_the_choices(self) -> None:
        environ = fakes.environ_of()
        del environ['PATH_INFO']
        start = fakes.Start()
        self.app(environ, start)
        self.assertEqual('300 Multiple Choices', start.status)

    def test_an_unknown_version_gets_the_choices(self) -> None:
        for version in ('v1', 'v2.2', 'v2.', 'v2.0.0', 'V2', 'v02', '2'):
            self.assert_list(300, f'/{version}/images')

    def test_versions_gets_the_list(self) -> None:
        for path in ('/versions', '/versions/'):
            self.assert_list(200, path)

    def test_head_gets_the_status_and_the_length(self) -> None:
        for path, status in (('/', 300), ('/versions', 200), ('/v9', 300)):
            whole = fakes.fetch(self.app, path)
            response = fakes.fetch(self.app, path, method='HEAD')
            self.assertEqual(status, response.status_int)
            self.assertEqual(b'', response.body)
            self.assertEqual(len(whole.body), response.content_length)

    def test_documents_are_read_alone(self) -> None:
        for path in ('/', '/versions'):
            for method in ('POST', 'DELETE'):
                response = fakes.fetch(self.app, path, method=method)
                self.assertEqual(405, response.status_int)
                self.assertEqual(
                    'GET, HEAD, OPTIONS', response.headers['Allow']
                )

    def test_options_tells_how_to_read_them(self) -> None:
        response = fakes.fetch(self.app, '/', method='OPTIONS')
        self.assertEqual(204, response.status_int)
        self.assertEqual('GET, HEAD, OPTIONS', response.headers['Allow'])

    def test_documents_may_be_had_with_any_method(self) -> None:
        self.app = make(document_methods='any')
        for method in ('POST', 'OPTIONS', 'DELETE'):
            self.assert_list(300, '/', method=method)

    def test_a_path_that_is_not_utf_8_is_refused(self) -> None:
        for path in ('/\xff', '/v2/\xe2\x82', '/versions/\xc0\xaf'):
            environ = {'PATH_INFO': path}
            response = fakes.fetch(self.app, '/', environ=environ)
            self.assertEqual(400, response.status_int)

    def test_a_path_that_was_decoded_already_is_refused(self) -> None:
        environ = {'PATH_INFO': '/v2/\u20ac'}
        response = fakes.fetch(self.app, '/', environ=environ)
        self.assertEqual(400, response.status_int)

    def test_pep_3333_is_kept_on_both_sides(self) -> None:
        app = validate.validator(make())
        for path in ('/', '/versions', '/v9'):
            self.assertIn(b'v2.1', fakes.fetch(app, path).body)


class MediaTypeTestCase(NegotiationCase):
    def test_the_version_goes_ahead_of_the_path(self) -> None:
        self.assert_seen('/v2/images 2', '/images', accept=f'{MEDIA_TYPE}v2.1')

    def test_the_path_may_be_empty(self) -> None:
        accept = {'HTTP_ACCEPT': f'{MEDIA_TYPE}v3'}
        self.assert_seen('/v3 3', '/', environ={'PATH_INFO': '', **accept})

    def test_parameters_and_further_types_do_not_count(self) -> None:
        for rest in (';q=0.5', ' ; q=1', ', application/json', ',*/*;q=0.1'):
            self.assert_seen(
                '/v2/images 2', '/images', accept=f'{MEDIA_TYPE}v2{rest}'
            )

    def test_case_does_not_count(self) -> None:
        accept = f'{MEDIA_TYPE}v2.1'.upper()
        self.assert_seen('/v2/images 2', '/images', accept=accept)

    def test_an_unknown_version_gets_the_choices(self) -> None:
        for version in ('v1', '', 'v2+json', '2.1', 'v2.1.1'):
            self.assert_list(300, '/images', accept=f'{MEDIA_TYPE}{version}')

    def test_another_type_leaves_it_to_the_path(self) -> None:
        for accept in ('application/json', f'*/*, {MEDIA_TYPE}v3'):
            self.assert_seen('/v2/images 2', '/v2.1/images', accept=accept)

    def test_a_malformed_header_leaves_it_to_the_path(self) -> None:
        for accept in ('', ',', ';;', 'a/b/c', '\xff', '\x00', '=,"', '/'):
            environ = {'HTTP_ACCEPT': accept}
            self.assert_seen('/v2/x 2', '/v2/x', environ=environ)
            self.assert_list(300, '/x', environ=environ)

    def test_versions_is_the_list_nevertheless(self) -> None:
        self.assert_list(200, '/versions', accept=f'{MEDIA_TYPE}v2')

    def test_without_the_option_the_header_has_no_meaning(self) -> None:
        self.app = make(media_type='')
        self.assert_seen('/v3/x 3', '/v3/x', accept=f'{MEDIA_TYPE}v2')
        self.assert_list(300, '/x', accept=f'{MEDIA_TYPE}v2')


class OptionsTestCase(base.TestCase):
    def _refused(self, option: str, **options: str) -> str:
        exc = self.assertRaises(middleware.InvalidOption, make, **options)
        self.assertEqual(option, exc.option)
        self.assertEqual('VersionNegotiationFilter', exc.owner)
        return str(exc)

    def test_it_needs_versions(self) -> None:
        self._refused('versions', versions='')

    def test_it_names_what_is_wrong_with_the_versions(self) -> None:
        self.assertIn("'2.1'", self._refused('versions', versions='v2.0 2.1'))

    def test_what_is_wrong_with_them_is_no_fault_of_the_default(self) -> None:
        text = self._refused(
            'versions', versions='v2.0 2.1', default_version='v2.0'
        )
        self.assertIn("'2.1'", text)

    def test_it_wants_a_url_for_the_public_endpoint(self) -> None:
        for url in ('host', 'host:9292', '/image', 'ftp://host', 'http:'):
            self.assertIn(
                url, self._refused('public_endpoint', public_endpoint=url)
            )

    def test_an_unreadable_url_is_refused_as_well(self) -> None:
        self._refused('public_endpoint', public_endpoint='http://[::1')

    def test_it_refuses_an_option_that_it_does_not_know(self) -> None:
        self._refused('version', version='v2')

    def test_links_begin_with_the_public_endpoint(self) -> None:
        app = make(versions='v2', public_endpoint='https://public/image')
        [version] = fakes.fetch(app).json['versions']
        self.assertEqual(
            [{'rel': 'self', 'href': 'https://public/image/v2/'}],
            version['links'],
        )

    def test_a_paste_file_is_enough(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'p.ini')
        with open(path, 'w') as ini:
            ini.write(PASTE)
        app = deploy.loadapp(f'config:{path}')
        self.assertEqual('/v2/x 2', fakes.fetch(app, '/v2.1/x').text)
        self.assertEqual(
            '/v2/x 2',
            fakes.fetch(app, '/x', accept=f'{MEDIA_TYPE}v2.0').text,
        )
        self.assertEqual(
            [('v2.1', 'CURRENT'), ('v2.0', 'DEPRECATED')],
            [
                (version['id'], version['status'])
                for version in fakes.fetch(app).json['versions']
            ],
        )


PASTE = f"""
[pipeline:main]
pipeline = version_negotiation echo

[filter:version_negotiation]
paste.filter_factory = wsgiserver.middleware:VersionNegotiationFilter.factory
versions =
    v2.1
    v2.0 DEPRECATED
media_type = {MEDIA_TYPE}

[app:echo]
paste.app_factory = {__name__}:echo_factory
"""


def echo_factory(global_conf: Mapping[str, str]) -> WSGIApplication:
    return echo


class Controller:
    """A version controller in the manner of a service's own."""

    def index(
        self, req: webob.Request, explicit: bool = False
    ) -> webob.Response:
        return webob.Response(status=200 if explicit else 300, text='mine')

    @webob.dec.wsgify
    def __call__(self, req: webob.Request) -> webob.Response:
        return self.index(req)


class ImagesFilter(middleware.VersionNegotiationFilter):
    """Sets and overrides what glance's filter does."""

    def __init__(self, app: WSGIApplication) -> None:
        self.asked = 0
        self.versions_app = Controller()
        self.allowed_versions = None
        self.vnd_mime_type = MEDIA_TYPE
        super().__init__(app)

    def _get_allowed_versions(self) -> Mapping[str, int]:
        self.asked += 1
        return {'v2': 2, 'v2.7': 2}


class SubclassTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.meeting = threading.Barrier(2)

    def test_what_it_sets_ahead_of_the_constructor_is_kept(self) -> None:
        app = ImagesFilter.factory({})(echo)
        self.assertEqual('mine', fakes.fetch(app, '/v2.1').text)
        self.assertEqual(300, fakes.fetch(app, '/v2.1').status_int)
        self.assertEqual(200, fakes.fetch(app, '/versions').status_int)
        self.assertEqual(
            '/v2/x 2', fakes.fetch(app, '/x', accept=f'{MEDIA_TYPE}v2.7').text
        )

    def test_it_is_asked_once_for_the_allowed_versions(self) -> None:
        app = ImagesFilter(echo)
        for _attempt in range(2):
            self.assertEqual('/v2/x 2', fakes.fetch(app, '/v2.7/x').text)
        self.assertEqual(1, app.asked)

    def meet(self) -> None:
        """Wait for another thread, which is not to come here."""
        with contextlib.suppress(threading.BrokenBarrierError):
            self.meeting.wait(0.3)

    def check_once(self, app: Any, path: str) -> None:
        """Have many threads make the first request at once."""
        texts: list[str] = []
        threads = [
            threading.Thread(
                target=lambda: texts.append(fakes.fetch(app, path).text)
            )
            for _turn in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(conditions.PATIENCE)
        self.assertEqual(1, len(set(texts)))
        self.assertEqual(8, len(texts))
        self.assertEqual(1, app.asked)

    def test_many_threads_ask_once_for_the_allowed_versions(self) -> None:
        meet = self.meet

        class Slow(ImagesFilter):
            def _get_allowed_versions(self) -> Mapping[str, int]:
                meet()
                return super()._get_allowed_versions()

        self.check_once(Slow(echo), '/v2.7/x')

    def test_many_threads_ask_once_for_the_versions(self) -> None:
        meet = self.meet

        class Slow(middleware.VersionNegotiationFilter):
            asked = 0

            def _get_versions(self) -> Iterable[document.Version]:
                self.asked += 1
                meet()
                return (document.Version('v2'),)

        self.check_once(Slow(echo), '/v2/x')

    def test_it_may_match_a_version_by_a_rule_of_its_own(self) -> None:
        class Anything(ImagesFilter):
            def _match_version_string(self, subject: str | None) -> int:
                if not subject:
                    raise ValueError(subject)
                return len(subject)

        app = Anything(echo)
        self.assertEqual('/v3/x 3', fakes.fetch(app, '/abc/x').text)
        self.assertEqual('mine', fakes.fetch(app, '/').text)

    def test_it_may_find_the_version_elsewhere_in_the_path(self) -> None:
        class Second(ImagesFilter):
            def _pop_path_info(self, req: webob.Request) -> str | None:
                image, _slash, version = req.path_info.rpartition('/')
                req.path_info = image
                return version

        app = Second(echo)
        self.assertEqual('/v2/x 2', fakes.fetch(app, '/x/v2.7').text)

    def test_it_may_have_a_table_that_changes(self) -> None:
        class Changing(middleware.VersionNegotiationFilter):
            def _get_versions(self) -> Iterable[document.Version]:
                return [document.Version('v7.1', 'CURRENT')]

        app = Changing(echo)
        self.assertEqual('/v7/x 7', fakes.fetch(app, '/v7.1/x').text)
        [version] = fakes.fetch(app).json['versions']
        self.assertEqual('v7.1', version['id'])

    def test_an_option_goes_before_what_it_sets(self) -> None:
        class Set(middleware.VersionNegotiationFilter):
            vnd_mime_type = 'application/other-'
            versions_app = Controller()

        app = Set(echo, versions='v2.1', media_type=MEDIA_TYPE)
        [version] = fakes.fetch(app).json['versions']
        self.assertEqual('v2.1', version['id'])
        accept = f'{MEDIA_TYPE}v2.1'
        self.assertEqual('/v2/x 2', fakes.fetch(app, '/x', accept=accept).text)
