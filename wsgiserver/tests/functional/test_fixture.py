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


"""The fixture, as the tests of a service use it."""

import os
import subprocess
import sys
import threading
from typing import Any

import fixtures
from oslo_config import cfg
import requests
import testscenarios

from wsgiserver import exceptions
from wsgiserver import fixture
from wsgiserver.tests import base
from wsgiserver.tests import conditions
from wsgiserver.tests.functional import harness
from wsgiserver import wsgi

PASTE = '[app:main]\nuse = egg:os-wsgiserver#hello\n'

#: A test of a service on eventlet, as a program.
PATCHED = """
import eventlet
eventlet.monkey_patch()
import http.client, sys
from wsgiserver import fixture, factories
tls = sys.argv[1] == 'tls'
app = factories.hello_app_factory({})
with fixture.ServerFixture(app, tls=tls) as served:
    import ssl
    context = ssl.create_default_context(cafile=served.ca_file)
    for _turn in range(2):
        if tls:
            client = http.client.HTTPSConnection(
                '127.0.0.1', served.port, timeout=10, context=context
            )
        else:
            client = http.client.HTTPConnection(
                '127.0.0.1', served.port, timeout=10
            )
        client.request('GET', '/')
        print(client.getresponse().status, served.url.partition(':')[0])
print(type(served.server.engine).__module__)
"""

#: A test of a service that doesn't use eventlet, on that engine.
UNPATCHED = """
import threading
from wsgiserver import fixture, factories
app = factories.hello_app_factory({})
with fixture.ServerFixture(app, engine='eventlet') as served:
    [hub] = [t for t in threading.enumerate() if t.name == 'wsgiserver-hub']
print('ended', hub.is_alive())
"""


def failure_of(served: fixture.ServerFixture) -> type[BaseException]:
    """Set a fixture up that can't be; returns what the server raised."""
    try:
        served.setUp()
    except fixtures.MultipleExceptions as error:
        kind: type[BaseException] = error.args[0][0]
        return kind
    raise AssertionError('it was set up')


class Service:
    """An application that tells what it was asked, and notes where it ran."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.text = 'hello'

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.threads.add(threading.get_ident())
        content = environ['wsgi.input'].read()
        text = f'{self.text} {environ["wsgi.url_scheme"]} {len(content)}'
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [text.encode()]


class TestServerFixture(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = testscenarios.multiply_scenarios(
        harness.ON_BACKENDS,
        [('plain', {'tls': False}), ('tls', {'tls': True})],
    )
    backend: str
    tls: bool

    def serve(self, app: Any = None, **given: Any) -> fixture.ServerFixture:
        served = fixture.ServerFixture(
            app, engine=self.backend, tls=self.tls, **given
        )
        return self.useFixture(served)

    def ask(self, served: fixture.ServerFixture, **given: Any) -> str:
        """Post something, and take the answer."""
        response = requests.post(
            f'{served.url}/x',
            timeout=conditions.PATIENCE,
            verify=served.ca_file or True,
            **given,
        )
        response.raise_for_status()
        return response.text

    def test_an_application_is_served(self) -> None:
        app = Service()
        served = self.serve(app)
        scheme = 'https' if self.tls else 'http'
        self.assertEqual(f'{scheme}://127.0.0.1:{served.port}', served.url)
        self.assertEqual(f'hello {scheme} 3', self.ask(served, data=b'abc'))
        # A test may look into it, and change it.
        app.text = 'changed'
        self.assertEqual(f'changed {scheme} 0', self.ask(served))
        self.assertNotIn(threading.get_ident(), app.threads)

    def test_it_is_gone_afterwards(self) -> None:
        before = threading.active_count()
        served = fixture.ServerFixture(
            Service(), engine=self.backend, tls=self.tls
        )
        with requests.Session() as session, served:
            # The session keeps its connection.
            session.post(
                served.url,
                timeout=conditions.PATIENCE,
                verify=served.ca_file or True,
            )
        self.assertRaises(
            ConnectionRefusedError,
            harness.connected,
            ('127.0.0.1', served.port),
        )
        conditions.eventually(lambda: threading.active_count() <= before)
        if self.tls:
            self.assertFalse(os.path.exists(str(served.ca_file)))

    def test_several_can_be_there(self) -> None:
        first, second = self.serve(Service()), self.serve(Service())
        self.assertNotEqual(first.port, second.port)
        self.assertEqual(self.ask(first), self.ask(second))

    def test_the_paste_file_of_a_service_is_served(self) -> None:
        folder = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(folder, 'api-paste.ini')
        with open(path, 'w') as file:
            file.write(PASTE)
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[], default_config_dirs=[])
        wsgi.register_opts(conf)
        conf.set_override('api_paste_config', path)
        served = self.serve(conf=conf)
        self.assertTrue(self.ask(served))
        self.assertIs(conf, served.server.conf)

    def test_arguments_are_those_of_the_server(self) -> None:
        served = self.serve(Service(), host='::1', max_url_len=20)
        self.assertIn('://[::1]:', served.url)
        response = requests.get(
            f'{served.url}/{"x" * 30}',
            timeout=conditions.PATIENCE,
            verify=served.ca_file or True,
        )
        self.assertEqual(414, response.status_code)

    def test_what_can_not_be_served_is_said(self) -> None:
        first = self.serve(Service())
        second = fixture.ServerFixture(
            Service(), engine=self.backend, tls=self.tls, port=first.port
        )
        self.assertEqual(exceptions.ListenError, failure_of(second))
        self.assertTrue(self.ask(first))


class TestPatched(  # type: ignore[misc]  # no annotations there
    testscenarios.WithScenarios, base.TestCase
):
    scenarios = [('plain', {'way': 'http'}), ('tls', {'way': 'tls'})]
    way: str

    def test_it_is_on_the_hub_of_a_patched_process(self) -> None:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', PATCHED, self.way],
            capture_output=True,
            text=True,
            timeout=60,
        )
        scheme = 'https' if self.way == 'tls' else 'http'
        self.assertEqual(
            f'200 {scheme}\n' * 2 + 'wsgiserver._engine.eventlet_engine\n',
            done.stdout,
            done.stderr,
        )


class TestUnpatched(base.TestCase):
    def test_its_thread_ends_with_the_test(self) -> None:
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', UNPATCHED],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual('ended False\n', done.stdout, done.stderr)


class TestChoice(base.TestCase):
    def test_threads_are_the_choice_elsewhere(self) -> None:
        served = self.useFixture(fixture.ServerFixture(Service()))
        self.assertEqual(
            'wsgiserver._engine.threading_engine',
            type(served.server.engine).__module__,
        )

    def test_there_are_two_engines(self) -> None:
        served = fixture.ServerFixture(Service(), engine='gevent')
        self.assertEqual(exceptions.InvalidInput, failure_of(served))
