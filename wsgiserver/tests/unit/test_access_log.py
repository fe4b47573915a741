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

"""The access log."""

import logging
import time

import fixtures

from wsgiserver import _access_log
from wsgiserver import _options
from wsgiserver import exceptions
from wsgiserver.tests import base

_LOGGER = logging.getLogger('wsgiserver.tests.access')


class AccessLogTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))

    def _write(
        self,
        format_: str,
        client: str = '192.0.2.1',
        request_line: str = 'GET / HTTP/1.1',
        code: int = 200,
    ) -> str:
        log = _access_log.AccessLog(_LOGGER, format_)
        log.write(client, request_line, code, 5, 0.25)
        return str(self.log.output)

    def test_the_default_format_is_that_of_oslo_service(self) -> None:
        formats = {opt.name: opt.default for opt in _options.default_opts}
        self.assertEqual(
            '192.0.2.1 "GET / HTTP/1.1" status: 200  len: 5 time: 0.2500000\n',
            self._write(formats['wsgi_log_format']),
        )

    def test_a_format_may_use_every_field(self) -> None:
        line = self._write(
            '%(client_ip)s %(date_time)s %(request_line)s %(status_code)s '
            '%(body_length)d %(wall_seconds).1f'
        )
        now = time.strftime('%d/%b/%Y')
        self.assertTrue(line.startswith(f'192.0.2.1 {now} '), line)
        self.assertTrue(line.endswith('GET / HTTP/1.1 200 5 0.2\n'), line)

    def test_what_is_unknown_is_a_dash(self) -> None:
        line = self._write(
            '%(client_ip)s %(request_line)s %(status_code)s', '', '-', 0
        )
        self.assertEqual('- - -\n', line)

    def test_a_percent_sign_in_a_request_is_just_that(self) -> None:
        line = self._write(
            '%(request_line)s', request_line='GET /%s%d%(x)s%25 HTTP/1.1'
        )
        self.assertEqual('GET /%s%d%(x)s%25 HTTP/1.1\n', line)

    def test_a_format_that_can_not_be_used_is_refused(self) -> None:
        for format_ in (
            '%(nosuch)s',
            '%(client_ip)d',
            '%(client_ip',
            '%(client_ip)',
            '%(client_ip)y',
            '%s %s',
            'a %',
        ):
            error = self.assertRaises(
                exceptions.InvalidInput,
                _access_log.AccessLog,
                _LOGGER,
                format_,
            )
            self.assertIn('wsgi_log_format', str(error))

    def test_it_is_off_where_its_lines_would_go_nowhere(self) -> None:
        log = _access_log.AccessLog(_LOGGER, '%(client_ip)s')
        self.assertTrue(log.is_enabled())
        self.addCleanup(_LOGGER.setLevel, _LOGGER.level)
        _LOGGER.setLevel(logging.WARNING)
        self.assertFalse(log.is_enabled())

    def test_an_adapter_can_be_its_logger(self) -> None:
        adapter = logging.LoggerAdapter(_LOGGER, {})
        log = _access_log.AccessLog(adapter, '%(request_line)s')
        self.assertTrue(log.is_enabled())
        log.write('', 'GET /%s HTTP/1.1', 200, 0, 0.0)
        self.assertEqual('GET /%s HTTP/1.1\n', self.log.output)
