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

"""What a paste file can use from this distribution."""

import os
import signal
from typing import Any
from wsgiref import validate

import fixtures
from paste import deploy
import webob

from wsgiserver import exceptions
from wsgiserver import factories
from wsgiserver.tests import base
from wsgiserver.tests.unit import paste_files


class FakeServer:
    """A server that is told to end as soon as it has started."""

    made: 'list[FakeServer]' = []

    def __init__(
        self, conf: Any, name: str, app: object, **options: Any
    ) -> None:
        self.conf = conf
        self.app = app
        self.options = options
        self.calls: list[str] = []
        FakeServer.made.append(self)

    def start(self) -> None:
        self.calls.append('start')
        os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        self.calls.append('stop')

    def wait(self) -> None:
        self.calls.append('wait')


class TestHello(base.TestCase):
    def test_it_says_hello(self) -> None:
        app = validate.validator(factories.hello_app_factory({}))
        response = webob.Request.blank('/any/where').get_response(app)
        self.assertEqual('Hello, world!\n', response.text)
        self.assertEqual(14, response.content_length)

    def test_it_says_what_the_file_says(self) -> None:
        app = factories.hello_app_factory({}, text='grüezi')
        response = webob.Request.blank('/').get_response(app)
        self.assertEqual('grüezi', response.text)

    def test_an_option_it_does_not_have_is_refused(self) -> None:
        make: Any = factories.hello_app_factory
        self.assertRaises(TypeError, make, {}, colour='red')


class TestServerFactories(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch('wsgiserver.server.Server', FakeServer)
        )
        self.useFixture(
            fixtures.MonkeyPatch(f'{__name__}.FakeServer.made', [])
        )
        self.app = paste_files.Named('app')

    def run_server(self, **options: str) -> FakeServer:
        factories.server_runner(self.app, {}, **options)
        (server,) = FakeServer.made
        return server

    def check_invalid(self, name: str, **options: str) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, factories.server_factory, {}, **options
        )
        self.assertTrue(str(error).startswith(f'option {name}: '), error)
        self.assertEqual([], FakeServer.made)

    def test_a_signal_ends_the_server_once_it_has_drained(self) -> None:
        self.assertEqual(['start', 'stop', 'wait'], self.run_server().calls)

    def test_the_application_is_the_one_given(self) -> None:
        factories.server_factory({})(self.app)
        self.assertIs(self.app, FakeServer.made[0].app)

    def test_without_options_the_defaults_count(self) -> None:
        options = self.run_server().options
        self.assertEqual('127.0.0.1', options['host'])
        self.assertEqual(8000, options['port'])
        self.assertEqual(False, options['use_ssl'])

    def test_without_a_backend_native_threads_serve(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_service.backend.get_backend_type', lambda: None
            )
        )
        self.assertEqual('threading', self.run_server().options['engine'])

    def test_both_entry_points_serve(self) -> None:
        for name in ('main', 'runner'):
            path = os.path.join(
                self.useFixture(fixtures.TempDir()).path, 'serve.ini'
            )
            with open(path, 'w') as file:
                file.write(
                    f'[server:main]\nuse = egg:os-wsgiserver#{name}\n'
                    'port = 0\nbacklog = 7\n'
                )
            deploy.loadserver(f'config:{path}')(self.app)
            server = FakeServer.made.pop()
            self.assertIs(self.app, server.app)
            self.assertEqual(0, server.options['port'])
            self.assertEqual(7, server.options['backlog'])

    def test_host_and_port_are_taken(self) -> None:
        options = self.run_server(host='::1', port='0').options
        self.assertEqual(('::1', 0), (options['host'], options['port']))

    def test_several_places_to_listen_are_taken(self) -> None:
        options = self.run_server(listen='127.0.0.1:0, unix:@x').options
        self.assertEqual(['127.0.0.1:0', 'unix:@x'], options['listen'])

    def test_a_place_that_makes_no_sense_is_named(self) -> None:
        error = self.assertRaises(
            exceptions.InvalidInput, self.run_server, listen='9000'
        )
        self.assertIn("option listen: nothing listens on '9000'", str(error))

    def test_a_certificate_turns_tls_on(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'x.conf')
        with open(path, 'w') as file:
            file.write('[ssl]\ncert_file = /c.pem\nkey_file = /k.pem\n')
        options = self.run_server(config_file=path).options
        self.assertEqual(True, options['use_ssl'])

    def test_every_option_can_be_set_by_its_name(self) -> None:
        conf = self.run_server(
            client_socket_timeout='30', backlog='7', wsgi_keep_alive='no'
        ).conf
        self.assertEqual(30, conf.client_socket_timeout)
        self.assertEqual(7, conf.wsgiserver.backlog)
        self.assertEqual(False, conf.wsgi_keep_alive)

    def test_a_configuration_file_is_read(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'x.conf')
        with open(path, 'w') as file:
            file.write('[wsgiserver]\nbind_port = 81\nbacklog = 9\n')
        server = self.run_server(config_file=path, port='82')
        self.assertEqual(82, server.options['port'])
        self.assertEqual(9, server.options['backlog'])

    def test_an_option_that_is_unknown_is_named(self) -> None:
        self.check_invalid('colour', colour='red')

    def test_a_number_of_workers_is_not_for_one_process(self) -> None:
        self.check_invalid('workers', workers='2')

    def test_a_value_of_no_use_is_named(self) -> None:
        self.check_invalid('port', port='many')
        self.check_invalid('bind_port', bind_port='many')
        self.check_invalid('backlog', backlog='0')
