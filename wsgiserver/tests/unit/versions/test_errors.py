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

"""The bodies of what is refused, in each of the forms."""

from typing import Any

import webob

from wsgiserver import middleware
from wsgiserver.tests import base
from wsgiserver.tests.unit.middleware import fakes
from wsgiserver.tests.unit import scenarios

OPTIONS = {
    'versions': 'v2 min=2.1 max=2.9',
    'service_type': 'compute',
    'unknown_version': '404',
    'error_code': 'compute',
}

#: What is refused, with the status and the code of the API SIG's form.
REFUSED: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (404, 'version-not-found', {'path': '/v9'}),
    (400, 'path-not-utf-8', {'environ': {'PATH_INFO': '/\xff'}}),
    (405, 'method-not-allowed', {'path': '/', 'method': 'PUT'}),
    (
        400,
        'microversion-malformed',
        {'path': '/v2', 'headers': {'OpenStack-API-Version': 'compute 2'}},
    ),
    (
        406,
        'microversion-unsupported',
        {'path': '/v2', 'headers': {'OpenStack-API-Version': 'compute 3.0'}},
    ),
    (500, 'internal-error', {'path': '/v2'}),
)

FAULTS = {400: 'badRequest', 404: 'itemNotFound', 405: 'badMethod'}


def failing_app(*_args: object) -> list[bytes]:
    raise LookupError


class ErrorCase(base.TestCase):
    def answers(
        self, environ: dict[str, str] | None = None, **options: str
    ) -> list[tuple[int, str, webob.Response]]:
        """Get all that is refused.

        :returns: the status and the code that it should have, and how it
            was answered.
        """
        negotiating = middleware.VersionNegotiationFilter(
            failing_app,
            catch_exceptions='true',
            **{**OPTIONS, **options},
        )
        found = []
        for status, code, request in REFUSED:
            kwargs = {'path': '/', **request}
            kwargs['environ'] = {
                **kwargs.get('environ', {}),
                **(environ or {}),
            }
            found.append((status, code, fakes.fetch(negotiating, **kwargs)))
        return found


class SigTestCase(ErrorCase):
    def test_it_is_a_list_of_one_error(self) -> None:
        for status, code, response in self.answers():
            self.assertEqual(status, response.status_int)
            self.assertEqual('application/json', response.content_type)
            [error] = response.json['errors']
            self.assertEqual(status, error['status'])
            self.assertEqual(f'compute.{code}', error['code'])
            self.assertEqual(response.status, f'{status} {error["title"]}')
            self.assertGreater(len(error['detail']), 10)
            self.assertEqual([], error['links'])
            self.assertNotIn('request_id', error)

    def test_what_is_out_of_range_is_told_the_range(self) -> None:
        for status, _code, response in self.answers():
            [error] = response.json['errors']
            bounds = {k: v for k, v in error.items() if k.endswith('_version')}
            expected = {'min_version': '2.1', 'max_version': '2.9'}
            self.assertEqual(expected if status == 406 else {}, bounds)

    def test_the_request_is_named(self) -> None:
        for _status, _code, response in self.answers(
            {'openstack.request_id': 'req-1'}
        ):
            [error] = response.json['errors']
            self.assertEqual('req-1', error['request_id'])

    def test_help_is_linked(self) -> None:
        for _status, _code, response in self.answers(
            error_help='https://docs/errors'
        ):
            [error] = response.json['errors']
            self.assertEqual(
                [{'rel': 'help', 'href': 'https://docs/errors'}],
                error['links'],
            )


class FaultTestCase(ErrorCase):
    def test_it_is_an_object_named_for_its_status(self) -> None:
        for status, _code, response in self.answers(error_format='fault'):
            self.assertEqual(status, response.status_int)
            self.assertEqual('application/json', response.content_type)
            [(name, fault)] = response.json.items()
            self.assertEqual(FAULTS.get(status, 'computeFault'), name)
            self.assertEqual(status, fault['code'])
            self.assertEqual({'code', 'message'}, set(fault))
            self.assertTrue(fault['message'])

    def test_one_without_a_name_has_the_services(self) -> None:
        names = {
            name
            for _status, _code, response in self.answers(
                error_format='fault', fault_name='volumeFault'
            )
            for name in response.json
        }
        self.assertEqual({*FAULTS.values(), 'volumeFault'}, names)

    def test_the_request_is_named(self) -> None:
        for _status, _code, response in self.answers(
            {'openstack.request_id': 'req-1'}, error_format='fault'
        ):
            [fault] = response.json.values()
            self.assertEqual('req-1', fault['request_id'])


class PlainTestCase(ErrorCase):
    def test_it_is_a_line_of_text(self) -> None:
        for status, _code, response in self.answers(error_format='plain'):
            self.assertEqual(status, response.status_int)
            self.assertEqual('text/plain', response.content_type)
            self.assertEqual('utf-8', response.charset)
            self.assertRegex(response.text, r'\A[^\n]+\n\Z')

    def test_the_request_is_named(self) -> None:
        for _status, _code, response in self.answers(
            {'openstack.request_id': 'req-1'}, error_format='plain'
        ):
            self.assertIn('(req-1)', response.text)


class AnyFormTestCase(scenarios.ScenarioTestCase):
    scenarios = [(name, {'form': name}) for name in ('sig', 'fault', 'plain')]
    form: str

    def _refuse(self, path: str, **kwargs: Any) -> webob.Response:
        negotiating = middleware.VersionNegotiationFilter(
            failing_app,
            **{**OPTIONS, 'error_format': self.form, 'no_version': '406'},
        )
        return fakes.fetch(negotiating, path, **kwargs)

    def test_head_has_the_length_and_no_body(self) -> None:
        for path, status in (('/v9', 404), ('/x', 406)):
            whole = self._refuse(path)
            response = self._refuse(path, method='HEAD')
            self.assertEqual(status, response.status_int)
            self.assertEqual(b'', response.body)
            self.assertEqual(len(whole.body), response.content_length)

    def test_what_a_client_sent_is_quoted_at_most(self) -> None:
        response = self._refuse(
            '/v2',
            headers={'OpenStack-API-Version': 'compute <b>\x01\xff\x85'},
        )
        self.assertEqual(400, response.status_int)
        self.assertNotIn('\x01', response.text)
        self.assertNotIn('\x85', response.text)
        self.assertNotEqual('text/html', response.content_type)
