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

import datetime
import json
import logging
import re
import time
import types
from typing import Any

import fixtures
from oslo_context import context

from wsgiserver import _config
from wsgiserver._log import access
from wsgiserver import exceptions
from wsgiserver.tests import base

_LOGGER = logging.getLogger('wsgiserver.tests.access')

_REQUEST_ID = 'req-11111111-2222-3333-4444-555555555555'

# What ends a line anywhere, or a string, or makes a terminal act.
_ATTACKS = (
    *('"', '\\', "'", '\n', '\r\n', '\x00', '\x1b[2J', '\x7f', '\x85'),
    *('\u2028', '\xe9', '\ud800', '%s', '%(client_ip)s', '{"a": 1}'),
    '" status: 200  len: 5 time: 0.1\n192.0.2.9 "GET / HTTP/1.1',
    '", "user_id": "admin',
)


def exchange(
    status_code: int = 200,
    client: str = '192.0.2.1',
    target: str | None = '/',
    proxy: str = '',
    tls_version: str = '',
    **changes: Any,
) -> access.Exchange:
    """Make one that differs from the usual.

    :param target: None for a request that could not be read.
    """
    origin = types.SimpleNamespace(
        peer=(client, '1'), proxy=proxy, tls_version=tls_version
    )
    head = None
    if target is not None:
        raw = target.encode('utf-8', 'replace').decode('latin-1')
        line = f'GET {target} HTTP/1.1'
        head = types.SimpleNamespace(
            method='GET', uri=raw, request_line=line, size=50
        )
    made = access.Exchange(origin, status_code, head)
    if target is not None:
        made.response = types.SimpleNamespace(
            sent=5, overhead=100, first_byte=100.125
        )
        made.began, made.ended = 100.0, 100.25
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def is_enabled(log: access.AccessLog, code: int) -> bool:
    """Tell whether a line about a status would go anywhere."""
    return log.is_enabled_for(log.levels[code // 100])


class AccessLogTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))

    def write(
        self,
        format_: str = '',
        style: str = access.TEXT,
        **changes: Any,
    ) -> str:
        """Write a line, and return it without its end."""
        log = access.AccessLog(_LOGGER, format_, style)
        log.write(exchange(**changes))
        output = str(self.log.output)
        self.assertTrue(output.endswith('\n'))
        return output[:-1]

    def read(self, **changes: Any) -> dict[str, Any]:
        """Write a line in JSON, and read it."""
        line = self.write(style=access.JSON, **changes)
        self.assertTrue(line.isascii() and line.isprintable(), line)
        found: dict[str, Any] = json.loads(line)
        return found


class TextTestCase(AccessLogTestCase):
    def test_the_default_format_is_that_of_oslo_service(self) -> None:
        formats = {opt.name: opt.default for opt in _config.default_opts}
        self.assertEqual(
            '192.0.2.1 "GET / HTTP/1.1" status: 200  len: 5 time: 0.2500000',
            self.write(formats['wsgi_log_format']),
        )

    def test_a_format_may_use_every_field_of_oslo_service(self) -> None:
        line = self.write(
            '%(client_ip)s %(date_time)s %(request_line)s %(status_code)s '
            '%(body_length)d %(wall_seconds).1f'
        )
        now = time.strftime('%d/%b/%Y')
        self.assertTrue(line.startswith(f'192.0.2.1 {now} '), line)
        self.assertTrue(line.endswith('GET / HTTP/1.1 200 5 0.2'), line)

    def test_a_format_may_use_what_this_server_adds(self) -> None:
        line = self.write(
            '%(method)s|%(target)s|%(bytes_in)d|%(bytes_out)d|'
            '%(first_byte_seconds).2f|%(queue_seconds).2f|%(tls_version)s',
            received=20,
            waited=1.5,
            tls_version='TLSv1.3',
        )
        self.assertEqual('GET|/|70|105|0.12|1.50|TLSv1.3', line)

    def test_what_is_unknown_is_a_dash(self) -> None:
        texts = [
            name
            for name in access.FIELDS
            if name != 'timestamp' and not name.endswith('seconds')
        ]
        line = self.write(
            ' '.join(f'%({name})s' for name in texts),
            client='',
            status_code=0,
            target=None,
        )
        found = dict(zip(texts, line.split(' '), strict=True))
        sizes = {'body_length', 'bytes_in', 'bytes_out'}
        for name, value in found.items():
            self.assertEqual('0' if name in sizes else '-', value, name)

    def test_a_percent_sign_in_a_request_is_just_that(self) -> None:
        line = self.write('%(request_line)s', target='/%s%d%(x)s%25')
        self.assertEqual('GET /%s%d%(x)s%25 HTTP/1.1', line)

    def test_quotes_and_backslashes_are_escaped(self) -> None:
        line = self.write('"%(request_line)s"', target='/a"b\\c')
        self.assertEqual('"GET /a\\x22b\\x5cc HTTP/1.1"', line)

    def test_no_field_breaks_out_of_its_place(self) -> None:
        format_ = (
            '%(remote_addr)s %(request_id)s %(global_request_id)s '
            '%(user_id)s %(project_id)s "%(request_line)s" "%(user_agent)s"'
        )
        shape = re.compile(
            r'[!#-~]+ [!#-~]+ [!#-~]+ [!#-~]+ [!#-~]+ "[^"]*" "[^"]*"'
        )
        for text in _ATTACKS:
            environ = dict.fromkeys(
                (
                    *('REMOTE_ADDR', 'openstack.request_id'),
                    *('openstack.global_request_id', 'HTTP_X_USER_ID'),
                    *('HTTP_X_PROJECT_ID', 'HTTP_USER_AGENT'),
                ),
                f'a {text} b',
            )
            environ['keystone.token_auth'] = 'there'
            with fixtures.FakeLogger(level=logging.DEBUG) as log:
                access.AccessLog(_LOGGER, format_).write(
                    exchange(environ=environ, target=f'/{text}')
                )
            line = log.output[:-1]
            self.assertTrue(line.isascii() and line.isprintable(), repr(line))
            self.assertTrue(shape.fullmatch(line), line)

    def test_what_is_escaped_can_be_read(self) -> None:
        line = self.write(
            '"%(user_agent)s" %(remote_addr)s',
            environ={
                'HTTP_USER_AGENT': 'na\xefve \u20ac\t1',
                'REMOTE_ADDR': '192.0.2.8, 192.0.2.9',
            },
        )
        self.assertEqual(
            '"na\\xefve \\u20ac\\x091" 192.0.2.8,\\x20192.0.2.9', line
        )

    def test_a_format_that_can_not_be_used_is_refused(self) -> None:
        for format_ in (
            '%(nosuch)s',
            '%(client_ip)d',
            '%(client_ip',
            '%(client_ip)',
            '%(client_ip)y',
            '%(status_code)d',
            '%s %s',
            'a %',
        ):
            error = self.assertRaises(
                exceptions.InvalidInput,
                access.AccessLog,
                _LOGGER,
                format_,
            )
            self.assertIn('wsgi_log_format', str(error))


class JSONTestCase(AccessLogTestCase):
    def test_a_line_has_all_fields(self) -> None:
        found = self.read(
            environ={
                'openstack.request_id': _REQUEST_ID,
                'openstack.global_request_id': 'req-global',
                'keystone.token_auth': object(),
                'HTTP_X_USER_ID': 'u1',
                'HTTP_X_PROJECT_ID': 'p1',
                'HTTP_USER_AGENT': 'curl/8',
                'REMOTE_ADDR': '198.51.100.3',
            },
            proxy='10.0.0.1',
            tls_version='TLSv1.3',
            received=20,
            waited=1.5,
        )
        when = datetime.datetime.fromisoformat(found.pop('timestamp'))
        age = datetime.datetime.now(datetime.UTC) - when
        self.assertLess(abs(age.total_seconds()), 20)
        self.assertEqual(
            {
                'client_ip': '192.0.2.1',
                'peer_ip': '10.0.0.1',
                'remote_addr': '198.51.100.3',
                'request_line': 'GET / HTTP/1.1',
                'method': 'GET',
                'target': '/',
                'status_code': 200,
                'body_length': 5,
                'bytes_in': 70,
                'bytes_out': 105,
                'wall_seconds': 0.25,
                'first_byte_seconds': 0.125,
                'queue_seconds': 1.5,
                'request_id': _REQUEST_ID,
                'global_request_id': 'req-global',
                'user_id': 'u1',
                'project_id': 'p1',
                'tls_version': 'TLSv1.3',
                'user_agent': 'curl/8',
                'refusal': None,
            },
            found,
        )

    def test_what_is_unknown_is_null(self) -> None:
        found = self.read(client='', status_code=0, target=None)
        self.assertEqual(
            {
                *('client_ip', 'peer_ip', 'remote_addr', 'request_line'),
                *('method', 'target', 'status_code', 'request_id'),
                *('global_request_id', 'user_id', 'project_id'),
                *('tls_version', 'user_agent', 'refusal'),
            },
            {name for name, value in found.items() if value is None},
        )

    def test_what_a_peer_sent_arrives_as_it_was(self) -> None:
        for text in _ATTACKS:
            with fixtures.FakeLogger(level=logging.DEBUG) as log:
                access.AccessLog(_LOGGER, '', access.JSON).write(
                    exchange(environ={'HTTP_USER_AGENT': text})
                )
            self.assertEqual(1, log.output.count('\n'))
            found = json.loads(log.output)
            self.assertEqual(text, found['user_agent'])
            self.assertIsNone(found['user_id'])


class IdentityTestCase(AccessLogTestCase):
    def test_a_user_is_believed_only_to_keystonemiddleware(self) -> None:
        environ = {'HTTP_X_USER_ID': 'admin', 'HTTP_X_PROJECT_ID': 'admin'}
        found = self.read(environ=environ)
        self.assertIsNone(found['user_id'])
        self.assertIsNone(found['project_id'])

    def test_the_context_tells_what_the_environ_does_not(self) -> None:
        made = context.RequestContext(
            request_id=_REQUEST_ID,
            global_request_id='req-g',
            user_id='u2',
            project_id='p2',
            overwrite=False,
        )
        found = self.read(context=made, environ={'HTTP_X_USER_ID': 'admin'})
        self.assertEqual(_REQUEST_ID, found['request_id'])
        self.assertEqual('u2', found['user_id'])
        self.assertEqual('p2', found['project_id'])

    def test_what_is_no_text_is_left_out(self) -> None:
        found = self.read(
            environ={'openstack.request_id': 5, 'REMOTE_ADDR': None}
        )
        self.assertIsNone(found['request_id'])
        self.assertEqual('192.0.2.1', found['remote_addr'])


class LevelTestCase(AccessLogTestCase):
    def test_all_lines_are_infos(self) -> None:
        log = access.AccessLog(_LOGGER, '')
        for code in (0, 101, 200, 304, 404, 500, 999):
            log.write(exchange(status_code=code))
        self.assertEqual(7, self.log.output.count('\n'))
        self.assertEqual({logging.INFO}, {*log.levels})

    def test_a_class_may_have_a_level_of_its_own(self) -> None:
        log = access.AccessLog(
            _LOGGER, '', levels={'4xx': 'warning', '5xx': 'ERROR'}
        )
        levels = {
            code: log.levels[code // 100] for code in (0, 200, 404, 503, 999)
        }
        self.assertEqual(
            {
                0: logging.INFO,
                200: logging.INFO,
                404: logging.WARNING,
                503: logging.ERROR,
                999: logging.ERROR,
            },
            levels,
        )

    def test_it_is_off_where_its_lines_would_go_nowhere(self) -> None:
        log = access.AccessLog(
            _LOGGER, '', levels={'5xx': 'ERROR', 'none': 'DEBUG'}
        )
        self.assertTrue(is_enabled(log, 200))
        self.addCleanup(_LOGGER.setLevel, _LOGGER.level)
        _LOGGER.setLevel(logging.WARNING)
        self.assertFalse(is_enabled(log, 200))
        self.assertFalse(is_enabled(log, 0))
        self.assertTrue(is_enabled(log, 500))

    def test_a_class_can_be_left_out(self) -> None:
        log = access.AccessLog(_LOGGER, '', levels={'2xx': 'OFF'})
        self.assertFalse(is_enabled(log, 200))
        self.assertTrue(is_enabled(log, 404))

    def test_what_is_no_class_or_level_is_refused(self) -> None:
        for levels in ({'6xx': 'INFO'}, {'200': 'INFO'}, {'2xx': 'LOUD'}):
            error = self.assertRaises(
                exceptions.InvalidInput,
                access.AccessLog,
                *(_LOGGER, '', access.TEXT, levels),
            )
            self.assertIn('access_log_levels', str(error))

    def test_an_adapter_can_be_its_logger(self) -> None:
        adapter = logging.LoggerAdapter(_LOGGER, {})
        log = access.AccessLog(adapter, '%(request_line)s')
        self.assertTrue(is_enabled(log, 200))
        log.write(exchange(target='/%s'))
        self.assertEqual('GET /%s HTTP/1.1\n', self.log.output)
