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

"""Who may see how a server is doing."""

from typing import Any

import testscenarios

from wsgiserver import exceptions
from wsgiserver import monitoring
from wsgiserver.tests.unit.monitoring import apps


class VisitorsTestCase(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, apps.MonitoringTestCase
):
    scenarios = [
        ('metrics', {'app': monitoring.MetricsApp}),
        ('status', {'app': monitoring.StatusApp}),
    ]

    def check(self, admitted: bool, **asked: Any) -> None:
        response = self.ask(**asked)
        self.assertEqual(
            200 if admitted else 403, response.status_int, str(asked)
        )
        if not admitted:
            self.assertEqual(
                '403 Forbidden: not from this address\n', response.text
            )

    def test_who_is_on_the_same_machine_is_let_in(self) -> None:
        for client in ('127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'):
            self.check(True, client=client)

    def test_nobody_else_is(self) -> None:
        for client in (
            *('192.0.2.1', '10.0.0.1', '::', '::ffff:192.0.2.1', 'fe80::1%lo'),
            *('', 'unknown', '127.0.0.1.example.org', '2130706433', '0'),
        ):
            self.check(False, client=client)

    def test_who_is_allowed_is_let_in(self) -> None:
        allow = '10.0.0.0/8, 192.0.2.7  2001:db8::/32'
        for client in ('10.1.2.3', '192.0.2.7', '2001:db8::9'):
            self.check(True, client=client, allow=allow)
        for client in ('192.0.2.8', '127.0.0.1', '11.0.0.1'):
            self.check(False, client=client, allow=allow)

    def test_nobody_may_be_allowed(self) -> None:
        self.check(False, allow='')

    def test_a_unix_socket_has_to_be_allowed(self) -> None:
        self.check(False, client='')
        self.check(True, client='', allow='unix')
        self.check(True, client='', allow='127.0.0.1 unix')
        self.check(False, client='127.0.0.1', allow='unix')

    def test_a_proxy_on_the_same_machine_lets_nobody_in(self) -> None:
        for name, value in (
            ('HTTP_X_FORWARDED_FOR', '192.0.2.1'),
            ('HTTP_X_FORWARDED_FOR', '127.0.0.1, 192.0.2.1'),
            ('HTTP_X_FORWARDED_FOR', '192.0.2.1, 127.0.0.1'),
            ('HTTP_X_FORWARDED_FOR', ''),
            ('HTTP_X_FORWARDED_FOR', '127.0.0.1,'),
            ('HTTP_X_FORWARDED_FOR', 'unknown'),
            ('HTTP_X_REAL_IP', '192.0.2.1'),
            ('HTTP_FORWARDED', 'for=192.0.2.1'),
            ('HTTP_FORWARDED', 'For="[2001:db8::1]:4711"'),
            ('HTTP_FORWARDED', 'for=127.0.0.1, for=192.0.2.1'),
            ('HTTP_FORWARDED', 'for=127.0.0.1;by=x, For=192.0.2.1'),
            ('HTTP_FORWARDED', 'proto=https'),
            ('HTTP_FORWARDED', 'for=_hidden'),
            ('HTTP_FORWARDED', ''),
        ):
            self.check(False, **{name: value})

    def test_who_comes_by_a_proxy_may_be_allowed(self) -> None:
        allow = '127.0.0.1, 10.0.0.0/8, 2001:db8::/32'
        for name, value in (
            ('HTTP_X_FORWARDED_FOR', '10.0.0.5'),
            ('HTTP_X_FORWARDED_FOR', '10.0.0.5, 127.0.0.1'),
            ('HTTP_FORWARDED', 'for=10.0.0.5;proto=http'),
            ('HTTP_FORWARDED', 'for="[2001:db8::1]:4711"'),
        ):
            self.check(True, allow=allow, **{name: value})

    def test_what_a_filter_makes_of_a_header_is_not_asked(self) -> None:
        # http_proxy_to_wsgi puts X-Forwarded-For there, whoever sent it.
        self.check(
            False,
            client='192.0.2.1',
            REMOTE_ADDR='127.0.0.1',
            HTTP_X_FORWARDED_FOR='127.0.0.1',
        )

    def test_another_server_tells_of_no_client(self) -> None:
        app = self.app()
        environ = {'REMOTE_ADDR': '127.0.0.1', 'REQUEST_METHOD': 'GET'}
        seen: list[str] = []
        app(environ, lambda status, *_args: seen.append(status))  # type: ignore[arg-type]
        self.assertEqual(['403 Forbidden'], seen)

    def test_what_is_no_address_is_refused(self) -> None:
        for allow in ('localhost', '10.0.0.1/8', '256.1.1.1', '*'):
            error = self.assertRaises(exceptions.InvalidInput, self.app, allow)
            self.assertIn('allow', str(error))

    def test_a_factory_passes_the_addresses_on(self) -> None:
        app = self.app.factory({'here': '/'}, allow='192.0.2.1')
        for client, status in (('192.0.2.1', 200), ('127.0.0.1', 403)):
            self.app = lambda: app  # type: ignore[assignment]
            self.assertEqual(status, self.ask(client=client).status_int)

    def test_they_only_answer(self) -> None:
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS'):
            response = self.ask(method=method)
            self.assertEqual(405, response.status_int)
            self.assertEqual(('GET', 'HEAD'), response.allow)
        head = self.ask(method='HEAD')
        self.assertEqual((200, b''), (head.status_int, head.body))

    def test_a_server_that_counts_nothing_says_so(self) -> None:
        self.statistics = None
        response = self.ask()
        self.assertEqual(503, response.status_int)
        self.assertIn('keeps no figures', response.text)

    def test_no_answer_is_kept(self) -> None:
        for allow in ('127.0.0.1', '192.0.2.1'):
            headers = self.ask(allow=allow).headers
            self.assertEqual('no-store', headers['Cache-Control'])
            self.assertEqual('nosniff', headers['X-Content-Type-Options'])
